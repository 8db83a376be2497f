"""Overlapping ranges at the same moment: checked in twice, sold twice, written off twice.

One goes first and the other is told why not. Each has its control, in which the lock is off.
"""

from uuid import uuid4

import pytest
from django.db import IntegrityError

from selfcard.core.refusals import Refusal
from selfcard.custody import locks
from selfcard.custody.commands import (
    ask_write_off,
    check_in,
    deliveries,
    grant_write_off,
    issue_cards,
    issues,
    onward,
    write_offs,
)
from selfcard.custody.errors import CardsFrozen, CardsInOtherStatus, IssueAlreadyCheckedIn
from selfcard.custody.models import Freeze, Issue, WriteOff
from selfcard.custody.verify import violations
from selfcard.sales.models import Sale
from selfcard.sales.verify import violations as violations_of_sales
from tests.factories.custody import cards_at_head_office, cards_of, custody, hand_down
from tests.factories.organisations import an_insurer
from tests.factories.sales import a_shop
from tests.races.threads import at_once, held_back_after, no_row_is_locked

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def both_have_read(monkeypatch):
    modules = (deliveries, issues, onward, write_offs)
    held_back_after(monkeypatch, *((module, "read_parts") for module in modules))


@pytest.fixture
def unlocked(monkeypatch):
    monkeypatch.setattr(locks, "lock", lambda *_, **__: None)
    monkeypatch.setattr(locks, "lock_custody", lambda *_, **__: None)
    for module in (issues, onward, write_offs):
        monkeypatch.setattr(module, "lock_custody", lambda *_, **__: None)
    monkeypatch.setattr(deliveries, "lock_batches", lambda *_, **__: None)
    no_row_is_locked(monkeypatch)


def assert_postgresql_stopped_one(results):
    assert not any(isinstance(result, Refusal) for result in results), results
    assert sorted(isinstance(result, IntegrityError) for result in results) == [False, True]
    assert not list(violations())


def kinds(results):
    return {type(result) for result in results}


# Two check-ins


@pytest.fixture
def two_check_ins():
    insurer = an_insurer()
    batch, _ = cards_at_head_office(insurer, 100)
    note = hand_down(insurer, batch.run, insurer.branch.party)
    return [
        lambda: check_in(issue=note, actor=insurer.actor("branch_keeper"), request_id=uuid4())
        for _ in range(2)
    ]


def test_a_note_is_checked_in_once_by_two_at_the_same_moment(two_check_ins, both_have_read):
    assert kinds(at_once(*two_check_ins)) == {Issue, IssueAlreadyCheckedIn}
    assert not list(violations())


def test_without_the_lock_the_second_check_in_meets_postgresql(
    two_check_ins, both_have_read, unlocked
):
    assert_postgresql_stopped_one(at_once(*two_check_ins))


# Two sales


@pytest.fixture
def two_sales():
    shop = a_shop(100)
    return [lambda: shop.sell((1, 60)), lambda: shop.sell((41, 100))]


def test_a_card_is_sold_once_by_two_at_the_same_moment(two_sales, both_have_read):
    assert kinds(at_once(*two_sales)) == {Sale, CardsInOtherStatus}
    assert not [*violations(), *violations_of_sales()]


def test_without_the_lock_the_second_sale_meets_postgresql(two_sales, both_have_read, unlocked):
    assert_postgresql_stopped_one(at_once(*two_sales))
    assert Sale.objects.count() == 1


# Two reports, and a report against an issue


def a_report_of(stock, first, last):
    insurer, batch = stock
    document_type = batch.type_version.document_type
    return lambda: ask_write_off(
        kind="void",
        document_type=document_type,
        runs=(cards_of(batch, first, last),),
        cause="damaged",
        note="Flooded",
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )


@pytest.fixture
def stock():
    insurer = an_insurer()
    return insurer, cards_at_head_office(insurer, 100)[0]


def test_a_card_is_reported_void_once_by_two_at_the_same_moment(stock, both_have_read):
    results = at_once(a_report_of(stock, 1, 60), a_report_of(stock, 41, 100))

    assert kinds(results) == {WriteOff, CardsFrozen}
    assert Freeze.objects.count() == 1


def test_without_the_lock_a_card_is_in_two_reports_and_only_one_can_be_agreed_to(
    stock, both_have_read, unlocked, monkeypatch
):
    insurer, _ = stock
    results = at_once(a_report_of(stock, 1, 60), a_report_of(stock, 41, 100))
    assert kinds(results) == {WriteOff}
    assert Freeze.objects.count() == 2

    monkeypatch.undo()
    second = insurer.actor("second")
    grant_write_off(write_off=results[0], actor=second, request_id=uuid4())
    with pytest.raises(CardsInOtherStatus):
        grant_write_off(write_off=results[1], actor=second, request_id=uuid4())
    assert not list(violations())


@pytest.fixture
def a_report_and_an_issue(stock):
    insurer, batch = stock
    document_type = batch.type_version.document_type
    return [
        a_report_of(stock, 1, 100),
        lambda: issue_cards(
            document_type=document_type,
            runs=(batch.run,),
            to=insurer.branch.party,
            actor=insurer.actor("chief"),
            request_id=uuid4(),
        ),
    ]


def test_cards_are_reported_void_or_issued_and_the_other_is_told(
    stock, a_report_and_an_issue, both_have_read
):
    results = at_once(*a_report_and_an_issue)

    told = kinds(results)
    assert told in ({WriteOff, CardsFrozen}, {CardsInOtherStatus, Issue})
    status = "inventory" if WriteOff in told else "in_transit"
    assert custody(stock[1]) == [("Head office", status, 1, 100)]


def test_without_the_lock_cards_are_on_their_way_while_they_are_reported_void(
    stock, a_report_and_an_issue, both_have_read, unlocked
):
    """The control: both find the cards free, and nobody is told."""
    results = at_once(*a_report_and_an_issue)

    assert not any(isinstance(result, Refusal) for result in results)
    assert WriteOff in kinds(results)
