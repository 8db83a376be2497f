"""What the ledger does and never does."""

from datetime import date
from decimal import Decimal

import pytest

from selfcard.core.actor import Actor
from selfcard.core.command import NotWithinCommand
from selfcard.core.models import AuditEvent
from selfcard.ledger import chart
from selfcard.ledger.commands import post_entry
from selfcard.ledger.errors import EntryOutOfBalance
from selfcard.ledger.lines import Line, credit, debit
from selfcard.ledger.models import Account, Entry, EntryKind, Posting
from selfcard.ledger.queries import balances, entries_for, trial_balance
from tests.factories.ledger import TO_CASH, an_entry, the_reversal_of

pytestmark = pytest.mark.django_db


def test_an_entry_debits_and_credits_the_same_sum() -> None:
    entry = an_entry()

    assert [(p.account_id, p.amount) for p in entry.postings.order_by("line")] == [
        ("1001", Decimal("100.00")),
        ("2201", Decimal("-94.34")),
        ("2202", Decimal("-5.66")),
    ]


def test_an_entry_says_when_it_was_booked_why_and_from_which_day_it_counts() -> None:
    entry = an_entry(counts_from=date(2026, 12, 24))

    assert entry.counts_from == date(2026, 12, 24)
    assert entry.booked_at.date() != date(2026, 12, 24)
    assert entry.number == f"J-{entry.pk:010d}"
    assert list(entries_for("receipt", "R-1")) == [entry]
    assert AuditEvent.objects.get(event="ledger.entry_posted").subject_number == entry.number


def test_an_exempt_premium_simply_has_no_tax_line() -> None:
    entry = an_entry(
        (
            debit(chart.BANK, Decimal("50.00")),
            credit(chart.CARD_PREMIUMS, Decimal("50.00")),
            credit(chart.CARD_PREMIUM_TAX, Decimal("0.00")),
        )
    )

    assert entry.postings.count() == 2


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (Line(chart.CASH, Decimal("0.00")), Line(chart.BANK, Decimal("0.00"))),
        (Line(chart.CASH, Decimal("100.00")),),
        (Line(chart.CASH, Decimal("100.00")), Line(chart.CARD_PREMIUMS, Decimal("-99.99"))),
    ],
    ids=["no lines", "nothing moved", "one side", "a cent is missing"],
)
def test_an_entry_out_of_balance_is_not_booked(lines: tuple[Line, ...]) -> None:
    with pytest.raises(EntryOutOfBalance):
        an_entry(lines)

    assert not Entry.objects.exists()


def test_booking_happens_only_within_a_command() -> None:
    with pytest.raises(NotWithinCommand):
        post_entry(
            kind=EntryKind.RECEIPT_CONFIRMED,
            counts_from=date(2026, 11, 2),
            reason=("receipt", "R-1"),
            lines=TO_CASH,
            currency="CNY",
            actor=Actor.system("test"),
        )


def test_a_reversal_is_the_mirror_of_its_entry_and_leaves_it_standing() -> None:
    entry = an_entry()

    reversal = the_reversal_of(entry)

    assert reversal.reverses == entry
    assert Posting.objects.count() == 6
    assert set(balances().values()) == {Decimal("0.00")}


def test_the_trial_balance_shows_turnover_and_balance_of_every_used_account() -> None:
    an_entry()
    an_entry(
        (
            debit(chart.CARD_PREMIUMS, Decimal("94.34")),
            credit(chart.WRITTEN_PREMIUM, Decimal("94.34")),
        )
    )

    balance = trial_balance()

    assert [(line.account.code, line.debits, line.credits) for line in balance.lines] == [
        ("1001", Decimal("100.00"), Decimal("0.00")),
        ("2201", Decimal("94.34"), Decimal("94.34")),
        ("2202", Decimal("0.00"), Decimal("5.66")),
        ("6001", Decimal("0.00"), Decimal("94.34")),
    ]
    [total] = balance.totals()
    assert total.in_balance
    assert total.debit_balance == total.credit_balance == Decimal("100.00")


def test_the_trial_balance_of_a_day_leaves_out_what_counts_later() -> None:
    an_entry(counts_from=date(2026, 11, 2))
    an_entry(counts_from=date(2026, 11, 3))

    assert balances(date(2026, 11, 2))[chart.CASH] == Decimal("100.00")
    assert balances()[chart.CASH] == Decimal("200.00")


def test_the_chart_is_in_place_after_every_migration() -> None:
    assert set(Account.objects.values_list("code", flat=True)) == {
        account.code for account in chart.CHART
    }
