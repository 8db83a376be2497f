"""Sold cards that come back: which do, which do not, and what becomes of their sale."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from selfcard.activation.errors import CardBeingReturned
from selfcard.core.refusals import Operation, ReasonMissing
from selfcard.core.serials import SerialRun
from selfcard.custody.errors import CardsInOtherStatus
from selfcard.organisations.errors import NotAuthorised
from selfcard.payments.commands import TenderGiven
from selfcard.payments.models import Receipt
from selfcard.sales.commands import (
    Return,
    issue_charge_receipt,
    note_not_arrived,
    register_recoveries,
    register_recovery,
    withdraw_recovery,
)
from selfcard.sales.errors import (
    CardsNotOfTheSale,
    MoneyOnItsWay,
    NothingLeftToTakeBack,
    RecoveryNotOpen,
    SaleChangedMeanwhile,
    ScratchedNotTakenBack,
)
from selfcard.sales.models import Recovery, Sale
from selfcard.sales.queries import live_receipt
from selfcard.sales.reckoning import remaining_of
from tests.factories.activation import activate, open_card
from tests.factories.custody import custody
from tests.factories.sales import Shop, a_shop
from tests.factories.verifying import everything_holds

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return a_shop(40)


def take_back(
    shop: Shop, sale: Sale, *runs: SerialRun, by: str = "keeper", **given: Any
) -> Recovery:
    terms = {"reason": "brought back", "request_id": uuid4(), **given}
    return register_recovery(sale=sale, runs=runs, actor=shop.insurer.actor(by), **terms)


def paid(shop: Shop, first: int, last: int) -> Sale:
    return shop.sell_and_settle((first, last)).receipt.sales.get().sale


def lying(shop: Shop, last: int) -> set[tuple[str, str, int, int]]:
    return {row for row in custody(shop.batch) if row[2] <= last}


def test_a_whole_unpaid_sale_comes_back_and_nothing_is_asked_for(shop: Shop) -> None:
    sale = shop.sell((1, 20))
    receipt = shop.ask(sale)

    recovery = take_back(shop, sale)

    receipt.refresh_from_db()
    assert (recovery.kind, recovery.state) == ("unpaid", "done")
    assert receipt.state == "void"
    assert live_receipt(sale) is None
    assert remaining_of(sale) == ()
    assert ("Institution", "inventory", 1, 40) in custody(shop.batch)
    everything_holds()


def test_other_sales_of_the_same_receipt_are_asked_for_anew_with_the_rest(shop: Shop) -> None:
    first, second = shop.sell((1, 10)), shop.sell((11, 20))
    issue_charge_receipt(
        sales=(first, second), actor=shop.insurer.actor("keeper"), request_id=uuid4()
    )

    take_back(shop, first, shop.run(6, 10))

    receipt = live_receipt(second)
    assert receipt is not None
    assert receipt == live_receipt(first)
    assert receipt.amount == Decimal("1500.00")
    everything_holds()


def test_the_rest_is_only_asked_for_where_it_is_wanted(shop: Shop) -> None:
    sale = shop.sell((1, 10))
    shop.ask(sale)

    take_back(shop, sale, shop.run(1, 2), asks_for_the_rest=False)

    assert live_receipt(sale) is None
    assert not Receipt.objects.exclude(state="void").exists()


def test_several_sales_come_back_together_or_not_at_all(shop: Shop) -> None:
    unpaid, settled = shop.sell((1, 10)), paid(shop, 11, 20)
    activate(shop.cards[12])
    both = (Return(unpaid), Return(settled, (shop.run(11, 20),)))
    given: dict[str, Any] = {"reason": "x", "actor": shop.insurer.actor("keeper")}

    with pytest.raises(CardsInOtherStatus):
        register_recoveries(returns=both, **given, request_id=uuid4())
    assert not Recovery.objects.exists()

    without = (Return(unpaid), Return(settled, (shop.run(11, 12), shop.run(14, 20))))
    recoveries = register_recoveries(returns=without, **given, request_id=uuid4())
    assert [one.kind for one in recoveries] == ["unpaid", "paid"]
    everything_holds()


def test_an_activated_card_is_named_and_leads_to_its_policy(shop: Shop) -> None:
    sale = paid(shop, 1, 10)
    policy = activate(shop.cards[4])

    with pytest.raises(CardsInOtherStatus) as refused:
        take_back(shop, sale)

    assert str(shop.run(5, 5)) in str(refused.value)
    assert str(shop.run(4, 4)) not in str(refused.value)
    assert refused.value.help == Operation.named("open.policy", number=policy.number)


def test_parts_of_a_sale_come_back_at_different_times_and_no_card_twice(shop: Shop) -> None:
    sale = paid(shop, 1, 10)
    take_back(shop, sale, shop.run(1, 4))

    with pytest.raises(CardsNotOfTheSale) as refused:
        take_back(shop, sale, shop.run(4, 6))
    assert str(shop.run(4, 4)) in str(refused.value)
    take_back(shop, sale)
    with pytest.raises(NothingLeftToTakeBack):
        take_back(shop, sale)

    assert sorted(Recovery.objects.values_list("count", flat=True)) == [4, 6]
    everything_holds()


def test_whoever_looked_at_it_unpaid_does_not_take_it_back_paid(shop: Shop) -> None:
    sale = paid(shop, 1, 10)
    looked = (Return(sale, (shop.run(1, 2),), is_paid=False),)

    with pytest.raises(SaleChangedMeanwhile):
        register_recoveries(
            returns=looked, reason="x", actor=shop.insurer.actor("keeper"), request_id=uuid4()
        )


def test_money_that_was_sent_has_to_arrive_or_be_called_off_first(shop: Shop) -> None:
    sale = shop.sell((1, 10))
    receipt = shop.ask(sale)
    note_not_arrived(
        receipt=receipt,
        expected=(TenderGiven("transfer", receipt.amount, reference="B 1"),),
        actor=shop.insurer.actor("cashier"),
        request_id=uuid4(),
    )

    with pytest.raises(MoneyOnItsWay) as refused:
        take_back(shop, sale)

    assert refused.value.help == Operation.named("payments.receipt", number=receipt.number)


def test_an_opened_unpaid_card_is_void_whatever_the_inspection_says(shop: Shop) -> None:
    sale = shop.sell((1, 3))
    open_card(shop.cards[1])

    take_back(shop, sale)

    assert ("Institution", "void", 2, 2) in lying(shop, 3)
    everything_holds()


def test_scratched_are_only_cards_that_come_back(shop: Shop) -> None:
    sale = shop.sell((1, 10))

    with pytest.raises(ScratchedNotTakenBack):
        take_back(shop, sale, shop.run(1, 3), scratched=(shop.run(3, 4),))


def test_a_recovery_says_why_and_is_for_those_who_may(shop: Shop) -> None:
    sale = shop.sell((1, 10))

    with pytest.raises(ReasonMissing):
        take_back(shop, sale, reason=" ")
    for stranger in ("cashier", "other_keeper", "auditor"):
        with pytest.raises(NotAuthorised):
            take_back(shop, sale, by=stranger)


def test_a_repeated_request_takes_back_once(shop: Shop) -> None:
    sale, request_id = shop.sell((1, 10)), uuid4()

    first = take_back(shop, sale, request_id=request_id)

    assert take_back(shop, sale, request_id=request_id) == first
    assert Recovery.objects.count() == 1


def test_a_withdrawn_recovery_can_be_registered_again(shop: Shop) -> None:
    sale = paid(shop, 1, 10)
    recovery = take_back(shop, sale)
    given: dict[str, Any] = {"reason": "kept", "actor": shop.insurer.actor("keeper")}
    withdraw_recovery(recovery=recovery, **given, request_id=uuid4())

    with pytest.raises(RecoveryNotOpen):
        withdraw_recovery(recovery=recovery, **given, request_id=uuid4())
    take_back(shop, sale)

    assert ("Institution", "awaiting_refund", 1, 10) in custody(shop.batch)
    everything_holds()


def test_frozen_cards_cannot_be_activated_while_their_refund_is_awaited(shop: Shop) -> None:
    sale = paid(shop, 1, 3)
    proof = open_card(shop.cards[0])
    take_back(shop, sale)

    with pytest.raises(CardBeingReturned):
        activate(shop.cards[0], proof=proof)
