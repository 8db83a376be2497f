"""Booking. Entries are posted by the rooms above, within their own commands."""

from datetime import date
from decimal import Decimal

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import step
from selfcard.ledger.errors import EntryOutOfBalance
from selfcard.ledger.lines import Line
from selfcard.ledger.models import Entry, EntryKind, Posting


@step
def post_entry(
    *,
    kind: EntryKind,
    counts_from: date,
    reason: tuple[str, str],
    lines: tuple[Line, ...],
    currency: str,
    actor: Actor,
) -> Entry:
    """Book an entry whose lines sum to zero.

    It counts from a day that may lie ahead (the first day of cover), or behind. Where the books
    are closed on that day already, it counts from the next that is open. The reason is what the
    calling room knows it by, such as `("receipt", "R-2026-0000001")`. Lines over nothing are left
    out: an exempt premium simply has no tax line.

    Raises:
        EntryOutOfBalance: the lines do not sum to zero, or none moves an amount.
    """
    moving = [line for line in lines if line.amount]
    if not moving or sum((line.amount for line in moving), Decimal(0)):
        raise EntryOutOfBalance([(line.account, line.amount) for line in lines])
    return _book(
        Entry(kind=kind, counts_from=counts_from, currency=currency), moving, reason, actor
    )


@step
def reverse_entry(
    *, entry: Entry, counts_from: date, reason: tuple[str, str], actor: Actor
) -> Entry:
    """Book the mirror of an entry. It happens once: PostgreSQL refuses a second reversal."""
    mirrored = [
        Line(posting.account_id, -posting.amount) for posting in entry.postings.order_by("line")
    ]
    reversal = Entry(
        kind=EntryKind.REVERSAL, counts_from=counts_from, currency=entry.currency, reverses=entry
    )
    return _book(reversal, mirrored, reason, actor)


def _book(entry: Entry, lines: list[Line], reason: tuple[str, str], actor: Actor) -> Entry:
    entry.booked_at = clock.now()
    entry.booked_on = clock.day_of(entry.booked_at)
    entry.reason_kind, entry.reason_number = reason
    entry.lines = len(lines)
    entry.save(force_insert=True)
    Posting.objects.bulk_create(
        Posting(entry=entry, line=place, account_id=line.account, amount=line.amount)
        for place, line in enumerate(lines, start=1)
    )
    record(actor, "ledger.entry_posted", entry, kind=entry.kind, reason=list(reason))
    return entry
