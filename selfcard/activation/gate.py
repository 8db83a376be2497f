"""The counters of the gate: of the PIN gate, and of the one that opens a policy's details.

Each try is charged before its secret is compared, in one statement that writes the same two rows
whatever was typed: the source's counter and the target's (a card, a policy). Who tries twice at
the same moment waits on these rows, so that no number of parallel tries gets past a cap. A right
secret gets its charge back.

A wrong PIN counts against the card only if the selector, the first digits of the PIN, was right:
a stranger who walks through consecutive numbers meets one selector in ten thousand, and so cannot
lock the honest holders out. A source that fails again and again waits between its tries; it is
never shut out.
"""

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
    INSERT INTO activation_targetcounter AS kept (target, failures, since, compared)
    SELECT %(target)s, (admitted AND %(counts)s)::int, %(now)s, admitted FROM source
    ON CONFLICT (target) DO UPDATE SET
        compared = excluded.compared
                   AND (kept.failures < %(cap)s OR kept.since <= %(target_since)s),
        failures = CASE
            WHEN kept.since <= %(target_since)s THEN excluded.failures
            ELSE least(kept.failures + excluded.failures, %(cap)s) END,
        since = CASE WHEN kept.since <= %(target_since)s THEN %(now)s ELSE kept.since END
    RETURNING compared
)
SELECT source.admitted, source.opens_at, target.compared FROM source CROSS JOIN target
"""

_FORGIVE = """
WITH source AS (
    UPDATE activation_sourcecounter
    SET failures = greatest(failures - 1, 0),
        -- A moment before any try that is under way, so that none of them waits.
        opens_at = CASE WHEN failures - 1 < %(free_tries)s THEN since - %(wait)s ELSE opens_at END
    WHERE source = %(source)s
)
UPDATE activation_targetcounter SET failures = 0 WHERE target = %(target)s
"""


@dataclass(frozen=True)
class Charged:
    """What the counters say to a try: whether it may be compared, else from when on."""

    admitted: bool
    compared: bool
    opens_at: datetime


def card_target(serial: int) -> str:
    return f"card {serial:015d}"


def policy_target(number: str) -> str:
    return f"policy {number}"


def charge(*, source: str, target: str, counts: bool, now: datetime) -> Charged:
    """Write both counters for one try, before its secret is compared.

    The source is charged in any case, the target only if the try `counts` against it. A source
    that has to wait is charged nothing, and its try is not to be compared.
    """
    given: dict[str, Any] = {
        "source": source,
        "target": target,
        "counts": counts,
        "now": now,
        "source_since": now - settings.GATE_SOURCE_MEMORY,
        "target_since": now - settings.GATE_TARGET_MEMORY,
        "free_tries": settings.GATE_FREE_TRIES,
        "wait": settings.GATE_WAIT,
        "cap": settings.GATE_TARGET_CAP,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CHARGE, given)
        admitted, opens_at, compared = cursor.fetchone()
    return Charged(admitted, compared, opens_at)


def forgive(*, source: str, target: str) -> None:
    """Give a right secret its charge back, and let the target begin from zero again."""
    given: dict[str, Any] = {
        "source": source,
        "target": target,
        "free_tries": settings.GATE_FREE_TRIES,
        "wait": settings.GATE_WAIT,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FORGIVE, given)


def seconds_until(opens_at: datetime, now: datetime) -> int:
    """Whole seconds to wait, at least one."""
    return max(1, -(-(opens_at - now) // timedelta(seconds=1)))
