"""Registers of invoices and red-letter invoices: by series, by month, and what is missing."""

from datetime import date, datetime
from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django.db.models import Exists, Max, Min, OuterRef, Q, QuerySet, Sum
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

from selfcard.core import clock
from selfcard.core.models import NumberSeries
from selfcard.organisations.models import Organisation
from selfcard.organisations.queries import organisations_in_reach
from selfcard.payments.queries import SEEING_RECEIPTS
from selfcard.web.office.lists import (
    MomentColumn,
    MoneyColumn,
    OfficeFilter,
    OfficeTable,
    Total,
)
from selfcard.web.templatetags.selfcard import count, money

MONTHS_OFFERED = 36
# Both registers end with these columns.
TELLS_OF_ALL = ("organisation", "issued_at", "net", "tax", "gross")


def _months(first_year: int) -> list[tuple[str, str]]:
    """This month and those before it, from the year of the first series on, the latest first."""
    look = "Y年n月" if (get_language() or "").startswith("zh") else "M Y"
    today, found = clock.today(), []
    for back in range(MONTHS_OFFERED):
        year, month = divmod(today.year * 12 + today.month - 1 - back, 12)
        first = date(year, month + 1, 1)
        if first.year >= first_year:
            found.append((f"{first:%Y-%m}", date_format(first, look)))
    return found


class RegisterFilter(OfficeFilter):
    """A series is an organisation's year; both registers are narrowed alike."""

    kind = ""  # as the series' names begin

    series = django_filters.ChoiceFilter(
        label=gettext_lazy("Series"), empty_label=gettext_lazy("all"), choices=()
    )
    month = django_filters.ChoiceFilter(
        label=gettext_lazy("Month"),
        method="of_month",
        empty_label=gettext_lazy("all"),
        choices=(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        series = self._series()
        self.filters["series"].extra["choices"] = series
        years = [int(name.rpartition(":")[2]) for name, _said in series]
        self.filters["month"].extra["choices"] = _months(min(years, default=clock.today().year))

    def _series(self) -> list[tuple[str, str]]:
        """The series of the organisations in reach, the latest first."""
        here = organisations_in_reach(self.request.actor, *SEEING_RECEIPTS)
        names = dict(_code_and_name(one) for one in here)
        found = []
        for name in NumberSeries.objects.filter(name__startswith=f"{self.kind}:").values_list(
            "name", flat=True
        ):
            _kind, code, year = name.split(":")
            if code in names:
                found.append((year, code, name))
        return [
            (name, f"{year} · {code} {names[code]}")
            for year, code, name in sorted(found, key=lambda one: (-int(one[0]), one[1]))
        ]

    def of_month(self, rows: QuerySet[Any], name: str, month: str) -> QuerySet[Any]:
        first = datetime.strptime(month, "%Y-%m").date()  # noqa: DTZ007 - a calendar month
        after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        return rows.filter(
            issued_at__gte=clock.day_start(first), issued_at__lt=clock.day_start(after)
        )


def _code_and_name(organisation: Organisation) -> tuple[str, str]:
    return organisation.code, organisation.name


class RegisterTable(OfficeTable):
    """What both registers say of a paper after its number and what it belongs to."""

    organisation = tables.Column(
        gettext_lazy("Organisation"), accessor="organisation__name", order_by="organisation__path"
    )
    issued_at = MomentColumn(verbose_name=pgettext_lazy("receipt", "Issued"))
    net = MoneyColumn(verbose_name=pgettext_lazy("money", "Net"))
    tax = MoneyColumn(verbose_name=gettext_lazy("Tax"))
    gross = MoneyColumn(verbose_name=gettext_lazy("Gross"))

    class Meta(OfficeTable.Meta):
        order_by = "-issued_at"
        sequence: ClassVar = ["number", "...", *TELLS_OF_ALL]


def register_totals(rows: QuerySet[Any]) -> list[Total]:
    """The sums, which numbers they are, and whether one is missing before any of them."""
    plain = rows.order_by()
    sums = plain.aggregate(
        net=Sum("net"),
        tax=Sum("tax"),
        gross=Sum("gross"),
        first=Min("running"),
        last=Max("running"),
        one=Min("series"),
        other=Max("series"),
    )
    before = rows.model._default_manager.filter(
        series=OuterRef("series"), running=OuterRef("running") - 1
    )
    gaps = plain.filter(~Q(running=1), ~Exists(before)).count()
    numbers = []
    if sums["one"] == sums["other"]:
        numbers = [Total(_("Numbers"), f"{sums['first']:,} – {sums['last']:,}")]
    return [
        *numbers,
        Total(_("Gaps in the numbers"), count(gaps), "stop" if gaps else "good"),
        Total(pgettext("money", "Net"), money(sums["net"] or 0)),
        Total(_("Tax"), money(sums["tax"] or 0)),
        Total(_("Gross"), money(sums["gross"] or 0)),
    ]
