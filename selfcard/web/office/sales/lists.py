"""The lists of sales: all of them, those overdue, and those whose money nobody has asked for."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django.db.models import Q, QuerySet, Sum
from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from selfcard.core import clock
from selfcard.organisations.models import May
from selfcard.sales.models import BusinessSource, Sale
from selfcard.sales.queries import (
    SEEING_SALES,
    left_by_day,
    numbers_not_paid,
    sales_in_reach,
    sales_overdue,
    sales_without_receipt,
)
from selfcard.sales.standing import NOT_PAID, Standing, standing, standing_of
from selfcard.web.office.lists import (
    Blank,
    CountColumn,
    DayColumn,
    ListDeed,
    MoneyColumn,
    NumberColumn,
    OfficeFilter,
    OfficeTable,
    Total,
    list_page,
    parties_named,
)
from selfcard.web.office.views import OfficeRequest, office_view
from selfcard.web.templatetags.selfcard import count as counted
from selfcard.web.templatetags.selfcard import money
from selfcard.web.templatetags.selfcard import status as status_shown

# How long a sale is overdue, in days; the last step has no end.
OVERDUE_STEPS: dict[str, tuple[int, int | None]] = {
    "1-7": (1, 7),
    "8-30": (8, 30),
    "31-90": (31, 90),
    "91-": (91, None),
}


class SaleNamed(OfficeFilter):
    """What every list of sales is searched by."""

    q = django_filters.CharFilter(
        label=gettext_lazy("Sales ID, seller or reference"), method="named"
    )
    agency = django_filters.CharFilter(label=gettext_lazy("Agency code"), method="through")

    def named(self, rows: QuerySet[Sale], name: str, text: str) -> QuerySet[Sale]:
        said = Q(number__icontains=text) | Q(customer_reference__icontains=text)
        return rows.filter(said | parties_named(text, "seller", "seller_organisation__party"))

    def through(self, rows: QuerySet[Sale], name: str, code: str) -> QuerySet[Sale]:
        return rows.filter(agency__code__iexact=code.strip())


class SaleFilter(SaleNamed):
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"),
        method="standing",
        empty_label=gettext_lazy("all"),
        choices=[(one.value, one.label) for one in Standing],
    )
    business_source = django_filters.ChoiceFilter(
        label=gettext_lazy("Business source"),
        choices=BusinessSource.choices,
        empty_label=gettext_lazy("all"),
    )

    gifts = django_filters.ChoiceFilter(
        label=gettext_lazy("Free cards"),
        method="given_away",
        choices=[
            ("only", pgettext_lazy("free cards", "only these")),
            ("none", pgettext_lazy("free cards", "without them")),
        ],
        empty_label=gettext_lazy("all"),
    )

    class Meta:
        model = Sale
        fields: ClassVar = ["q", "state", "business_source", "agency", "gifts"]

    def given_away(self, rows: QuerySet[Sale], name: str, wanted: str) -> QuerySet[Sale]:
        paid = Q(gift_reason="")
        return rows.filter(paid if wanted == "none" else ~paid)

    def standing(self, rows: QuerySet[Sale], name: str, wanted: str) -> QuerySet[Sale]:
        return standing(rows, wanted)


class OverdueFilter(SaleNamed):
    age = django_filters.ChoiceFilter(
        label=gettext_lazy("Days overdue"),
        method="overdue",
        empty_label=gettext_lazy("all"),
        choices=[
            (key, f"{first}–{last}" if last else gettext_lazy("more than 90"))
            for key, (first, last) in OVERDUE_STEPS.items()
        ],
    )

    class Meta:
        model = Sale
        fields: ClassVar = ["q", "age", "agency"]

    def overdue(self, rows: QuerySet[Sale], name: str, step: str) -> QuerySet[Sale]:
        return rows.filter(_overdue_for(*OVERDUE_STEPS[step]))


class ToChargeFilter(SaleNamed):
    class Meta:
        model = Sale
        fields: ClassVar = ["q", "agency"]


def _overdue_for(first: int, last: int | None) -> Q:
    """Sales that are overdue for so many days."""
    today = clock.today()
    since = Q(due_on__lte=today - timedelta(days=first))
    return since if last is None else since & Q(due_on__gte=today - timedelta(days=last))


class SaleTable(OfficeTable):
    number = NumberColumn(
        verbose_name=gettext_lazy("Sales ID"), linkify=("office:sales:sale", [tables.A("number")])
    )
    state = tables.Column(gettext_lazy("State"), empty_values=(), orderable=False)
    document_type = tables.Column(
        gettext_lazy("Document type"),
        accessor="type_version__document_type__name",
        order_by="type_version__document_type__code",
    )
    seller = tables.Column(
        gettext_lazy("Seller"), accessor="seller__name", order_by="seller__pinyin"
    )
    organisation = tables.Column(
        gettext_lazy("Organisation"),
        accessor="seller_organisation__name",
        order_by="seller_organisation__path",
    )
    registered_on = DayColumn(verbose_name=gettext_lazy("Registered"))
    due_on = DayColumn(verbose_name=gettext_lazy("Due"))
    count = CountColumn(verbose_name=pgettext_lazy("how many", "Cards"))
    cards_back = CountColumn(verbose_name=gettext_lazy("Taken back"), orderable=False)
    amount = MoneyColumn(verbose_name=gettext_lazy("Amount"))

    class Meta(OfficeTable.Meta):
        order_by = "-number"

    def render_state(self, record: Any) -> Any:
        return status_shown(standing_of(record))

    def value_state(self, record: Any) -> str:
        return str(standing_of(record).label)

    def render_cards_back(self, value: int) -> Any:
        return counted(value) if value else ""


class OverdueTable(OfficeTable):
    number = NumberColumn(
        verbose_name=gettext_lazy("Sales ID"), linkify=("office:sales:sale", [tables.A("number")])
    )
    due_on = DayColumn(verbose_name=gettext_lazy("Due"))
    age = CountColumn(
        verbose_name=gettext_lazy("Days overdue"), accessor="due_on", order_by="-due_on"
    )
    asked = tables.Column(gettext_lazy("Money"), empty_values=(), orderable=False)
    seller = tables.Column(
        gettext_lazy("Seller"), accessor="seller__name", order_by="seller__pinyin"
    )
    organisation = tables.Column(
        gettext_lazy("Organisation"),
        accessor="seller_organisation__name",
        order_by="seller_organisation__path",
    )
    agency = tables.Column(
        gettext_lazy("Agency of the sale"), accessor="agency__name", order_by="agency__code"
    )
    reference = tables.Column(gettext_lazy("Reference"), accessor="customer_reference")
    cards_left = CountColumn(verbose_name=pgettext_lazy("how many", "Cards"))
    amount_left = MoneyColumn(verbose_name=gettext_lazy("Still to come"))

    class Meta(OfficeTable.Meta):
        order_by = "due_on"

    def render_age(self, record: Any) -> Any:
        return counted(self.value_age(record))

    def value_age(self, record: Any) -> int:
        return (clock.today() - record.due_on).days

    def render_asked(self, record: Any) -> Any:
        return status_shown(NOT_PAID[record.receipt_state])

    def value_asked(self, record: Any) -> str:
        return str(NOT_PAID[record.receipt_state].label)


class ToChargeTable(OfficeTable):
    chosen = tables.Column(
        gettext_lazy("Choose"), empty_values=(), orderable=False, exclude_from_export=True
    )
    number = NumberColumn(
        verbose_name=gettext_lazy("Sales ID"), linkify=("office:sales:sale", [tables.A("number")])
    )
    seller = tables.Column(
        gettext_lazy("Seller"), accessor="seller__name", order_by="seller__pinyin"
    )
    organisation = tables.Column(
        gettext_lazy("Organisation"),
        accessor="seller_organisation__name",
        order_by="seller_organisation__path",
    )
    agency = tables.Column(
        gettext_lazy("Agency of the sale"), accessor="agency__name", order_by="agency__code"
    )
    reference = tables.Column(gettext_lazy("Reference"), accessor="customer_reference")
    registered_on = DayColumn(verbose_name=gettext_lazy("Registered"))
    due_on = DayColumn(verbose_name=gettext_lazy("Due"))
    cards_left = CountColumn(verbose_name=pgettext_lazy("how many", "Cards"))
    amount_left = MoneyColumn(verbose_name=gettext_lazy("Amount"))

    class Meta(OfficeTable.Meta):
        order_by = "number"

    def render_chosen(self, record: Any) -> Any:
        return format_html(
            '<input type="checkbox" class="form-check-input" form="together" name="sale"'
            ' value="{}" aria-label="{}">',
            record.number,
            _("Ask for %(number)s") % {"number": record.number},
        )


def _totals(rows: QuerySet[Sale]) -> list[Total]:
    sums = rows.order_by().aggregate(cards=Sum("count"), total=Sum("amount"))
    unpaid = _left(rows.filter(number__in=numbers_not_paid()))
    late = _left(standing(rows, Standing.OVERDUE))
    return [
        Total(pgettext("how many", "Cards"), counted(sums["cards"] or 0)),
        Total(_("Amount"), money(sums["total"] or 0)),
        Total(_("Not paid"), money(unpaid), "wait" if unpaid else ""),
        Total(_("Overdue"), money(late), "stop" if late else ""),
    ]


def _left(rows: QuerySet[Sale]) -> Decimal:
    return sum(left_by_day(rows, "due_on").values(), Decimal(0))


def _overdue_totals(rows: QuerySet[Sale]) -> list[Total]:
    left = left_by_day(rows, "due_on")
    today = clock.today()
    amounts = {
        step: sum(amount for day, amount in left.items() if _is_within((today - day).days, *step))
        for step in OVERDUE_STEPS.values()
    }
    return [
        Total(_("Still to come"), money(sum(left.values())), "stop"),
        *(Total(_days_said(*step), money(amount)) for step, amount in amounts.items()),
    ]


def _is_within(days: int, first: int, last: int | None) -> bool:
    return days >= first and (last is None or days <= last)


def _days_said(first: int, last: int | None) -> str:
    if last is None:
        return _("more than %(days)s days") % {"days": first - 1}
    return _("%(first)s–%(last)s days") % {"first": first, "last": last}


def _to_charge_totals(rows: QuerySet[Sale]) -> list[Total]:
    return [Total(_("To be asked for"), money(_left(rows)), "wait")]


@office_view(*SEEING_SALES)
def sales(request: OfficeRequest) -> HttpResponse:
    deed = (
        ListDeed(_("Register a sale"), reverse("office:sales:register"))
        if May.REGISTER_SALES in request.mays
        else None
    )
    return list_page(
        request,
        rows=sales_in_reach(request.actor),
        table=SaleTable,
        filters=SaleFilter,
        totals=_totals,
        title=_("Sales"),
        lead=_("What was sold, whether its money has arrived, and what came back."),
        blank=Blank(
            _("No sale yet"),
            _("When cards have been sold, a sale is registered. It gives a sales ID."),
            icon="receipt",
            url=deed.url if deed else "",
            deed=deed.label if deed else "",
        ),
        deed=deed,
        name="sales",
        long=True,
    )


@office_view(*SEEING_SALES)
def overdue(request: OfficeRequest) -> HttpResponse:
    return list_page(
        request,
        rows=sales_overdue(request.actor),
        table=OverdueTable,
        filters=OverdueFilter,
        totals=_overdue_totals,
        title=_("Overdue sales"),
        lead=_(
            "Sold, and not paid by the day on which they were due:"
            " chase them, or take the cards back."
        ),
        blank=Blank(
            _("Nothing is overdue"),
            _("A sale that is not paid by its due day stands here until it is paid or comes back."),
            icon="check",
        ),
        name="overdue-sales",
        long=True,
    )


@office_view(May.ISSUE_RECEIPTS)
def to_charge(request: OfficeRequest) -> HttpResponse:
    """Sales whose money can be asked for; those of one payer together."""
    return list_page(
        request,
        rows=sales_without_receipt(request.actor),
        table=ToChargeTable,
        filters=ToChargeFilter,
        totals=_to_charge_totals,
        title=_("To be asked for"),
        lead=_(
            "Sales without a charge receipt. Several of one payer are asked for on one receipt."
        ),
        blank=Blank(
            _("All money is asked for"),
            _("A sale stands here until its charge receipt is issued."),
            icon="check",
        ),
        name="to-be-asked-for",
        long=True,
        template="office/sales/to_charge.html",
    )
