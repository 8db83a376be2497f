"""The cards that the inquiry asks for in serial order, as a strip draws them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import connection
from psycopg.types.multirange import Int8Multirange

from selfcard.cards.models import Batch
from selfcard.core.serials import SerialRun, merge_runs
from selfcard.custody.queries.counts import (
    ACTIVE_NOW,
    ACTIVE_THEN,
    IN_FORCE_NOW,
    IN_FORCE_THEN,
)
from selfcard.custody.statuses import CardStatus, SeenStatus, seen_status
from selfcard.inquiry.queries.details import Row, rows_of
from selfcard.inquiry.queries.sought import Question

# More pieces than this are no picture any more: then the figures speak alone.
PIECES_DRAWN = 400
ACTIVATED_DRAWN = 20_000


@dataclass(frozen=True)
class Piece:
    """A stretch of the strip: cards in a row in one status, as people see it."""

    status: SeenStatus
    count: int


def pieces(question: Question) -> list[Piece]:
    """The cards asked for in serial order; nothing when they are too many to draw."""
    rows = list(rows_of(question, limit=PIECES_DRAWN + 1))
    if len(rows) > PIECES_DRAWN or sum(row.activated for row in rows) > ACTIVATED_DRAWN:
        return []
    active = _activated_runs(question, [row.run for row in rows if row.activated])
    stopped = _frozen_runs(question, [row.run for row in rows if row.frozen])
    later = _extended_runs(question, [row.run for row in rows if row.extended])
    deadlines = dict(
        Batch.objects.filter(pk__in={row.batch_id for row in rows}).values_list("pk", "deadline")
    )
    drawn = [
        piece
        for row in rows
        for piece in _cut(row, active, stopped, later, deadlines[row.batch_id], question.today)
    ]
    return drawn if len(drawn) <= PIECES_DRAWN else []


def _activated_runs(question: Question, runs: list[SerialRun]) -> list[SerialRun]:
    sql = f"""
        SELECT min(serial), max(serial)
        FROM (
            SELECT card.serial, card.serial - row_number() OVER (ORDER BY card.serial) AS run
            FROM unnest(%(runs)s) AS shown JOIN custody_activatedcard card
              ON card.serial >= lower(shown) AND card.serial < upper(shown)
             AND {ACTIVE_THEN if question.sought.at else ACTIVE_NOW}
        ) numbered
        GROUP BY run ORDER BY 1
    """
    return _runs(sql, question, runs)


def _frozen_runs(question: Question, runs: list[SerialRun]) -> list[SerialRun]:
    sql = f"""
        SELECT lower(run), upper(run) - 1
        FROM unnest((
            SELECT range_agg(stop.serials) FROM custody_freeze stop
            WHERE stop.serials && %(runs)s
              AND {IN_FORCE_THEN if question.sought.at else IN_FORCE_NOW}
        )) AS run
    """
    return _runs(sql, question, runs)


def _extended_runs(question: Question, runs: list[SerialRun]) -> list[SerialRun]:
    sql = f"""
        SELECT lower(run), upper(run) - 1
        FROM unnest((
            SELECT range_agg(later.serials) {question.later} AND later.serials && %(runs)s
        )) AS run
    """
    return _runs(sql, question, runs)


def _runs(sql: str, question: Question, runs: list[SerialRun]) -> list[SerialRun]:
    if not runs:
        return []
    wanted = Int8Multirange([run.range for run in merge_runs(runs)])
    with connection.cursor() as cursor:
        cursor.execute(sql, question.params | {"runs": wanted})
        return [SerialRun(*found) for found in cursor.fetchall()]


def _cut(
    row: Row,
    active: list[SerialRun],
    frozen: list[SerialRun],
    extended: list[SerialRun],
    deadline: date | None,
    day: date,
) -> Iterable[Piece]:
    activated = _parts_within(row.run, active) if row.activated else []
    stopped = _parts_within(row.run, frozen) if row.frozen else []
    stopped = [part for one in stopped for part in one.without(activated)]
    later = _parts_within(row.run, extended) if row.extended else []
    later = [part for one in later for part in one.without(activated + stopped)]
    rest = seen_status(
        CardStatus(row.status), activated=False, frozen=False, deadline=deadline, today=day
    )
    parts = [(one, SeenStatus.ACTIVATED) for one in activated]
    parts += [(one, SeenStatus.FROZEN) for one in stopped]
    parts += [(one, SeenStatus.TO_BE_ACTIVATED) for one in later]
    parts += [(one, rest) for one in row.run.without(activated + stopped + later)]
    for one, status in sorted(parts):
        yield Piece(status, one.count)


def _parts_within(run: SerialRun, others: list[SerialRun]) -> list[SerialRun]:
    return [both for one in others if (both := one.intersection(run))]
