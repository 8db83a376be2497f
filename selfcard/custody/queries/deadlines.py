"""Paid cards that wait to be activated, by their last day, however many they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from selfcard.core import clock
from selfcard.custody.queries.counts import activated_now

# Of each place of paid cards, those of every last day that is not over: the printed one, or the
# later one that was agreed to. Stopped cards are not counted; their last day is told all the same.
_WAITING = f"""
    WITH place AS (
        SELECT holding.reason_number, batch.deadline, holding.serials
        FROM custody_holding holding JOIN cards_batch batch ON batch.id = holding.batch_id
        WHERE holding.reason_kind = %(kind)s AND holding.reason_number = ANY(%(numbers)s)
          AND holding.status = 'to_be_activated'
    ), part AS (
        SELECT reason_number, upper(extended.during) - 1 AS last_day,
               int8multirange(place.serials * extended.serials) AS serials
        FROM place
        JOIN custody_extensionrun extended
          ON extended.serials && place.serials AND extended.during @> %(today)s
        UNION ALL
        SELECT reason_number, deadline, int8multirange(place.serials) - coalesce((
            SELECT range_agg(extended.serials) FROM custody_extensionrun extended
            WHERE extended.serials && place.serials AND extended.during @> %(today)s
        ), '{{}}')
        FROM place WHERE deadline >= %(today)s
    )
    SELECT reason_number, last_day, coalesce(sum(cards), 0)::bigint
    FROM part LEFT JOIN LATERAL (
        SELECT upper(run) - lower(run) - {activated_now("run")} AS cards
        FROM unnest(part.serials - coalesce((
            SELECT range_agg(stop.serials) FROM custody_freeze stop
            WHERE stop.serials && part.serials AND stop.released_at IS NULL
        ), '{{}}')) run
    ) free ON true
    WHERE NOT isempty(part.serials)
    GROUP BY reason_number, last_day
    ORDER BY reason_number, last_day
"""  # noqa: S608
_EXTENDED = """
    SELECT holding.reason_number, max(extended.granted_at)
    FROM custody_extensionrun extended
    JOIN custody_holding holding
      ON holding.serials && extended.serials AND holding.status = 'to_be_activated'
    WHERE extended.granted_at > %s AND extended.during @> %s AND holding.reason_kind = %s
    GROUP BY holding.reason_number
"""
_READY = """
    SELECT card.serial, coalesce(upper(extended.during) - 1, batch.deadline)
    FROM unnest(%(serials)s::bigint[]) card (serial)
    JOIN custody_holding holding
      ON holding.serials @> card.serial AND holding.status = 'to_be_activated'
    JOIN cards_batch batch ON batch.id = holding.batch_id
    LEFT JOIN custody_extensionrun extended
      ON extended.serials @> card.serial AND extended.during @> %(today)s
    WHERE (extended.during IS NOT NULL OR batch.deadline >= %(today)s)
      AND NOT EXISTS (
          SELECT FROM custody_activatedcard activated
          WHERE activated.serial = card.serial AND activated.reversed_at IS NULL
      )
      AND NOT EXISTS (
          SELECT FROM custody_freeze stop
          WHERE stop.serials @> card.serial AND stop.released_at IS NULL
      )
"""


@dataclass(frozen=True)
class Waiting:
    """How many paid cards of one reason can be activated up to a last day, and are not yet."""

    reason_number: str
    last_day: date
    cards: int


def cards_waiting(kind: str, numbers: Sequence[str]) -> list[Waiting]:
    """The paid cards of some reasons (such as sales) by their last day, that day included.

    One statement, which costs the same for ten cards and for a million. A last day of which all
    cards are activated or stopped is there with none.
    """
    values: dict[str, Any] = {"kind": kind, "numbers": list(numbers), "today": clock.today()}
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, values)
        return [Waiting(*row) for row in cursor.fetchall()]


def last_days_of(serials: Sequence[int]) -> dict[int, date]:
    """The last day of each of these cards that can be activated now; the others are not there."""
    with connection.cursor() as cursor:
        cursor.execute(_READY, {"serials": list(serials), "today": clock.today()})
        return dict(cursor.fetchall())


def extended_since(kind: str, moment: datetime) -> dict[str, datetime]:
    """The reasons of whose paid cards some got a later last day after a moment, each with when."""
    with connection.cursor() as cursor:
        cursor.execute(_EXTENDED, [moment, clock.today(), kind])
        return dict(cursor.fetchall())
