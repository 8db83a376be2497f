"""Sold cards that somebody stopped: what was reported of them is cleared before they come back."""

from uuid import uuid4

import pytest

from selfcard.custody.commands import freeze_batch
from selfcard.custody.errors import CardsFrozen
from selfcard.sales.commands import withdraw_recovery
from selfcard.sales.models import Recovery, Sale
from tests.factories.custody import custody, let_go, stop
from tests.factories.recoveries import pay_back, take_back, voucher
from tests.factories.sales import Shop, a_shop
from tests.factories.verifying import everything_holds

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return a_shop(20)


@pytest.fixture
def unpaid(shop: Shop) -> Sale:
    return shop.sell((1, 5))


@pytest.fixture
def paid(shop: Shop) -> Sale:
    sale: Sale = shop.sell_and_settle((11, 15)).receipt.sales.get().sale
    return sale


@pytest.mark.parametrize(("which", "first"), [("unpaid", 2), ("paid", 12)])
def test_cards_that_are_reported_lost_do_not_come_back_and_are_named(
    shop: Shop, which: str, first: int, request: pytest.FixtureRequest
) -> None:
    sale = request.getfixturevalue(which)
    number = stop(shop.insurer, shop.run(first, first + 1), note="stolen from the shop")
    before = custody(shop.batch)

    with pytest.raises(CardsFrozen) as refused:
        take_back(shop, sale)

    assert refused.value.facts["serials"].startswith(str(shop.run(first, first + 1)))
    assert number in str(refused.value)
    assert refused.value.help is not None
    assert (refused.value.help.name, refused.value.help.args) == (
        "custody.release",
        {"number": number},
    )
    assert not Recovery.objects.exists()
    assert custody(shop.batch) == before


def test_the_others_of_the_sale_come_back_and_the_rest_once_it_is_found(
    shop: Shop, paid: Sale
) -> None:
    number = stop(shop.insurer, shop.run(12, 13))

    pay_back(shop, voucher(shop, take_back(shop, paid, (11, 11), (14, 15))))
    let_go(shop.insurer, number)
    pay_back(shop, voucher(shop, take_back(shop, paid)))

    assert custody(shop.batch) == [("Institution", "inventory", 1, 20)]
    everything_holds()


def test_nobody_is_paid_for_cards_that_are_reported_lost_on_their_way_back(
    shop: Shop, paid: Sale
) -> None:
    payment = voucher(shop, take_back(shop, paid))
    number = stop(shop.insurer, shop.run(13, 13))

    with pytest.raises(CardsFrozen) as refused:
        pay_back(shop, payment)

    assert refused.value.facts["serials"].startswith(str(shop.run(13, 13)))
    let_go(shop.insurer, number)
    pay_back(shop, payment)
    everything_holds()


def test_a_return_of_stopped_cards_can_still_be_called_off(shop: Shop, paid: Sale) -> None:
    recovery = take_back(shop, paid)
    stop(shop.insurer, shop.run(13, 13))

    withdraw_recovery(
        recovery=recovery,
        reason="the card is gone",
        actor=shop.insurer.actor("keeper"),
        request_id=uuid4(),
    )

    assert ("Institution", "to_be_activated", 11, 15) in custody(shop.batch)
    everything_holds()


def test_cards_of_a_stopped_batch_are_paid_back_and_stay_stopped(
    shop: Shop, unpaid: Sale, paid: Sale
) -> None:
    freeze_batch(
        batch=shop.batch,
        note="printed with the wrong price",
        actor=shop.insurer.actor("chief"),
        request_id=uuid4(),
    )

    take_back(shop, unpaid)
    pay_back(shop, voucher(shop, take_back(shop, paid)))

    assert custody(shop.batch) == [("Institution", "inventory", 1, 20)]
    with pytest.raises(CardsFrozen):
        shop.sell((1, 1))
    everything_holds()
