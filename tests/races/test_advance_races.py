"""Advances under threads, each with a control that takes the lock away."""

import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError

from selfcard.core.money import Money
from selfcard.payments.commands import TenderGiven
from selfcard.payments.commands import advances as advances_of_payments
from selfcard.payments.commands import refunds as refunds_of_payments
from selfcard.payments.errors import (
    AdvanceAccountExists,
    AdvanceDoesNotSuffice,
    RefundAlreadyAsked,
)
from selfcard.payments.models import AdvanceAccount, Invoice, PaymentReceipt
from tests.factories.advances import a_refund, an_account, pay_out
from tests.factories.drawers import open_a_drawer
from tests.factories.payments import Till
from tests.factories.sales import Shop, a_shop
from tests.races.threads import at_once, held_back_after, no_row_is_locked, of_kind

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop() -> Shop:
    shop = a_shop(20)
    open_a_drawer(shop.insurer, "1000.00")
    return shop


# Two write-offs of one advance.


@pytest.fixture
def both_have_asked_for_the_balance(monkeypatch: pytest.MonkeyPatch) -> None:
    held_back_after(monkeypatch, (advances_of_payments, "refuse_above_balance"))


def write_off_twice(shop: Shop) -> list[Any]:
    """Two receipts of 500 are paid at once from an advance of 800; no sale holds them back."""
    till = Till(shop.insurer)
    account = an_account(shop.insurer, "800.00")
    from_it = TenderGiven("advance", Decimal("500.00"), account=account)
    receipts = [till.receipt("500.00", payer_account=account) for _ in range(2)]
    return at_once(*[lambda one=one: till.confirm(one, from_it) for one in receipts])


def test_of_two_write_offs_of_one_advance_the_second_is_told_what_is_left(
    shop: Shop, both_have_asked_for_the_balance: None
) -> None:
    results = write_off_twice(shop)

    assert len(of_kind(results, Invoice)) == 1
    (refused,) = of_kind(results, AdvanceDoesNotSuffice)
    assert refused.facts["balance"] == Money(Decimal("300.00"), "CNY")
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
    receipt = till.receipt("500.00", payer_account=account)
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
