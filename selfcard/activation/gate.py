"""The counters of the gate: of the PIN gate, and of the one that opens a policy's details.

Each try is charged before its secret is compared, in one statement that writes the same rows
whatever was typed: the source's counter and the target's (a card, a policy). Who tries twice at
the same moment waits on these rows, so that no number of parallel tries gets past a cap. A right
secret gets its charge back.

A wrong PIN counts against the card only if the selector, the first digits of the PIN, was right:
a stranger who walks through consecutive numbers meets one selector in ten thousand, and so cannot
lock the honest holders out. A source that fails again and again waits between its tries, or pays
with work; it is never shut out. Where very many fail altogether, every source pays so.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction

from selfcard.activation.tolls import Ticket, Toll, issue_ticket
from selfcard.core.actor import Actor
from selfcard.core.audit import record

log = structlog.get_logger(__name__)

# How many shares the failures are counted in: so that tries rarely wait for one another there.
SHARES = 64

_ALARM = """
    SELECT max(until) AS until FROM activation_gatealarm
    WHERE tstzrange(began_at, until) @> %(now)s
"""
# What a source has failed lately, and how large a riddle it has to solve for its next try.
_FAILED = "CASE WHEN kept.since > %(source_since)s THEN kept.failures ELSE 0 END"
_WORK = f"""greatest(
    ({_FAILED} - %(free_tries)s + 1)::bigint * %(work)s,
    CASE WHEN (SELECT until FROM alarm) IS NULL THEN 0 ELSE %(alarm_work)s END)"""  # noqa: S608
# Half of it will do: others of the same source may have failed while the riddle was solved.
_ADMITTED = f"""(
    kept.opens_at <= %(now)s AND (SELECT waited FROM shown)
    OR (SELECT worked FROM shown) * 2 >= {_WORK})"""  # noqa: S608

_CHARGE = f"""
WITH alarm AS ({_ALARM}), spent AS (
    -- Who shows the same ticket at the same moment waits here, and then has none.
    INSERT INTO activation_spentticket (riddle, expires_at)
    SELECT %(riddle)s, %(expires_at)s WHERE %(riddle)s::bytea IS NOT NULL
    ON CONFLICT (riddle) DO NOTHING
    RETURNING riddle
), shown AS (
    SELECT count(*) * %(worked)s AS worked,
           (SELECT until FROM alarm) IS NULL OR count(*) = 1 AND %(aged)s AS waited
    FROM spent
), source AS (
    INSERT INTO activation_sourcecounter AS kept (source, failures, since, opens_at, admitted)
    SELECT %(source)s, 1, %(now)s, %(now)s - %(wait)s, waited OR worked * 2 >= %(alarm_work)s
    FROM shown
    ON CONFLICT (source) DO UPDATE SET
        admitted = {_ADMITTED},
        failures = {_FAILED} + {_ADMITTED}::int,
        since = CASE WHEN kept.since > %(source_since)s THEN kept.since ELSE %(now)s END,
        opens_at = CASE WHEN {_ADMITTED} AND {_FAILED} + 1 >= %(free_tries)s
            THEN %(now)s + %(wait)s ELSE kept.opens_at END
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
SELECT source.admitted, source.opens_at, alarm.until, bool_and(target.compared)
FROM source CROSS JOIN alarm CROSS JOIN target
GROUP BY source.admitted, source.opens_at, alarm.until
"""  # noqa: S608

_FORGIVE = """
WITH source AS (
    UPDATE activation_sourcecounter
    SET failures = greatest(failures - %(charges)s, 0),
        -- A moment before any try that is under way, so that none of them waits.
        opens_at = CASE WHEN failures - %(charges)s < %(free_tries)s
            THEN since - %(wait)s ELSE opens_at END
    WHERE source = %(source)s
)
UPDATE activation_targetcounter SET failures = 0 WHERE target = ANY(%(targets)s)
"""

_TOLL = f"""
WITH alarm AS ({_ALARM})
SELECT {_WORK}, kept.opens_at, alarm.until
FROM alarm LEFT JOIN activation_sourcecounter kept ON kept.source = %(source)s
"""  # noqa: S608


def _faded(row: str) -> str:
    """What a share still counts: less and less, as time passes."""
    age = f"extract(epoch FROM %(now)s - {row}.at) / extract(epoch FROM %(memory)s)"
    return f"{row}.failures * exp(-least(greatest({age}, 0), 50))"


_COUNT_FAILURE = f"""
WITH counted AS (
    INSERT INTO activation_failuretally AS kept (share, failures, at)
    VALUES (%(share)s, 1, %(now)s)
    ON CONFLICT (share) DO UPDATE SET failures = {_faded("kept")} + 1, at = %(now)s
)
SELECT coalesce(sum({_faded("kept")}), 0) + 1 FROM activation_failuretally AS kept
"""  # noqa: S608

_RAISE = """
WITH prolonged AS (
    UPDATE activation_gatealarm SET until = %(until)s
    WHERE tstzrange(began_at, until) @> %(now)s AND until < %(until)s
    RETURNING id
)
INSERT INTO activation_gatealarm (began_at, until)
SELECT %(now)s, %(until)s WHERE NOT EXISTS (SELECT FROM prolonged)
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True)
class Charged:
    """What the counters say to a try: whether it may be compared, else from when on."""

    admitted: bool
    compared: bool
    opens_at: datetime
    alarm_until: datetime | None

    def seconds_left(self, now: datetime) -> int:
        return _seconds_left(self.opens_at, self.alarm_until, now)


