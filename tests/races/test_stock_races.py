"""Cards that two people want at the same moment: recalled and issued, refused and checked in.

Each lock has its control, in which PostgreSQL stops the second without a reason.
"""

from uuid import uuid4

import pytest
from django.db import IntegrityError

from selfcard.core.refusals import Refusal
from selfcard.custody import locks
from selfcard.custody.commands import (
    answer_requisition,
    check_in,
    deliveries,
    hand_over_cards,
    hand_overs,
    issue_cards,
    issues,
    onward,
    recall_cards,
    recalls,
    refuse_delivery,
    requisitions,
)
from selfcard.custody.errors import (
    CardsInOtherStatus,
    CardsNotHeld,
    HoldingLimitExceeded,
    IssueAlreadyCheckedIn,
)
from selfcard.custody.models import Holding, Issue, Recall, Requisition
from selfcard.custody.note_errors import MoreThanGranted, RequisitionAnswered
from selfcard.custody.verify import violations
from selfcard.organisations.errors import NotAuthorised
from selfcard.organisations.models import May
from selfcard.sales.models import Sale
from tests.factories.activation import sell
from tests.factories.cards import a_document_type
from tests.factories.custody import (
    a_requisition,
    cards_at_branch,
    cards_at_institution,
    cards_of,
    custody,
    granted,
    hand_down,
)
from tests.factories.organisations import a_staff_member
from tests.races.threads import at_once, held_back_after, no_row_is_locked

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def both_have_read(monkeypatch):
    held_back_after(
        monkeypatch,
        (issues, "read_parts"),
        (recalls, "read_parts"),
        (onward, "read_parts"),
        (deliveries, "read_parts"),
    )


@pytest.fixture
def unlocked(monkeypatch):
    monkeypatch.setattr(locks, "lock", lambda *_, **__: None)
    monkeypatch.setattr(deliveries, "lock_batches", lambda *_, **__: None)
    no_row_is_locked(monkeypatch)


def kinds(results):
    return sorted(type(result).__name__ for result in results)


def assert_postgresql_stopped_one(results):
    assert not any(isinstance(result, Refusal) for result in results), results
    assert sorted(isinstance(result, IntegrityError) for result in results) == [False, True]
    assert not list(violations())


def a_recall_of(insurer, batch, first, last, by="branch_keeper"):
    document_type = batch.type_version.document_type
    return lambda: recall_cards(
        document_type=document_type,
        runs=(cards_of(batch, first, last),),
        actor=insurer.actor(by),
        request_id=uuid4(),
    )


# Recall and issue


@pytest.fixture
def a_recall_and_an_issue(insurer):
    """The branch calls back what the institution hands to its seller."""
    batch, _ = cards_at_institution(insurer, 100)
    document_type = batch.type_version.document_type
    return [
        a_recall_of(insurer, batch, 1, 60),
        lambda: issue_cards(
            document_type=document_type,
            runs=(cards_of(batch, 41, 100),),
            to=insurer.seller.party,
            actor=insurer.actor("keeper"),
            request_id=uuid4(),
        ),
    ]


def test_cards_are_recalled_or_issued_and_the_other_is_told_why_not(
    a_recall_and_an_issue, both_have_read
):
    results = at_once(*a_recall_and_an_issue)

    assert sum(isinstance(result, Refusal) for result in results) == 1, results
    assert sum(isinstance(result, Recall | Issue) for result in results) == 1, results
    assert not list(violations())


def test_without_the_lock_a_recall_and_an_issue_meet_in_postgresql(
    a_recall_and_an_issue, both_have_read, unlocked
):
    assert_postgresql_stopped_one(at_once(*a_recall_and_an_issue))


# Recall and sale


@pytest.fixture
def a_recall_and_a_sale(insurer):
    batch, cards = cards_at_institution(insurer, 20)
    return [a_recall_of(insurer, batch, 1, 12), lambda: sell(insurer, cards[8:])]


def test_cards_are_recalled_or_sold_and_the_other_is_told_why_not(
    a_recall_and_a_sale, both_have_read
):
    results = at_once(*a_recall_and_a_sale)

    assert sum(isinstance(result, CardsInOtherStatus | CardsNotHeld) for result in results) == 1
    assert sum(isinstance(result, Recall | Sale) for result in results) == 1, results
    assert not list(violations())


def test_without_the_lock_a_recall_and_a_sale_meet_in_postgresql(
    a_recall_and_a_sale, both_have_read, unlocked
):
    assert_postgresql_stopped_one(at_once(*a_recall_and_a_sale))


# Two recalls


def test_two_recalls_of_overlapping_ranges_go_one_after_the_other(insurer, both_have_read):
    batch, _ = cards_at_institution(insurer, 100)

    results = at_once(a_recall_of(insurer, batch, 1, 60), a_recall_of(insurer, batch, 41, 100))

    # Whoever is second finds some of the cards at the branch, which gives none to itself.
    assert sum(isinstance(result, Recall) for result in results) == 1, results
    assert sum(isinstance(result, Refusal) for result in results) == 1, results
    assert not list(violations())


def test_without_the_lock_two_recalls_meet_in_postgresql(insurer, both_have_read, unlocked):
    batch, _ = cards_at_institution(insurer, 100)

    assert_postgresql_stopped_one(
        at_once(a_recall_of(insurer, batch, 1, 60), a_recall_of(insurer, batch, 41, 100))
    )


def test_many_recalls_of_neighbours_do_not_lock_each_other_up(insurer):
    batch, _ = cards_at_institution(insurer, 100)

    results = at_once(
        *[a_recall_of(insurer, batch, first, first + 9) for first in range(1, 100, 10)]
    )

    assert kinds(results) == ["Recall"] * 10
    assert custody(batch) == [("Branch", "inventory", 1, 100)]
    assert not list(violations())


