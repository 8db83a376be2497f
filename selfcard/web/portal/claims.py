"""Reporting a claim: how it is done, what happened, and the photos and papers for it.

Whoever opened a card with its PIN, or a policy, may report and add. What was reported is not shown
again: a phone may be shared, and somebody else may know the PIN.
"""

from collections.abc import Iterable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from selfcard.claims.commands import add_to_notice, record_notice
from selfcard.claims.models import Notice
from selfcard.claims.queries import (
    additions_to,
    notices_of_card,
    notices_of_policy,
    policy_or_card,
)
from selfcard.custody.queries import CardState
from selfcard.policies.models import Policy
from selfcard.web.forms import refusals_shown_on
from selfcard.web.portal.claim_forms import AddForm, ReportForm
from selfcard.web.portal.visit import NOTICES, holder_of, policy_shown_to, visit_of


@never_cache
def how(request: HttpRequest) -> HttpResponse:
    """How to claim; and for whoever has opened something, the way to report it here."""
    meant = _opened(request)
    context = {"meant": meant, "notices": _notices_for(request, meant) if meant else []}
    return render(request, "portal/claim.html", context | _facts(meant))


@never_cache
def report(request: HttpRequest) -> HttpResponse:
    """What happened. Nothing about the card or the policy keeps anybody from saying it."""
    meant = _opened(request)
    if meant is None:
        return redirect("portal:claim")
    form = ReportForm(request.POST or None)
    if form.looked_in:
        form = ReportForm(kept=form.typed())
    elif form.is_valid():
        with refusals_shown_on(form):
            notice = record_notice(
                policy=meant if isinstance(meant, Policy) else None,
                serial=meant.serial if isinstance(meant, CardState) else None,
                given=form.given,
                actor=holder_of(request),
                request_id=form.cleaned_data["request_id"],
            )
            request.session[NOTICES] = [*request.session.get(NOTICES, []), notice.number]
            return redirect("portal:notice", notice.number)
    context = {"form": form, **_facts(meant)}
    return render(request, "portal/claim_report.html", context, status=form.status)


@never_cache
def notice(request: HttpRequest, number: str) -> HttpResponse:
    """It is recorded: its number, what comes next, and whatever is still to be added."""
    meant = _opened(request)
    if meant is None:
        return redirect("portal:claim")
    one = next((one for one in _notices_for(request, meant) if one.number == number), None)
    if one is None:
        raise Http404
    form = AddForm(request.POST or None, files=request.FILES or None)
    if form.is_valid():
        with refusals_shown_on(form):
            add_to_notice(
                notice=one,
                words=form.cleaned_data["words"],
                attachments=form.cleaned_data["attachments"],
                actor=holder_of(request),
                request_id=form.cleaned_data["request_id"],
            )
            return redirect("portal:notice", one.number)
    context = {
        "form": form,
        "notice": one,
        "added": additions_to(one),
        **_facts(meant),
    }
    return render(request, "portal/claim_notice.html", context, status=form.status)


def _opened(request: HttpRequest) -> Policy | CardState | None:
    """What this browser has opened: a policy, or a card with its PIN, whatever it has become."""
    if policy := policy_shown_to(request):
        return policy
    visit = visit_of(request)
    return policy_or_card(visit.card) if visit else None


def _notices_for(request: HttpRequest, meant: Policy | CardState) -> Iterable[Notice]:
    """What was reported for it. Of a policy that only a PIN has opened, what this browser did."""
    if isinstance(meant, CardState):
        return notices_of_card(meant.serial)
    notices = notices_of_policy(meant)
    if policy_shown_to(request) == meant:
        return notices
    return notices.filter(number__in=request.session.get(NOTICES, []))


def _facts(meant: Policy | CardState | None) -> dict[str, Policy | CardState | None]:
    return {
        "policy": meant if isinstance(meant, Policy) else None,
        "card": meant if isinstance(meant, CardState) else None,
    }
