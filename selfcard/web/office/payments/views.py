"""Receipts and invoices: lists, a receipt with its confirmation, the papers."""

from decimal import Decimal
from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.db.models import Q, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from selfcard.ledger.queries import entries_for
from selfcard.organisations.models import May
from selfcard.organisations.queries import may
from selfcard.payments.models import Invoice, Receipt
from selfcard.payments.queries import SEEING_RECEIPTS, invoices_in_reach, receipts_in_reach
from selfcard.sales.commands import settle_receipt, void_charge_receipt
from selfcard.sales.queries import sales_of_receipt
from selfcard.web.office.forms import refusals_shown_on
from selfcard.web.office.lists import (
    Blank,
    MomentColumn,
    MoneyColumn,
    NumberColumn,
    OfficeFilter,
    OfficeTable,
    StatusColumn,
    Total,
    list_page,
)
from selfcard.web.office.payments.forms import ConfirmForm, VoidForm, cards_in_words
from selfcard.web.office.views import OfficeRequest, found, office_view, show
from selfcard.web.templatetags.selfcard import money


class ReceiptFilter(OfficeFilter):
    q = django_filters.CharFilter(label=gettext_lazy("Receipt, sale or payer"), method="named")
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"), choices=Receipt.State.choices, empty_label=gettext_lazy("all")
    )

    class Meta:
        model = Receipt
        fields: ClassVar = ["q", "state"]

    def named(self, rows: QuerySet[Receipt], name: str, text: str) -> QuerySet[Receipt]:
        return rows.filter(
            Q(number__icontains=text)
            | Q(reason_number__icontains=text)
            | Q(payer_name__icontains=text)
        )


class ReceiptTable(OfficeTable):
    number = NumberColumn(
        verbose_name=gettext_lazy("Receipt number"),
        linkify=("office:payments:receipt", [tables.A("number")]),
    )
    state = StatusColumn(gettext_lazy("State"))
    payer = tables.Column(gettext_lazy("Payer"), order_by="payer_name")
    sale = NumberColumn(
        verbose_name=gettext_lazy("Sales ID"),
        accessor="reason_number",
        linkify=("office:sales:sale", [tables.A("reason_number")]),
    )
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


def _receipt_totals(rows: QuerySet[Receipt]) -> list[Total]:
    waiting = Q(state=Receipt.State.ISSUED)
    sums = rows.order_by().aggregate(
        asked=Sum("amount", filter=~Q(state=Receipt.State.VOID)), open=Sum("amount", filter=waiting)
    )
    return [
        Total(_("Asked for"), money(sums["asked"] or 0)),
        Total(_("Not confirmed yet"), money(sums["open"] or 0), "wait" if sums["open"] else ""),
    ]


@office_view(*SEEING_RECEIPTS)
def receipts(request: OfficeRequest) -> HttpResponse:
    return list_page(
        request,
        rows=receipts_in_reach(request.actor),
        table=ReceiptTable,
        filters=ReceiptFilter,
        totals=_receipt_totals,
        title=_("Charge receipts"),
        lead=_("What has been asked for, and whether the money has arrived."),
        blank=Blank(
            _("No charge receipt yet"),
            _("A charge receipt is issued on the page of a sale."),
            icon="receipt",
            url="/office/sales/",
            deed=_("To the sales"),
        ),
        name="charge-receipts",
    )


@office_view(*SEEING_RECEIPTS)
def receipt(request: OfficeRequest, number: str) -> HttpResponse:
    """A receipt; for the second person, while it waits, the form that confirms it."""
    one = found(receipts_in_reach(request.actor).filter(number=number).first())
    form = _confirm_form(request, one)
    if form is None or request.method != "POST":
        return _receipt_page(request, one, form)
    if "add" in request.POST:
        amount = f"{max(form.missing, 0):.2f}" if request.POST["add"] == "cash" else ""
        form = ConfirmForm.with_row(request.POST, receipt=one, amount=amount, actor=request.actor)
        return _receipt_page(request, one, form)
    if form.is_valid():
        with refusals_shown_on(form):
            invoice = settle_receipt(
                receipt=one,
                tenders=form.tenders,
                actor=request.actor,
                request_id=form.cleaned_data["request_id"],
            )
            messages.success(
                request,
                _("The money is confirmed. Invoice %(number)s has been numbered.")
                % {"number": invoice.number},
            )
            return redirect("office:payments:receipt", number)
    return _receipt_page(request, one, form)


def _confirm_form(request: OfficeRequest, one: Receipt) -> ConfirmForm | None:
    """The form for whoever may confirm this receipt now; a repeat of a sent form still counts."""
    if not may(request.actor, May.CONFIRM_RECEIPTS, one.organisation):
        return None
    if request.method == "POST":
        return ConfirmForm(request.POST, receipt=one, actor=request.actor)
    if one.state != Receipt.State.ISSUED or one.issued_by_id == request.staff.pk:
        return None
    return ConfirmForm(receipt=one, actor=request.actor)


