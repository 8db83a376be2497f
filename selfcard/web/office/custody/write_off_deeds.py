"""What is done with a report of void, lost, found or destroyed cards: each deed one command."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from selfcard.core import clock
from selfcard.custody import commands
from selfcard.custody.queries import SEEING_WRITE_OFFS, still_lost
from selfcard.organisations.models import May
from selfcard.web.office.custody.count_forms import ReasonForm
from selfcard.web.office.custody.write_off_forms import AnnouncementForm
from selfcard.web.office.custody.write_offs import case_page, find
from selfcard.web.office.forms import DeedForm, OfficeForm, refusals_shown_on
from selfcard.web.office.views import OfficeRequest, office_view, show


class Deed(NamedTuple):
    """A deed on a report: its command, what is said when it is done; a heading if it asks why."""

    command: Callable[..., Any]
    done: Promise
    heading: Promise | None = None
    warning: Promise | None = None


DEEDS: dict[str, Deed] = {
    "agree": Deed(commands.grant_write_off, gettext_lazy("You have agreed to %(number)s.")),
    "ask-again": Deed(
        commands.ask_write_off_again, gettext_lazy("A second person is asked again.")
    ),
    "refuse": Deed(
        commands.refuse_write_off,
        gettext_lazy("You have refused %(number)s. The cards go on as before."),
        gettext_lazy("Refuse the report"),
        gettext_lazy(
            "Nothing has happened to the cards, and their freeze ends. Whoever reported reads your"
            " reason."
        ),
    ),
    "withdraw": Deed(
        commands.withdraw_write_off,
        gettext_lazy("%(number)s is withdrawn. The cards go on as before."),
        gettext_lazy("Withdraw the report"),
        gettext_lazy("The freeze of the cards ends, and nobody has to decide any more."),
    ),
}


@office_view(*SEEING_WRITE_OFFS)
def deed(request: OfficeRequest, number: str, name: str) -> HttpResponse:
    """Do one of the deeds; those that need a reason ask for it on a page of their own."""
    one, what = find(request, number), DEEDS[name]
    if what.heading is None and request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    kind: type[OfficeForm] = ReasonForm if what.heading else DeedForm
    form = kind(request.POST or None, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            what.command(write_off=one, **form.cleaned_data, actor=request.actor)
            messages.success(request, what.done % {"number": one.number})
            return redirect("office:custody:write_off", one.number)
    if what.heading is None:
        return case_page(request, find(request, number), form)
    return show(
        request,
        "office/custody/write_off_reason.html",
        {"form": form, "case": one, "heading": what.heading, "warning": what.warning},
    )


@office_view(May.WRITE_OFF_CARDS)
def announce(request: OfficeRequest, number: str) -> HttpResponse:
    """Write down where and when a loss was announced."""
    one = find(request, number)
    form = AnnouncementForm(
        request.POST or None, actor=request.actor, initial={"announced_on": clock.today()}
    )
    if form.is_valid():
        with refusals_shown_on(form):
            commands.record_announcement(write_off=one, **form.cleaned_data, actor=request.actor)
            messages.success(
                request, _("The announcement of %(number)s is on record.") % {"number": one.number}
            )
            return redirect("office:custody:write_off", one.number)
    return show(
        request,
        "office/custody/announce.html",
        {"form": form, "case": one, "lost": still_lost(one)},
    )
