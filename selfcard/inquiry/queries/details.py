"""Status details inquiry: where cards are or were, in which status, since when; as runs.

Each answer takes a fixed number of statements, however many cards there are, and reads no more of
the holdings than it shows. How many cards of a run are activated comes from the tallies.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from typing import Any

from django.db import connection

from selfcard.cards.models import Batch
from selfcard.core import clock
from selfcard.core.serials import SerialRun
from selfcard.custody.models import ISSUE_REASON, Issue, Movement
from selfcard.custody.statuses import CardStatus, SeenStatus, seen_status
from selfcard.inquiry.queries.sought import Question, touching
from selfcard.organisations.models import Party
from selfcard.sales.models import Sale

SALE_REASON = "sale"
RUNS_OF_A_PAGE = 25
RUNS_AT_ONCE = 1000


@dataclass(frozen=True, kw_only=True)
class FoundPlace:
    """Where cards in a row are or were, in which status, and what they are held for.

    Of cards that are out of date, `extended` have a later last day.
    """

    status: SeenStatus
    activated: int
    frozen: int
    extended: int
    holder: Party
    reason_kind: str
    reason_number: str
    since: datetime | None = None
    issue: Issue | None = None
    sale: Sale | None = None


@dataclass(frozen=True, kw_only=True)
class FoundRun(FoundPlace):
    """Cards in a row in one place and status, with what explains them.

    As of a past moment: where they were; and `now`, where they are, unless that is out of reach.
    """

    run: SerialRun
    batch: Batch
    asked: int  # how many of them are in the status asked for
    now: FoundPlace | None = None

    @property
    def count(self) -> int:
        return self.run.count


@dataclass(frozen=True)
class RunPage:
    """A page of runs in serial order, and whether others follow."""

    runs: tuple[FoundRun, ...]
    number: int
    has_next: bool

    @property
    def first(self) -> int:
        return (self.number - 1) * RUNS_OF_A_PAGE + 1

    @property
    def last(self) -> int:
        return self.first + len(self.runs) - 1

    @property
    def before(self) -> int:
        return self.number - 1

    @property
    def after(self) -> int:
        return self.number + 1


def page_of(question: Question, number: int = 1) -> RunPage:
    """One page of the runs that the inquiry asks for."""
    rows = list(rows_of(question, limit=RUNS_OF_A_PAGE + 1, offset=(number - 1) * RUNS_OF_A_PAGE))
    shown = explained(question, rows[:RUNS_OF_A_PAGE])
    return RunPage(tuple(shown), number, len(rows) > RUNS_OF_A_PAGE)


def runs_sought(question: Question, most: int | None = None) -> Iterator[FoundRun]:
    """All runs that the inquiry asks for, or the first ones, as PostgreSQL gives them."""
    rows = rows_of(question, limit=most)
    while chunk := list(islice(rows, RUNS_AT_ONCE)):
        yield from explained(question, chunk)


def are_there(question: Question) -> bool:
    """Whether the actor may see any card that is asked for."""
    return any(True for _ in rows_of(question, limit=1))


def books_began() -> datetime | None:
    """When the first card came into the books: before, there is nothing to ask for."""
    return Movement.objects.order_by("id").values_list("at", flat=True).first()


@dataclass(frozen=True)
class Row:
    """A run as PostgreSQL gives it; `today` is there as of a past moment."""

    batch_id: int
    holder_id: int
    status: str
    reason_kind: str
    reason_number: str
    since: datetime | None
    serials: Any
    activated: int
    frozen: int
    extended: int
    today: "Row | None" = None
    in_reach_now: bool = True

    @property
    def run(self) -> SerialRun:
        return SerialRun.of(self.serials)


def rows_of(question: Question, limit: int | None, offset: int = 0) -> Iterator[Row]:
    """The runs in serial order; without a limit they are read as they are asked for."""
    sql = _past_sql(question) if question.sought.at else _sql(question)
    params = question.params | {"limit": limit, "offset": offset}
    make = _past_row if question.sought.at else Row
    with connection.cursor() if limit else connection.chunked_cursor() as cursor:
        cursor.execute(sql, params)
        while found := cursor.fetchmany(RUNS_AT_ONCE):
            yield from (make(*row) for row in found)


def _sql(question: Question) -> str:
    return f"""
        SELECT place.*, {question.activated("place")}, {question.frozen("place")},
               {question.extended("place")}
        FROM (
            SELECT * FROM ({question.places()}) place
            WHERE {question.in_status("place")}
            ORDER BY place.serials LIMIT %(limit)s OFFSET %(offset)s
        ) place
        ORDER BY place.serials
    """


def _past_sql(question: Question) -> str:
    """The past places, cut where those of today begin and end, each beside the one of today."""
    now = Question(question.actor, replace(question.sought, at=None))
    return f"""
        SELECT place.batch_id, place.holder_id, place.status, place.reason_kind,
               place.reason_number, place.since, place.serials,
               {question.activated("place")}, {question.frozen("place")},
               {question.extended("place")},
               today.holder_id, today.status, today.reason_kind, today.reason_number, today.since,
               {now.activated("today")}, {now.frozen("today")}, {now.extended("today")},
               {question.in_reach_now("today")}
        FROM (
            SELECT place.batch_id, place.holder_id, place.status, place.reason_kind,
                   place.reason_number, place.since, place.serials * today.serials AS serials,
                   today.holder_id AS holder_now, today.status AS status_now,
                   today.reason_kind AS kind_now, today.reason_number AS number_now,
                   today.since AS since_now
            FROM (
                SELECT * FROM ({question.places()}) place
                WHERE {question.in_status("place")} ORDER BY place.serials OFFSET 0
            ) place
            CROSS JOIN LATERAL ({touching("place.serials")}) today
            ORDER BY place.serials, today.serials LIMIT %(limit)s OFFSET %(offset)s
        ) place
        CROSS JOIN LATERAL (
            SELECT place.serials, place.holder_now AS holder_id, place.status_now AS status,
                   place.kind_now AS reason_kind, place.number_now AS reason_number,
                   place.since_now AS since
        ) today
        ORDER BY place.serials
    """


def _past_row(*row: Any) -> Row:
    """A row of the past with the one of today, of the same cards."""
    then, (holder, status, kind, number, since, activated, frozen, extended, in_reach) = (
        row[:10],
        row[10:],
    )
    batch, serials = then[0], then[6]
    today = Row(batch, holder, status, kind, number, since, serials, activated, frozen, extended)
    return replace(Row(*then), today=today, in_reach_now=in_reach)


def explained(question: Question, rows: Iterable[Row]) -> list[FoundRun]:
    """The runs of one page with batch, holder, and the issue or the sale that they are held for."""
    rows = list(rows)
    places = [one for row in rows for one in (row, row.today) if one]
    known = _Known(
        batches=Batch.objects.select_related("type_version__document_type").in_bulk(
            {row.batch_id for row in rows}
        ),
        parties=Party.objects.in_bulk({place.holder_id for place in places}),
        issues=_by_number(Issue.objects.select_related("to_party"), places, ISSUE_REASON),
        sales=_by_number(Sale.objects.select_related("seller"), places, SALE_REASON),
        day=question.today,
        status=question.sought.status,
    )
    return [_found(row, known) for row in rows]


@dataclass(frozen=True)
class _Known:
    """What the rows of a page name by their keys and numbers."""

    batches: dict[int, Batch]
    parties: dict[int, Party]
    issues: dict[str, Issue]
    sales: dict[str, Sale]
    day: date
    status: SeenStatus | None  # asked for


def _by_number(things: Any, places: list[Row], kind: str) -> dict[str, Any]:
    numbers = {place.reason_number for place in places if place.reason_kind == kind}
    return {thing.number: thing for thing in things.filter(number__in=numbers)} if numbers else {}


def _found(row: Row, known: _Known) -> FoundRun:
    now = row.today if row.in_reach_now else None
    return FoundRun(
        run=row.run,
        batch=known.batches[row.batch_id],
        asked=_asked(row, known.status),
        now=FoundPlace(**_told(now, known, clock.today())) if now else None,
        **_told(row, known, known.day),
    )


def _asked(row: Row, status: SeenStatus | None) -> int:
    match status:
        case None:
            return row.run.count
        case SeenStatus.ACTIVATED:
            return row.activated
        case SeenStatus.FROZEN:
            return row.frozen
    rest = row.run.count - row.activated - row.frozen
    if status == SeenStatus.TO_BE_ACTIVATED:
        return row.extended or rest
    return rest - row.extended


def _told(row: Row, known: _Known, day: date) -> dict[str, Any]:
    count = row.run.count
    has_time = row.extended > 0 and row.activated + row.frozen + row.extended >= count
    return {
        "status": seen_status(
            CardStatus(row.status),
            activated=row.activated >= count,
            frozen=row.frozen > 0 and row.activated + row.frozen >= count,
            deadline=None if has_time else known.batches[row.batch_id].deadline,
            today=day,
        ),
        "activated": row.activated,
        "frozen": row.frozen,
        "extended": row.extended,
        "holder": known.parties[row.holder_id],
        "reason_kind": row.reason_kind,
        "reason_number": row.reason_number,
        "since": row.since,
        "issue": known.issues.get(row.reason_number) if row.reason_kind == ISSUE_REASON else None,
        "sale": known.sales.get(row.reason_number) if row.reason_kind == SALE_REASON else None,
    }
