"""Check-in: what is on its way, and what came of it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from selfcard.cards.models import Batch
from selfcard.custody import commands
from selfcard.custody.models import Issue
from selfcard.custody.queries import (
    batches_to_check_in,
    is_checked_in,
    issues_seen_by,
    issues_to_check_in,
    overdue_since,
    runs_of,
    still_missing,
)
from selfcard.organisations.models import May
from selfcard.organisations.queries import organisations_in_reach
from selfcard.web.office.custody.forms import CheckInForm, CheckInPrintedForm, ExplainForm
from selfcard.web.office.deeds import ReasonForm
from selfcard.web.office.fields import cards_said
from selfcard.web.office.forms import refusals_shown_on
from selfcard.web.office.views import OfficeRequest, found, office_view, show


@office_view(May.CHECK_IN_CARDS)
def check_ins(request: OfficeRequest) -> HttpResponse:
    """Everything that is on its way to where the reader checks cards in, the oldest first."""
    return show(
        request,
        "office/custody/check_ins.html",
        {
            "issues": issues_to_check_in(request.actor),
            "overdue_since": overdue_since(),
            "batches": batches_to_check_in(request.actor),
        },
    )


@office_view(May.CHECK_IN_CARDS)
def check_in(request: OfficeRequest, number: str) -> HttpResponse:
    """Check in a shipment, whole or with the serials that are missing."""
    one = found(issues_seen_by(request.actor).filter(number=number).first())
    if one.state != Issue.State.IN_TRANSIT and request.method == "GET":
        return redirect("office:custody:issue_note", one.number)
    runs = runs_of(one)
    form = CheckInForm(request.POST or None, actor=request.actor, listed=runs)
    if form.is_valid():
        with refusals_shown_on(form):
            commands.check_in(issue=one, **form.cleaned_data, actor=request.actor)
            messages.success(request, _("%(number)s is checked in.") % {"number": one.number})
            return redirect("office:custody:issue_note", one.number)
    return show(
        request,
        "office/custody/check_in.html",
        {"form": form, "issue": one, "runs": runs, "cards": cards_said(one.count)},
    )


@office_view(May.CHECK_IN_CARDS)
def refuse(request: OfficeRequest, number: str) -> HttpResponse:
    """Refuse a whole shipment: nothing of it is taken in."""
    one = found(issues_seen_by(request.actor).filter(number=number).first())
    if one.state != Issue.State.IN_TRANSIT and request.method == "GET":
        return redirect("office:custody:issue_note", one.number)
    form = ReasonForm(request.POST or None, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            commands.refuse_delivery(issue=one, **form.cleaned_data, actor=request.actor)
            messages.success(request, _("%(number)s is refused.") % {"number": one.number})
            return redirect("office:custody:issue_note", one.number)
    return show(
        request,
        "office/custody/refuse.html",
        {"form": form, "issue": one, "cards": cards_said(one.count)},
    )


@office_view(May.CHECK_IN_CARDS)
def check_in_printed(request: OfficeRequest, number: str) -> HttpResponse:
    """Check in the box that came from the printer."""
    places = organisations_in_reach(request.actor, May.CHECK_IN_CARDS).values("pk")
    batches = Batch.objects.filter(
        organisation__in=places, state=Batch.State.GENERATED
    ).select_related("type_version__document_type", "printer")
    one = found(batches.filter(number=number).first())
    if request.method == "GET" and is_checked_in(one):
        return redirect("office:cards:batch", one.number)
    form = CheckInPrintedForm(request.POST or None, actor=request.actor, listed=[one.run])
    if form.is_valid():
        with refusals_shown_on(form):
            commands.check_in_printed(batch=one, **form.cleaned_data, actor=request.actor)
            messages.success(
                request,
                _("The cards of batch %(number)s are checked in.") % {"number": one.number},
            )
            return redirect("office:cards:batch", one.number)
    return show(
        request,
        "office/custody/check_in_printed.html",
        {"form": form, "batch": one, "cards": cards_said(one.count)},
    )


@office_view(May.CHECK_IN_CARDS)
def found_again(request: OfficeRequest, number: str) -> HttpResponse:
    """Release missing cards that were found where they had been sent from."""
    one = found(issues_seen_by(request.actor).filter(number=number).first())
    still = still_missing(one)
    if not still and request.method == "GET":
        return redirect("office:custody:issue_note", one.number)
    listed = still or runs_of(one)
    form = ExplainForm(request.POST or None, actor=request.actor, listed=listed)
    if form.is_valid():
        with refusals_shown_on(form):
            commands.explain_shortage(issue=one, **form.cleaned_data, actor=request.actor)
            messages.success(request, _("The cards that were found are inventory again."))
            return redirect("office:custody:issue_note", one.number)
    return show(
        request, "office/custody/found_again.html", {"form": form, "issue": one, "still": still}
    )
