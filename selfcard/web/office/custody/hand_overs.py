"""Cards pass from one individual to another of the same institution."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from selfcard.custody.commands import hand_over_cards
from selfcard.organisations.models import May
from selfcard.web.office.custody.note_forms import HandOverForm
from selfcard.web.office.fields import cards_said
from selfcard.web.office.forms import refusals_shown_on
from selfcard.web.office.named import cards_named
from selfcard.web.office.views import OfficeRequest, office_view, show


@office_view(May.ISSUE_CARDS)
def hand_over(request: OfficeRequest) -> HttpResponse:
    form = HandOverForm(request.POST or None, actor=request.actor, initial=cards_named(request))
    if form.is_valid():
        with refusals_shown_on(form):
            one = hand_over_cards(**form.cleaned_data, actor=request.actor)
            messages.success(
                request,
                _("%(number)s: %(cards)s handed over to %(name)s.")
                % {
                    "number": one.number,
                    "cards": cards_said(one.count),
                    "name": one.to_party.name,
                },
            )
            return redirect("office:custody:issue_note", one.number)
    return show(request, "office/custody/hand_over.html", {"form": form})
