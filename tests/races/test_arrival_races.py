"""Cards that arrive, are stopped, found or given back, by two people at the same moment.

One goes first and the other is told why not. Each has its control, in which the lock is off.
"""

from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.db.models import QuerySet

from selfcard.cards.commands import begin_batch
from selfcard.cards.errors import BatchInOtherState
from selfcard.cards.making import write_batch
from selfcard.cards.models import Batch, BatchKey
from selfcard.core.actor import Actor
from selfcard.custody import locks
from selfcard.custody.commands import (
    arrival,
    check_in,
    check_in_printed,
    explain_shortage,
    freeze_batch,
    freezes,
    hand_over_cards,
    hand_overs,
    release_cards,
    shortages,
    take_in_batch,
)
from selfcard.custody.errors import (
    BatchAlreadyCheckedIn,
    BatchAlreadyFrozen,
    CardsNotMissing,
    FreezeAlreadyReleased,
)
from selfcard.custody.models import Freeze, Issue
from selfcard.custody.note_errors import CardsWithThemAlready
from selfcard.custody.verify import violations
from selfcard.organisations.models import May
from tests.factories.cards import a_printed_batch, an_approved_batch
from tests.factories.custody import (
    cards_at_head_office,
    cards_at_institution,
    cards_of,
    hand_down,
    stop,
)
from tests.factories.organisations import a_staff_member
from tests.races.threads import at_once, held_back_after, no_row_is_locked

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def unlocked(monkeypatch):
    monkeypatch.setattr(locks, "lock", lambda *_, **__: None)
    no_row_is_locked(monkeypatch)


def one_met_postgresql(results):
    return sorted(isinstance(result, IntegrityError) for result in results) == [False, True]


# A batch: made, and come from the printer


@pytest.fixture
def two_ends_of_a_making(insurer, settings, tmp_path, monkeypatch):
    """Two workers that have written the print file of one making."""
    settings.PRINT_FOLDER = tmp_path
    batch = an_approved_batch(insurer, 10)
    begun = begin_batch(batch=batch, actor=Actor.system("batch"), request_id=uuid4())
    key = BatchKey.objects.select_related("batch__type_version", "batch__printer").get(pk=begun.pk)
    written = write_batch(key, lambda done: None)
    monkeypatch.setattr(type(written), "keep", lambda file, name: None)
    return [
        lambda: take_in_batch(
            key=key, written=written, actor=Actor.system("batch"), request_id=uuid4()
        )
    ] * 2


def test_a_making_ends_once(two_ends_of_a_making):
    results = at_once(*two_ends_of_a_making)

    assert {type(result) for result in results} == {Batch, BatchInOtherState}
    assert not list(violations())


def test_without_the_lock_the_second_end_of_a_making_meets_postgresql(
    two_ends_of_a_making, unlocked, monkeypatch
):
    held_back_after(monkeypatch, (arrival, "lock_batches"))

    assert one_met_postgresql(at_once(*two_ends_of_a_making))


@pytest.fixture
def two_arrivals(insurer, monkeypatch):
    batch, _ = a_printed_batch(insurer, 10)
    held_back_after(monkeypatch, (arrival, "read_parts"))
    return [
        lambda: check_in_printed(batch=batch, actor=insurer.actor("chief"), request_id=uuid4())
    ] * 2


def test_a_batch_comes_from_the_printer_once(two_arrivals):
    results = at_once(*two_arrivals)

    assert {type(result) for result in results} == {Batch, BatchAlreadyCheckedIn}
    assert not list(violations())


def test_without_the_lock_the_second_arrival_meets_postgresql(two_arrivals, unlocked):
    assert one_met_postgresql(at_once(*two_arrivals))


# Cards that are stopped


@pytest.fixture
def two_freezes_of_a_batch(insurer):
    batch, _ = cards_at_head_office(insurer, 10)
    return [
        lambda: freeze_batch(
            batch=batch, note="Misprint", actor=insurer.actor("chief"), request_id=uuid4()
        )
    ] * 2


