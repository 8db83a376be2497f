"""Money and cards on their way back under threads, each with a control that takes the lock away."""

import threading
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from selfcard.core import clock
from selfcard.core.locks import LockSpace
from selfcard.core.refusals import Refusal
from selfcard.custody import locks as locks_of_custody
from selfcard.payments.commands import OutlayGiven, TenderGiven
from selfcard.payments.commands import payouts as payouts_of_payments
from selfcard.payments.errors import PaymentAlreadyConfirmed, ReceiptIsVoid
from selfcard.payments.models import Invoice, PaymentReceipt, Receipt, RedLetterInvoice
from selfcard.payments.verify import violations as violations_of_payments
from selfcard.sales import locks as locks_of_sales
from selfcard.sales.commands import note_not_arrived, withdraw_recovery
from selfcard.sales.commands import receipts as receipts_of_sales
from selfcard.sales.commands import recoveries as recoveries_of_sales
from selfcard.sales.errors import MoneyOnItsWay, SaleChangedMeanwhile
from selfcard.sales.models import Recovery, RecoveryRun, Sale
from selfcard.sales.queries import live_receipt
from selfcard.sales.verify import violations as violations_of_sales
from tests.factories.advances import A_COMPANY, a_refund, an_account
from tests.factories.custody import custody
from tests.factories.drawers import open_a_drawer
from tests.factories.postgresql import triggers_at_rest
from tests.factories.recoveries import pay_back, take_back, voucher
from tests.factories.sales import Shop, a_shop
from tests.factories.verifying import everything_holds
from tests.races.threads import (
    at_once,
    held_back_after,
    no_row_is_locked,
    no_row_is_locked_by,
    of_kind,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop() -> Shop:
    shop = a_shop(20)
    open_a_drawer(shop.insurer, "5000.00")
    return shop


def paid(shop: Shop, *runs: tuple[int, int]) -> Sale:
    sale: Sale = shop.sell_and_settle(*runs).receipt.sales.get().sale
    return sale


@pytest.fixture
def no_sale_is_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither batches nor sales wait for each other."""
    monkeypatch.setattr(locks_of_custody, "lock", lambda *_, **__: None)
    for module in (receipts_of_sales, recoveries_of_sales, locks_of_sales):
        monkeypatch.setattr(module, "lock", lambda *_, **__: None)


# Two who take back overlapping parts of a sale.


@pytest.fixture
def both_have_read_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    held_back_after(monkeypatch, (recoveries_of_sales, "remaining_of"))


@pytest.mark.parametrize("settle", [True, False], ids=["paid", "unpaid"])
def test_of_two_who_take_back_the_same_card_one_is_told_why_not(
    shop: Shop, both_have_read_what_is_left: None, settle: bool
) -> None:
    sale = paid(shop, (1, 10)) if settle else shop.sell((1, 10))

    results = at_once(lambda: take_back(shop, sale, (1, 6)), lambda: take_back(shop, sale, (5, 10)))

    assert len(of_kind(results, Recovery)) == 1
    assert len(of_kind(results, Refusal)) == 1
    everything_holds()


@pytest.mark.parametrize("settle", [True, False], ids=["paid", "unpaid"])
def test_without_the_locks_only_the_database_keeps_a_card_from_coming_back_twice(
    shop: Shop, both_have_read_what_is_left: None, no_sale_is_locked: None, settle: bool
) -> None:
    """The control: both find it out with the sale, and it is a constraint that refuses, late."""
    sale = paid(shop, (1, 10)) if settle else shop.sell((1, 10))

    results = at_once(lambda: take_back(shop, sale, (1, 6)), lambda: take_back(shop, sale, (5, 10)))

    assert len(of_kind(results, Recovery)) == 1
    assert len(of_kind(results, IntegrityError)) == 1
    assert RecoveryRun.objects.count() == 1


# The money arrives while somebody takes the cards back.


def confirm_and_take_back(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    sale = shop.sell((1, 10))
    receipt = shop.ask(sale)
    held_back_after(
        monkeypatch, (receipts_of_sales, "remaining_of"), (recoveries_of_sales, "live_receipt")
    )
    return at_once(lambda: shop.settle(receipt), lambda: take_back(shop, sale, (1, 4)))


def test_cards_that_come_back_while_their_money_arrives_are_unpaid_or_paid_never_both(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled, recovery = confirm_and_take_back(shop, monkeypatch)

    assert isinstance(recovery, Recovery)
    if recovery.kind == Recovery.Kind.PAID:  # the money was first
        assert isinstance(settled, Invoice)
        assert ("Institution", "awaiting_refund", 1, 4) in custody(shop.batch)
    else:
        assert isinstance(settled, Refusal)
        assert ("Institution", "sold", 5, 10) in custody(shop.batch)
    everything_holds()


def test_without_the_locks_one_of_the_two_meets_the_database(
    shop: Shop, no_sale_is_locked: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: both go on from a sale that is not paid."""
    results = confirm_and_take_back(shop, monkeypatch)

    assert len(of_kind(results, DatabaseError)) == 1
    everything_holds()


# The money is asked for while somebody takes cards back.


def ask_and_take_back(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> tuple[Sale, list[Any]]:
    sale = shop.sell((1, 10))
    held_back_after(
        monkeypatch,
        (receipts_of_sales, "remaining_of"),
        (receipts_of_sales, "issue_receipt"),
        (recoveries_of_sales, "live_receipt"),
    )
    return sale, at_once(lambda: shop.ask(sale), lambda: take_back(shop, sale, (1, 4)))


def test_a_receipt_asks_just_for_the_cards_that_nobody_takes_back(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    sale, results = ask_and_take_back(shop, monkeypatch)

    assert not of_kind(results, Exception)
    receipt = live_receipt(sale)
    assert receipt is not None
    assert receipt.amount == Decimal("600.00")
    everything_holds()


def test_without_the_locks_a_receipt_asks_for_cards_that_are_back(
    shop: Shop, no_sale_is_locked: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: both find a sale that nobody has asked for, and all its cards."""
    sale, results = ask_and_take_back(shop, monkeypatch)

    assert not of_kind(results, Exception)
    receipt = live_receipt(sale)
    assert receipt is not None
    assert receipt.amount == Decimal("1000.00")
    assert "A receipt asks for all cards of a sale that nobody has taken back" in {
        one.promise for one in violations_of_sales()
    }


def test_who_takes_cards_back_is_told_that_a_receipt_for_more_sales_came_meanwhile(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = shop.sell((1, 5)), shop.sell((6, 10))
    real, asked = recoveries_of_sales.lock, threading.Event()

    def after_somebody_asked(space: LockSpace, *keys: int) -> None:
        if not asked.is_set():
            asked.set()
            at_once(lambda: shop.ask(first, second))
        real(space, *keys)

    monkeypatch.setattr(recoveries_of_sales, "lock", after_somebody_asked)

    with pytest.raises(SaleChangedMeanwhile):
        take_back(shop, first)
    take_back(shop, first)
    everything_holds()


# Money is sent while somebody takes the cards back.


def note_and_take_back(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> tuple[Receipt, list[Any]]:
    sale = shop.sell((1, 10))
    receipt = shop.ask(sale)
    sent = TenderGiven("transfer", receipt.amount, reference="ICBC 1")
    held_back_after(
        monkeypatch,
        (receipts_of_sales, "note_expected"),
        (recoveries_of_sales, "sales_of_receipt"),
    )
    results = at_once(
        lambda: note_not_arrived(
            receipt=receipt,
            expected=(sent,),
            actor=shop.insurer.actor("cashier"),
            request_id=uuid4(),
        ),
        lambda: take_back(shop, sale, (1, 4)),
    )
    receipt.refresh_from_db()
    return receipt, results


def test_cards_whose_money_was_sent_meanwhile_do_not_come_back_behind_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt, (noted, recovery) = note_and_take_back(shop, monkeypatch)

    if isinstance(noted, Receipt):  # the money was first
        assert isinstance(recovery, MoneyOnItsWay)
        assert receipt.state == Receipt.State.WAITING
    else:
        assert isinstance(noted, ReceiptIsVoid)
        assert isinstance(recovery, Recovery)
    everything_holds()


def test_without_the_locks_nobody_waits_for_the_money_that_was_sent(
    shop: Shop, no_sale_is_locked: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: both go on from a receipt that is only asked for."""
    receipt, results = note_and_take_back(shop, monkeypatch)

    assert not of_kind(results, Exception)
    assert receipt.state == Receipt.State.VOID
    assert receipt.waiting_since is not None


# Two who pay one voucher, and one who pays while another withdraws.


@pytest.fixture
def going_back(shop: Shop) -> tuple[Shop, Recovery, PaymentReceipt]:
    recovery = take_back(shop, paid(shop, (1, 10)), (1, 4))
    return shop, recovery, voucher(shop, recovery)


Going = tuple[Shop, Recovery, PaymentReceipt]


def paying(going: Going) -> Callable[[], Any]:
    shop, _, payment = going
    return lambda: pay_back(shop, payment, OutlayGiven("cash", Decimal("400.00")))


def withdrawing(going: Going) -> Callable[[], Any]:
    shop, recovery, _ = going
    return lambda: withdraw_recovery(
        recovery=recovery,
        reason="kept after all",
        actor=shop.insurer.actor("keeper"),
        request_id=uuid4(),
    )


def test_of_two_who_pay_one_voucher_one_does(going_back: Going) -> None:
    results = at_once(*[paying(going_back)] * 4)

    assert len(of_kind(results, RedLetterInvoice)) == 1
    assert len(of_kind(results, Refusal)) == 3
    everything_holds()


def test_without_the_locks_only_the_database_keeps_a_voucher_from_being_paid_twice(
    going_back: Going, no_sale_is_locked: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: both find it open."""
    no_row_is_locked(monkeypatch)
    held_back_after(monkeypatch, (payouts_of_payments, "_open_payment"))

    results = at_once(*[paying(going_back)] * 2)

    assert len(of_kind(results, RedLetterInvoice)) == 1
    assert len(of_kind(results, IntegrityError)) == 1
    everything_holds()


def test_the_row_of_a_voucher_alone_lets_one_of_two_pay_it(
    going_back: Going, no_sale_is_locked: None
) -> None:
    results = at_once(*[paying(going_back)] * 2)

    assert len(of_kind(results, RedLetterInvoice)) == 1
    assert len(of_kind(results, PaymentAlreadyConfirmed)) == 1


def test_a_recovery_is_paid_or_withdrawn_never_both(going_back: Going) -> None:
    _, recovery, payment = going_back

    results = at_once(paying(going_back), withdrawing(going_back))

    assert len(of_kind(results, Refusal)) == 1
    recovery.refresh_from_db()
    payment.refresh_from_db()
    assert (recovery.state, payment.state) in {("done", "confirmed"), ("withdrawn", "void")}
    everything_holds()


def test_without_the_locks_paying_and_withdrawing_meet_in_the_database(
    going_back: Going, no_sale_is_locked: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: both find the recovery open, and the voucher."""
    no_row_is_locked(monkeypatch)
    held_back_after(
        monkeypatch, (recoveries_of_sales, "live_payment"), (payouts_of_payments, "_open_payment")
    )

    results = at_once(paying(going_back), withdrawing(going_back))

    assert len(of_kind(results, IntegrityError)) == 1
    everything_holds()


# Red-letter invoices of two parts of one invoice.


def two_vouchers(shop: Shop) -> tuple[PaymentReceipt, PaymentReceipt]:
    sale = paid(shop, (1, 10))
    first, second = take_back(shop, sale, (1, 5)), take_back(shop, sale, (6, 10))
    return voucher(shop, first), voucher(shop, second)


def test_two_parts_of_one_invoice_go_back_at_once_and_make_the_whole(shop: Shop) -> None:
    first, second = two_vouchers(shop)

    results = at_once(lambda: pay_back(shop, first), lambda: pay_back(shop, second))

    red = sorted(of_kind(results, RedLetterInvoice), key=lambda one: one.running)
    assert [one.running for one in red] == [1, 2]
    assert sum(one.gross for one in red) == -red[0].invoice.gross
    assert custody(shop.batch) == [("Institution", "inventory", 1, 20)]
    everything_holds()


def a_raw_red_letter(payment: PaymentReceipt, invoice: Invoice) -> RedLetterInvoice:
    """Six tenths of an invoice, in a series of its own, whatever was cancelled before."""
    return RedLetterInvoice.objects.create(
        number=f"RAW-{payment.pk}",
        series=f"raw:{payment.pk}",
        running=1,
        invoice=invoice,
        payment=payment,
        organisation=invoice.organisation,
        buyer_name=invoice.buyer_name,
        currency=invoice.currency,
        net=Decimal("-566.04"),
        tax=Decimal("-33.96"),
        gross=Decimal("-600.00"),
        lines=[],
        issued_by=invoice.issued_by,
        issued_at=clock.now(),
    )


def two_that_are_too_much(shop: Shop) -> list[Any]:
    """Two red-letter invoices at once that are together above their original."""
    invoice = shop.sell_and_settle((1, 10))
    payments = [
        a_refund(shop.insurer, an_account(shop.insurer, "600.00", payer=payer), "600.00")
        for payer in (A_COMPANY, "杭州云山学校")
    ]
    with transaction.atomic(), triggers_at_rest():
        PaymentReceipt.objects.update(
            state="confirmed", confirmed_by=shop.insurer.cashier, confirmed_at=clock.now()
        )
    both_have_written = threading.Barrier(2)

    def write(payment: PaymentReceipt) -> RedLetterInvoice:
        with transaction.atomic():
            red_letter = a_raw_red_letter(payment, invoice)
            with suppress(threading.BrokenBarrierError):
                both_have_written.wait(1)
            return red_letter

    return at_once(*[lambda one=one: write(one) for one in payments])


def test_red_letters_at_once_are_never_above_their_original(shop: Shop) -> None:
    results = two_that_are_too_much(shop)

    assert len(of_kind(results, RedLetterInvoice)) == 1
    (refused,) = of_kind(results, IntegrityError)
    assert "is above its original" in str(refused)


def test_without_the_lock_of_their_original_both_find_enough_left_of_it(shop: Shop) -> None:
    """The control: neither sees the other, and together they cancel more than there was."""
    with no_row_is_locked_by("a_red_letter_is_within_its_original"):
        results = two_that_are_too_much(shop)

    assert len(of_kind(results, RedLetterInvoice)) == 2
    assert sum(one.gross for one in results) < -results[0].invoice.gross
    found = {one.promise for one in violations_of_payments()}
    assert "Red-letter invoices are never above their original" in found
