"""The PIN gate as staff see it: whether very many are guessing, and unlocking a card."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from selfcard.activation.commands import unlock_card
from selfcard.activation.queries import SEEING_GATE, alarm_in_force, alarms
from selfcard.core.refusals import Refusal
from selfcard.core.serials import card_number, group_digits, parse_serial
from selfcard.inquiry.queries.biography import find_biography
from selfcard.organisations.models import May
from selfcard.organisations.queries import organisation_of, require
from selfcard.web.office.forms import refusals_shown_on
from selfcard.web.office.gate.forms import UnlockForm
from selfcard.web.office.views import OfficeRequest, found, office_view, show

ALARMS_SHOWN = 20


@office_view(*SEEING_GATE)
def gate(request: OfficeRequest) -> HttpResponse:
    """What the gate asks of everybody just now, and when it did before."""
    return show(
        request,
        "office/gate/gate.html",
        {"alarm": alarm_in_force(), "alarms": alarms()[:ALARMS_SHOWN]},
    )


@office_view(May.UNLOCK_CARDS)
def unlock(request: OfficeRequest, number: str) -> HttpResponse:
    """Let a card be tried again that too many wrong PINs have locked."""
    try:
        serial = parse_serial(number)
    except Refusal:
        serial = 0
    one = found(find_biography(request.actor, serial))
    require(request.actor, May.UNLOCK_CARDS, organisation_of(one.card.holder))
    form = UnlockForm(request.POST or None, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            unlock_card(serial=serial, **form.cleaned_data, actor=request.actor)
            said = _("Card %(number)s can be tried again.")
            messages.success(request, said % {"number": group_digits(card_number(serial))})
            return redirect("office:inquiry:card", card_number(serial))
    if not one.locked_until and not form.is_bound:
        return redirect("office:inquiry:card", card_number(serial))
    return show(request, "office/gate/unlock.html", {"form": form, "card": one.card})