# What is tried, by the names of its counters, each with how many failures it takes.
Target = Mapping[str, int]


def card_name(serial: int) -> str:
    return f"card {serial:015d}"


def card_target(serial: int) -> Target:
    return {card_name(serial): settings.GATE_TARGET_CAP}


def policy_target(number: str, source: str) -> Target:
    """A policy counts what one source tries, and with a far higher cap what all try together.

    So a stranger who knows its number shuts out themselves, and not its owner.
    """
    return {
        f"policy {number}": settings.GATE_POLICY_CAP,
        f"policy {number} {source}": settings.GATE_TARGET_CAP,
    }


def charge(
    *,
    source: str,
    target: Target,
    counts: bool,
    now: datetime,
    ticket: Ticket | None = None,
    memory: timedelta = settings.GATE_TARGET_MEMORY,
) -> Charged:
    """Write all counters for one try, before its secret is compared.

    The source is charged in any case, the target only if the try `counts` against it; after
    `memory` the target begins from zero. A source that has to wait, and whose ticket does not pay,
    is charged nothing, and its try is not to be compared.
    """
    given = _terms(source, now) | {
        "targets": list(target),
        "caps": list(target.values()),
        "counts": counts,
        "target_since": now - memory,
        "riddle": ticket.riddle if ticket else None,
        "expires_at": ticket.expires_at if ticket else now,
        "worked": ticket.work if ticket else 0,
        "aged": ticket is not None and now - ticket.issued_at >= settings.GATE_ALARM_WAIT,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CHARGE, given)
        admitted, opens_at, alarm_until, compared = cursor.fetchone()
    return Charged(admitted, compared, opens_at, alarm_until)


def forgive(*, source: str, target: Target, charges: int = 1) -> None:
    """Give a right secret its charges back, and let the target begin from zero again."""
    given: dict[str, Any] = {
        "source": source,
        "charges": charges,
        "targets": sorted(target),
        "free_tries": settings.GATE_FREE_TRIES,
        "wait": settings.GATE_WAIT,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FORGIVE, given)


def count_failure(*, source: str, charged: Charged, now: datetime) -> None:
    """Count a wrong secret among all failures, and raise the alarm where they are too many.

    Nothing is locked after it: whoever opens a card may wait for others with its source's row, but
    nobody waits with a share.
    """
    given: dict[str, Any] = {
        "share": zlib.crc32(source.encode()) % SHARES,
        "now": now,
        "memory": settings.GATE_ALARM_MEMORY,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_FAILURE, given)
        (failures,) = cursor.fetchone()
    if failures < settings.GATE_ALARM_FAILURES:
        return
    # One that still lasts for long need not be made longer: all who fail would write its row.
    until = now + settings.GATE_ALARM_MEMORY
    if charged.alarm_until is None or charged.alarm_until < until - settings.GATE_ALARM_MEMORY / 2:
        _raise_alarm(round(failures), now, until)


def _raise_alarm(failures: int, now: datetime, until: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_RAISE, {"now": now, "until": until})
        began = cursor.rowcount == 1
    if began:
        record(Actor.system("gate"), "gate.alarm_raised", failures=failures)
        transaction.on_commit(lambda: log.error("gate_alarm_raised", failures=failures))


def toll_of(source: str, now: datetime) -> Toll:
    """What the next try of a source costs, with the ticket by which it may be paid."""
    with connection.cursor() as cursor:
        cursor.execute(_TOLL, _terms(source, now))
        work, opens_at, alarm_until = cursor.fetchone()
    seconds = _seconds_left(opens_at or now, alarm_until, now)
    return Toll(seconds, issue_ticket(source=source, size=work, now=now)) if seconds else Toll()


def _terms(source: str, now: datetime) -> dict[str, Any]:
    """Whose price is asked for, and by which rules."""
    return {
        "source": source,
        "now": now,
        "source_since": now - settings.GATE_SOURCE_MEMORY,
        "free_tries": settings.GATE_FREE_TRIES,
        "wait": settings.GATE_WAIT,
        "work": settings.GATE_WORK,
        "alarm_work": settings.GATE_ALARM_WORK,
    }


def _seconds_left(opens_at: datetime, alarm_until: datetime | None, now: datetime) -> int:
    """Whole seconds to wait before a try that nothing pays for."""
    left = max(opens_at - now, settings.GATE_ALARM_WAIT if alarm_until else timedelta(0))
    return -(-left // timedelta(seconds=1))
