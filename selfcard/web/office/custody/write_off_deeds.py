"""What is done with a report of void, lost, found or destroyed cards: each deed one command."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from selfcard.core import clock
from selfcard.custody import commands
from selfcard.custody.queries import SEEING_WRITE_OFFS, still_lost
from selfcard.organisations.models import May
from selfcard.web.office.custody.write_off_forms import AnnouncementForm
from selfcard.web.office.custody.write_offs import case_page, find
from selfcard.web.office.deeds import Deed, Subject, do
from selfcard.web.office.forms import refusals_shown_on
from selfcard.web.office.views import OfficeRequest, office_view, show

DEEDS: dict[str, Deed] = {
    "agree": Deed(commands.grant_write_off, gettext_lazy("You have agreed to %(number)s.")),
    "ask-again": Deed(
        commands.ask_write_off_again, gettext_lazy("A second person is asked again.")
    ),
    "refuse": Deed(
        commands.refuse_write_off,
        gettext_lazy("You have refused %(number)s. Everything is as it was before."),
        gettext_lazy("Refuse the report"),
        gettext_lazy(
            "Everything is as it was before the report. Whoever reported reads your reason."
        ),
    ),
    "withdraw": Deed(
        commands.withdraw_write_off,
        gettext_lazy("%(number)s is withdrawn. Everything is as it was before."),
        gettext_lazy("Withdraw the report"),
        gettext_lazy("Everything is as it was before the report, and nobody has to decide."),
    ),
}


@office_view(*SEEING_WRITE_OFFS)
def deed(request: OfficeRequest, number: str, name: str) -> HttpResponse:
    """Do one of the deeds; those that need a reason ask for it on a page of their own."""
    subject = Subject(
        "write_off",
        find(request, number),
        "office:custody:write_off",
        lambda form: case_page(request, find(request, number), form),
        "office/custody/write_off_reason.html",
    )
    return do(request, DEEDS[name], subject)


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
