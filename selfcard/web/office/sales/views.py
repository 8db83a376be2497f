"""Sales: the list, registration with its live answer, a sale with its next step and papers."""

from decimal import Decimal
from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.db.models import Q, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from selfcard.core.money import Money
from selfcard.core.papers.words import amount_in_words
from selfcard.custody.queries import distribution
from selfcard.organisations.models import May
from selfcard.organisations.queries import may
from selfcard.payments.models import Receipt
from selfcard.sales.commands import issue_charge_receipt, register_sale
from selfcard.sales.models import BusinessSource, Sale
from selfcard.sales.queries import (
    SEEING_SALES,
    invoice_of,
    live_receipt,
    runs_of,
    sales_in_reach,
)
from selfcard.web.office.fields import cards_said
from selfcard.web.office.forms import refusals_shown_on
from selfcard.web.office.lists import (
    Blank,
    CountColumn,
    ListDeed,
    MomentColumn,
    MoneyColumn,
    NumberColumn,
    OfficeFilter,
    OfficeTable,
    Total,
    list_page,
)
from selfcard.web.office.named import cards_named
from selfcard.web.office.sales.forms import ReceiptForm, SaleForm
from selfcard.web.office.views import OfficeRequest, found, office_view, show
from selfcard.web.templatetags.selfcard import count as counted
from selfcard.web.templatetags.selfcard import money
from selfcard.web.templatetags.selfcard import status as status_shown

# What the money of a sale says about it: glyph and words.
MONEY_STATES: dict[str | None, tuple[str, Promise]] = {
    None: ("sold", gettext_lazy("sold, not asked for")),
    Receipt.State.ISSUED: ("issued", gettext_lazy("sold, not paid")),
    Receipt.State.CONFIRMED: ("paid", gettext_lazy("paid")),
}


class SaleFilter(OfficeFilter):
    q = django_filters.CharFilter(label=gettext_lazy("Sales ID or reference"), method="named")
    money = django_filters.ChoiceFilter(
        label=gettext_lazy("Money"),
        method="by_money",
        empty_label=gettext_lazy("all"),
        choices=[
            ("open", gettext_lazy("not asked for")),
            (Receipt.State.ISSUED, gettext_lazy("not paid")),
            (Receipt.State.CONFIRMED, gettext_lazy("paid")),
        ],
    )
    business_source = django_filters.ChoiceFilter(
        label=gettext_lazy("Business source"),
        choices=BusinessSource.choices,
        empty_label=gettext_lazy("all"),
    )

    class Meta:
        model = Sale
        fields: ClassVar = ["q", "money", "business_source"]

    def named(self, rows: QuerySet[Sale], name: str, text: str) -> QuerySet[Sale]:
        return rows.filter(Q(number__icontains=text) | Q(customer_reference__icontains=text))

    def by_money(self, rows: QuerySet[Sale], name: str, state: str) -> QuerySet[Sale]:
        asked = Q(receipt_state__isnull=True) if state == "open" else Q(receipt_state=state)
        return rows.filter(asked)


class SaleTable(OfficeTable):
    number = NumberColumn(
        verbose_name=gettext_lazy("Sales ID"), linkify=("office:sales:sale", [tables.A("number")])
    )
    receipt_state = tables.Column(gettext_lazy("Money"), empty_values=())
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
    registered_at = MomentColumn(verbose_name=gettext_lazy("Registered"))
    count = CountColumn(verbose_name=gettext_lazy("Cards"))
    amount = MoneyColumn(verbose_name=gettext_lazy("Amount"))

    class Meta(OfficeTable.Meta):
        order_by = "-number"

    def render_receipt_state(self, record: Any) -> Any:
        return status_shown(*MONEY_STATES[record.receipt_state])

    def value_receipt_state(self, record: Any) -> str:
        return str(MONEY_STATES[record.receipt_state][1])


