"""Status details inquiry: where cards are, in which status, since when; as runs, never as cards.

Each answer takes a fixed number of statements, however many cards there are. How many of a run
are activated is counted in the index of activated cards, how many are frozen from the freezes.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.postgres.fields import BigIntegerRangeField
from django.db import connection
from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)

from selfcard.cards.models import Batch, DocumentType
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.serials import SerialRun, merge_runs
from selfcard.custody.models import ActivatedCard, Freeze, Holding, Issue
from selfcard.custody.statuses import TERMINAL, CardStatus, SeenStatus, seen_status
from selfcard.inquiry.queries.reach import holdings_in_reach
from selfcard.organisations.models import Party
from selfcard.sales.models import Sale

# More pieces than this are no picture any more: then the figures speak alone.
PIECES_DRAWN = 400
ACTIVATED_DRAWN = 20_000
PLACES_SHOWN = 12

# The statuses that activation, freeze and date can hide.
_LIVING = [
    status
    for status in CardStatus
    if status not in TERMINAL and status != CardStatus.AWAITING_REFUND
]


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
    frozen: int
    holder: Party
    batch: Batch
    since: datetime
    reason_kind: str
    reason_number: str
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


class _FrozenIn(Func):
    """How many cards of a range are frozen; one that is activated counts as activated."""

    template = """(
        SELECT coalesce(sum(upper(run) - lower(run) - (
            SELECT count(*) FROM custody_activatedcard card
            WHERE card.reversed_at IS NULL
              AND card.serial >= lower(run) AND card.serial < upper(run)
        )), 0)
        FROM (SELECT %(expressions)s AS serials) shown, LATERAL unnest((
            SELECT range_agg(frozen.serials * shown.serials) FROM custody_freeze frozen
            WHERE frozen.released_at IS NULL AND frozen.serials && shown.serials
        )) AS run
    )"""
    output_field = BigIntegerField()


def holdings_sought(actor: Actor, sought: Sought) -> QuerySet[Holding]:
    """The holdings in the actor's reach that the inquiry asks for, in serial order.

    Each has `shown` (its serials within the asked range), and how many they are: `cards`, of them
    `activated`, `frozen`, and `rest`, which are neither.
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
    counted = holdings.annotate(shown=shown).annotate(
        cards=_length(F("shown")),
        activated=Case(
            When(status=CardStatus.TO_BE_ACTIVATED, then=_CountOf(activated)), default=Value(0)
        ),
        frozen=Case(When(status__in=_LIVING, then=_FrozenIn(F("shown"))), default=Value(0)),
    )
    return _in_status(
        counted.annotate(rest=F("cards") - F("activated") - F("frozen")), sought.status
    )


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
            return holdings.filter(frozen__gt=0)
        case SeenStatus.EXPIRED:
            return holdings.filter(status__in=_LIVING, batch__deadline__lt=today, rest__gt=0)
    same = holdings.filter(status=status.value)
    if status.value not in _LIVING:
        return same
    return same.filter(batch__deadline__gte=today, rest__gt=0)


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
        status=_seen(
            holding.status,
            holding.batch.deadline,
            activated=holding.activated >= run.count,
            frozen=holding.frozen > 0 and holding.rest <= 0,
        ),
        activated=holding.activated,
        frozen=holding.frozen,
        holder=holding.holder,
        batch=holding.batch,
        since=holding.since,
        reason_kind=holding.reason_kind,
        reason_number=holding.reason_number,
    )


def _seen(
    status: str, deadline: date | None, *, activated: bool = False, frozen: bool = False
) -> SeenStatus:
    return seen_status(
        CardStatus(status),
        activated=activated,
        frozen=frozen,
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
    return Distribution(
        statuses=tuple(_statuses(holdings, sought.status)),
        **_places(holdings, _COUNTED.get(sought.status, "rest")),
    )


# What is counted of each holding when cards in one status are asked for; all others: the rest.
_COUNTED: dict[SeenStatus | None, str] = {
    None: "cards",
    SeenStatus.ACTIVATED: "activated",
    SeenStatus.FROZEN: "frozen",
}


def _statuses(holdings: QuerySet[Holding], only: SeenStatus | None) -> Iterable[StatusCount]:
    rows = holdings.values_list("status", "batch__deadline").annotate(
        unmarked=Sum("rest"), active=Sum("activated"), stopped=Sum("frozen")
    )
    counts: Counter[SeenStatus] = Counter()
    for status, deadline, unmarked, active, stopped in rows:
        counts[_seen(status, deadline)] += unmarked
        counts[SeenStatus.ACTIVATED] += active
        counts[SeenStatus.FROZEN] += stopped
    for status in SeenStatus:
        if counts[status] and only in (None, status):
            yield StatusCount(status, counts[status])


def _places(holdings: QuerySet[Holding], counted: str) -> dict[str, Any]:
    rows = list(
        holdings.values_list("holder")
        .annotate(total=Sum(counted), holders=Func(Count("*"), template="count(*) OVER ()"))
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

    At most three statements.
    """
    holdings = holdings_sought(actor, sought).select_related("batch")
    rows: list[Any] = list(holdings[: PIECES_DRAWN + 1])
    if not rows or len(rows) > PIECES_DRAWN:
        return []
    active = _activated_runs(rows)
    if active is None:
        return []
    frozen = _frozen_runs(rows)
    drawn: list[Piece] = []
    for row in rows:
        drawn.extend(_cut(row, active, frozen))
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


def _frozen_runs(rows: list[Any]) -> list[SerialRun]:
    touched = [row.shown for row in rows if row.frozen]
    if not touched:
        return []
    within = reduce(or_, (Q(serials__overlap=serials) for serials in touched))
    freezes = Freeze.objects.filter(within, released_at=None).order_by("serials")
    return merge_runs(SerialRun.of(freeze.serials) for freeze in freezes)


def _cut(row: Any, active: list[SerialRun], frozen: list[SerialRun]) -> Iterable[Piece]:
    run = SerialRun.of(row.shown)
    activated = _parts_within(run, active) if row.activated else []
    stopped = _parts_within(run, frozen) if row.frozen else []
    stopped = [part for one in stopped for part in one.without(activated)]
    parts = [(one, SeenStatus.ACTIVATED) for one in activated]
    parts += [(one, SeenStatus.FROZEN) for one in stopped]
    parts += [
        (one, _seen(row.status, row.batch.deadline)) for one in run.without(activated + stopped)
    ]
    for one, status in sorted(parts):
        yield Piece(status, one.count)


def _parts_within(run: SerialRun, others: list[SerialRun]) -> list[SerialRun]:
    return [both for one in others if (both := one.intersection(run))]


def seen_of_each(holdings: Iterable[Any], serials: Iterable[int]) -> dict[int, SeenStatus]:
    """The status that people see of each of a few cards in the holdings: two statements."""
    wanted = list(serials)
    active = set(
        ActivatedCard.objects.filter(reversed_at=None, serial__in=wanted).values_list(
            "serial", flat=True
        )
    )
    touched = reduce(or_, (Q(serials__contains=serial) for serial in wanted), Q(pk=None))
    freezes = Freeze.objects.filter(touched, released_at=None).values_list("serials", flat=True)
    frozen = [SerialRun.of(serials) for serials in freezes]
    return {
        serial: _seen(
            holding.status,
            holding.batch.deadline,
            activated=serial in active,
            frozen=any(serial in run for run in frozen),
        )
        for holding in holdings
        for serial in wanted
        if serial in SerialRun.of(holding.serials)
    }
