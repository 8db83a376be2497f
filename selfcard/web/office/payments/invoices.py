"""Invoices: the list, one invoice, and what the tax platform says of it."""

from typing import ClassVar

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from selfcard.organisations.models import May
from selfcard.organisations.queries import may
from selfcard.payments.commands import note_tax_fact
from selfcard.payments.models import Invoice, RedLetterInvoice
from selfcard.payments.queries import SEEING_RECEIPTS, invoices_in_reach
from selfcard.sales.queries import sales_of_receipt
from selfcard.web.office.forms import refusals_shown_on
from selfcard.web.office.lists import (
    Blank,
    NumberColumn,
    list_page,
)
from selfcard.web.office.payments.forms import TaxFactForm, usual_platform
from selfcard.web.office.payments.frozen_lines import invoice_line
from selfcard.web.office.payments.series import RegisterFilter, RegisterTable, register_totals
from selfcard.web.office.views import OfficeRequest, found, office_view, show


class InvoiceFilter(RegisterFilter):
    kind = "invoice"

    q = django_filters.CharFilter(label=gettext_lazy("Invoice, receipt or buyer"), method="named")

    class Meta:
        model = Invoice
        fields: ClassVar = ["q", "series", "month"]

    def named(self, rows: QuerySet[Invoice], name: str, text: str) -> QuerySet[Invoice]:
        return rows.filter(
            Q(number__icontains=text)
            | Q(receipt__number__icontains=text)
            | Q(buyer_name__icontains=text)
        )


class InvoiceTable(RegisterTable):
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

    class Meta(RegisterTable.Meta):
        pass


@office_view(*SEEING_RECEIPTS)
def invoices(request: OfficeRequest) -> HttpResponse:
    return list_page(
        request,
        rows=invoices_in_reach(request.actor),
        table=InvoiceTable,
        filters=InvoiceFilter,
        totals=register_totals,
        title=_("Invoice register"),
        lead=_(
            "One for each confirmed receipt, numbered without gaps in each organisation's year."
        ),
        blank=Blank(
            _("No invoice yet"),
            _("An invoice is numbered when a receipt is confirmed."),
            icon="invoice",
        ),
        name="invoices",
        printed=True,
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
            "lines": [invoice_line(line) for line in one.lines],
            "sales": [asked.sale for asked in sales_of_receipt(one.receipt)],
            "tenders": one.receipt.tenders.select_related("account").order_by("id"),
            "red_letters": one.red_letters.order_by("id"),
            "tax_facts": one.tax_facts.select_related("entered_by__party"),
            "may_enter": may(request.actor, May.CONFIRM_RECEIPTS, one.organisation),
        },
    )


@office_view(May.CONFIRM_RECEIPTS)
def invoice_tax(request: OfficeRequest, number: str) -> HttpResponse:
    """Enter what the tax platform says of an invoice."""
    one = found(invoices_in_reach(request.actor).filter(number=number).first())
    return tax_page(request, one, reverse("office:payments:invoice", args=[number]))


def tax_page(request: OfficeRequest, paper: Invoice | RedLetterInvoice, back: str) -> HttpResponse:
    facts = paper.tax_facts.select_related("entered_by__party")
    form = TaxFactForm(request.POST or None, actor=request.actor, initial=usual_platform(facts))
    if form.is_valid():
        with refusals_shown_on(form):
            answer = form.read.answer_about(paper)
            note_tax_fact(
                paper=paper,
                answer=answer,
                actor=request.actor,
                request_id=form.cleaned_data["request_id"],
            )
            messages.success(
                request,
                _("What %(platform)s says of it is kept.") % {"platform": answer.platform},
            )
            return redirect(back)
    context = {"form": form, "paper": paper, "tax_facts": facts, "back": back}
    return show(request, "office/payments/tax_fact.html", context)
