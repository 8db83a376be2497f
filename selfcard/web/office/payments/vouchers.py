"""What the lists of charge receipts and of payment receipts say alike."""

from typing import ClassVar

import django_tables2 as tables
from django.utils.translation import gettext_lazy, pgettext_lazy

from selfcard.web.office.lists import MomentColumn, MoneyColumn, OfficeTable, StatusColumn


class VoucherTable(OfficeTable):
    """A demand for money, or a promise of it: how it stands, who wrote it where, and how much."""

    state = StatusColumn(gettext_lazy("State"))
    organisation = tables.Column(
        gettext_lazy("Organisation"), accessor="organisation__name", order_by="organisation__path"
    )
    issued_at = MomentColumn(verbose_name=pgettext_lazy("receipt", "Issued"))
    issued_by = tables.Column(
        pgettext_lazy("receipt", "Issued by"),
        accessor="issued_by__name",
        order_by="issued_by__username",
    )
    amount = MoneyColumn(verbose_name=gettext_lazy("Amount"))

    class Meta(OfficeTable.Meta):
        order_by = "-number"
        sequence: ClassVar = [
            "number", "state", "...", "organisation", "issued_at", "issued_by", "amount",
        ]  # fmt: skip
