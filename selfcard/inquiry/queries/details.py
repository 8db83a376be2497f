"""Status details inquiry: where cards are, in which status, since when; as runs, never as cards.

Each answer takes a fixed number of statements, however many cards there are. How many of a run
are activated is counted in the index of activated cards.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.fields import BigIntegerRangeField
from django.db import connection
from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)

from selfcard.cards.models import Batch, DocumentType
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.serials import SerialRun
from selfcard.custody.models import ActivatedCard, Freeze, Holding, Issue
from selfcard.custody.statuses import TERMINAL, CardStatus, SeenStatus, seen_status
from selfcard.inquiry.queries.reach import holdings_in_reach
from selfcard.organisations.models import Party
from selfcard.sales.models import Sale

# More pieces than this are no picture any more: then the figures speak alone.
PIECES_DRAWN = 400
ACTIVATED_DRAWN = 20_000
PLACES_SHOWN = 12

_LIVING = [status for status in CardStatus if status not in TERMINAL]


@dataclass(frozen=True)
class Sought:
    """What the inquiry asks for; what is left out limits nothing."""

    run: SerialRun | None = None
    batch: Batch | None = None
    document_type: DocumentType | None = None
    holder: Party | None = None
    status: SeenStatus | None = None

    @property
    def is_empty(self) -> bool:
        return self == Sought()


@dataclass(frozen=True, kw_only=True)
class FoundRun:
    """Cards in a row in one place and status, with what explains them."""

    run: SerialRun
    status: SeenStatus
    activated: int
    holder: Party
    batch: Batch
    since: datetime
    reason_kind: str
    reason_number: str
    partly_frozen: bool
    issue: Issue | None = None
    sale: Sale | None = None
    receipt_state: str | None = None

    @property
    def count(self) -> int:
        return self.run.count


@dataclass(frozen=True)
class StatusCount:
    """How many cards are in one status, as people see it."""

    status: SeenStatus
    count: int


@dataclass(frozen=True)
class PlaceCount:
    """How many cards one holder answers for."""

    holder: Party
    count: int


@dataclass(frozen=True)
class Distribution:
    """How cards are spread over statuses and holders."""

    statuses: tuple[StatusCount, ...]
    places: tuple[PlaceCount, ...]
    holders: int

    @property
    def count(self) -> int:
        return sum(part.count for part in self.statuses)

    @property
    def elsewhere(self) -> int:
        """Cards of the holders that are not named among the places."""
        return self.count - sum(place.count for place in self.places)


class _CountOf(Subquery):
    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = BigIntegerField()


def holdings_sought(actor: Actor, sought: Sought) -> QuerySet[Holding]:
    """The holdings in the actor's reach that the inquiry asks for, in serial order.

    Each has `shown` (its serials within the asked range), `cards`, `activated` and
    `partly_frozen`.
    """
    holdings = holdings_in_reach(actor)
    shown: Any = F("serials")
    if sought.run:
        holdings = holdings.filter(serials__overlap=sought.run.range)
        asked = Value(sought.run.range, output_field=BigIntegerRangeField())
        shown = Func(
            F("serials"), asked, arg_joiner=" * ", template="(%(expressions)s)",
            output_field=BigIntegerRangeField(),
        )  # fmt: skip
    if sought.batch:
        holdings = holdings.filter(batch=sought.batch)
    if sought.document_type:
        holdings = holdings.filter(batch__type_version__document_type=sought.document_type)
    if sought.holder:
        holdings = holdings.filter(holder=sought.holder)
    activated = ActivatedCard.objects.filter(
        reversed_at=None, serial__gte=_end("lower"), serial__lt=_end("upper")
    ).values("serial")
    frozen = Freeze.objects.filter(serials__overlap=OuterRef("shown"), released_at=None)
    counted = holdings.annotate(shown=shown).annotate(
        cards=_length(F("shown")),
        activated=Case(
            When(status=CardStatus.TO_BE_ACTIVATED, then=_CountOf(activated)), default=Value(0)
        ),
        partly_frozen=Exists(frozen),
    )
    return _in_status(counted, sought.status)


def _end(function: str) -> Func:
    return Func(OuterRef("shown"), function=function, output_field=BigIntegerField())


def _length(serials: Any) -> ExpressionWrapper:
    upper = Func(serials, function="upper", output_field=BigIntegerField())
    lower = Func(serials, function="lower", output_field=BigIntegerField())
    return ExpressionWrapper(upper - lower, output_field=BigIntegerField())


def _in_status(holdings: QuerySet[Any], status: SeenStatus | None) -> QuerySet[Any]:
    """The holdings that have cards in a status as people see it."""
    today = clock.today()
    match status:
        case None:
            return holdings
        case SeenStatus.ACTIVATED:
            return holdings.filter(activated__gt=0)
        case SeenStatus.FROZEN:
            return holdings.filter(partly_frozen=True)
        case SeenStatus.EXPIRED:
            return holdings.filter(
                status__in=_LIVING, batch__deadline__lt=today, activated__lt=F("cards")
            )
    same = holdings.filter(status=status.value)
    if status.value in TERMINAL or status == SeenStatus.AWAITING_REFUND:
        return same
    return same.filter(batch__deadline__gte=today, activated__lt=F("cards"))


def explained(holdings: Iterable[Holding]) -> list[FoundRun]:
    """The holdings of one page with the issue or the sale that they are held for."""
    runs = [_found(holding) for holding in holdings]
    issues = _by_number(
        Issue.objects.filter(number__in=_numbers(runs, "issue")).select_related("to_party")
    )
    sales = _by_number(
        Sale.objects.filter(number__in=_numbers(runs, "sale")).select_related("seller")
    )
    return [
        replace(run, issue=issues.get(run.reason_number), sale=sales.get(run.reason_number))
        for run in runs
    ]


def _found(holding: Any) -> FoundRun:
    run = SerialRun.of(holding.shown)
    return FoundRun(
        run=run,
        status=_seen(holding.status, holding.batch.deadline, holding.activated >= run.count),
        activated=holding.activated,
        holder=holding.holder,
        batch=holding.batch,
        since=holding.since,
        reason_kind=holding.reason_kind,
        reason_number=holding.reason_number,
        partly_frozen=holding.partly_frozen,
    )


def _seen(status: str, deadline: date | None, activated: bool) -> SeenStatus:
    return seen_status(
        CardStatus(status),
        activated=activated,
        frozen=False,
        deadline=deadline,
        today=clock.today(),
    )


def _numbers(runs: list[FoundRun], kind: str) -> set[str]:
    return {run.reason_number for run in runs if run.reason_kind == kind}


def _by_number(things: QuerySet[Any]) -> dict[str, Any]:
    return {thing.number: thing for thing in things}


def distribution(actor: Actor, sought: Sought) -> Distribution:
    """How the cards asked for are spread over statuses and holders: two statements."""
    holdings = holdings_sought(actor, sought).order_by().select_related(None)
    return Distribution(statuses=tuple(_statuses(holdings, sought.status)), **_places(holdings))


def _statuses(holdings: QuerySet[Holding], only: SeenStatus | None) -> Iterable[StatusCount]:
    rows = holdings.values_list("status", "batch__deadline").annotate(
        total=Sum("cards"), active=Sum("activated")
    )
    counts: dict[SeenStatus, int] = {}
    for status, deadline, total, active in rows:
        rest = _seen(status, deadline, False)
        counts[rest] = counts.get(rest, 0) + total - active
        counts[SeenStatus.ACTIVATED] = counts.get(SeenStatus.ACTIVATED, 0) + active
    for status in SeenStatus:
        if counts.get(status) and only in (None, status, SeenStatus.FROZEN):
            yield StatusCount(status, counts[status])


def _places(holdings: QuerySet[Holding]) -> dict[str, Any]:
    rows = list(
        holdings.values_list("holder")
        .annotate(total=Sum("cards"), holders=Func(Count("*"), template="count(*) OVER ()"))
        .order_by("-total")[:PLACES_SHOWN]
    )
    parties = Party.objects.in_bulk([holder for holder, _, _ in rows])
    return {
        "places": tuple(PlaceCount(parties[holder], total) for holder, total, _ in rows),
        "holders": rows[0][2] if rows else 0,
    }


@dataclass(frozen=True)
class Piece:
    """A stretch of the strip: cards in a row in one status, as people see it."""

    status: SeenStatus
    count: int


def pieces(actor: Actor, sought: Sought) -> list[Piece]:
    """The cards asked for in serial order, as a strip draws them; nothing when they are too many.

    At most two statements.
    """
    holdings = holdings_sought(actor, sought).select_related("batch")
    rows: list[Any] = list(holdings[: PIECES_DRAWN + 1])
    if not rows or len(rows) > PIECES_DRAWN:
        return []
    active = _activated_runs(rows)
    if active is None:
        return []
    drawn: list[Piece] = []
    for row in rows:
        drawn.extend(_cut(row, active))
    return drawn if len(drawn) <= PIECES_DRAWN else []


def _activated_runs(rows: list[Any]) -> list[SerialRun] | None:
    """The activated cards of these holdings, as runs; None when they are too many to draw."""
    total = sum(row.activated for row in rows)
    if total == 0:
        return []
    if total > ACTIVATED_DRAWN:
        return None
    sql = """
        SELECT min(serial), max(serial)
        FROM (
            SELECT serial, serial - row_number() OVER (ORDER BY serial) AS run
            FROM custody_activatedcard
            WHERE reversed_at IS NULL AND serial BETWEEN %s AND %s
        ) numbered
        GROUP BY run ORDER BY 1
    """
    first, last = SerialRun.of(rows[0].shown).first, SerialRun.of(rows[-1].shown).last
    with connection.cursor() as cursor:
        cursor.execute(sql, [first, last])
        return [SerialRun(*found) for found in cursor.fetchall()]


def _cut(row: Any, active: list[SerialRun]) -> Iterable[Piece]:
    run = SerialRun.of(row.shown)
    rest = _seen(row.status, row.batch.deadline, False)
    if not row.activated:
        yield Piece(rest, run.count)
        return
    inside = [both for one in active if (both := one.intersection(run))]
    parts = [(one, SeenStatus.ACTIVATED) for one in inside]
    parts += [(one, rest) for one in run.without(inside)]
    for one, status in sorted(parts):
        yield Piece(status, one.count)