def test_a_batch_is_stopped_once(two_freezes_of_a_batch):
    results = at_once(*two_freezes_of_a_batch)

    assert {type(result) for result in results} == {Batch, BatchAlreadyFrozen}


def test_without_the_lock_a_batch_is_stopped_twice(two_freezes_of_a_batch, unlocked, monkeypatch):
    """The control: both find that nothing stops it."""
    held_back_after(monkeypatch, (QuerySet, "exists"))

    results = at_once(*two_freezes_of_a_batch)

    assert {type(result) for result in results} == {Batch}
    assert Freeze.objects.count() == 2


@pytest.fixture
def two_releases(insurer, monkeypatch):
    batch, _ = cards_at_head_office(insurer, 10)
    number = stop(insurer, batch.run)
    held_back_after(monkeypatch, (freezes, "merge_runs"))
    return [
        lambda: release_cards(
            number=number, note="Found", actor=insurer.actor("chief"), request_id=uuid4()
        )
    ] * 2


def test_a_freeze_is_released_once(two_releases):
    results = at_once(*two_releases)

    assert {type(result) for result in results} == {str, FreezeAlreadyReleased}


def test_without_the_lock_nobody_is_told_that_it_was_released_before(two_releases, unlocked):
    """The control: both release it, or PostgreSQL refuses the second without a reason."""
    results = at_once(*two_releases)

    assert not any(isinstance(result, FreezeAlreadyReleased) for result in results)
    assert any(isinstance(result, str) for result in results)


@pytest.fixture
def two_explanations(insurer, monkeypatch):
    """Two people at the sender find the same missing card."""
    batch, _ = cards_at_head_office(insurer, 10)
    note = hand_down(insurer, batch.run, insurer.branch.party)
    missing = (cards_of(batch, 3, 3),)
    keeper = insurer.actor("branch_keeper")
    check_in(issue=note, missing=missing, actor=keeper, request_id=uuid4())
    held_back_after(monkeypatch, (shortages, "still_missing"))
    return [
        lambda: explain_shortage(
            issue=note, runs=missing, actor=insurer.actor("chief"), request_id=uuid4()
        )
    ] * 2


def test_a_missing_card_is_found_once(two_explanations):
    results = at_once(*two_explanations)

    assert {type(result) for result in results} == {Issue, CardsNotMissing}
    assert not list(violations())


def test_without_the_lock_nobody_is_told_that_a_card_was_found_before(two_explanations, unlocked):
    """The control: both find it, or PostgreSQL refuses the second without a reason."""
    results = at_once(*two_explanations)

    assert not any(isinstance(result, CardsNotMissing) for result in results)
    assert any(isinstance(result, Issue) for result in results)


# From hand to hand


@pytest.fixture
def two_hand_overs(insurer, monkeypatch):
    """The same cards, twice to the same colleague."""
    batch, _ = cards_at_institution(insurer, 10)
    hand_down(insurer, batch.run, insurer.seller.party, "keeper")
    colleague = a_staff_member("I05", insurer.institution, May.HOLD_CARDS)
    held_back_after(monkeypatch, (hand_overs, "read_parts"))
    return [
        lambda: hand_over_cards(
            document_type=batch.type_version.document_type,
            runs=(batch.run,),
            to=colleague.party,
            actor=insurer.actor("keeper"),
            request_id=uuid4(),
        )
    ] * 2


def test_cards_are_handed_over_once(two_hand_overs):
    results = at_once(*two_hand_overs)

    assert {type(result) for result in results} == {Issue, CardsWithThemAlready}
    assert not list(violations())


def test_without_the_lock_the_second_hand_over_meets_postgresql(two_hand_overs, unlocked):
    assert one_met_postgresql(at_once(*two_hand_overs))