def _totals(rows: QuerySet[Sale]) -> list[Total]:
    sums = rows.order_by().aggregate(
        cards=Sum("count"),
        total=Sum("amount"),
        unpaid=Sum("amount", filter=Q(receipt_state__isnull=True) | ~Q(receipt_state="confirmed")),
    )
    return [
        Total(_("Cards"), counted(sums["cards"] or 0)),
        Total(_("Amount"), money(sums["total"] or 0)),
        Total(_("Not paid"), money(sums["unpaid"] or 0), "wait" if sums["unpaid"] else ""),
    ]


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
        lead=_("What was sold, and whether its money has arrived."),
        blank=Blank(
            _("No sale yet"),
            _("When cards have been sold, a sale is registered. It gives a sales ID."),
            icon="receipt",
            url=deed.url if deed else "",
            deed=deed.label if deed else "",
        ),
        deed=deed,
        name="sales",
    )


@office_view(May.REGISTER_SALES)
def register(request: OfficeRequest) -> HttpResponse:
    form = SaleForm(request.POST or None, actor=request.actor, initial=_own(request))
    if form.is_valid():
        with refusals_shown_on(form):
            one = register_sale(**form.cleaned_data, actor=request.actor)
            messages.success(
                request,
                _("Sale %(number)s is registered: %(cards)s.")
                % {"number": one.number, "cards": cards_said(one.count)},
            )
            return redirect("office:sales:sale", one.number)
    return show(request, "office/sales/register.html", {"form": form})


def _own(request: OfficeRequest) -> dict[str, Any]:
    """Most sales are by and for whoever registers them; an address may name the cards."""
    return {
        "seller_organisation": request.staff.organisation.code,
        "seller": request.staff.party.code,
        "business_source": BusinessSource.DIRECT,
        **cards_named(request),
    }


@office_view(*SEEING_SALES)
def sale(request: OfficeRequest, number: str) -> HttpResponse:
    one = found(sales_in_reach(request.actor).filter(number=number).first())
    runs = runs_of(one)
    receipt = live_receipt(one)
    zh, en = amount_in_words(Money(one.amount, one.currency))
    return show(
        request,
        "office/sales/sale.html",
        {
            "sale": one,
            "cards": cards_said(one.count),
            "document_type": one.type_version.document_type,
            "money_state": MONEY_STATES[receipt.state if receipt else None],
            "lines": [(run, one.face_value * run.count) for run in runs],
            "parts": distribution(runs),
            "words": {"zh": zh, "en": en},
            "receipt": receipt,
            "past": one.receipts.filter(ended_at__isnull=False).select_related("receipt"),
            "paid": receipt is not None and receipt.state == Receipt.State.CONFIRMED,
            "confirmed": one.amount if _is_paid(receipt) else Decimal("0.00"),
            "open": Decimal("0.00") if _is_paid(receipt) else one.amount,
            "invoice": invoice_of(one),
            "may_ask": may(request.actor, May.ISSUE_RECEIPTS, one.seller_organisation),
            "may_confirm": may(request.actor, May.CONFIRM_RECEIPTS, one.seller_organisation)
            and receipt is not None
            and receipt.issued_by_id != request.staff.pk,
        },
    )


def _is_paid(receipt: Receipt | None) -> bool:
    return receipt is not None and receipt.state == Receipt.State.CONFIRMED


@office_view(May.ISSUE_RECEIPTS)
def issue_receipt(request: OfficeRequest, number: str) -> HttpResponse:
    """Ask for the money of a sale."""
    one = found(sales_in_reach(request.actor).filter(number=number).first())
    form = ReceiptForm(request.POST or None, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            receipt = issue_charge_receipt(sales=(one,), **form.cleaned_data, actor=request.actor)
            messages.success(
                request,
                _("Charge receipt %(number)s is issued.") % {"number": receipt.number},
            )
            return redirect("office:payments:receipt", receipt.number)
    return show(
        request,
        "office/sales/issue_receipt.html",
        {"form": form, "sale": one, "cards": cards_said(one.count)},
    )
