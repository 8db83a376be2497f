"""Days of the books are closed when they are over, and nothing counts from them any more."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from selfcard.core import clock
from selfcard.core.models import AuditEvent
from selfcard.ledger import chart
from selfcard.ledger.commands import close_days
from selfcard.ledger.errors import DayClosedAlready, DayNotOver
from selfcard.ledger.models import Closing, ClosingBalance, Entry, Posting
from selfcard.ledger.queries import balances, last_closing, trial_balance
from selfcard.ledger.tasks import close_days_nightly
from selfcard.ledger.verify import violations
from selfcard.organisations.errors import NotAuthorised
from tests.factories.ledger import an_entry
from tests.factories.organisations import Insurer
from tests.factories.postgresql import refused_by_postgresql, triggers_at_rest

pytestmark = pytest.mark.django_db

SUNDAY, MONDAY, TUESDAY = date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 3)


def close(insurer: Insurer, up_to: date, on: date = TUESDAY, by: str = "second") -> Closing:
    with clock.frozen(on):
        return close_days(up_to=up_to, actor=insurer.actor(by), request_id=uuid4())


def booked(counts_from: date, on: date = TUESDAY) -> date:
    """The day from which an entry counts that is booked on another."""
    with clock.frozen(on):
        entry = an_entry(counts_from=counts_from)
    entry.refresh_from_db()
    return entry.counts_from


def test_days_that_are_over_are_closed(insurer: Insurer) -> None:
    closing = close(insurer, MONDAY)

    assert (closing.up_to, closing.closed_on) == (MONDAY, TUESDAY)
    assert closing.closed_by == insurer.second
    assert last_closing() == closing
    assert AuditEvent.objects.filter(event="ledger.closed").count() == 1


def test_today_is_not_over(insurer: Insurer) -> None:
    with pytest.raises(DayNotOver):
        close(insurer, TUESDAY)

    assert not Closing.objects.exists()


def test_a_day_is_closed_once_and_closings_go_forward(insurer: Insurer) -> None:
    close(insurer, MONDAY)

    for day in (SUNDAY, MONDAY):
        with pytest.raises(DayClosedAlready):
            close(insurer, day)


def test_at_night_days_are_closed_only_where_the_insurer_wants_it(
    insurer: Insurer, settings: Any
) -> None:
    with clock.frozen(TUESDAY):
        settings.CLOSE_BOOKS_AFTER_DAYS = None
        close_days_nightly(0)
        assert last_closing() is None

        settings.CLOSE_BOOKS_AFTER_DAYS = 1
        close_days_nightly(0)
        assert [one.up_to for one in Closing.objects.all()] == [SUNDAY]

        settings.CLOSE_BOOKS_AFTER_DAYS = 0
        for _ in range(2):
            close_days_nightly(0)
    assert [(one.up_to, one.closed_by) for one in Closing.objects.all()] == [
        (MONDAY, None),
        (SUNDAY, None),
    ]
    assert booked(MONDAY) == TUESDAY


def test_at_night_nothing_is_closed_that_somebody_closed_by_hand(
    insurer: Insurer, settings: Any
) -> None:
    by_hand = close(insurer, MONDAY)
    settings.CLOSE_BOOKS_AFTER_DAYS = 1

    with clock.frozen(TUESDAY):
        close_days_nightly(0)

    assert Closing.objects.get() == by_hand


def test_only_who_may_close_the_whole_insurers_books_does(insurer: Insurer) -> None:
    for nobody in ("auditor", "chief", "cashier"):
        with pytest.raises(NotAuthorised):
            close(insurer, MONDAY, by=nobody)


def test_repeating_a_request_gives_the_same_closing(insurer: Insurer) -> None:
    request_id = uuid4()
    with clock.frozen(TUESDAY):
        first, second = (
            close_days(up_to=MONDAY, actor=insurer.actor("second"), request_id=request_id)
            for _ in range(2)
        )

    assert first == second


def test_what_comes_late_counts_from_the_next_open_day(insurer: Insurer) -> None:
    close(insurer, MONDAY)

    assert booked(SUNDAY) == TUESDAY
    assert booked(MONDAY) == TUESDAY
    assert booked(TUESDAY) == TUESDAY
    assert booked(date(2026, 12, 24)) == date(2026, 12, 24)


def test_the_postings_count_with_their_entry(insurer: Insurer) -> None:
    close(insurer, MONDAY)

    booked(SUNDAY)

    assert set(Posting.objects.values_list("counts_from", "currency")) == {(TUESDAY, "CNY")}
    assert balances(MONDAY) == {}


def test_a_closing_keeps_the_balances_and_later_days_are_reckoned_from_there(
    insurer: Insurer,
) -> None:
    booked(SUNDAY)
    booked(TUESDAY)
    open_books = {day: trial_balance(day) for day in (SUNDAY, MONDAY, TUESDAY, None)}

    close(insurer, SUNDAY)
    close(insurer, MONDAY)

    assert {day: trial_balance(day) for day in open_books} == open_books
    assert ClosingBalance.objects.filter(closing__up_to=MONDAY).count() == 3
    assert balances(MONDAY)[chart.CASH] == Decimal("100.00")
    assert list(violations()) == []


# ---- around the command: PostgreSQL refuses ---------------------------------------------------


def a_raw_closing(insurer: Insurer, up_to: date, on: date = TUESDAY) -> Closing:
    return Closing.objects.create(
        up_to=up_to,
        closed_by=insurer.second,
        closed_at=datetime(on.year, on.month, on.day, tzinfo=clock.zone()),
        closed_on=on,
    )


def test_a_day_that_is_not_over_is_not_closed(insurer: Insurer) -> None:
    with refused_by_postgresql("a_day_is_closed_when_it_is_over"):
        a_raw_closing(insurer, TUESDAY)


def test_closings_go_forward(insurer: Insurer) -> None:
    a_raw_closing(insurer, MONDAY)

    for day in (MONDAY, SUNDAY):
        with refused_by_postgresql("closed beyond"):
            a_raw_closing(insurer, day)


def test_a_closing_is_never_taken_back(insurer: Insurer) -> None:
    booked(SUNDAY)
    close(insurer, MONDAY)

    for model, table in ((Closing, "ledger_closing"), (ClosingBalance, "ledger_closingbalance")):
        change = {"up_to": SUNDAY} if model is Closing else {"debits": 7}
        with refused_by_postgresql("is never changed"):
            model._default_manager.update(**change)
        with refused_by_postgresql("is never deleted"), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table}")
        with refused_by_postgresql("is never emptied"), connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {table} CASCADE")


def test_nobody_writes_the_balances_of_a_closing(insurer: Insurer) -> None:
    closing = close(insurer, MONDAY)

    with refused_by_postgresql("follow from the postings"):
        ClosingBalance.objects.create(
            closing=closing, account_id=chart.CASH, currency="CNY", debits=1, credits=0
        )


def test_a_closing_says_each_balance_once(insurer: Insurer) -> None:
    booked(SUNDAY)
    close(insurer, MONDAY)
    balance = ClosingBalance.objects.first()
    assert balance is not None
    balance.pk = None

    with refused_by_postgresql("a_closing_says_each_balance_once"), triggers_at_rest():
        balance.save(force_insert=True)


def test_a_posting_cannot_count_from_another_day_than_its_entry(insurer: Insurer) -> None:
    close(insurer, MONDAY)
    entry = an_entry(counts_from=date(2026, 12, 24))

    assert {posting.counts_from for posting in entry.postings.all()} == {date(2026, 12, 24)}
    with refused_by_postgresql("is never changed"):
        Posting.objects.update(counts_from=SUNDAY)


def test_an_entry_is_not_booked_years_late() -> None:
    with refused_by_postgresql("an_entry_is_not_booked_years_late"):
        booked(TUESDAY - timedelta(days=367))

    assert booked(TUESDAY - timedelta(days=366)) == TUESDAY - timedelta(days=366)


# ---- what verify finds ------------------------------------------------------------------------


def test_verify_names_what_was_put_into_a_closed_day(insurer: Insurer) -> None:
    close(insurer, MONDAY)
    with triggers_at_rest(), clock.frozen(TUESDAY + timedelta(days=1)):
        entry = an_entry(counts_from=SUNDAY)

    found = {violation.promise: violation.subject for violation in violations()}

    assert found["Nothing counts from a day that was closed before it was booked"] == str(entry.pk)
    assert "The balances of a closing are those of its days" in found


def test_verify_names_a_posting_that_counts_from_another_day_than_its_entry() -> None:
    an_entry()
    with triggers_at_rest():
        Posting.objects.filter(line=1).update(counts_from=SUNDAY)

    assert {violation.promise for violation in violations()} == {
        "A posting counts from the day of its entry, in its currency"
    }


def test_verify_names_closings_that_go_back(insurer: Insurer) -> None:
    close(insurer, MONDAY)
    with triggers_at_rest():
        a_raw_closing(insurer, SUNDAY, on=TUESDAY + timedelta(days=2))

    assert "Closings go forward" in {violation.promise for violation in violations()}
    assert Entry.objects.count() == 0
