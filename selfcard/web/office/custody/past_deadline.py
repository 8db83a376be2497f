"""Paid cards that nobody activated in time: where they are, and what we owe for them."""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlencode

import django_filters
import django_tables2 as tables
from django.db.models import Min, Q, QuerySet, Sum
from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from selfcard.cards.models import DocumentType
from selfcard.core import clock
from selfcard.custody.models import PlaceTally
from selfcard.custody.queries.extensions import (
    SEEING_EXTENSIONS,
    liability_of,
    paid_past_deadline,
)
from selfcard.custody.statuses import SeenStatus
from selfcard.inquiry.queries.sought import everybody_at
from selfcard.organisations.models import May, Organisation
from selfcard.organisations.queries import organisations_in_reach
from selfcard.web.office.lists import (
    Blank,
    CountColumn,
    DayColumn,
    ListDeed,
    MoneyColumn,
    OfficeFilter,
    OfficeTable,
    Total,
    list_page,
    parties_named,
)
from selfcard.web.office.views import OfficeRequest, office_view
from selfcard.web.templatetags.selfcard import count as counted
from selfcard.web.templatetags.selfcard import money

SEEING = SEEING_EXTENSIONS


def _branches(request: OfficeRequest) -> QuerySet[Organisation]:
    branches = organisations_in_reach(request.actor, *SEEING).filter(
        level=Organisation.Level.BRANCH
    )
    return branches.select_related("party").order_by("path")


class PastDeadlineFilter(OfficeFilter):
    q = django_filters.CharFilter(label=gettext_lazy("Holder or batch"), method="named")
    document_type = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Document type"),
        queryset=DocumentType.objects.order_by("code"),
        field_name="batch__type_version__document_type",
        to_field_name="code",
        empty_label=gettext_lazy("all"),
    )
    branch = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Branch"),
        queryset=_branches,
        empty_label=gettext_lazy("all"),
        method="at_or_below",
    )

    class Meta:
        model = PlaceTally
        fields: ClassVar = ["q", "document_type", "branch"]

    def named(self, rows: QuerySet[PlaceTally], name: str, text: str) -> QuerySet[PlaceTally]:
        return rows.filter(Q(batch__number__icontains=text) | parties_named(text, "holder"))

    def at_or_below(
        self, rows: QuerySet[PlaceTally], name: str, place: Organisation
    ) -> QuerySet[PlaceTally]:
        return rows.filter(holder__in=everybody_at(place).values("pk"))


class PastDeadlineTable(OfficeTable):
    document_type = tables.Column(
        gettext_lazy("Document type"),
        accessor="batch__type_version__document_type__name",
        order_by="batch__type_version__document_type__code",
    )
    holder = tables.Column(
        gettext_lazy("Last with us"), accessor="holder__name", order_by="holder__code"
    )
    deadline = DayColumn(
        verbose_name=gettext_lazy("Last day"),
        accessor="batch__deadline",
        order_by="batch__deadline",
    )
    left = CountColumn(verbose_name=pgettext_lazy("how many", "Cards"))
    liability = MoneyColumn(
        currency="batch__type_version__currency", verbose_name=gettext_lazy("Liability")
    )
    batch = tables.Column(
        gettext_lazy("Batch"), accessor="batch__number", attrs={"td": {"class": "nowrap id"}}
    )
    deed = tables.Column("", empty_values=(), orderable=False, exclude_from_export=True)

    class Meta(OfficeTable.Meta):
        order_by = "deadline"
        sequence = ("document_type", "holder", "deadline", "left", "liability", "...")

    def render_left(self, record: Any) -> Any:
        return format_html('<a href="{}">{}</a>', _inquiry(record), counted(record.left))

    def render_deed(self, record: Any) -> Any:
        if May.RECALL_SALES not in self.request.mays:
            return ""
        named = urlencode({"batch": record.batch.number, "holder": record.holder.code})
        address = f"{reverse('office:custody:extend')}?{named}"
        return format_html('<a class="btn btn-sm" href="{}">{}</a>', address, _("Give more time"))


def _inquiry(record: Any) -> str:
    """The same cards as the inquiry shows them."""
    named = {
        "batch": record.batch.number,
        "holder": record.holder.code,
        "status": SeenStatus.EXPIRED.value,
    }
    return f"{reverse('office:inquiry:range')}?{urlencode(named)}"


def _totals(rows: QuerySet[PlaceTally]) -> list[Total]:
    sums = rows.order_by().aggregate(cards=Sum("left"), oldest=Min("batch__deadline"))
    owed: dict[str, Decimal] = liability_of(rows)
    return [
        Total(pgettext("how many", "Cards"), counted(sums["cards"])),
        *(
            Total(_("Liability"), money(amount, currency), "wait")
            for currency, amount in owed.items()
        ),
        Total(_("Out of date for"), _days(sums["oldest"])),
    ]


def _days(since: date) -> str:
    days = (clock.today() - since).days
    return _("up to %(days)s days") % {"days": f"{days:,}"}


@office_view(*SEEING)
def past_deadline(request: OfficeRequest) -> HttpResponse:
    """The list, by batch and holder, with what is owed."""
    return list_page(
        request,
        rows=paid_past_deadline(request.actor),
        table=PastDeadlineTable,
        filters=PastDeadlineFilter,
        totals=_totals,
        title=_("Paid, out of date"),
        lead=_(
            "Paid cards that nobody activated in time. Their money is owed until they are given"
            " more time and activated, or taken back."
        ),
        blank=Blank(
            _("No paid card is out of date"),
            _(
                "Cards stand here from the day after their last day, until two people give them"
                " more time or their money is paid back."
            ),
            icon="calendar",
            url=reverse("office:custody:extensions"),
            deed=_("Extensions"),
        ),
        deed=ListDeed(_("Give more time"), reverse("office:custody:extend"))
        if May.RECALL_SALES in request.mays
        else None,
        name="paid-out-of-date",
        template="office/custody/past_deadline.html",
    )
