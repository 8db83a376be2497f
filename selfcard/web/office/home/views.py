"""The work that waits, and the search over every kind of number."""

from itertools import groupby
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect

from selfcard.core import clock
from selfcard.core.serials import NotACardNumber, WrongCheckDigit, serial_of
from selfcard.inquiry.queries.piles import Task
from selfcard.inquiry.queries.search import SHORTEST, find
from selfcard.inquiry.queries.work import home_work
from selfcard.web.office.home.places import (
    HITS,
    WORK,
    hit_place,
    hit_run,
    hit_says,
    task_cards,
    task_place,
    task_type,
    task_words,
)
from selfcard.web.office.views import OfficeRequest, office_view, show


@office_view()
def home(request: OfficeRequest) -> HttpResponse:
    work = home_work(request.actor)
    context = {
        "today": clock.today(),
        "work": work,
        "piles": [(pile, WORK[pile.kind].pile) for pile in work.piles],
        "late": [_row(task) for task in work.tasks if task.is_late],
        "other": [_row(task) for task in work.tasks if not task.is_late],
    }
    return show(request, "office/home/home.html", context)


def _row(task: Task) -> dict[str, Any]:
    """A task as a row of the list: its words, and the deed with the page where it is done."""
    return {
        "task": task,
        "words": task_words(task),
        "type": task_type(task),
        "cards": task_cards(task),
        "deed": WORK[task.kind].deed,
        "url": task_place(task),
    }


@office_view()
def search(request: OfficeRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()
    hits = find(text, request.actor)
    if len(hits) == 1 and hits[0].exact:
        return redirect(hit_place(hits[0], request.mays))
    groups = [
        {
            "words": HITS[kind],
            "hits": [
                {
                    "hit": hit,
                    "run": hit_run(hit),
                    "url": hit_place(hit, request.mays),
                    "says": hit_says(hit),
                }
                for hit in found
            ],
        }
        for kind, found in groupby(hits, key=lambda hit: hit.kind)
    ]
    context = {
        "find": text,
        "count": len(hits),
        "groups": groups,
        "shortest": SHORTEST,
        "mistyped": "" if hits else _mistyped(text),
    }
    return show(request, "office/home/search.html", context)


def _mistyped(text: str) -> str:
    """Why these digits cannot be those of a card; empty where they can, or are something else."""
    try:
        serial_of(text)
    except WrongCheckDigit as wrong:
        return str(wrong)
    except NotACardNumber:
        pass
    return ""
