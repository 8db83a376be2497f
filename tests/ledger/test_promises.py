"""Each promise of the ledger, tried from outside the commands: PostgreSQL refuses."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from selfcard.core import clock
from selfcard.ledger import chart
from selfcard.ledger.models import Account, Entry, EntryKind, Posting
from selfcard.ledger.verify import violations
from tests.factories.ledger import an_entry, the_reversal_of
from tests.factories.postgresql import (
    check_what_waits_for_the_commit,
    refused_by_postgresql,
    triggers_at_rest,
)

pytestmark = pytest.mark.django_db


def a_raw_entry(lines: int = 2, reverses: Entry | None = None) -> Entry:
    return Entry.objects.create(
        kind=EntryKind.REVERSAL if reverses else EntryKind.RECEIPT_CONFIRMED,
        booked_at=clock.now(),
        booked_on=date(2026, 11, 2),
        counts_from=date(2026, 11, 2),
        currency="CNY",
        reason_kind="receipt",
        reason_number="R-1",
        lines=lines,
        reverses=reverses,
    )


def post(entry: Entry, *amounts: str, first: int = 1) -> None:
    Posting.objects.bulk_create(
        Posting(
            entry=entry,
            line=line,
            account_id=chart.CASH,
            amount=Decimal(amount),
            counts_from=entry.counts_from,
            currency=entry.currency,
        )
        for line, amount in enumerate(amounts, start=first)
    )


def a_stray_posting(entry: Entry, line: int, amount: int) -> None:
    Posting.objects.create(
        entry=entry,
        line=line,
        account_id="9999",
        amount=Decimal(amount),
        counts_from=entry.counts_from,
        currency=entry.currency,
    )


def test_an_unbalanced_entry_is_refused_at_commit() -> None:
    with refused_by_postgresql("out of balance by 0.01"):
        post(a_raw_entry(), "1.01", "-1.00")


def test_an_empty_entry_is_refused_at_commit() -> None:
    with refused_by_postgresql("has 0 of its 2 postings"):
        a_raw_entry()


def test_an_entry_that_lacks_a_line_is_refused_at_commit() -> None:
    with refused_by_postgresql("has 2 of its 3 postings"):
        post(a_raw_entry(lines=3), "1.00", "-1.00")


def test_an_entry_of_one_side_is_refused() -> None:
    with refused_by_postgresql("an_entry_has_two_sides"):
        a_raw_entry(lines=1)


def test_nothing_is_posted_later_to_anothers_entry() -> None:
    entry = an_entry()

    with refused_by_postgresql("has no place for line"):
        post(entry, "1.00", "-1.00", first=4)
    with refused_by_postgresql("each_line_of_an_entry_is_posted_once"):
        post(entry, "1.00", "-1.00")


def test_nothing_is_posted_after_the_check_in_the_same_transaction() -> None:
    with refused_by_postgresql("has no place for line 3"):
        entry = a_raw_entry()
        post(entry, "1.00", "-1.00")
        check_what_waits_for_the_commit()
        post(entry, "1.00", first=3)


def test_a_posting_moves_an_amount() -> None:
    with refused_by_postgresql("a_posting_moves_an_amount"):
        post(a_raw_entry(), "0.00", "0.00")


def test_lines_count_from_one() -> None:
    with refused_by_postgresql("check constraint"):
        post(a_raw_entry(), "1.00", "-1.00", first=0)


def test_a_posting_is_on_an_account_of_the_chart() -> None:
    with refused_by_postgresql("on account 9999"):
        entry = a_raw_entry()
        a_stray_posting(entry, 1, 1)


@pytest.mark.parametrize("model", [Entry, Posting])
def test_what_is_booked_is_never_changed_deleted_or_emptied(
    model: type[Entry] | type[Posting],
) -> None:
    an_entry()
    table = model._meta.db_table

    with refused_by_postgresql("is never changed"):
        model.objects.update(**({"reason_number": "R-2"} if model is Entry else {"amount": 7}))
    with refused_by_postgresql("is never deleted"), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")
    with refused_by_postgresql("is never emptied"), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {table} CASCADE")


def test_an_entry_is_reversed_once() -> None:
    entry = an_entry()
    the_reversal_of(entry)

    with pytest.raises(IntegrityError, match="reverses_id"), transaction.atomic():
        the_reversal_of(entry)


def test_a_reversal_that_is_not_the_mirror_is_refused_at_commit() -> None:
    entry = an_entry()

    with refused_by_postgresql("is not the mirror"):
        post(a_raw_entry(reverses=entry), "-99.00", "99.00")


def test_only_a_reversal_reverses() -> None:
    entry = an_entry()

    with refused_by_postgresql("a_reversal_names_what_it_reverses"):
        Entry.objects.create(
            kind=EntryKind.CARD_ACTIVATED,
            booked_at=clock.now(),
            booked_on=date(2026, 11, 2),
            counts_from=date(2026, 11, 2),
            currency="CNY",
            reason_kind="policy",
            reason_number="P1",
            lines=2,
            reverses=entry,
        )


def test_an_entry_does_not_reverse_itself() -> None:
    with refused_by_postgresql("an_entry_does_not_reverse_itself"), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_entry (id, kind, booked_at, booked_on, counts_from, currency,"
            " reason_kind, reason_number, lines, reverses_id)"
            " VALUES (4711, 'reversal', now(), now(), now(), 'CNY', '', '', 2, 4711)"
        )


def test_an_account_keeps_its_code_and_kind_and_is_never_deleted() -> None:
    with refused_by_postgresql("is never changed"):
        Account.objects.filter(pk=chart.CASH).update(kind="income")
    with refused_by_postgresql("is never deleted"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_account")
    with refused_by_postgresql("is never emptied"), connection.cursor() as cursor:
        cursor.execute("TRUNCATE ledger_account CASCADE")


def test_verify_finds_nothing_in_sound_books() -> None:
    the_reversal_of(an_entry())

    assert list(violations()) == []


def test_verify_names_an_entry_that_does_not_balance() -> None:
    with triggers_at_rest():
        entry = a_raw_entry(lines=3)
        post(entry, "1.00")

    [found] = violations()

    assert found.subject == str(entry.pk)
    assert "sum 1.00" in found.message
    assert "1 of 3 postings" in found.message


def test_verify_names_a_posting_on_no_account_and_a_reversal_that_is_no_mirror() -> None:
    entry = an_entry()
    with triggers_at_rest():
        stray = a_raw_entry(reverses=entry)
        a_stray_posting(stray, 1, 1)
        a_stray_posting(stray, 2, -1)

    promises = {found.promise for found in violations()}

    assert promises == {
        "Every posting is on an account of the chart and in an entry",
        "A reversal is the mirror of what it reverses",
    }


@pytest.mark.parametrize(
    ("kind", "account"),
    [
        (EntryKind.CARD_ACTIVATED, chart.PAYER_ADVANCES),
        (EntryKind.REVERSAL, chart.PAYER_ADVANCES),
        (EntryKind.DEPOSIT_CONFIRMED, chart.CARD_PREMIUMS),
        (EntryKind.ADVANCE_REFUNDED, chart.CARD_PREMIUM_TAX),
    ],
)
def test_what_is_left_in_advance_is_never_mixed_with_what_awaits_an_activation(
    kind: EntryKind, account: str
) -> None:
    reverses = an_entry() if kind == EntryKind.REVERSAL else None

    with refused_by_postgresql(f"has no place for line 2 on account {account}"):
        moved(kind, account, reverses)

    with triggers_at_rest():
        entry = moved(kind, account, reverses)
    assert (
        "Payer advances and card premiums are moved only by what they are for",
        str(entry.pk),
    ) in {(violation.promise, violation.subject) for violation in violations()}


def moved(kind: EntryKind, account: str, reverses: Entry | None) -> Entry:
    """An entry of a kind that moves cash and an account, around the commands."""
    entry = Entry.objects.create(
        kind=kind,
        booked_at=clock.now(),
        booked_on=date(2026, 11, 2),
        counts_from=date(2026, 11, 2),
        currency="CNY",
        reason_kind="receipt",
        reason_number="R-1",
        lines=2,
        reverses=reverses,
    )
    Posting.objects.bulk_create(
        Posting(
            entry=entry,
            line=line,
            account_id=code,
            amount=Decimal(amount),
            counts_from=entry.counts_from,
            currency=entry.currency,
        )
        for line, code, amount in ((1, chart.CASH, 1), (2, account, -1))
    )
    return entry
