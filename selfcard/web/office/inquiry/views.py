"""Status details inquiry, and the biography of a card."""

from collections.abc import Iterator
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from selfcard.core import clock
from selfcard.core.refusals import Refusal
from selfcard.core.serials import card_number, parse_serial
from selfcard.custody.statuses import SeenStatus
from selfcard.inquiry.queries.biography import LIFE, Biography, find_biography
from selfcard.inquiry.queries.details import (
    FoundRun,
    Sought,
    distribution,
    explained,
    holdings_sought,
    pieces,
)
from selfcard.inquiry.queries.reach import SEEING_CARDS
from selfcard.organisations.models import May
from selfcard.web.office.exports import exported
from selfcard.web.office.inquiry.deeds import next_deeds
from selfcard.web.office.inquiry.forms import DetailsForm
from selfcard.web.office.inquiry.places import place
from selfcard.web.office.lists import PER_PAGE, ROWS_AT_ONCE
from selfcard.web.office.named import naming
from selfcard.web.office.views import OfficeRequest, found, office_view, show


@office_view(*SEEING_CARDS)
def status_details(request: OfficeRequest) -> HttpResponse:
    """Cards by number, serial, range, batch, type, holder and status, as runs with counts."""
    form = DetailsForm(request.GET or None, actor=request.actor)
    if form.is_bound and not form.is_valid():
        return show(request, "office/inquiry/range.html", {"form": form})
    sought = form.sought if form.is_bound else Sought()
    if form.is_bound and form.one_card:
        if holdings_sought(request.actor, sought).exists():
            return redirect("office:inquiry:card", card_number(form.one_card.first))
        form.add_error("first", _("There is no such card that you may see."))
        return show(request, "office/inquiry/range.html", {"form": form})
    if file := _export(request, sought):
        return file
    return show(request, "office/inquiry/range.html", _answer(request, form, sought))


def _answer(request: OfficeRequest, form: DetailsForm, sought: Sought) -> dict[str, Any]:
    page = Paginator(holdings_sought(request.actor, sought), PER_PAGE).get_page(
        request.GET.get("page")
    )
    runs = explained(page.object_list)
    batches = {run.batch for run in runs}
    only = batches.pop() if len(batches) == 1 and page.paginator.num_pages == 1 else None
    return {
        "form": form,
        "sought": sought,
        "page": page,
        "runs": runs,
        "spread": distribution(request.actor, sought),
        "pieces": pieces(request.actor, sought) if sought.run or sought.batch else [],
        "batch": sought.batch or only,
        "ends": sought.run or (sought.batch.run if sought.batch and sought.batch.serials else None),
        "today": clock.today(),
        "issue_url": _issue_from(request, sought, runs),
    }


def _issue_from(request: OfficeRequest, sought: Sought, runs: list[FoundRun]) -> str:
    """Where the asked range can be issued from here, if all of it is in inventory."""
    free = all(run.status == SeenStatus.INVENTORY and not run.frozen for run in runs)
    ready = sought.run and runs and free
    if not ready or not sought.run or May.ISSUE_CARDS not in request.mays:
        return ""
    query = naming(runs[0].batch.type_version.document_type, sought.run)
    return place("office:custody:issue", query=query)


def _export(request: OfficeRequest, sought: Sought) -> HttpResponse | None:
    """All runs of the answer, in serial order, if the address asks for them as a file."""
    head = [
        _("First"), _("Last"), pgettext("how many", "Cards"), _("Status"), _("Activated"),
        _("Holder"), _("Name"), _("Document type"), _("Batch"), _("Since"), _("Paper"),
    ]  # fmt: skip
    rows = (
        _row(run)
        for holdings in _chunks(holdings_sought(request.actor, sought))
        for run in explained(holdings)
    )
    return exported(request, "cards", head, rows)


def _chunks(holdings: Any) -> Iterator[list[Any]]:
    for page in Paginator(holdings, ROWS_AT_ONCE):
        yield list(page.object_list)


def _row(run: FoundRun) -> list[Any]:
    return [
        f"{run.run.first:015d}",
        f"{run.run.last:015d}",
        run.count,
        run.status.label,
        run.activated,
        run.holder.code,
        run.holder.name,
        run.batch.type_version.document_type.code,
        run.batch.number,
        run.since,
        run.reason_number,
    ]


@office_view(*SEEING_CARDS)
def card(request: OfficeRequest, number: str) -> HttpResponse:
    """One card: where it is, what that means, how it got there, and what can be done next."""
    try:
        serial = parse_serial(number)
    except Refusal:
        serial = 0
    one = found(find_biography(request.actor, serial))
    return show(
        request,
        "office/inquiry/card.html",
        {
            "one": one,
            "card": one.card,
            "document_type": one.card.type_version.document_type,
            "life": _life(one),
            "deeds": next_deeds(one, request.mays),
            "events": one.events,
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
