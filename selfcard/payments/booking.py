"""How drawers and bankings are locked, written down and booked, whichever deed it is for."""

from datetime import date

from selfcard.core import clock, numbering
from selfcard.core.actor import Actor
from selfcard.ledger import chart
from selfcard.ledger.commands import post_entry
from selfcard.ledger.lines import Line, credit, debit
from selfcard.ledger.models import EntryKind
from selfcard.organisations.queries import acting_staff
from selfcard.payments.models import Banking, DrawerDay, TenderKind
from selfcard.payments.queries import ACCOUNTS, last_count
from selfcard.payments.tendering import earliest_day


def locked_day(day: DrawerDay) -> DrawerDay:
    """The day as it is now, its row locked: tenders wait, and come before or are refused after."""
    return (
        DrawerDay.objects.select_for_update(of=["self"])
        .select_related("drawer__organisation__party")
        .get(pk=day.pk)
    )


def book_difference(day: DrawerDay, actor: Actor) -> None:
    """Book what the last count of a day was over or short, if it was."""
    lines: list[Line] = []
    for count in last_count(day):
        if count.difference:
            account = ACCOUNTS[TenderKind(count.kind)]
            lines += [
                debit(account, count.difference),
                credit(chart.CASH_DIFFERENCES, count.difference),
            ]
    if lines:
        post_entry(
            kind=EntryKind.CASH_DIFFERENCE,
            counts_from=max(day.day, earliest_day()),
            reason=("drawer", f"{day.drawer.code} {day.day.isoformat()}"),
            lines=tuple(lines),
            currency=day.currency,
            actor=actor,
        )


def write_down(
    banking: Banking, day: DrawerDay | None, slip: tuple[date, str], actor: Actor
) -> Banking:
    """A row with its number, of what the bank's slip says."""
    banking.number = numbering.document_number("BK", "payments_banking_number")
    banking.drawer_day = day
    banking.arrived_on, banking.reference = slip[0], slip[1].strip()
    banking.banked_by = acting_staff(actor)
    banking.banked_at = clock.now()
    banking.save(force_insert=True)
    return banking


def enter_banking(
    banking: Banking, day: DrawerDay | None, slip: tuple[date, str], actor: Actor
) -> Banking:
    """Write it down and book it: what the bank has more, we have less."""
    banking = write_down(banking, day, slip, actor)
    post_entry(
        kind=EntryKind.CASH_FETCHED if banking.is_fetched else EntryKind.TAKINGS_BANKED,
        counts_from=banking.arrived_on,
        reason=("banking", banking.number),
        lines=(
            debit(chart.BANK, banking.amount),
            debit(ACCOUNTS[TenderKind(banking.kind)], -banking.amount),
        ),
        currency=banking.currency,
        actor=actor,
    )
    return banking
