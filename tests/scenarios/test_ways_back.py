"""Every way back, with what custody, papers and books say after each step, cent for cent."""

from decimal import Decimal
from uuid import uuid4

import pytest

from selfcard.core import clock
from selfcard.ledger.queries import balances
from selfcard.payments.commands import OutlayGiven, PayeeGiven
from selfcard.payments.models import PaymentReceipt
from selfcard.sales.commands import (
    issue_payment_receipt,
    register_recovery,
    settle_payment,
    withdraw_recovery,
)
from selfcard.sales.models import Recovery
from selfcard.sales.queries import live_receipt
from tests.factories.custody import custody
from tests.factories.sales import Shop, a_shop
from tests.factories.verifying import everything_holds

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return a_shop()


def books() -> dict[str, Decimal]:
    return {code: amount for code, amount in balances().items() if amount}


def test_unpaid_cards_come_back_and_the_rest_is_asked_for_anew(shop: Shop) -> None:
    sale = shop.sell((1, 20))
    first = shop.ask(sale)

    recovery = register_recovery(
        sale=sale,
        runs=(shop.run(11, 20),),
        scratched=(shop.run(20, 20),),
        reason="not sold after all",
        actor=shop.insurer.actor("keeper"),
        request_id=uuid4(),
    )

    first.refresh_from_db()
    assert (first.state, first.void_reason) == ("void", recovery.number)
    receipt = live_receipt(sale)
    assert receipt is not None
    assert receipt.amount == Decimal("1000.00")
    assert {row for row in custody(shop.batch) if row[2] <= 20} == {
        ("Institution", "sold", 1, 10),
        ("Institution", "inventory", 11, 19),
        ("Institution", "void", 20, 20),
    }
    everything_holds()
    shop.settle(receipt)
    assert books()["1001"] == Decimal("1000.00")
    everything_holds()


def test_paid_cards_come_back_when_their_money_has(shop: Shop) -> None:
    invoice = shop.sell_and_settle((1, 20))
    sale = invoice.receipt.sales.get().sale

    def take_back(first: int, last: int) -> Recovery:
        return register_recovery(
            sale=sale,
            runs=(shop.run(first, last),),
            reason="the customer changed their mind",
            actor=shop.insurer.actor("keeper"),
            request_id=uuid4(),
        )

    def voucher(recovery: Recovery) -> PaymentReceipt:
        return issue_payment_receipt(
            recovery=recovery,
            payee=PayeeGiven(way="original", name="个人"),
            actor=shop.insurer.actor("keeper"),
            request_id=uuid4(),
        )

    withdrawn = take_back(1, 5)
    voucher(withdrawn)
    withdraw_recovery(
        recovery=withdrawn,
        reason="kept after all",
        actor=shop.insurer.actor("keeper"),
        request_id=uuid4(),
    )
    assert ("Institution", "to_be_activated", 1, 20) in custody(shop.batch)
    everything_holds()

    recovery = take_back(1, 5)
    assert ("Institution", "awaiting_refund", 1, 5) in custody(shop.batch)
    payment = voucher(recovery)
    everything_holds()
    red_letter = settle_payment(
        payment=payment,
        outlays=(OutlayGiven("cash", Decimal("500.00")),),
        actor=shop.insurer.actor("cashier"),
        request_id=uuid4(),
    )
    assert ("Institution", "to_be_activated", 6, 20) in custody(shop.batch)
    assert (red_letter.net, red_letter.tax) == (Decimal("-471.70"), Decimal("-28.30"))
    assert red_letter.number == f"100101-R-{clock.today().year}-00000001"
    assert books()["1001"] == Decimal("1500.00")
    everything_holds()
