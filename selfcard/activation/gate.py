"""The counters of the gate: of the PIN gate, and of the one that opens a policy's details.

Each try is charged before its secret is compared, in one statement that writes the same rows
whatever was typed: the source's counter and the target's (a card, a policy). Who tries twice at
the same moment waits on these rows, so that no number of parallel tries gets past a cap. A right
secret gets its charge back.

A wrong PIN counts against the card only if the selector, the first digits of the PIN, was right:
a stranger who walks through consecutive numbers meets one selector in ten thousand, and so cannot
lock the honest holders out. A source that fails again and again waits between its tries; it is
never shut out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

_CHARGE = """
WITH source AS (
    INSERT INTO activation_sourcecounter AS kept (source, failures, since, opens_at, admitted)
    VALUES (%(source)s, 1, %(now)s, %(now)s - %(wait)s, true)
    ON CONFLICT (source) DO UPDATE SET
        admitted = kept.opens_at <= %(now)s,
        failures = CASE WHEN kept.since <= %(source_since)s THEN 0 ELSE kept.failures END
                   + (kept.opens_at <= %(now)s)::int,
        since = CASE WHEN kept.since <= %(source_since)s THEN %(now)s ELSE kept.since END,
        opens_at = CASE
            WHEN kept.opens_at > %(now)s THEN kept.opens_at
            WHEN kept.since > %(source_since)s AND kept.failures + 1 >= %(free_tries)s
                THEN %(now)s + %(wait)s
            ELSE kept.opens_at END
    RETURNING admitted, opens_at
), target AS (
    -- Reads from the source, so that the rows are always locked in this order.
    INSERT INTO activation_targetcounter AS kept (target, failures, since, compared, cap)
    SELECT asked.target, (admitted AND %(counts)s)::int, %(now)s, admitted, asked.cap
    FROM source, unnest(%(targets)s::text[], %(caps)s::int[]) AS asked (target, cap)
    ORDER BY asked.target
    ON CONFLICT (target) DO UPDATE SET
        cap = excluded.cap,
        compared = excluded.compared
                   AND (kept.failures < excluded.cap OR kept.since <= %(target_since)s),
        failures = CASE
            WHEN kept.since <= %(target_since)s THEN excluded.failures
            ELSE least(kept.failures + excluded.failures, excluded.cap) END,
        since = CASE WHEN kept.since <= %(target_since)s THEN %(now)s ELSE kept.since END
    RETURNING compared
)
SELECT source.admitted, source.opens_at, bool_and(target.compared)
FROM source CROSS JOIN target GROUP BY source.admitted, source.opens_at
"""

_FORGIVE = """
WITH source AS (
    UPDATE activation_sourcecounter
    SET failures = greatest(failures - 1, 0),
        -- A moment before any try that is under way, so that none of them waits.
        opens_at = CASE WHEN failures - 1 < %(free_tries)s THEN since - %(wait)s ELSE opens_at END
    WHERE source = %(source)s
)
UPDATE activation_targetcounter SET failures = 0 WHERE target = ANY(%(targets)s)
"""


@dataclass(frozen=True)
class Charged:
    """What the counters say to a try: whether it may be compared, else from when on."""

    admitted: bool
    compared: bool
    opens_at: datetime


# What is tried, by the names of its counters, each with how many failures it takes.
Target = Mapping[str, int]


def card_target(serial: int) -> Target:
    return {f"card {serial:015d}": settings.GATE_TARGET_CAP}


def policy_target(number: str, source: str) -> Target:
    """A policy counts what one source tries, and with a far higher cap what all try together.

    So a stranger who knows its number shuts out themselves, and not its owner.
    """
    return {
        f"policy {number}": settings.GATE_POLICY_CAP,
        f"policy {number} {source}": settings.GATE_TARGET_CAP,
    }


def charge(*, source: str, target: Target, counts: bool, now: datetime) -> Charged:
    """Write all counters for one try, before its secret is compared.

    The source is charged in any case, the target only if the try `counts` against it. A source
    that has to wait is charged nothing, and its try is not to be compared.
    """
    given: dict[str, Any] = {
        "source": source,
        "targets": list(target),
        "caps": list(target.values()),
        "counts": counts,
        "now": now,
        "source_since": now - settings.GATE_SOURCE_MEMORY,
        "target_since": now - settings.GATE_TARGET_MEMORY,
        "free_tries": settings.GATE_FREE_TRIES,
        "wait": settings.GATE_WAIT,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CHARGE, given)
        admitted, opens_at, compared = cursor.fetchone()
    return Charged(admitted, compared, opens_at)


def forgive(*, source: str, target: Target) -> None:
    """Give a right secret its charge back, and let the target begin from zero again."""
    given: dict[str, Any] = {
        "source": source,
        "targets": sorted(target),
        "free_tries": settings.GATE_FREE_TRIES,
        "wait": settings.GATE_WAIT,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FORGIVE, given)


def seconds_until(opens_at: datetime, now: datetime) -> int:
    """Whole seconds to wait, at least one."""
    return max(1, -(-(opens_at - now) // timedelta(seconds=1)))
