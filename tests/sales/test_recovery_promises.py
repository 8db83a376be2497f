"""What PostgreSQL keeps of cards that come back, whoever writes."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, models

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.custody.moving import Leg, move
from selfcard.custody.parts import read_parts
from selfcard.custody.statuses import CardStatus, MovementKind
from selfcard.payments.models import Invoice, RedLetterInvoice
from selfcard.sales.commands import repayments
from selfcard.sales.models import Recovery, RecoveryRun, Sale, SaleReceipt
from tests.factories.activation import open_card
from tests.factories.postgresql import refused_by_postgresql, triggers_at_rest
from tests.factories.recoveries import a_raw_voucher, pay_back, take_back, voucher
from tests.factories.sales import Shop, a_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return a_shop(40)


@pytest.fixture
def paid(shop: Shop) -> Sale:
    """Ten cards whose money has come, the first to the tenth."""
    sale: Sale = shop.sell_and_settle((1, 10)).receipt.sales.get().sale
    return sale


@pytest.fixture
def recovery(shop: Shop, paid: Sale) -> Recovery:
    """Three of them on their way back, the first to the third."""
    return take_back(shop, paid, (1, 3))


def change(row: models.Model, **to: object) -> None:
    type(row)._default_manager.filter(pk=row.pk).update(**to)


def a_raw_recovery(shop: Shop, sale: Sale, count: int = 2, **other: Any) -> Recovery:
    return Recovery.objects.create(
        **{
            "number": "RV-9",
            "sale": sale,
            "kind": Recovery.Kind.PAID,
            "state": Recovery.State.REGISTERED,
            "receipt": sale.receipts.get().receipt,
            "count": count,
            "amount": sale.face_value * count,
            "reason": "around the command",
            "registered_by": shop.insurer.keeper,
            "registered_at": clock.now(),
            **other,
        }
    )


def name_cards(recovery: Recovery, shop: Shop, first: int, last: int, **other: Any) -> None:
    given = {"recovery": recovery, "sale": recovery.sale, **other}
    RecoveryRun.objects.create(serials=shop.run(first, last).range, **given)


# What a recovery says.


@pytest.mark.parametrize(
    ("to", "promise"),
    [
        ({"count": 0}, "a_recovery_is_of_cards_and_has_its_reason"),
        ({"amount": 0}, "a_recovery_is_of_cards_and_has_its_reason"),
        ({"reason": ""}, "a_recovery_is_of_cards_and_has_its_reason"),
        ({"receipt": None}, "an_unpaid_recovery_is_done_at_once"),
        ({"kind": "unpaid"}, "an_unpaid_recovery_is_done_at_once"),
        ({"state": "done"}, "a_recovery_is_what_its_dates_say"),
        ({"done_at": "2026-01-01 00:00Z"}, "a_recovery_is_what_its_dates_say"),
        ({"state": "withdrawn", "withdrawal_reason": "x"}, "a_recovery_is_what_its_dates_say"),
        ({"withdrawal_reason": "x"}, "a_recovery_is_withdrawn_with_a_reason"),
    ],
    ids=str,
)
def test_a_recovery_says_what_can_be(
    recovery: Recovery, to: dict[str, object], promise: str
) -> None:
    with refused_by_postgresql(promise), triggers_at_rest():
        change(recovery, **to)


@pytest.mark.parametrize(
    ("model", "to"),
    [
        (Recovery, {"number": "x"}),
        (Recovery, {"amount": 1}),
        (Recovery, {"reason": "x"}),
        (RecoveryRun, {"is_scratched": True}),
        (RecoveryRun, {"serials": "[1,2)"}),
    ],
    ids=str,
)
def test_what_was_taken_back_stays(
    recovery: Recovery, model: type[models.Model], to: dict[str, object]
) -> None:
    table = model._meta.db_table

    with refused_by_postgresql("is never changed"):
        model._default_manager.update(**to)
    with refused_by_postgresql("is never deleted"), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")
    with refused_by_postgresql("is never emptied"), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {table} CASCADE")


def test_what_is_done_or_withdrawn_stays(shop: Shop, recovery: Recovery) -> None:
    pay_back(shop, voucher(shop, recovery))

    with refused_by_postgresql("is never changed"):
        change(recovery, state="registered", done_at=None)


def test_a_recovery_names_just_its_cards_and_they_are_of_its_sale(shop: Shop, paid: Sale) -> None:
    other = shop.sell((21, 30))

    with refused_by_postgresql("its runs name 0"):
        a_raw_recovery(shop, paid)
    with refused_by_postgresql("its runs name 1"):
        name_cards(a_raw_recovery(shop, paid), shop, 1, 1)
    with refused_by_postgresql("are not of the sale"):
        name_cards(a_raw_recovery(shop, paid), shop, 10, 11)
    with refused_by_postgresql("are not of the sale"):
        name_cards(a_raw_recovery(shop, paid), shop, 21, 22, sale=other)


@pytest.mark.parametrize("serials", ["empty", "[5,)", "(,5]"])
def test_a_run_that_comes_back_has_two_ends(recovery: Recovery, serials: str) -> None:
    with (
        refused_by_postgresql("a_recovery_run_has_two_ends"),
        triggers_at_rest(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE sales_recoveryrun SET serials = %s::int8range", [serials])


def test_a_card_comes_back_once_from_a_sale(shop: Shop, paid: Sale, recovery: Recovery) -> None:
    with refused_by_postgresql("a_card_comes_back_once_from_a_sale"):
        name_cards(a_raw_recovery(shop, paid), shop, 3, 4)


def test_cards_are_free_exactly_when_their_recovery_is_withdrawn(
    shop: Shop, paid: Sale, recovery: Recovery
) -> None:
    withdrawn = {
        "state": "withdrawn",
        "withdrawal_reason": "x",
        "withdrawn_by": shop.insurer.keeper,
        "withdrawn_at": clock.now(),
    }
    with refused_by_postgresql("are free when it is withdrawn"):
        change(recovery, **withdrawn)
    with refused_by_postgresql("are free when it is withdrawn"):
        recovery.runs.update(is_live=False)
        change(recovery, done_at=None)
    with refused_by_postgresql("is never changed"):
        recovery.runs.update(is_live=False)
        recovery.runs.update(is_live=True)


def test_no_recovery_is_done_before_its_money_is_paid_back(shop: Shop, recovery: Recovery) -> None:
    voucher(shop, recovery)

    with refused_by_postgresql("is done and its money not paid back"):
        change(recovery, state="done", done_at=clock.now())


def test_a_recovery_is_worth_its_cards_and_its_money_came_by_its_own_receipt(
    shop: Shop, paid: Sale
) -> None:
    other = shop.sell_and_settle((21, 30)).receipt

    with refused_by_postgresql("is of 2 at 100.00, not of 199.99"):
        name_cards(a_raw_recovery(shop, paid, amount=Decimal("199.99")), shop, 1, 2)
    with refused_by_postgresql("did not come by its receipt"):
        name_cards(a_raw_recovery(shop, paid, receipt=other), shop, 1, 2)


def test_its_red_letter_is_of_the_invoice_by_which_its_money_came(
    shop: Shop, recovery: Recovery, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, real = shop.sell_and_settle((21, 30)), repayments.issue_red_letter

    def of_the_other(*, invoice: Invoice, **given: Any) -> RedLetterInvoice:
        return real(invoice=other, **given)

    monkeypatch.setattr(repayments, "issue_red_letter", of_the_other)
    payment = voucher(shop, recovery)

    with refused_by_postgresql("is done and its money not paid back"):
        pay_back(shop, payment)


def test_what_pays_a_recovery_is_over_its_amount(shop: Shop, recovery: Recovery) -> None:
    promise = "what_pays_a_recovery_agrees_with_it"
    unpaid = take_back(shop, shop.sell((21, 30)))

    for number, amount in (
        (recovery.number, Decimal("299.99")),
        ("RV-0", recovery.amount),
        (unpaid.number, unpaid.amount),
    ):
        with refused_by_postgresql(promise):
            a_raw_voucher(shop.insurer, ("recovery", number), amount)


# What custody writes down of it.


def go(
    shop: Shop, kind: MovementKind, to: CardStatus, why: str, first: int = 4, last: int = 5
) -> None:
    """Move cards as a command would; nobody else knows why."""
    parts = tuple(read_parts([shop.run(first, last)]))
    move([Leg(parts, kind, to)], reason=("recovery", why), actor=Actor.system())


def test_no_card_comes_back_without_its_recovery(
    shop: Shop, paid: Sale, recovery: Recovery
) -> None:
    shop.sell((11, 20))
    steps, status = MovementKind, CardStatus

    with refused_by_postgresql("come back by no recovery"):
        go(shop, steps.SALE_RECALL, status.INVENTORY, "RV-0", 11, 12)
    with refused_by_postgresql("come back by no recovery"):
        go(shop, steps.SALE_RECALL, status.INVENTORY, recovery.number, 11, 12)
    with refused_by_postgresql("come back by no recovery"):
        go(shop, steps.REFUND_HOLD, status.AWAITING_REFUND, "RV-0")
    with refused_by_postgresql("come back by no recovery"):
        go(shop, steps.REFUND_HOLD, status.AWAITING_REFUND, recovery.number)
    with refused_by_postgresql("come back by no recovery"):
        go(shop, steps.REFUND_WITHDRAWN, status.TO_BE_ACTIVATED, recovery.number, 1, 3)


def test_no_paid_card_is_back_before_its_money_is(shop: Shop, recovery: Recovery) -> None:
    voucher(shop, recovery)

    for status in (CardStatus.INVENTORY, CardStatus.VOID):
        with refused_by_postgresql("come back by no recovery"):
            go(shop, MovementKind.REFUND, status, recovery.number, 1, 3)


def test_a_card_whose_pin_was_accepted_is_never_in_inventory_again(
    shop: Shop, recovery: Recovery
) -> None:
    open_card(shop.cards[1])

    with refused_by_postgresql("a card that was opened is not handed on"):
        go(shop, MovementKind.REFUND, CardStatus.INVENTORY, recovery.number, 1, 3)

    shop.sell((11, 20))
    open_card(shop.cards[11])
    with refused_by_postgresql("a card that was opened is not handed on"):
        go(shop, MovementKind.SALE_RECALL, CardStatus.INVENTORY, "RV-0", 11, 12)


def test_no_card_is_to_be_activated_whose_receipt_is_only_asked_for(shop: Shop) -> None:
    sale = shop.sell((11, 20))
    shop.ask(sale)
    parts = tuple(read_parts([shop.run(11, 12)]))

    with refused_by_postgresql("settled by no confirmed receipt"):
        move(
            [Leg(parts, MovementKind.SETTLEMENT, CardStatus.TO_BE_ACTIVATED)],
            reason=("sale", sale.number),
            actor=Actor.system(),
        )


def test_the_money_of_one_sale_does_not_settle_the_cards_of_another(shop: Shop, paid: Sale) -> None:
    shop.sell((11, 20))
    parts = tuple(read_parts([shop.run(11, 12)]))

    with refused_by_postgresql("settled by no confirmed receipt"):
        move(
            [Leg(parts, MovementKind.SETTLEMENT, CardStatus.TO_BE_ACTIVATED)],
            reason=("sale", paid.number),
            actor=Actor.system(),
        )


# What a sale and its demand say.


def test_a_demand_is_for_cards_and_stays_what_it_was(shop: Shop) -> None:
    sale = shop.sell((1, 10))
    shop.void(shop.ask(sale))
    receipt = shop.ask(shop.sell((11, 20)))

    for nothing in ({"count": 0}, {"amount": 0}):
        with refused_by_postgresql("a_receipt_asks_for_cards"), triggers_at_rest():
            SaleReceipt.objects.update(**nothing)
    for other in ({"count": 9}, {"amount": Decimal("1.00")}, {"sale": sale}):
        with refused_by_postgresql("is live"):
            SaleReceipt.objects.filter(receipt=receipt).update(**other, ended_at=clock.now())


def test_a_receipt_asks_for_just_what_its_sales_cost(shop: Shop) -> None:
    receipt = shop.ask(shop.sell((1, 10)))
    other = shop.sell((11, 20))

    for amount in ("1000.00", "999.99"):
        with refused_by_postgresql("a_receipt_asks_for_what_its_sales_cost"):
            SaleReceipt.objects.create(
                sale=other, receipt=receipt, count=10, amount=Decimal(amount)
            )


def test_a_sale_is_due_after_it_was_made(shop: Shop) -> None:
    shop.sell((1, 10))

    with refused_by_postgresql("a_sale_is_due_after_it_was_made"), triggers_at_rest():
        Sale.objects.update(due_on=clock.today() - timedelta(days=1))
    with refused_by_postgresql("is never changed"):
        Sale.objects.update(due_on=date(2027, 1, 1))
