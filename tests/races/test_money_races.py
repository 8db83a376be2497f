"""Money under threads that come at the same moment, each with a control that shows the fault."""

import threading
import time
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError

from selfcard.core import clock, numbering
from selfcard.core.models import NumberSeries
from selfcard.ledger.models import Entry
from selfcard.ledger.queries import balances
from selfcard.payments.commands import invoices as invoices_of_payments
from selfcard.payments.commands import receipts as receipts_of_payments
from selfcard.payments.errors import ReceiptAlreadyConfirmed
from selfcard.payments.models import Invoice, Receipt
from selfcard.payments.verify import violations as violations_of_payments
from selfcard.sales.commands import receipts as receipts_of_sales
from selfcard.sales.errors import SaleAlreadyHasReceipt
from selfcard.sales.models import Sale, SaleReceipt
from selfcard.sales.verify import violations as violations_of_sales
from tests.factories.drawers import open_a_drawer
from tests.factories.payments import Till, a_till, cash, transfer
from tests.factories.sales import a_shop
from tests.races.threads import at_once, of_kind

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 64
BROKEN = len(range(0, THREADS, 5))


def test_two_confirmations_of_a_receipt_at_once_make_one_invoice() -> None:
    shop = a_shop(20)
    open_a_drawer(shop.insurer)
    receipt = shop.ask(shop.sell((1, 10)))

    results = at_once(*[lambda: shop.settle(receipt) for _ in range(4)])

    assert len(of_kind(results, Invoice)) == 1
    assert len(of_kind(results, ReceiptAlreadyConfirmed)) == 3
    assert Invoice.objects.count() == Entry.objects.count() == 1
    assert balances()["1001"] == Decimal("1000.00")
    assert [*violations_of_payments(), *violations_of_sales()] == []


def test_one_request_sent_twice_at_once_gives_the_same_invoice_to_both() -> None:
    shop, request_id = a_shop(20), uuid4()
    open_a_drawer(shop.insurer)
    receipt = shop.ask(shop.sell((1, 10)))

    results = at_once(*[lambda: shop.settle(receipt, request_id=request_id) for _ in range(4)])

    assert results == [Invoice.objects.get()] * 4


def test_without_its_locks_only_the_database_stops_a_second_confirmation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control: all get past the checks, and it is a constraint that refuses, late."""
    all_have_read = threading.Barrier(4)

    def unlocked(receipt: Receipt) -> Receipt:
        found = Receipt.objects.get(pk=receipt.pk)
        assert found.state == Receipt.State.ISSUED
        all_have_read.wait(20)
        return found

    till = a_till()
    open_a_drawer(till.insurer)
    receipt = till.receipt()
    monkeypatch.setattr(receipts_of_payments, "_open_receipt", unlocked)

    results = at_once(*[lambda: till.confirm(receipt, cash("100.00")) for _ in range(4)])

    assert len(of_kind(results, Invoice)) == 1
    assert len(of_kind(results, IntegrityError)) == 3


def test_a_sale_that_is_asked_for_twice_at_once_has_one_receipt() -> None:
    shop = a_shop(20)
    open_a_drawer(shop.insurer)
    sale = shop.sell((1, 10))

    results = at_once(*[lambda: shop.ask(sale) for _ in range(4)])

    assert len(of_kind(results, Receipt)) == 1
    assert len(of_kind(results, SaleAlreadyHasReceipt)) == 3


def test_without_the_lock_only_the_database_stops_a_second_receipt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = a_shop(20)
    open_a_drawer(shop.insurer)
    sale = shop.sell((1, 10))
    asked = receipts_of_sales.live_receipt
    all_have_asked = threading.Barrier(4)

    def together(one: Sale) -> Receipt | None:
        found = asked(one)
        all_have_asked.wait(20)
        return found

    monkeypatch.setattr(receipts_of_sales, "lock", lambda *_: None)
    monkeypatch.setattr(receipts_of_sales, "live_receipt", together)

    results = at_once(*[lambda: shop.ask(sale) for _ in range(4)])

    assert len(of_kind(results, IntegrityError)) == 3
    assert SaleReceipt.objects.count() == Receipt.objects.count() == 1


def confirm_all(till: Till, receipts: list[Receipt], monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Confirm them all at once; every fifth is rolled back after its number was taken."""
    real = invoices_of_payments.freeze_paper

    def fails_for_every_fifth(*, kind: str, number: str, facts: Any) -> Any:
        if kind == "invoice" and facts.receipt in broken:
            raise InterruptedError
        return real(kind=kind, number=number, facts=facts)

    broken = {receipt.number for receipt in receipts[::5]}
    monkeypatch.setattr(invoices_of_payments, "freeze_paper", fails_for_every_fifth)
    return at_once(*[lambda r=r: till.confirm(r, transfer("100.00")) for r in receipts])


def test_sixty_four_threads_on_one_series_leave_no_gap_and_repeat_no_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    till = a_till()
    open_a_drawer(till.insurer)
    receipts = [till.receipt() for _ in range(THREADS)]

    results = confirm_all(till, receipts, monkeypatch)

    assert {type(result) for result in results} == {Invoice, InterruptedError}
    assert len(of_kind(results, InterruptedError)) == BROKEN
    given = sorted(invoice.running for invoice in of_kind(results, Invoice))
    assert given == list(range(1, THREADS - BROKEN + 1))
    assert NumberSeries.objects.get().last == THREADS - BROKEN
    promises = {found.promise for found in violations_of_payments()}
    assert "Invoice numbers run without gaps or repeats in each series" not in promises


def test_a_series_without_its_lock_gives_a_number_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: numbers are repeated, and only the constraint keeps them from being kept."""

    def unlocked(series: str) -> int:
        row, _created = NumberSeries.objects.get_or_create(name=series, defaults={"last": 1})
        time.sleep(0.02)
        NumberSeries.objects.filter(name=series).update(last=row.last + 1)
        return row.last

    till = a_till()
    open_a_drawer(till.insurer)
    receipts = [till.receipt() for _ in range(16)]
    NumberSeries.objects.create(name=f"invoice:100101:{clock.today().year}", last=1)
    monkeypatch.setattr(numbering, "next_number", unlocked)

    results = confirm_all(till, receipts, monkeypatch)

    assert of_kind(results, IntegrityError)