# Refusal and check-in


@pytest.fixture
def a_refusal_and_a_check_in(insurer):
    batch, _ = cards_at_branch(insurer, 100)
    note = hand_down(insurer, batch.run, insurer.institution.party, "branch_keeper")
    colleague = a_staff_member("I07", insurer.institution, May.CHECK_IN_CARDS)
    object.__setattr__(insurer, "colleague", colleague)
    return [
        lambda: refuse_delivery(
            issue=note, reason="Torn", actor=insurer.actor("keeper"), request_id=uuid4()
        ),
        lambda: check_in(issue=note, actor=insurer.actor("colleague"), request_id=uuid4()),
    ]


def test_a_delivery_is_refused_or_checked_in_by_one_of_two(
    a_refusal_and_a_check_in, both_have_read
):
    results = at_once(*a_refusal_and_a_check_in)

    assert {type(result) for result in results} == {Issue, IssueAlreadyCheckedIn}
    assert not list(violations())


def test_without_the_lock_a_refusal_and_a_check_in_meet_in_postgresql(
    a_refusal_and_a_check_in, both_have_read, unlocked
):
    assert_postgresql_stopped_one(at_once(*a_refusal_and_a_check_in))


# What was granted


@pytest.fixture
def two_issues_for_one_requisition(insurer):
    """Two issues from two batches, each of which alone uses up what was granted."""
    first, _ = cards_at_branch(insurer, 100)
    document_type = first.type_version.document_type
    second, _ = cards_at_branch(insurer, 100, document_type)
    requisition = granted(insurer, document_type, 100)
    return [
        lambda batch=batch: issue_cards(
            document_type=document_type,
            runs=(batch.run,),
            to=insurer.institution.party,
            requisition=requisition,
            actor=insurer.actor("branch_keeper"),
            request_id=uuid4(),
        )
        for batch in (first, second)
    ]


def test_no_more_goes_out_for_a_requisition_than_was_granted(
    two_issues_for_one_requisition, monkeypatch
):
    held_back_after(monkeypatch, (issues, "_refuse_beyond"))

    results = at_once(*two_issues_for_one_requisition)

    assert {type(result) for result in results} == {Issue, MoreThanGranted}
    assert Requisition.objects.get().issued == 100


def test_without_the_lock_postgresql_counts_what_went_out_for_a_requisition(
    two_issues_for_one_requisition, monkeypatch
):
    """The control: both see that all is left; the requisition's own promise stops the second."""
    held_back_after(monkeypatch, (issues, "_refuse_beyond"))
    no_row_is_locked(monkeypatch)

    assert_postgresql_stopped_one(at_once(*two_issues_for_one_requisition))
    assert Requisition.objects.get().issued == 100


@pytest.fixture
def two_answers(insurer):
    batch, _ = cards_at_branch(insurer, 100)
    asked = a_requisition(insurer, batch.type_version.document_type)
    return [
        lambda count=count: answer_requisition(
            requisition=asked,
            granted=count,
            actor=insurer.actor("branch_keeper"),
            request_id=uuid4(),
        )
        for count in (40, 60)
    ]


def test_a_requisition_is_answered_by_one_of_two(two_answers):
    assert {type(one) for one in at_once(*two_answers)} == {Requisition, RequisitionAnswered}


def test_without_the_lock_a_second_answer_meets_postgresql(two_answers, unlocked, monkeypatch):
    held_back_after(monkeypatch, (requisitions, "lock_requisition"))

    assert_postgresql_stopped_one(at_once(*two_answers))


# What an individual may hold


@pytest.fixture
def two_hand_overs(insurer):
    """Two hand-overs from two people and two batches, each of which alone fills the limit."""
    document_type = a_document_type(insurer, holding_limit=100)
    colleague = a_staff_member("I05", insurer.institution, May.HOLD_CARDS)
    third = a_staff_member("I06", insurer.institution, May.HOLD_CARDS)
    deeds = []
    for giver in (insurer.seller, colleague):
        batch, _ = cards_at_institution(insurer, 100, document_type)
        hand_down(insurer, batch.run, giver.party, "keeper")
        deeds.append(
            lambda run=batch.run: hand_over_cards(
                document_type=document_type,
                runs=(run,),
                to=third.party,
                actor=insurer.actor("keeper"),
                request_id=uuid4(),
            )
        )
    return third, deeds


def cards_held(party):
    return sum(holding.run.count for holding in Holding.objects.filter(holder=party))


def test_nobody_is_handed_more_than_their_limit_by_two_at_once(two_hand_overs, monkeypatch):
    third, deeds = two_hand_overs
    held_back_after(monkeypatch, (hand_overs, "read_people"))

    assert {type(one) for one in at_once(*deeds)} == {Issue, HoldingLimitExceeded}
    assert cards_held(third.party) == 100


def test_without_the_lock_two_at_once_exceed_the_limit(two_hand_overs, monkeypatch):
    """The control: each counts before the other has written."""
    third, deeds = two_hand_overs
    held_back_after(monkeypatch, (hand_overs, "read_people"))
    monkeypatch.setattr(hand_overs, "lock_holder", lambda party: None)

    at_once(*deeds)

    assert cards_held(third.party) == 200


def test_whoever_recalls_a_box_second_is_told_that_it_is_the_branchs_already(insurer):
    batch, _ = cards_at_institution(insurer, 10)

    results = at_once(a_recall_of(insurer, batch, 1, 10), a_recall_of(insurer, batch, 1, 10))

    assert {type(result) for result in results} == {Recall, NotAuthorised}
