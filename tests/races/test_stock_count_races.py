"""Stock counts under threads that come at the same moment, each with a control without the lock."""

import threading
from uuid import uuid4

import pytest
from django.db import IntegrityError

from selfcard.core.refusals import Refusal
from selfcard.custody import counting, locks
from selfcard.custody.commands import (
    agree_adjustment,
    compare_stock_count,
    enter_stacks,
    issue_cards,
    open_stock_count,
)
from selfcard.custody.commands import issues as issues_module
from selfcard.custody.commands import stock_counts as counts_module
from selfcard.custody.count_errors import (
    CardsMovedSinceCompared,
    StockCountInOtherState,
    StockIsBeingCounted,
)
from selfcard.custody.errors import CardsOfSeveralHolders
from selfcard.custody.models import CountFinding, Issue, Movement, StockCount
from selfcard.custody.verify import violations
from selfcard.organisations.models import May
from selfcard.organisations.queries import staff_actor
from tests.factories.custody import cards_at_institution, cards_of
from tests.factories.organisations import a_staff_member
from tests.factories.stock_counts import asked, counted, do, opened
from tests.races.threads import at_once, held_back_after, no_row_is_locked

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def batch(insurer):
    return cards_at_institution(insurer, 100)[0]


def without_locks(monkeypatch):
    monkeypatch.setattr(locks, "lock", lambda *_, **__: None)
    no_row_is_locked(monkeypatch)


# Two who begin to count the same stock


@pytest.fixture
def two_open(insurer, batch):
    document_type, holder = batch.type_version.document_type, insurer.institution.party
    given = {"holder": holder, "document_type": document_type}
    return [
        lambda by=by: do(insurer, by, open_stock_count, **given)
        for by in ("keeper", "branch_keeper")
    ]


def test_a_stock_is_counted_by_one_of_two_who_begin(two_open, monkeypatch):
    held_back_after(monkeypatch, (counts_module, "_refuse_second_count"))

    results = at_once(*two_open)

    assert {type(result) for result in results} == {StockCount, StockIsBeingCounted}


def test_without_the_holders_lock_the_second_who_begins_meets_postgresql(two_open, monkeypatch):
    held_back_after(monkeypatch, (counts_module, "_refuse_second_count"))
    monkeypatch.setattr(counts_module, "lock_holder", lambda party: None)

    results = at_once(*two_open)

    assert sorted(isinstance(result, IntegrityError) for result in results) == [False, True]


# Whoever enters a stack, and whoever compares


@pytest.fixture
def entered_while_compared(insurer, batch, monkeypatch):
    """The last stack is entered while somebody else is about to write the comparison down."""
    one = opened(insurer, batch)
    do(insurer, "keeper", enter_stacks, one, runs=(cards_of(batch, 1, 60),))
    compared, entered = threading.Event(), threading.Event()
    read = counts_module.compare

    def compare_and_tarry(stock_count):
        comparison = read(stock_count)
        compared.set()
        entered.wait(1)
        return comparison

    def enter():
        compared.wait(10)
        done = do(insurer, "keeper", enter_stacks, one, runs=(cards_of(batch, 61, 100),))
        entered.set()
        return done

    monkeypatch.setattr(counts_module, "compare", compare_and_tarry)
    return lambda: at_once(enter, lambda: do(insurer, "keeper", compare_stock_count, one))


def test_a_stack_is_in_the_comparison_or_whoever_enters_it_is_told(entered_while_compared):
    entered, compared = entered_while_compared()

    assert isinstance(entered, StockCountInOtherState)
    assert (compared.counted, compared.expected) == (60, 100)
    assert not list(violations())


def test_without_the_counts_lock_a_stack_lies_in_no_comparison(entered_while_compared, monkeypatch):
    """The control: cards that lie there and were counted are frozen as missing."""
    without_locks(monkeypatch)

    entered, compared = entered_while_compared()

    assert isinstance(entered, StockCount)
    assert (compared.counted, compared.expected) == (60, 100)
    assert sum(stack.run.count for stack in compared.stacks.all()) == 100
    assert list(violations())


# Two who compare


@pytest.fixture
def two_compare(insurer, batch):
    one = opened(insurer, batch)
    do(insurer, "keeper", enter_stacks, one, runs=(cards_of(batch, 1, 99),))
    return [lambda: do(insurer, "keeper", compare_stock_count, one)] * 2


def test_a_count_is_compared_by_one_of_two(two_compare, monkeypatch):
    held_back_after(monkeypatch, (counts_module, "compare"))

    results = at_once(*two_compare)

    assert {type(result) for result in results} == {StockCount, StockCountInOtherState}
    assert CountFinding.objects.count() == 1
    assert not list(violations())


def test_without_the_locks_the_second_comparison_meets_postgresql(two_compare, monkeypatch):
    without_locks(monkeypatch)
    held_back_after(monkeypatch, (counts_module, "compare"))

    results = at_once(*two_compare)

    assert sorted(isinstance(result, IntegrityError) for result in results) == [False, True]


# The second person, and whoever hands the same cards on


@pytest.fixture
def agreed_or_issued(insurer, batch):
    """Card 5 lies in the department's drawer; the institution, who answers for it, issues it."""
    one = counted(insurer, batch, (5, 5), holder=insurer.department.party)
    one = asked(insurer, one, surplus="taken_over")
    return [
        lambda: do(insurer, "second", agree_adjustment, one),
        lambda: issue_cards(
            document_type=batch.type_version.document_type,
            runs=(cards_of(batch, 1, 10),),
            to=insurer.seller.party,
            actor=insurer.actor("keeper"),
            request_id=uuid4(),
        ),
    ]


def test_a_card_is_taken_over_or_handed_on_and_the_other_is_told_why_not(
    agreed_or_issued, monkeypatch
):
    held_back_after(monkeypatch, (counting, "read_parts"), (issues_module, "read_parts"))

    agreed, issued = at_once(*agreed_or_issued)

    assert (type(agreed), type(issued)) in {
        (StockCount, CardsOfSeveralHolders),
        (CardsMovedSinceCompared, Issue),
    }
    assert not list(violations())


def test_without_the_locks_one_of_them_meets_postgresql(agreed_or_issued, monkeypatch):
    without_locks(monkeypatch)
    held_back_after(monkeypatch, (counting, "read_parts"), (issues_module, "read_parts"))

    results = at_once(*agreed_or_issued)

    assert not any(isinstance(result, Refusal) for result in results)
    assert any(isinstance(result, IntegrityError) for result in results)


# Two second persons


@pytest.fixture
def two_agree(insurer, batch):
    another = a_staff_member("C04", insurer.head_office, May.APPROVE_WRITE_OFFS)
    one = asked(insurer, counted(insurer, batch, (1, 99)), gap="loss")

    def agree(actor):
        return lambda: agree_adjustment(stock_count=one, actor=actor, request_id=uuid4())

    return [agree(insurer.actor("second")), agree(staff_actor(another))]


def test_an_adjustment_is_agreed_once(two_agree, monkeypatch):
    held_back_after(monkeypatch, (counts_module, "judged"))

    results = at_once(*two_agree)

    assert {type(result) for result in results} == {StockCount, StockCountInOtherState}
    assert Movement.objects.filter(kind="loss").count() == 1
    assert not list(violations())


def test_without_the_locks_the_second_agreement_meets_postgresql(two_agree, monkeypatch):
    without_locks(monkeypatch)
    held_back_after(monkeypatch, (counts_module, "judged"))

    results = at_once(*two_agree)

    assert sum(isinstance(result, StockCount) for result in results) == 1
    assert any(isinstance(result, IntegrityError) for result in results)
