"""Drawers and takings under threads, each with a control that takes the lock away."""

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.db.models import QuerySet

from selfcard.core import clock
from selfcard.payments import tendering
from selfcard.payments.commands import (
    TenderGiven,
    bank_takings,
    close_drawer,
    count_drawer,
    open_drawer,
)
from selfcard.payments.commands import bankings as bankings_of_payments
from selfcard.payments.commands import drawers as drawers_of_payments
from selfcard.payments.errors import (
    DrawerDayNotCounted,
    DrawerNotOpen,
    NextDayHasBegun,
    NotEnoughToPayOut,
    OpensWithWhatWasLeft,
    TakingsDoNotSuffice,
)
from selfcard.payments.models import Banking, DrawerDay, Invoice, PaymentReceipt, TenderKind
from selfcard.payments.queries import left_in
from selfcard.payments.verify import violations
from tests.factories.advances import a_refund, an_account, deposit, pay_out
from tests.factories.drawers import open_a_drawer
from tests.factories.payments import cash, transfer
from tests.factories.sales import Shop, a_shop
from tests.factories.verifying import everything_holds
from tests.races.threads import at_once, held_back_after, no_row_is_locked, of_kind

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop() -> Shop:
    shop = a_shop(20)
    open_a_drawer(shop.insurer, "1000.00")
    return shop


# A drawer that is counted while money comes in.


def count(shop: Shop, day: DrawerDay, lies_there: str) -> Callable[[], DrawerDay]:
    return lambda: count_drawer(
        day=day,
        counted={TenderKind.CASH: Decimal(lies_there)},
        explanation="a coin rolled away",
        actor=shop.insurer.actor("cashier"),
        request_id=uuid4(),
    )


