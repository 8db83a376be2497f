"""The charge receipt of a sale, or of several sales of one payer."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from selfcard.organisations.models import May
from selfcard.sales.commands import issue_charge_receipt
from selfcard.sales.queries import sales_in_reach, sales_without_receipt
from selfcard.web.office.fields import cards_said
from selfcard.web.office.forms import refusals_shown_on
from selfcard.web.office.sales.forms import MOST_SALES, ReceiptForm, TogetherForm, codes_in
from selfcard.web.office.views import OfficeRequest, found, office_view, show


@office_view(May.ISSUE_RECEIPTS)
def issue_receipt(request: OfficeRequest, number: str) -> HttpResponse:
    """Ask for the money of one sale."""
    one: Any = found(sales_in_reach(request.actor).filter(number=number).first())
    form = ReceiptForm(
        request.POST or None,
        actor=request.actor,
        place=one.seller_organisation,
        initial=_payer([one]),
    )
    if form.is_valid() and (done := _issued(request, form, (one,))):
        return done
    return show(
        request,
        "office/sales/issue_receipt.html",
        {
            "form": form,
            "sale": one,
            "cards": cards_said(one.cards_left),
            "is_gift": one.is_gift,
            "alike": _alike(request, one),
        },
    )


@office_view(May.ISSUE_RECEIPTS)
def issue_together(request: OfficeRequest) -> HttpResponse:
    """Ask one payer for the money of several sales; the address names them."""
    codes = codes_in(" ".join(request.GET.getlist("sale")))[:MOST_SALES]
    named: list[Any] = list(sales_without_receipt(request.actor).filter(number__in=codes))
    form = TogetherForm(
        request.POST or None,
        actor=request.actor,
        place=named[0].seller_organisation if named else None,
        initial={"sales": " ".join(sale.number for sale in named), **_payer(named)},
    )
    if form.is_valid():
        sales = form.cleaned_data.pop("sales")
        if done := _issued(request, form, sales):
            return done
    known = {sale.number for sale in named}
    return show(
        request,
        "office/sales/issue_together.html",
        {
            "form": form,
            "sales": named,
            "strange": [code for code in codes if code not in known],
            "is_gift": any(sale.is_gift for sale in named),
            "is_mixed": len({sale.agency_id for sale in named}) > 1,
            "cards": sum(sale.cards_left for sale in named),
            "amount": sum(sale.amount_left for sale in named),
            "currency": named[0].currency if named else "",
        },
    )


def _alike(request: OfficeRequest, one: Any) -> list[str]:
    """Other sales of its agency that can be asked for on the same receipt."""
    if one.agency is None or one.is_gift:
        return []
    others = sales_without_receipt(request.actor).filter(
        agency=one.agency,
        gift_reason="",
        seller_organisation=one.seller_organisation,
        currency=one.currency,
    )
    return [other.number for other in others.exclude(pk=one.pk)[: MOST_SALES - 1]]


def _issued(request: OfficeRequest, form: ReceiptForm, sales: tuple[Any, ...]) -> Any:
    with refusals_shown_on(form):
        receipt = issue_charge_receipt(sales=sales, **form.cleaned_data, actor=request.actor)
        messages.success(
            request, _("Charge receipt %(number)s is issued.") % {"number": receipt.number}
        )
        return redirect("office:payments:receipt", receipt.number)
    return None


def _payer(sales: list[Any]) -> dict[str, str]:
    """An agency pays for what it sold; who else pays has to be said."""
    agencies = {sale.agency for sale in sales}
    (agency,) = agencies if len(agencies) == 1 else (None,)
    return {"payer_name": agency.name_zh} if agency else {}
