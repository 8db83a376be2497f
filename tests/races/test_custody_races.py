"""Custody under threads that come at the same moment, each with a control without the lock."""

from uuid import uuid4

import pytest
from django.db import IntegrityError

from selfcard.cards.commands import approve_batch
from selfcard.cards.models import Batch
from selfcard.core.refusals import Refusal
from selfcard.custody import locks
from selfcard.custody.commands import check_in, issue_cards
from selfcard.custody.commands import issues as issues_module
from selfcard.custody.errors import (
    CardsInOtherStatus,
    HoldingLimitExceeded,
    IssueAlreadyCheckedIn,
)
from selfcard.custody.models import Holding, Issue
from selfcard.custody.verify import violations
from tests.factories.cards import a_document_type, an_ordered_batch
from tests.factories.custody import (
    cards_at_head_office,
    cards_at_institution,
    cards_of,
    custody,
    hand_down,
)
from tests.races.threads import at_once, held_back_after

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def batch(insurer):
    return cards_at_head_office(insurer, 1_000)[0]


def an_issue_of(insurer, batch, first, last):
    document_type = batch.type_version.document_type
    return lambda: issue_cards(
        document_type=document_type,
        runs=(cards_of(batch, first, last),),
        to=insurer.branch.party,
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )


@pytest.fixture
def both_have_read(monkeypatch):
    held_back_after(monkeypatch, (issues_module, "read_parts"))


def test_two_clerks_issue_the_same_range_and_one_is_told_why_not(insurer, batch, both_have_read):
    deed = an_issue_of(insurer, batch, 1, 100)

    results = at_once(deed, deed)

    assert sorted(type(result).__name__ for result in results) == [
        "CardsInOtherStatus",
        "Issue",
    ]
    assert Issue.objects.count() == 1
    assert not list(violations())


def test_without_the_lock_the_second_clerk_meets_postgresql_instead_of_a_reason(
    insurer, batch, both_have_read, monkeypatch
):
    """The control: both read the cards as free; only PostgreSQL's promise stops the second."""
    monkeypatch.setattr(locks, "lock", lambda *_, **__: None)
    deed = an_issue_of(insurer, batch, 1, 100)

    results = at_once(deed, deed)

    assert not any(isinstance(result, Refusal) for result in results)
    assert sorted(isinstance(result, IntegrityError) for result in results) == [False, True]
    assert not list(violations())


def test_overlapping_ranges_go_to_whoever_is_first(insurer, batch):
    deeds = [an_issue_of(insurer, batch, first, first + 99) for first in range(1, 500, 50)]

    results = at_once(*deeds)

    assert all(isinstance(result, Issue | CardsInOtherStatus) for result in results)
    issued = sum(result.count for result in results if isinstance(result, Issue))
    in_transit = [
        last - first + 1 for _, status, first, last in custody(batch) if status == "in_transit"
    ]
    assert sum(in_transit) == issued
    assert not list(violations())


def test_neighbours_that_become_one_holding_do_not_lock_each_other_up(insurer, batch):
    deeds = []
    for first in range(1, 1000, 100):
        note = an_issue_of(insurer, batch, first, first + 99)()
        deeds.append(
            lambda note=note: check_in(
                issue=note, actor=insurer.actor("branch_keeper"), request_id=uuid4()
            )
        )

    at_once(*deeds)

    assert custody(batch) == [("Branch", "inventory", 1, 1000)]
    assert not list(violations())


def test_an_issue_is_checked_in_by_one_of_two(insurer, batch):
    note = hand_down(insurer, cards_of(batch, 1, 10), insurer.branch.party)

    results = at_once(
        *[
            lambda: check_in(issue=note, actor=insurer.actor("branch_keeper"), request_id=uuid4())
            for _ in range(2)
        ]
    )

    assert {type(result) for result in results} == {Issue, IssueAlreadyCheckedIn}


def test_two_batches_of_a_type_approved_at_once_get_serials_of_their_own(insurer):
    batches = [an_ordered_batch(insurer, 100) for _ in range(4)]

    at_once(
        *[
            lambda batch=batch: approve_batch(
                batch=batch, actor=insurer.actor("second"), request_id=uuid4()
            )
            for batch in batches
        ]
    )

    assert sorted(batch.run.first for batch in Batch.objects.all()) == [
        620118_000_000_001 + 100 * place for place in range(4)
    ]


@pytest.fixture
def both_have_counted(monkeypatch):
    """Hold everybody back after they have counted what the individual holds."""
    held_back_after(monkeypatch, (issues_module, "read_people"))


@pytest.fixture
def two_issues_to_the_seller(insurer):
    """Two issues from two batches, each of which alone uses the seller's limit up."""
    document_type = a_document_type(insurer, holding_limit=100)
    batches = [cards_at_institution(insurer, 100, document_type)[0] for _ in range(2)]
    return [
        lambda batch=batch: issue_cards(
            document_type=document_type,
            runs=(batch.run,),
            to=insurer.seller.party,
            actor=insurer.actor("keeper"),
            request_id=uuid4(),
        )
        for batch in batches
    ]


def cards_held(party):
    return sum(holding.run.count for holding in Holding.objects.filter(holder=party))


def test_nobody_is_given_more_than_their_limit_by_two_clerks_at_once(
    insurer, two_issues_to_the_seller, both_have_counted
):
    results = at_once(*two_issues_to_the_seller)

    assert {type(result) for result in results} == {Issue, HoldingLimitExceeded}
    assert cards_held(insurer.seller.party) == 100


def test_without_the_lock_two_clerks_at_once_exceed_the_limit(
    insurer, two_issues_to_the_seller, both_have_counted, monkeypatch
):
    """The control: each counts before the other has written."""
    monkeypatch.setattr(issues_module, "lock_holder", lambda party: None)

    at_once(*two_issues_to_the_seller)

    assert cards_held(insurer.seller.party) == 200
