"""What every answer of the inquiry says of paid cards that are out of date, or have more time."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from selfcard.core import clock
from selfcard.custody.statuses import SeenStatus
from selfcard.inquiry.queries.biography import find_biography
from selfcard.inquiry.queries.details import page_of
from selfcard.inquiry.queries.history import last_movements
from selfcard.inquiry.queries.next_steps import next_steps
from selfcard.inquiry.queries.pieces import pieces
from selfcard.inquiry.queries.search import Kind, find
from selfcard.inquiry.queries.sought import Question, Sought
from selfcard.inquiry.queries.spread import distribution
from selfcard.organisations.models import May
from tests.factories.activation import activate, cancel
from tests.factories.extensions import Overdue, overdue_cards

pytestmark = pytest.mark.django_db

Seen = SeenStatus
MAYS = {str(may) for may in (May.RECALL_SALES, May.CANCEL_POLICIES)}


@pytest.fixture
def overdue() -> Overdue:
    """Ten paid cards, the third a policy."""
    return overdue_cards()


@pytest.fixture
def later(overdue: Overdue) -> Iterator[None]:
    """The day after; the first five have more time."""
    with overdue.afterwards():
        overdue.extend((1, 5))
        yield


def question(overdue: Overdue, first: int = 1, last: int = 10, **asked) -> Question:
    runs = (overdue.run(first, last),)
    return Question(overdue.insurer.actor("keeper"), Sought(runs=runs, **asked))


def counts(asked: Question) -> dict[str, int]:
    return {one.status: one.count for one in distribution(asked).statuses}


@pytest.mark.usefixtures("later")
def test_all_figures_tell_the_cards_with_more_time_from_those_without(overdue: Overdue) -> None:
    assert counts(question(overdue)) == {
        Seen.TO_BE_ACTIVATED: 4,
        Seen.ACTIVATED: 1,
        Seen.EXPIRED: 5,
    }
    drawn = [(piece.status, piece.count) for piece in pieces(question(overdue))]
    assert drawn == [
        (Seen.TO_BE_ACTIVATED, 2),
        (Seen.ACTIVATED, 1),
        (Seen.TO_BE_ACTIVATED, 2),
        (Seen.EXPIRED, 5),
    ]
    (run,) = page_of(question(overdue)).runs
    assert (run.extended, run.activated, run.status) == (4, 1, Seen.EXPIRED)
    (whole,) = page_of(question(overdue, 1, 5)).runs
    assert whole.status == Seen.TO_BE_ACTIVATED


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize(
    ("status", "count"), [(Seen.TO_BE_ACTIVATED, 4), (Seen.EXPIRED, 5), (Seen.ACTIVATED, 1)]
)
def test_a_status_finds_just_its_cards(overdue: Overdue, status: SeenStatus, count: int) -> None:
    asked = question(overdue, status=status)

    assert sum(run.asked for run in page_of(asked).runs) == count
    assert counts(asked) == {status: count}
    everywhere = Question(overdue.insurer.actor("keeper"), Sought(status=status))
    assert counts(everywhere) == {status: count}


def test_after_the_new_last_day_they_are_expired_again(overdue: Overdue) -> None:
    with overdue.afterwards():
        extension = overdue.extend((1, 5))
    with clock.frozen(extension.last_day):
        assert counts(question(overdue))[Seen.TO_BE_ACTIVATED] == 4
    with clock.frozen(extension.last_day + timedelta(days=1)):
        assert counts(question(overdue)) == {Seen.ACTIVATED: 1, Seen.EXPIRED: 9}
        assert page_of(question(overdue, status=Seen.TO_BE_ACTIVATED)).runs == ()


def test_the_past_is_told_as_it_was(overdue: Overdue) -> None:
    with overdue.afterwards():
        before = clock.now()
    with overdue.afterwards(2):
        overdue.extend((1, 5))
        between = clock.now()
    with overdue.afterwards(200):
        assert counts(question(overdue, at=before)) == {Seen.ACTIVATED: 1, Seen.EXPIRED: 9}
        assert counts(question(overdue, at=between))[Seen.TO_BE_ACTIVATED] == 4
        assert counts(question(overdue)) == {Seen.ACTIVATED: 1, Seen.EXPIRED: 9}
        (run,) = page_of(question(overdue, 1, 2, at=between)).runs
        assert run.now is not None
        assert (run.status, run.now.status) == (Seen.TO_BE_ACTIVATED, Seen.EXPIRED)


@pytest.mark.usefixtures("later")
def test_a_card_and_its_range_tell_by_whom_and_up_to_when(overdue: Overdue) -> None:
    insurer = overdue.insurer
    found = find_biography(insurer.actor("keeper"), overdue.cards[0].serial)
    assert found is not None
    extended = found.events[0]
    assert extended.kind == "extended"
    assert extended.extension is not None
    assert (extended.opens, extended.extension.last_day) == (True, found.card.deadline)
    assert insurer.second.party.name_en in extended.who
    assert found.is_held_for_it
    untouched = find_biography(insurer.actor("keeper"), overdue.cards[9].serial)
    assert untouched is not None
    assert untouched.events[0].kind != "extended"
    steps = last_movements(insurer.actor("keeper"), [overdue.run(1, 10)], most=3)
    assert steps[0].kind == "extended"
    # Who may not see sales is told, and opens nothing.
    (told, *_) = last_movements(insurer.actor("seller"), [overdue.run(1, 10)], most=3)
    assert not told.opens


@pytest.mark.usefixtures("later")
def test_more_time_is_offered_for_what_is_out_of_date_and_no_policy(overdue: Overdue) -> None:
    actor = overdue.insurer.actor("keeper")

    def offered(first: int, last: int) -> bool:
        return "extend" in next_steps(actor, [overdue.run(first, last)], MAYS).possible

    assert offered(6, 10)
    assert not offered(1, 2)
    assert not offered(3, 3)
    assert not offered(5, 6)


def test_a_card_whose_policy_was_cancelled_tells_the_end_and_what_was_given_back(
    overdue: Overdue,
) -> None:
    insurer = overdue.insurer
    with clock.frozen(overdue.last_day - timedelta(days=90)):
        whole = activate(overdue.cards[4])
        cancel(insurer, whole)
    with clock.frozen(overdue.last_day - timedelta(days=80)):
        again = activate(overdue.cards[4])
    with clock.frozen(overdue.last_day - timedelta(days=20)):
        cancel(insurer, again)
        found = find_biography(insurer.actor("keeper"), overdue.cards[4].serial)

    assert found is not None
    assert [event.kind for event in found.events][:5] == [
        "cancellation", "cancelled", "activated", "cancelled", "activated",
    ]  # fmt: skip
    assert found.cancelled == again
    assert found.events[1].who
    assert found.sale == overdue.sale
    assert found.given_back is not None
    assert found.earned is not None
    assert found.given_back.amount + found.earned.amount == found.value.amount
    assert not found.is_held_for_it


def test_a_request_for_more_time_is_found_by_its_number(overdue: Overdue) -> None:
    insurer = overdue.insurer
    with overdue.afterwards():
        number = overdue.ask().number

        hits = [(hit.kind, hit.exact) for hit in find(number.lower(), insurer.actor("keeper"))]
        assert hits == [(Kind.EXTENSION, True)]
        assert find(number, insurer.actor("other_keeper")) == []
