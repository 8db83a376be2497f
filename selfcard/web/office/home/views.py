"""The work that waits, and the search over every kind of number."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from selfcard.approvals.models import Approval
from selfcard.core import clock
from selfcard.inquiry.queries.search import Hit, Kind, find
from selfcard.inquiry.queries.work import Pile, Task, Work, home_work
from selfcard.web.office.approvals.subjects import place_of, words_for
from selfcard.web.office.inquiry.places import HIT_KINDS, opens
from selfcard.web.office.inquiry.places import place as address
from selfcard.web.office.views import OfficeRequest, office_view, show


@dataclass(frozen=True)
class Words:
    """How a kind of work is called on its tile, in its row, on its button; where it is done."""

    tile: Promise
    row: Promise
    deed: Promise
    url_name: str


WORDS: dict[Work, Words] = {
    Work.CHECK_IN: Words(
        gettext_lazy("To check in"),
        gettext_lazy("Check in cards"),
        gettext_lazy("Check in"),
        "office:custody:check_in",
    ),
    Work.CHECK_IN_PRINTED: Words(
        gettext_lazy("At the printer's"),
        gettext_lazy("Check in printed cards"),
        gettext_lazy("Check in"),
        "office:cards:batch",
    ),
    Work.CONFIRM_RECEIPT: Words(
        gettext_lazy("Receipts to confirm"),
        gettext_lazy("Confirm a receipt"),
        gettext_lazy("Confirm"),
        "office:payments:receipt",
    ),
    Work.ISSUE_RECEIPT: Words(
        gettext_lazy("Sold, not asked for"),
        gettext_lazy("Issue a charge receipt"),
        gettext_lazy("Issue"),
        "office:sales:sale",
    ),
    Work.APPROVAL: Words(
        gettext_lazy("Approvals"), gettext_lazy("Approve"), gettext_lazy("Review"), ""
    ),
    Work.ASK_RELEASE: Words(
        gettext_lazy("Print files made"),
        gettext_lazy("Ask for the release of a print file"),
        gettext_lazy("Open"),
        "office:cards:batch",
    ),
    Work.DOWNLOAD: Words(
        gettext_lazy("Print files released"),
        gettext_lazy("Download a print file"),
        gettext_lazy("Open"),
        "office:cards:batch",
    ),
    Work.CHASE: Words(
        gettext_lazy("Sold, not paid"),
        gettext_lazy("Chase an unpaid sale"),
        gettext_lazy("Open sale"),
        "office:sales:sale",
    ),
}


@dataclass(frozen=True)
class Row:
    """A task as the home page shows it."""

    what: str | Promise
    task: Task
    deed: str | Promise
    url: str
    waits: str


@dataclass(frozen=True)
class Tile:
    label: str | Promise
    count: int
    hint: str
    tone: str


@office_view()
def home(request: OfficeRequest) -> HttpResponse:
    work = home_work(request.actor)
    rows = [_row(task) for task in work.tasks]
    late = [row for row in rows if row.task.is_late]
    return show(
        request,
        "office/home/home.html",
        {
            "work": work,
            "today": clock.today(),
            "tiles": [_tile(pile) for pile in work.piles],
            "groups": [
                (label, tone, some)
                for label, tone, some in (
                    (_("Late"), "wait", late),
                    (_("Waiting"), "mid", [row for row in rows if not row.task.is_late]),
                )
                if some
            ],
            "first": rows[0] if rows else None,
            "things": _things(work.count),
            "late": len(late),
            "unpaid": [(_days(age.first, age.last), age.amount) for age in work.unpaid],
            "most_unpaid": max((age.amount for age in work.unpaid), default=0),
        },
    )


def _things(count: int) -> str:
    return ngettext("%(count)s thing waits.", "%(count)s things wait.", count) % {
        "count": f"{count:,}"
    }


def _row(task: Task) -> Row:
    words = WORDS[task.kind]
    what, url = words.row, address(words.url_name, task.number)
    if task.kind == Work.APPROVAL:
        asked = Approval(kind=task.asks, subject_number=task.number)
        what, url = words_for(asked), place_of(asked) or address("office:approvals:list")
    return Row(what, task, words.deed, url, _age(task.waits))


def _tile(pile: Pile) -> Tile:
    hint = _("oldest %(age)s") % {"age": _age(clock.now() - pile.oldest)}
    return Tile(WORDS[pile.kind].tile, pile.count, hint, "wait" if pile.is_late else "")


def _age(waits: timedelta) -> str:
    """How long something waits, in its largest unit."""
    if waits.days > 0:
        return ngettext("%(count)s day", "%(count)s days", waits.days) % {"count": waits.days}
    hours = waits.seconds // 3600
    if hours:
        return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}
    return _("just now")


def _days(first: int, last: int | None) -> str:
    if last is None:
        return _("over %(days)s days") % {"days": first - 1}
    return _("%(first)s–%(last)s days") % {"first": first, "last": last}


@office_view()
def search(request: OfficeRequest) -> HttpResponse:
    """Everything that a number, code or name means; a whole number opens its page at once."""
    text = request.GET.get("q", "").strip()
    hits = find(text, request.actor)
    exact = [hit for hit in hits if hit.exact and opens(hit, request.mays)]
    if len(exact) == 1 and "only" not in request.GET:
        return redirect(opens(exact[0], request.mays))
    only = request.GET.get("only", "")
    shown = [hit for hit in hits if only in ("", hit.kind)]
    return show(
        request,
        "office/home/search.html",
        {
            "find": text,
            "only": only,
            "count": len(hits),
            "facets": _facets(hits),
            "groups": _groups(shown, request.mays),
        },
    )


def _facets(hits: list[Hit]) -> list[tuple[str, Any, int]]:
    """How many hits there are of each kind."""
    return [
        (kind.value, HIT_KINDS[kind].plural, count)
        for kind in Kind
        if (count := sum(hit.kind == kind for hit in hits))
    ]


def _groups(hits: list[Hit], mays: set[str]) -> list[tuple[Any, str, list[tuple[Hit, str]]]]:
    """The hits by kind, each with where it opens."""
    return [
        (HIT_KINDS[kind].plural, HIT_KINDS[kind].icon, some)
        for kind in Kind
        if (some := [(hit, opens(hit, mays)) for hit in hits if hit.kind == kind])
    ]
