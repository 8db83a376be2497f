"""Booking, by the rooms above and within their commands; and closing the days that are over."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from selfcard.core import clock
from selfcard.core.actor import Actor, ActorKind
from selfcard.core.audit import record
from selfcard.core.command import command, step
from selfcard.core.compiled import insert
from selfcard.core.locks import LockSpace, lock
from selfcard.ledger.errors import DayClosedAlready, DayNotOver, EntryOutOfBalance
from selfcard.ledger.lines import Line
from selfcard.ledger.models import OLDEST_DAYS, Closing, Entry, EntryKind, Posting
from selfcard.ledger.queries import last_closing
from selfcard.organisations.models import May
from selfcard.organisations.queries import acting_staff, head_office, require

FIRST_DAY = date(2000, 1, 1)


@command
def close_days(*, up_to: date, actor: Actor, request_id: UUID) -> Closing:
    """Close the books up to and including a day that is over; they are never opened again.

    It waits for the entries that are just being written into these days. Nobody waits for it: what
    is booked meanwhile, and whatever comes late, counts from the next open day.

    Raises:
        NotAuthorised: the actor may not close the books, which are the whole insurer's.
        DayNotOver: today, or a day that is yet to come.
        DayClosedAlready: the books are closed up to that day, or beyond it.
    """
    require(actor, May.CLOSE_BOOKS, head_office())
    if up_to >= clock.today():
        raise DayNotOver(day=up_to)
    # The moment of the closing is after those of all entries that these days have.
    _lock_days_up_to(up_to)
    if (last := last_closing()) and last.up_to >= up_to:
        raise DayClosedAlready(day=up_to, up_to=last.up_to)
    now = clock.now()
    closing = Closing.objects.create(
        up_to=up_to,
        closed_by=acting_staff(actor) if actor.kind == ActorKind.STAFF else None,
        closed_at=now,
        closed_on=clock.day_of(now),
    )
    record(actor, "ledger.closed", closing)
    return closing


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
    insert(entry)
    insert(
        *(
            Posting(
                entry=entry,
                line=place,
                account_id=line.account,
                amount=line.amount,
                counts_from=entry.counts_from,
                currency=entry.currency,
            )
            for place, line in enumerate(lines, start=1)
        )
    )
    record(actor, "ledger.entry_posted", entry, kind=entry.kind, reason=list(reason))
    return entry


def _lock_days_up_to(up_to: date) -> None:
    """Every day that an entry written now could count from, and that is to be closed."""
    days = "SELECT day FROM generate_series(%s::int, %s::int) AS day"
    last = (up_to - FIRST_DAY).days
    lock(LockSpace.LEDGER_DAY, among=(days, [last - OLDEST_DAYS, last]))