def _receipt_page(request: OfficeRequest, one: Receipt, form: ConfirmForm | None) -> HttpResponse:
    waiting = one.state == Receipt.State.ISSUED
    if form and form.errors and not waiting:
        # Somebody was faster: what the command said stands above what has become of the receipt.
        for problem in form.problems:
            messages.warning(request, problem.text)
        form = None
    may_void = waiting and may(request.actor, May.ISSUE_RECEIPTS, one.organisation)
    return show(
        request,
        "office/payments/receipt.html",
        {
            "receipt": one,
            "cards": cards_in_words(one),
            "lines": [_charge_line(line) for line in one.lines],
            "sale": sales_of_receipt(one)[0].sale,
            "waiting": waiting,
            "own": one.issued_by_id == request.staff.pk,
            "form": form,
            "tenders": one.tenders.order_by("id"),
            "invoice": getattr(one, "invoice", None),
            "entries": entries_for("receipt", one.number),
            "void_form": VoidForm(actor=request.actor) if may_void else None,
        },
    )


@office_view(May.CONFIRM_RECEIPTS)
@require_POST
def tenders_sum(request: OfficeRequest, number: str) -> HttpResponse:
    """The sum beside the form while it is typed."""
    one = found(receipts_in_reach(request.actor).filter(number=number).first())
    form = ConfirmForm(request.POST, receipt=one, actor=request.actor)
    return render(request, "office/payments/_sum.html", {"form": form, "receipt": one})


@office_view(May.ISSUE_RECEIPTS)
def void(request: OfficeRequest, number: str) -> HttpResponse:
    """Take a charge receipt back, with the reason."""
    one = found(receipts_in_reach(request.actor).filter(number=number).first())
    form = VoidForm(request.POST or None, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            void_charge_receipt(receipt=one, **form.cleaned_data, actor=request.actor)
            messages.success(request, _("Receipt %(number)s is void.") % {"number": number})
            return redirect("office:sales:sale", one.reason_number)
    return show(request, "office/payments/void.html", {"receipt": one, "void_form": form})


class InvoiceFilter(OfficeFilter):
    q = django_filters.CharFilter(label=gettext_lazy("Invoice, receipt or buyer"), method="named")

    class Meta:
        model = Invoice
        fields: ClassVar = ["q"]

    def named(self, rows: QuerySet[Invoice], name: str, text: str) -> QuerySet[Invoice]:
        return rows.filter(
            Q(number__icontains=text)
            | Q(receipt__number__icontains=text)
            | Q(buyer_name__icontains=text)
        )


class InvoiceTable(OfficeTable):
    number = NumberColumn(
        verbose_name=gettext_lazy("Invoice number"),
        linkify=("office:payments:invoice", [tables.A("number")]),
    )
    buyer = tables.Column(gettext_lazy("Buyer"), order_by="buyer_name")
    receipt = NumberColumn(
        verbose_name=gettext_lazy("Receipt number"),
        accessor="receipt__number",
        linkify=("office:payments:receipt", [tables.A("receipt__number")]),
    )
    organisation = tables.Column(
        gettext_lazy("Organisation"), accessor="organisation__name", order_by="organisation__path"
    )
    issued_at = MomentColumn(verbose_name=pgettext_lazy("receipt", "Issued"))
    net = MoneyColumn(verbose_name=pgettext_lazy("money", "Net"))
    tax = MoneyColumn(verbose_name=gettext_lazy("Tax"))
    gross = MoneyColumn(verbose_name=gettext_lazy("Gross"))

    class Meta(OfficeTable.Meta):
        order_by = "-issued_at"


def _invoice_totals(rows: QuerySet[Invoice]) -> list[Total]:
    sums = rows.order_by().aggregate(net=Sum("net"), tax=Sum("tax"), gross=Sum("gross"))
    return [
        Total(pgettext_lazy("money", "Net"), money(sums["net"] or 0)),
        Total(_("Tax"), money(sums["tax"] or 0)),
        Total(_("Gross"), money(sums["gross"] or 0)),
    ]


@office_view(*SEEING_RECEIPTS)
def invoices(request: OfficeRequest) -> HttpResponse:
    return list_page(
        request,
        rows=invoices_in_reach(request.actor),
        table=InvoiceTable,
        filters=InvoiceFilter,
        totals=_invoice_totals,
        title=_("Invoices"),
        lead=_(
            "One for each confirmed receipt, numbered without gaps in each organisation's year."
        ),
        blank=Blank(
            _("No invoice yet"),
            _("An invoice is numbered when a receipt is confirmed."),
            icon="invoice",
        ),
        name="invoices",
    )


@office_view(*SEEING_RECEIPTS)
def invoice(request: OfficeRequest, number: str) -> HttpResponse:
    one = found(invoices_in_reach(request.actor).filter(number=number).first())
    return show(
        request,
        "office/payments/invoice.html",
        {
            "invoice": one,
            "receipt": one.receipt,
            "lines": [_invoice_line(line) for line in one.lines],
            "tenders": one.receipt.tenders.order_by("id"),
        },
    )


def _described(line: dict[str, Any]) -> dict[str, Any]:
    """What a frozen line is about, in the reader's language."""
    language = "zh" if (get_language() or "").startswith("zh") else "en"
    return {
        "description": line["description"][language],
        "detail": line["detail"],
        "quantity": line["quantity"],
    }


def _charge_line(line: dict[str, Any]) -> dict[str, Any]:
    return {
        **_described(line),
        "unit_price": line["unit_price"]["amount"],
        "amount": line["amount"]["amount"],
    }


def _invoice_line(line: dict[str, Any]) -> dict[str, Any]:
    return {
        **_described(line),
        "rate": Decimal(line["tax_rate"]) if line["tax_rate"] else None,
        **{part: line[part]["amount"] for part in ("net", "tax", "gross")},
    }