def count_while_cash_comes(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    day = DrawerDay.objects.get()
    receipt = shop.ask(shop.sell((1, 5)))
    held_back_after(monkeypatch, (drawers_of_payments, "expected_in"))
    return at_once(count(shop, day, "1000.00"), lambda: later(shop.settle, receipt, cash("500.00")))


def later(deed: Callable[..., Any], *given: Any) -> Any:
    """What begins when the other has read already."""
    threading.Event().wait(0.3)
    return deed(*given)


def test_cash_comes_before_a_count_or_is_refused_after_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted, settled = count_while_cash_comes(shop, monkeypatch)

    assert isinstance(counted, DrawerDay)
    assert isinstance(settled, DrawerNotOpen), settled
    assert {one.expected for one in counted.counts.filter(kind="cash")} == {Decimal("1000.00")}
    everything_holds()


def test_without_the_lock_of_its_day_a_drawer_takes_what_its_count_does_not_know(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the cash goes into a drawer that is counted, and nobody expects it there."""
    no_row_is_locked(monkeypatch)

    counted, settled = count_while_cash_comes(shop, monkeypatch)

    assert isinstance(counted, DrawerDay)
    assert isinstance(settled, Invoice), settled
    assert [one.subject for one in violations()]


def test_two_counts_at_once_stand_beside_each_other(shop: Shop) -> None:
    day = DrawerDay.objects.get()

    results = at_once(count(shop, day, "1000.00"), count(shop, day, "999.00"))

    assert len(of_kind(results, DrawerDay)) == 2
    assert sorted({one.counting for one in day.counts.all()}) == [1, 2]
    everything_holds()


def test_without_its_lock_the_second_count_meets_the_database(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: both believe that theirs is the first."""
    no_row_is_locked(monkeypatch)
    held_back_after(monkeypatch, (QuerySet, "aggregate"))
    day = DrawerDay.objects.get()

    results = at_once(count(shop, day, "1000.00"), count(shop, day, "999.00"))

    assert len(of_kind(results, DrawerDay)) == 1
    (refused,) = of_kind(results, IntegrityError)
    assert "a_count_says_each_kind_once" in str(refused)


def test_a_day_that_two_close_at_once_books_its_difference_once(shop: Shop) -> None:
    day = count(shop, DrawerDay.objects.get(), "999.00")()

    def close() -> DrawerDay:
        return close_drawer(day=day, actor=shop.insurer.actor("second"), request_id=uuid4())

    results = at_once(close, close)

    assert len(of_kind(results, DrawerDay)) == 1
    assert len(of_kind(results, DrawerDayNotCounted)) == 1
    everything_holds()


# What an acquirer paid out.


def bank_twice(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Of 500 taken by card, twice 500 are said to have come to the bank."""
    receipt = shop.ask(shop.sell((1, 5)))
    shop.settle(receipt, TenderGiven("card", Decimal("500.00"), reference="C-1"))
    held_back_after(monkeypatch, (bankings_of_payments, "takings_to_bank"))

    def bank() -> Banking:
        return bank_takings(
            organisation=shop.insurer.institution,
            kind="card",
            amount=Decimal("500.00"),
            arrived_on=clock.today(),
            reference="A-1",
            actor=shop.insurer.actor("cashier"),
            request_id=uuid4(),
        )

    return at_once(bank, bank)


def test_what_was_taken_by_card_comes_to_the_bank_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = bank_twice(shop, monkeypatch)

    assert len(of_kind(results, Banking)) == 1
    assert len(of_kind(results, TakingsDoNotSuffice)) == 1


def test_without_the_lock_more_comes_to_the_bank_than_was_taken(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: both find it still to come."""
    no_row_is_locked(monkeypatch)

    results = bank_twice(shop, monkeypatch)

    assert len(of_kind(results, Banking)) == 2


# Two who are paid back out of one drawer.


def pay_two_out(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Two payers of 600 each come to a drawer that has 1,000; no account holds them back."""
    refunds = []
    for payer in ("甲公司", "乙公司"):
        account = an_account(shop.insurer, payer=payer)
        deposit(shop.insurer, account, "600.00", transfer("600.00"))
        refunds.append(a_refund(shop.insurer, account, "600.00"))
    held_back_after(monkeypatch, (tendering, "hold_drawers"))
    return at_once(*[lambda one=one: pay_out(shop.insurer, one) for one in refunds])


def test_of_two_who_are_paid_out_of_one_drawer_the_second_is_told_what_is_left(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = pay_two_out(shop, monkeypatch)

    assert len(of_kind(results, PaymentReceipt)) == 1
    (refused,) = of_kind(results, NotEnoughToPayOut)
    assert "400.00" in str(refused)
    everything_holds()


def test_without_the_lock_only_the_database_keeps_a_drawer_from_paying_what_it_has_not(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: both find enough, and it is the constraint that refuses, without a reason."""
    no_row_is_locked(monkeypatch)

    results = pay_two_out(shop, monkeypatch)

    assert len(of_kind(results, PaymentReceipt)) == 1
    (refused,) = of_kind(results, IntegrityError)
    assert "a_drawer_pays_out_what_is_in_it" in str(refused)


# A drawer that is opened while the day before is counted again.


def open_while_counting_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Yesterday's count said 1,000; now it says 990, and the drawer opens with what was left."""
    with clock.frozen(clock.now() - timedelta(days=1)):
        yesterday = open_a_drawer(shop.insurer, "1000.00")
        count(shop, yesterday, "1000.00")()
    held_back_after(
        monkeypatch,
        (drawers_of_payments, "left_in"),
        (drawers_of_payments, "expected_in"),
        (drawers_of_payments, "record"),  # each has written
    )
    return at_once(
        count(shop, yesterday, "990.00"),
        lambda: open_drawer(
            drawer=yesterday.drawer,
            opening_cash=Decimal("1000.00"),
            actor=shop.insurer.actor("cashier"),
            request_id=uuid4(),
        ),
    )


def test_a_drawer_opens_before_the_former_day_is_counted_again_or_with_what_that_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = a_shop(20)

    counted, opened = open_while_counting_again(shop, monkeypatch)

    if isinstance(opened, DrawerDay):
        assert isinstance(counted, NextDayHasBegun), counted
    else:
        assert isinstance(opened, OpensWithWhatWasLeft), opened
        assert isinstance(counted, DrawerDay), counted
    everything_holds()


def test_without_its_lock_a_drawer_opens_with_what_the_last_count_did_not_find(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control: ten are gone overnight, and nobody is asked for them."""
    no_row_is_locked(monkeypatch)
    shop = a_shop(20)

    counted, opened = open_while_counting_again(shop, monkeypatch)

    assert isinstance(counted, DrawerDay), counted
    assert isinstance(opened, DrawerDay), opened
    left = left_in(opened.drawer)
    assert left
    assert left.amount == Decimal("990.00") != opened.opening_cash
