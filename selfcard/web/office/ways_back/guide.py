"""The one page for every way back: what cards are, what follows, and the step that comes first."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from selfcard.core.serials import SerialRun, count_cards
from selfcard.core.wording import listed
from selfcard.custody.parts import what_releases
from selfcard.inquiry.queries.ways_back import Way, WaysBack, ways_back
from selfcard.organisations.models import May
from selfcard.sales.commands import register_recoveries
from selfcard.sales.models import Recovery
from selfcard.sales.queries import SEEING_SALES, recoveries_of
from selfcard.web.office.answers import RUNS_OFFERED
from selfcard.web.office.forms import refusals_shown_on
from selfcard.web.office.views import OfficeRequest, office_view, show
from selfcard.web.office.ways_back.forms import NamedForm, TakeBackForm
from selfcard.web.operations import help_for

PARTS_SHOWN = 25
# What an address names cards by.
NAMES = {"sale", "first", "runs-first"}


@office_view(*SEEING_SALES)
def guide(request: OfficeRequest) -> HttpResponse:
    """Name a sale, a range or a card: the whole consequence, and then the first step."""
    asked = request.GET if NAMES.intersection(request.GET) else None
    named = NamedForm(asked, actor=request.actor)
    if not named.is_bound or not named.is_valid():
        return show(request, "office/ways_back/guide.html", {"named": named})
    found = ways_back(request.actor, named.cards)
    form = TakeBackForm(request.POST or None, found=found, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            recoveries = register_recoveries(
                returns=form.returns,
                reason=form.cleaned_data["reason"],
                asks_for_the_rest=form.cleaned_data["asks_for_the_rest"],
                actor=request.actor,
                request_id=form.cleaned_data["request_id"],
            )
            return _registered(request, recoveries)
    if form.is_bound and form.errors:
        form = _shown_anew(form)
    return show(request, "office/ways_back/guide.html", _context(request, named, found, form))


def _registered(request: OfficeRequest, recoveries: tuple[Recovery, ...]) -> HttpResponse:
    said = _("Registered: %(numbers)s.") % {
        "numbers": listed(recovery.number for recovery in recoveries)
    }
    messages.success(request, said)
    if len(recoveries) == 1:
        return redirect("office:ways_back:recovery", recoveries[0].number)
    return redirect("office:ways_back:recoveries")


def _shown_anew(form: TakeBackForm) -> TakeBackForm:
    """The refused form: what the page shows now is what it does when it is sent again."""
    data = QueryDict(mutable=True)
    data.update(form.data)
    data[form.add_prefix("shown")] = form.initial["shown"]
    form.data = data
    return form


def _context(
    request: OfficeRequest, named: NamedForm, found: WaysBack, form: TakeBackForm
) -> dict[str, Any]:
    sale = named.cleaned_data.get("sale")
    rest = found.coming_back
    can_do = (
        found.returns
        and not found.others
        and not found.on_their_way
        and all(one.allowed for one in found.returns)
    )
    return {
        "named": named,
        "found": found,
        "form": form if can_do else None,
        "refused": form if form.is_bound and form.errors and not can_do else None,
        "sale": sale,
        "earlier": recoveries_of(sale) if sale else [],
        "cards": count_cards(part.run for part in found.parts),
        "parts": found.parts[:PARTS_SHOWN],
        "more": max(len(found.parts) - PARTS_SHOWN, 0),
        "seen": [part for part in found.parts if part.status],
        "activated": found.count_of(Way.POLICY),
        "stopped": found.count_of(Way.STOPPED),
        "stopped_by": [
            (number, help_for(what_releases((kind, number)))) for kind, number in found.stopped_by
        ],
        "coming": found.count_of(Way.COMING),
        "elsewhere": found.count_of(Way.NONE),
        "rest": count_cards(rest),
        "rest_address": _naming(rest) if found.others and 0 < len(rest) <= RUNS_OFFERED else "",
        "may_cancel": May.CANCEL_POLICIES in request.mays,
        "not_allowed": [one for one in found.returns if not one.allowed],
    }


def _naming(runs: list[SerialRun]) -> str:
    named = {"first": [run.first for run in runs], "last": [run.last for run in runs]}
    return urlencode(named, doseq=True)
