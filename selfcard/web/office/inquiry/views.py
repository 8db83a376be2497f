"""Status details inquiry, and the biography of a card and of a range."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from selfcard.core import clock
from selfcard.core.refusals import Refusal
from selfcard.core.serials import (
    SerialRun,
    card_number,
    count_cards,
    merge_runs,
    parse_serial,
    prefix_of,
)
from selfcard.custody.statuses import SeenStatus
from selfcard.inquiry.queries.biography import LIFE, Biography, find_biography
from selfcard.inquiry.queries.details import FoundRun, RunPage, are_there, page_of, runs_sought
from selfcard.inquiry.queries.history import last_movements
from selfcard.inquiry.queries.next_steps import next_steps
from selfcard.inquiry.queries.pieces import PIECES_DRAWN, pieces
from selfcard.inquiry.queries.reach import SEEING_CARDS
from selfcard.inquiry.queries.sought import Question, Sought
from selfcard.inquiry.queries.spread import Distribution, distribution
from selfcard.web.office.charts import Chart, Series
from selfcard.web.office.exports import exported
from selfcard.web.office.inquiry.deeds import (
    back_from_its_paper,
    backward,
    forward,
    reported,
    unlocked,
    with_its_paper,
)
from selfcard.web.office.inquiry.forms import DetailsForm
from selfcard.web.office.lists import page_number
from selfcard.web.office.views import OfficeRequest, found, office_view, show
from selfcard.web.statuses import look_of
from selfcard.web.templatetags.selfcard import moment as said

MOVEMENTS_SHOWN = 8
ORGANISATIONS_DRAWN = 12


@office_view(*SEEING_CARDS)
def status_details(request: OfficeRequest) -> HttpResponse:
    """Cards by their numbers, papers, places and status, now or as of a past moment; as runs."""
    form = DetailsForm(request.GET or None, actor=request.actor)
    if form.is_bound and not form.is_valid():
        return show(request, "office/inquiry/range.html", {"form": form})
    question = Question(request.actor, form.sought) if form.is_bound else Question(request.actor)
    if form.is_bound and form.one_card:
        if are_there(question):
            return redirect("office:inquiry:card", card_number(form.one_card.first))
        form.add_error("runs", _("There is no such card that you may see."))
        return show(request, "office/inquiry/range.html", {"form": form})
    if file := _export(request, question):
        return file
    return show(request, "office/inquiry/range.html", _answer(request, form, question))


def _answer(request: OfficeRequest, form: DetailsForm, question: Question) -> dict[str, Any]:
    sought = question.sought
    page = page_of(question, page_number(request))
    spread = distribution(question)
    batches = {run.batch for run in page.runs}
    only = batches.pop() if len(batches) == 1 and not page.has_next and page.number == 1 else None
    ends = question.asked or []
    unseen = _unseen(question, spread)
    return {
        "form": form,
        "sought": sought,
        "page": page,
        "runs": page.runs,
        "spread": spread,
        "pieces": pieces(question) if _can_be_drawn(sought, spread) else [],
        "batch": sought.batch or only,
        "ends": ends[0] if len(ends) == 1 and not unseen else None,
        "now": clock.now(),
        "charts": _charts(spread) if sought.status is None and not sought.names_cards else {},
        **(_seen_alone(unseen, spread.count, page) if unseen else _story(request, question, page)),
    }


def _unseen(question: Question, spread: Distribution) -> int:
    """How many of the cards that were named are out of the reader's reach or were never printed.

    Which of the two is not told. Where the question leaves cards out itself, there is no telling.
    """
    sought = question.sought
    only_named = replace(sought, runs=(), document_type=None, at=None).is_empty
    of_type = sought.document_type.prefix if sought.document_type else ""
    if not only_named or any(of_type not in ("", prefix_of(run.first)) for run in sought.runs):
        return 0
    return count_cards(merge_runs(sought.runs)) - spread.count if sought.runs else 0


def _seen_alone(unseen: int, seen: int, page: RunPage) -> dict[str, Any]:
    """What is said of a range of which a part is not seen: no deed is offered with the whole."""
    runs = merge_runs(run.run for run in page.runs)
    named = {"first": [run.first for run in runs], "last": [run.last for run in runs]}
    is_whole = runs and not page.has_next and page.number == 1
    asked = unseen + seen
    return {
        "unseen": unseen,
        "asked": asked,
        "seen_alone": urlencode(named, doseq=True) if is_whole else "",
    }


def _story(request: OfficeRequest, question: Question, page: RunPage) -> dict[str, Any]:
    """What happened last to a range that is shown whole, and what can be done next with it."""
    sought = question.sought
    whole = sought.runs and not sought.at and not page.has_next and page.number == 1
    if not (whole and page.runs):
        return {}
    runs = merge_runs(run.run for run in page.runs)
    steps = next_steps(request.actor, runs, request.mays)
    return {
        "forward": forward(steps, runs),
        "backward": backward(steps, runs),
        "events": last_movements(request.actor, runs, MOVEMENTS_SHOWN),
    }


def _can_be_drawn(sought: Sought, spread: Distribution) -> bool:
    """Whether certain cards are asked for, and not in more runs than a strip can show."""
    return sought.names_cards and (spread.runs is None or spread.runs <= PIECES_DRAWN)


def _charts(spread: Distribution) -> dict[str, Chart]:
    """Stock by organisation, and how far the cards have come."""
    unit = pgettext("how many", "Cards")
    places = spread.organisations[:ORGANISATIONS_DRAWN]
    statuses = [status for status in SeenStatus if any(one.statuses.get(status) for one in places)]
    charts = {
        "funnel": Chart(
            _("From the printer to the policy"),
            categories=[
                _("Printed"),
                pgettext("so far", "Issued"),
                _("Sold"),
                _("Paid"),
                _("Activated"),
            ],
            series=[Series(_("Came so far, or further"), spread.funnel.figures, "paid")],
            unit=unit,
        )
    }
    if len(places) > 1:
        charts["organisations"] = Chart(
            _("By organisation, with everything below it"),
            categories=[one.organisation.name for one in places],
            series=[
                Series(
                    status.label,
                    [one.statuses.get(status, 0) for one in places],
                    look_of(status).fill,
                )
                for status in statuses
            ],
            unit=unit,
        )
    return charts


def _export(request: OfficeRequest, question: Question) -> HttpResponse | None:
    """All runs of the answer, in serial order, if the address asks for them as a file."""
    sought = question.sought
    status, past = sought.status, sought.at is not None
    head = [
        _("First"), _("Last"), pgettext("how many", "Cards"),
        *([_("Of them %(status)s") % {"status": status.label}] if status else []),
        *_heads_of_the_moment(sought.at),
        _("Document type"), _("Batch"), _("Paper"),
        *([_("Status now"), _("Holder now"), _("Name now")] if past else [_("Since")]),
    ]  # fmt: skip
    rows = (_row(run, status, past) for run in runs_sought(question))
    moment = sought.at.astimezone(clock.zone()) if sought.at else None
    name = f"cards-as-of-{moment:%Y-%m-%d-%H%M}-asked" if moment else "cards"
    return exported(request, name, head, rows)


def _heads_of_the_moment(at: datetime | None) -> list[str]:
    """What the columns are called that tell how it was at the moment asked for."""
    heads = [_("Status"), _("Activated"), _("Holder"), _("Name")]
    if at is None:
        return heads
    return [_("%(what)s, %(at)s") % {"what": head, "at": strip_tags(said(at))} for head in heads]


def _row(run: FoundRun, status: SeenStatus | None, past: bool) -> Sequence[Any]:
    return [
        f"{run.run.first:015d}",
        f"{run.run.last:015d}",
        run.count,
        *([run.asked] if status else []),
        run.status.label,
        run.activated,
        run.holder.code,
        run.holder.name,
        run.batch.type_version.document_type.code,
        run.batch.number,
        run.reason_number,
        *(_now(run) if past else [run.since]),
    ]


def _now(run: FoundRun) -> Iterator[Any]:
    yield run.now.status.label if run.now else ""
    yield run.now.holder.code if run.now else ""
    yield run.now.holder.name if run.now else ""


@office_view(*SEEING_CARDS)
def card(request: OfficeRequest, number: str) -> HttpResponse:
    """One card: where it is, what that means, how it got there, and what can be done next."""
    try:
        serial = parse_serial(number)
    except Refusal:
        serial = 0
    one = found(find_biography(request.actor, serial))
    itself = [SerialRun(serial, serial)]
    steps = next_steps(request.actor, itself, request.mays)
    return show(
        request,
        "office/inquiry/card.html",
        {
            "one": one,
            "card": one.card,
            "document_type": one.card.type_version.document_type,
            "life": _life(one),
            "forward": [
                *with_its_paper(one, request.mays),
                *forward(steps, itself),
                *reported(request.actor, one),
            ],
            "backward": [
                *unlocked(request.actor, one),
                *back_from_its_paper(one, request.mays),
                *backward(steps, itself),
            ],
            "events": one.events,
            "with_the_buyer": one.is_with_the_buyer,
            "alone": one.run.count == 1,
            "beside": ngettext(
                "%(count)s other card beside it", "%(count)s other cards beside it",
                one.run.count - 1,
            ) % {"count": f"{one.run.count - 1:,}"},
        },
    )  # fmt: skip


def _life(one: Biography) -> list[tuple[str, SeenStatus]]:
    """The steps of a card's life: past, here, or still to come."""
    marks = ["past"] * one.stage + ["here"] + [""] * (len(LIFE) - one.stage - 1)
    return list(zip(marks, LIFE, strict=True))
