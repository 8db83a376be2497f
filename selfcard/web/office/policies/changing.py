"""What changes a policy after its issue: contact data, and endorsements that another agrees to."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from selfcard.approvals.models import Approval
from selfcard.organisations.models import May
from selfcard.organisations.queries import may
from selfcard.policies import commands
from selfcard.policies.endorsing import APPROVE_ENDORSEMENT, POLICY_REASON
from selfcard.policies.history import corrections, endorsement_asked
from selfcard.policies.models import EndorsementRequest, Policy, Role
from selfcard.policies.named import Named, Whom
from selfcard.web.office.approvals.asked import asked_about
from selfcard.web.office.deeds import ReasonForm
from selfcard.web.office.forms import DeedForm, OfficeForm, refusals_shown_on
from selfcard.web.office.policies.cancelling import find
from selfcard.web.office.policies.changing_forms import (
    ContactChangeForm,
    CorrectionForm,
    role_of,
)
from selfcard.web.office.views import OfficeRequest, office_view, show

SEEING_ENDORSEMENTS = (May.CHANGE_POLICIES, May.APPROVE_ENDORSEMENTS, May.SEE_POLICIES)


@office_view(May.CHANGE_POLICIES)
def contact(request: OfficeRequest, number: str) -> HttpResponse:
    """Change where the applicant is reached, for whoever came with their document."""
    one = find(request, number, May.CHANGE_POLICIES)
    form = ContactChangeForm(request.POST or None, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            commands.change_contact_in_office(
                policy=one,
                contact=form.contact(one),
                asker=form.asker_given,
                reason=form.cleaned_data["reason"],
                actor=request.actor,
                request_id=form.cleaned_data["request_id"],
            )
            said = _("The applicant is reached elsewhere now; the policy has its next edition.")
            messages.success(request, said)
            return redirect("office:policies:policy", one.number)
    if one.state == Policy.State.CANCELLED and not form.is_bound:
        return redirect("office:policies:policy", one.number)
    return show(request, "office/policies/contact.html", {"form": form, "policy": one})


@office_view(May.CHANGE_POLICIES)
def endorse(request: OfficeRequest, number: str) -> HttpResponse:
    """Ask another person to agree that the policy names somebody as it should."""
    one = find(request, number, May.CHANGE_POLICIES)
    form = CorrectionForm(request.POST or None, policy=one, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            commands.ask_endorsement(
                policy=one,
                whom=form.person,
                after=form.after,
                asker=form.asker_given,
                reason=form.cleaned_data["reason"],
                document_seen=form.cleaned_data["document_seen"],
                actor=request.actor,
                request_id=form.cleaned_data["request_id"],
            )
            messages.success(request, _("Another person is asked to agree."))
            return redirect("office:policies:endorsement", one.number)
    if one.state == Policy.State.CANCELLED and not form.is_bound:
        return redirect("office:policies:policy", one.number)
    return show(request, "office/policies/endorse.html", {"form": form, "policy": one})


@office_view(*SEEING_ENDORSEMENTS)
def endorsement(request: OfficeRequest, number: str) -> HttpResponse:
    """What is to be corrected, why, and what became of it."""
    return _page(request, _asked(request, number))


@office_view(May.APPROVE_ENDORSEMENTS)
@require_POST
def grant(request: OfficeRequest, number: str) -> HttpResponse:
    """Agree: now the policy says so."""
    said = _("The policy is endorsed: its next edition says what is right.")
    return _do(request, number, commands.grant_endorsement, said, "office:policies:policy")


@office_view(May.CHANGE_POLICIES)
@require_POST
def withdraw(request: OfficeRequest, number: str) -> HttpResponse:
    """Take the request back."""
    said = _("The request is withdrawn.")
    return _do(request, number, commands.withdraw_endorsement, said, "office:policies:policy")


@office_view(May.APPROVE_ENDORSEMENTS)
def refuse(request: OfficeRequest, number: str) -> HttpResponse:
    """Refuse it, with the reason."""
    asked = _asked(request, number)
    form = ReasonForm(request.POST or None, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            commands.refuse_endorsement(asked=asked, **form.cleaned_data, actor=request.actor)
            messages.success(request, _("The endorsement is refused."))
            return redirect("office:policies:endorsement", number)
    return show(
        request,
        "office/policies/refuse_endorsement.html",
        {"form": form, "policy": asked.policy},
    )


@office_view(May.CHANGE_POLICIES)
@require_POST
def send_again(request: OfficeRequest, number: str) -> HttpResponse:
    """Tell the applicant once more where the policy is looked up."""
    one = find(request, number, May.CHANGE_POLICIES)
    form = DeedForm(request.POST, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            commands.send_again(policy=one, **form.cleaned_data, actor=request.actor)
            messages.success(request, _("The applicant is told once more."))
    for problem in form.problems:
        messages.warning(request, problem.text)
    return redirect("office:policies:policy", one.number)


def _do(
    request: OfficeRequest, number: str, command: Callable[..., Any], said: str, place: str
) -> HttpResponse:
    asked = _asked(request, number)
    form = DeedForm(request.POST, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            command(asked=asked, **form.cleaned_data, actor=request.actor)
            messages.success(request, said)
            return redirect(place, number)
    return _page(request, _asked(request, number), form)


def _page(
    request: OfficeRequest, one: EndorsementRequest, refused: OfficeForm | None = None
) -> HttpResponse:
    policy, approval = one.policy, one.approval
    asked = asked_about(request, APPROVE_ENDORSEMENT, POLICY_REASON, policy.number)
    assert asked is not None, "a request has its approval"
    waits = approval.state == Approval.State.ASKED
    return show(
        request,
        "office/policies/endorsement.html",
        {
            "one": one,
            "policy": policy,
            "approval": approval,
            "asked": asked,
            "waits": waits,
            "whom": role_of(Whom(Role(one.role), one.place)),
            # Who asks and who decides compare it with the document; others learn that there is one.
            "corrections": corrections(Named.read(one.before), Named.read(one.after))
            if asked.is_own or asked.may_decide
            else (),
            "may_withdraw": waits and may(request.actor, May.CHANGE_POLICIES, policy.organisation),
            "refused": refused,
            "form": refused or DeedForm(actor=request.actor),
        },
    )


def _asked(request: OfficeRequest, number: str) -> EndorsementRequest:
    """The latest request about a policy, for those who change, decide or see it.

    Raises:
        Http404: there is none, or it is out of reach.
    """
    found = endorsement_asked(number)
    reach = found is not None and any(
        may(request.actor, one, found.policy.organisation) for one in SEEING_ENDORSEMENTS
    )
    if found is None or not reach:
        raise Http404
    return found
