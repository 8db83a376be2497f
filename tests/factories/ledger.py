"""Entries for tests. Booking is a step, so a small command around it stands for the room above."""

from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

from selfcard.core.actor import Actor
from selfcard.core.command import command
from selfcard.ledger import chart
from selfcard.ledger.commands import post_entry, reverse_entry
from selfcard.ledger.lines import Line
from selfcard.ledger.models import Entry, EntryKind

TO_CASH = (
    Line(chart.CASH, Decimal("100.00")),
    Line(chart.CARD_PREMIUMS, Decimal("-94.34")),
    Line(chart.CARD_PREMIUM_TAX, Decimal("-5.66")),
)


@command
def _book(*, lines: tuple[Line, ...], counts_from: date, actor: Actor, request_id: UUID) -> Entry:
    return post_entry(
        kind=EntryKind.RECEIPT_CONFIRMED,
        counts_from=counts_from,
        reason=("receipt", "R-1"),
        lines=lines,
        currency="CNY",
        actor=actor,
    )


@command
def _reverse(*, entry: Entry, actor: Actor, request_id: UUID) -> Entry:
    return reverse_entry(
        entry=entry, counts_from=entry.counts_from, reason=("receipt", "R-1"), actor=actor
    )


def an_entry(lines: tuple[Line, ...] = TO_CASH, counts_from: date = date(2026, 11, 2)) -> Entry:
    return _book(
        lines=lines, counts_from=counts_from, actor=Actor.system("test"), request_id=uuid4()
    )


def the_reversal_of(entry: Entry) -> Entry:
    return _reverse(entry=entry, actor=Actor.system("test"), request_id=uuid4())
