"""How many cards are activated or stopped: from the tallies, never by counting millions.

A whole block of a thousand serials is read from `ActivatedTally`; only the at most two blocks in
which a run begins and ends are counted, in the index of activated cards. How it was at a past
moment is counted in that index too, whose entries tell when.

The expressions are SQL for a run of serials: a column, or any other expression of a range. Those
of a past moment take it as the parameter `at`.
"""

from collections.abc import Iterable

from django.db import connection
from psycopg.types.range import Int8Range

from selfcard.core.serials import SerialRun

BLOCK = 1000  # serials of one row in `ActivatedTally`

# The live rows of activated cards and freezes, now and at the moment `at`.
ACTIVE_NOW = "card.reversed_at IS NULL"
ACTIVE_THEN = (
    "card.activated_at <= %(at)s AND (card.reversed_at IS NULL OR card.reversed_at > %(at)s)"
)
IN_FORCE_NOW = "stop.released_at IS NULL"
IN_FORCE_THEN = (
    "stop.frozen_at <= %(at)s AND (stop.released_at IS NULL OR stop.released_at > %(at)s)"
)


def whole_blocks(serials: str) -> tuple[str, str]:
    """The first block that lies whole in a run, and the first after it that does not."""
    return f"((lower({serials}) + {BLOCK - 1}) / {BLOCK})", f"(upper({serials}) / {BLOCK})"


def edges(serials: str) -> tuple[str, str]:
    """What a run has of the blocks that it begins and ends in; either may be empty."""
    first, end = whole_blocks(serials)
    begins = f"int8range(lower({serials}), least(upper({serials}), {first} * {BLOCK}))"
    inner = f"least(upper({serials}), greatest({end}, {first}) * {BLOCK})"
    return begins, f"int8range({inner}, upper({serials}))"


def activated_now(serials: str) -> str:
    """How many cards of a run are activated now."""
    first, end = whole_blocks(serials)
    counted = " + ".join(
        f"""(
            SELECT count(*) FROM custody_activatedcard card
            WHERE card.serial >= lower({edge}) AND card.serial < upper({edge}) AND {ACTIVE_NOW}
        )"""
        for edge in edges(serials)
    )
    return f"""((
        SELECT coalesce(sum(tally.activated), 0)::bigint FROM custody_activatedtally tally
        WHERE tally.block >= {first} AND tally.block < {end}
    ) + {counted})"""


def activated_then(serials: str) -> str:
    """How many cards of a run were activated at the moment `at`."""
    return f"""(
        SELECT count(*) FROM custody_activatedcard card
        WHERE card.serial >= lower({serials}) AND card.serial < upper({serials})
          AND {ACTIVE_THEN}
    )"""


def count_activated_in(runs: Iterable[SerialRun]) -> dict[SerialRun, int]:
    """How many cards of each run are activated now: one statement, however many cards."""
    wanted = list(runs)
    if not wanted:
        return {}
    sql = f"SELECT lower(run), upper(run) - 1, {activated_now('run')} FROM unnest(%s) AS run"
    with connection.cursor() as cursor:
        cursor.execute(sql, [[Int8Range(run.first, run.last + 1) for run in wanted]])
        return {SerialRun(first, last): count for first, last, count in cursor.fetchall()}
