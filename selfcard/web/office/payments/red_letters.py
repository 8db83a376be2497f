"""Red-letter invoices: the list, one with its original, and what the tax platform says of it."""

from decimal import Decimal
from typing import ClassVar

import django_filters
import django_tables2 as tables
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from selfcard.organisations.models import May
from selfcard.organisations.queries import may
from selfcard.payments.models import RedLetterInvoice
from selfcard.payments.queries import SEEING_RECEIPTS, red_letters_in_reach
from selfcard.web.office.lists import (
    Blank,
    NumberColumn,
    list_page,
)
from selfcard.web.office.payments.debts import debt_of
from selfcard.web.office.payments.frozen_lines import invoice_line
from selfcard.web.office.payments.invoices import tax_page
from selfcard.web.office.payments.series import RegisterFilter, RegisterTable, register_totals
from selfcard.web.office.views import OfficeRequest, found, office_view, show


class RedLetterFilter(RegisterFilter):
    kind = "red_letter"

    q = django_filters.CharFilter(
        label=gettext_lazy("Red-letter invoice, original or buyer"), method="named"
    )

    class Meta:
        model = RedLetterInvoice
        fields: ClassVar = ["q", "series", "month"]

    def named(
        self, rows: QuerySet[RedLetterInvoice], name: str, text: str
    ) -> QuerySet[RedLetterInvoice]:
        return rows.filter(
            Q(number__icontains=text)
            | Q(invoice__number__icontains=text)
            | Q(payment__number__icontains=text)
            | Q(buyer_name__icontains=text)
        )


class RedLetterTable(RegisterTable):
    number = NumberColumn(
        verbose_name=gettext_lazy("Red-letter invoice number"),
        linkify=("office:payments:red_letter", [tables.A("number")]),
    )
    original = NumberColumn(
        verbose_name=gettext_lazy("Original invoice"),
        accessor="invoice__number",
        linkify=("office:payments:invoice", [tables.A("invoice__number")]),
    )
    buyer = tables.Column(gettext_lazy("Buyer"), order_by="buyer_name")
    payment = NumberColumn(
        verbose_name=gettext_lazy("Payment receipt number"),
        accessor="payment__number",
        linkify=("office:payments:payment", [tables.A("payment__number")]),
    )

    class Meta(RegisterTable.Meta):
        pass


@office_view(*SEEING_RECEIPTS)
def red_letters(request: OfficeRequest) -> HttpResponse:
    return list_page(
        request,
        rows=red_letters_in_reach(request.actor),
        table=RedLetterTable,
        filters=RedLetterFilter,
        totals=register_totals,
        title=_("Red-letter register"),
        lead=_("Negative invoices: each cancels all or a part of a named original."),
        blank=Blank(
            _("No red-letter invoice yet"),
            _("One is numbered when the money of a recovery is paid back."),
            icon="invoice",
        ),
        name="red-letter-invoices",
        printed=True,
    )


@office_view(*SEEING_RECEIPTS)
def red_letter(request: OfficeRequest, number: str) -> HttpResponse:
    one = _found(request, number)
    payment, original = one.payment, one.invoice
    beside = list(original.red_letters.order_by("id"))
    return show(
        request,
        "office/payments/red_letter.html",
        {
            "red_letter": one,
            "original": original,
            "beside": beside,
            "left": original.gross + sum((red.gross for red in beside), Decimal("0.00")),
            "payment": payment,
            "debt": debt_of(payment),
            "debt_place": reverse(debt_of(payment).url_name, args=[payment.reason_number]),
            "lines": [invoice_line(line) for line in one.lines],
            "outlays": payment.outlays.select_related("account", "drawer_day__drawer"),
            "tax_facts": one.tax_facts.select_related("entered_by__party"),
            "may_enter": may(request.actor, May.CONFIRM_PAYMENTS, one.organisation),
        },
    )


@office_view(May.CONFIRM_PAYMENTS)
def red_letter_tax(request: OfficeRequest, number: str) -> HttpResponse:
    """Enter what the tax platform says of a red-letter invoice."""
    one = _found(request, number)
    return tax_page(request, one, reverse("office:payments:red_letter", args=[number]))


def _found(request: OfficeRequest, number: str) -> RedLetterInvoice:
    return found(
        red_letters_in_reach(request.actor)
        .filter(number=number)
        .select_related("payment__issued_by__party")
        .first()
    )
