"""Sales registration: at once, or after a second person has agreed to a large sale."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from selfcard.organisations.models import May
from selfcard.sales.commands import ask_large_sale, register_sale
from selfcard.sales.errors import PhoneOfALargeSale
from selfcard.sales.terms import needs_second_person
from selfcard.web.office.fields import cards_said
from selfcard.web.office.forms import refusals_shown_on
from selfcard.web.office.named import cards_named
from selfcard.web.office.sales.forms import SaleForm
from selfcard.web.office.views import OfficeRequest, office_view, show

# What a request to a second person does not keep: it is no place for a phone.
BUYER = {"phone", "language"}


@office_view(May.REGISTER_SALES)
def register(request: OfficeRequest) -> HttpResponse:
    form = SaleForm(
        request.POST or None,
        actor=request.actor,
        gives_away=May.GIVE_AWAY in request.mays,
        initial=_own(request),
    )
    if form.is_valid():
        with refusals_shown_on(form):
            return _ask(request, form) if needs_second_person(form.cards) else _sell(request, form)
    return show(
        request,
        "office/sales/register.html",
        {"form": form, "due_days": settings.SALE_DUE_DAYS},
    )


def _sell(request: OfficeRequest, form: SaleForm) -> HttpResponse:
    one = register_sale(**form.cleaned_data, actor=request.actor)
    messages.success(
        request,
        _("Sale %(number)s is registered: %(cards)s.")
        % {"number": one.number, "cards": cards_said(one.count)},
    )
    return redirect("office:sales:sale", one.number)


def _ask(request: OfficeRequest, form: SaleForm) -> HttpResponse:
    asked = {name: value for name, value in form.cleaned_data.items() if name not in BUYER}
    if form.cleaned_data["phone"]:
        raise PhoneOfALargeSale
    approval = ask_large_sale(**asked, actor=request.actor)
    messages.success(
        request,
        _("A second person is asked about sale %(number)s. Until then nothing happens.")
        % {"number": approval.subject_number},
    )
    return redirect("office:sales:large_sale", approval.subject_number)


def _own(request: OfficeRequest) -> dict[str, Any]:
    """Most sales are for where one works, and an address may name the cards. Who sold them, and
    through whom, is said each time: it decides who answers for the money."""
    return {"seller_organisation": request.staff.organisation.code, **cards_named(request)}
