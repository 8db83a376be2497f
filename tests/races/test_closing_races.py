"""Days are closed while others book: nobody waits for a closing, nothing lands in a closed day."""

import threading
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pgtrigger
import pytest
from django.db import connection, transaction

from selfcard.core import clock
from selfcard.ledger.commands import close_days
from selfcard.ledger.errors import DayClosedAlready
from selfcard.ledger.models import Closing, Entry
from selfcard.ledger.queries import balances
from selfcard.ledger.verify import violations
from tests.factories.ledger import an_entry
from tests.factories.organisations import Insurer
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 20
ITS_DAY = "ledger.Entry:an_entry_counts_from_an_open_day"


@pytest.fixture
def yesterday() -> date:
    return clock.today() - timedelta(days=1)


def close(insurer: Insurer, up_to: date) -> Closing:
    return close_days(up_to=up_to, actor=insurer.actor("second"), request_id=uuid4())


def counts_from(entry: Any) -> date:
    assert isinstance(entry, Entry), entry
    return Entry.objects.get(pk=entry.pk).counts_from


def meanwhile(deed: Callable[[], Any]) -> Callable[[], Any]:
    """Do something on another connection; gives what waits for its result."""
    done: list[Any] = []
    thread = threading.Thread(target=lambda: done.extend(at_once(deed)))
    thread.start()

    def result() -> Any:
        thread.join(SECONDS)
        return done[0]

    return result


def somebody_waits() -> bool:
    """Whether within a second another connection waits for an advisory lock."""
    for _ in range(50):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database"
                " WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return True
        time.sleep(0.02)
    return False


def test_a_closing_waits_for_an_entry_and_no_entry_waits_for_the_closing(
    insurer: Insurer, yesterday: date
) -> None:
    with transaction.atomic():
        early = an_entry(counts_from=yesterday)
        closing = meanwhile(lambda: close(insurer, yesterday))
        assert somebody_waits()
        (late,) = at_once(lambda: an_entry(counts_from=yesterday))
        assert not Closing.objects.exists()

    assert closing().up_to == yesterday
    assert (counts_from(early), counts_from(late)) == (yesterday, clock.today())
    assert list(violations()) == []


def test_without_the_lock_of_its_day_an_entry_lands_in_a_day_that_is_closed(
    insurer: Insurer, yesterday: date
) -> None:
    """The control: the closing does not see it, and does not wait."""
    with transaction.atomic(), pgtrigger.ignore(ITS_DAY):
        early = an_entry(counts_from=yesterday)
        closing = meanwhile(lambda: close(insurer, yesterday))
        assert not somebody_waits()
        assert closing().up_to == yesterday

    assert counts_from(early) == yesterday
    assert {found.promise for found in violations()} == {
        "The balances of a closing are those of its days"
    }


def test_many_who_book_while_days_are_closed_all_book_and_nothing_is_in_a_closed_day(
    insurer: Insurer, yesterday: date
) -> None:
    days = [yesterday - timedelta(days=back) for back in (2, 1, 0)]

    results = at_once(
        *[lambda day=day: an_entry(counts_from=day) for day in days * 4],
        *[lambda day=day: close(insurer, day) for day in days],
    )

    entries = [one for one in results if isinstance(one, Entry)]
    others = [one for one in results if not isinstance(one, Entry)]
    assert len(entries) == 12
    assert all(isinstance(one, Closing | DayClosedAlready) for one in others), others
    assert balances()["1001"] == 12 * 100
    assert list(violations()) == []


def test_of_two_who_close_the_same_days_one_is_told_that_it_is_done(
    insurer: Insurer, yesterday: date
) -> None:
    results = at_once(*[lambda: close(insurer, yesterday) for _ in range(2)])

    assert sorted(type(one).__name__ for one in results) == ["Closing", "DayClosedAlready"]
