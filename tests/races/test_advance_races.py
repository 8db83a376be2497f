"""Advances and drawers under threads, each with a control that takes the lock away."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError

from selfcard.core import clock
from selfcard.payments.commands import TenderGiven, bank_takings, close_drawer, count_drawer
from selfcard.payments.commands import advances as advances_of_payments
from selfcard.payments.commands import drawers as drawers_of_payments
from selfcard.payments.commands import refunds as refunds_of_payments
from selfcard.payments.errors import (
    AdvanceAccountExists,
    AdvanceDoesNotSuffice,
    DrawerDayNotCounted,
    DrawerNotOpen,
    RefundAlreadyAsked,
    TakingsDoNotSuffice,
)
from selfcard.payments.models import AdvanceAccount, Banking, DrawerDay, Invoice, PaymentReceipt
from selfcard.payments.verify import violations
from tests.factories.advances import A_COMPANY, a_refund, an_account, pay_out
from tests.factories.drawers import open_a_drawer
from tests.factories.payments import Till, cash
from tests.factories.sales import Shop, a_shop
from tests.factories.verifying import everything_holds
from tests.races.threads import at_once, held_back_after, no_row_is_locked, no_row_is_locked_by

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop() -> Shop:
    shop = a_shop(20)
    open_a_drawer(shop.insurer, "1000.00")
    return shop


def of_kind(results: list[Any], kind: type) -> list[Any]:
    return [result for result in results if isinstance(result, kind)]


# Two write-offs of one advance.


@pytest.fixture
def both_have_asked_for_the_balance(monkeypatch: pytest.MonkeyPatch) -> None:
    held_back_after(monkeypatch, (advances_of_payments, "refuse_above_balance"))


def write_off_twice(shop: Shop) -> list[Any]:
    """Two receipts of 500 are paid at once from an advance of 800; no sale holds them back."""
    till = Till(shop.insurer)
    account = an_account(shop.insurer, "800.00")
    from_it = TenderGiven("advance", Decimal("500.00"), account=account)
    receipts = [till.receipt("500.00", A_COMPANY) for _ in range(2)]
    return at_once(*[lambda one=one: till.confirm(one, from_it) for one in receipts])


def test_of_two_write_offs_of_one_advance_the_second_is_told_what_is_left(
    shop: Shop, both_have_asked_for_the_balance: None
) -> None:
    results = write_off_twice(shop)

    assert len(of_kind(results, Invoice)) == 1
    (refused,) = of_kind(results, AdvanceDoesNotSuffice)
    assert refused.facts["balance"] == "300.00"
    assert AdvanceAccount.objects.get().balance == Decimal("300.00")


def test_without_its_lock_only_the_database_keeps_an_advance_from_going_below_zero(
    shop: Shop, both_have_asked_for_the_balance: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: both find enough, and it is the constraint that refuses, without a reason."""
    no_row_is_locked(monkeypatch)

    results = write_off_twice(shop)

    assert len(of_kind(results, Invoice)) == 1
    (refused,) = of_kind(results, IntegrityError)
    assert "an_advance_account_is_never_below_zero" in str(refused)
    assert AdvanceAccount.objects.get().balance == Decimal("300.00")


def test_an_advance_is_written_off_or_paid_back_never_both(
    shop: Shop, both_have_asked_for_the_balance: None
) -> None:
    account = an_account(shop.insurer, "500.00")
    refund = a_refund(shop.insurer, account, "500.00")
    till = Till(shop.insurer)
    receipt = till.receipt("500.00", A_COMPANY)
    from_it = TenderGiven("advance", Decimal("500.00"), account=account)

    results = at_once(lambda: pay_out(shop.insurer, refund), lambda: till.confirm(receipt, from_it))

    assert len(of_kind(results, AdvanceDoesNotSuffice)) == 1
    assert AdvanceAccount.objects.get().balance == 0


def ask_for_two_refunds(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    account = an_account(shop.insurer, "500.00")
    held_back_after(monkeypatch, (refunds_of_payments, "open_refund"))
    return at_once(*[lambda: a_refund(shop.insurer, account, "100.00")] * 2)


def test_of_two_who_ask_for_a_refund_of_one_advance_one_is_told_of_the_other(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = ask_for_two_refunds(shop, monkeypatch)

    assert len(of_kind(results, PaymentReceipt)) == 1
    assert len(of_kind(results, RefundAlreadyAsked)) == 1


def test_without_the_lock_of_the_account_the_second_refund_meets_the_database(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: both find that no other is open."""
    no_row_is_locked(monkeypatch)

    results = ask_for_two_refunds(shop, monkeypatch)

    assert len(of_kind(results, PaymentReceipt)) == 1
    (refused,) = of_kind(results, IntegrityError)
    assert "a_debt_has_one_live_payment" in str(refused)


def open_two_accounts(shop: Shop) -> list[Any]:
    return at_once(*[lambda: an_account(shop.insurer)] * 2)


def test_a_payer_for_whom_two_open_an_account_has_one(shop: Shop) -> None:
    results = open_two_accounts(shop)

    assert len(of_kind(results, AdvanceAccount)) == 1
    assert len(of_kind(results, AdvanceAccountExists)) == 1


def test_without_the_lock_only_the_database_keeps_a_payer_to_one_account(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: both find that the payer has none."""
    monkeypatch.setattr(advances_of_payments, "lock", lambda *_: None)
    both_have_asked = threading.Barrier(2)
    real = advances_of_payments.numbering.document_number

    def together(*args: Any) -> str:
        both_have_asked.wait(10)
        return real(*args)

    monkeypatch.setattr(advances_of_payments.numbering, "document_number", together)

    results = open_two_accounts(shop)

    assert len(of_kind(results, AdvanceAccount)) == 1
    (refused,) = of_kind(results, IntegrityError)
    assert "a_payer_has_one_advance_account_at_a_place" in str(refused)


# A drawer that is counted while money comes in.


def count(shop: Shop, day: DrawerDay, lies_there: str) -> Callable[[], DrawerDay]:
    return lambda: count_drawer(
        day=day,
        counted={drawers_of_payments.TenderKind.CASH: Decimal(lies_there)},
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
    assert isinstance(settled, IntegrityError | DrawerNotOpen), settled
    assert {one.expected for one in counted.counts.filter(kind="cash")} == {Decimal("1000.00")}
    everything_holds()


@contextmanager
def no_drawer_is_locked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    no_row_is_locked(monkeypatch)
    with no_row_is_locked_by("a_tender_pays_an_open_receipt"):
        yield


def test_without_the_lock_of_its_day_a_drawer_takes_what_its_count_does_not_know(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the cash goes into a drawer that is counted, and nobody expects it there."""
    with no_drawer_is_locked(monkeypatch):
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
    held_back_after(monkeypatch, (drawers_of_payments, "expected_in"))
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
    held_back_after(monkeypatch, (drawers_of_payments, "takings_to_bank"))

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
