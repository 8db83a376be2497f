"""A sale that is not paid in time: flagged, listed, and in the way of its seller's next cards."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.custody.commands import issue_cards
from selfcard.custody.errors import HolderIsBlocked
from selfcard.custody.models import HolderBlock
from selfcard.inquiry.queries.piles import Work
from selfcard.inquiry.queries.work import home_work
from selfcard.payments.commands import TenderGiven
from selfcard.sales.commands import block_overdue_sellers, note_not_arrived, register_recovery
from selfcard.sales.models import Sale
from selfcard.sales.queries import (
    sales_in_reach,
    sales_not_paid,
    sales_overdue,
    sales_without_receipt,
)
from selfcard.sales.standing import Standing, standing, standing_of
from selfcard.sales.tasks import block_overdue_sellers_nightly
from tests.factories.sales import Shop, a_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return a_shop()


def days_ahead(days: int) -> Any:
    return clock.frozen(clock.now() + timedelta(days=days))


def seen(shop: Shop, sale: Sale) -> Any:
    return sales_in_reach(shop.insurer.actor("keeper")).get(pk=sale.pk)


def take_back(shop: Shop, sale: Sale, *runs: tuple[int, int]) -> None:
    register_recovery(
        sale=sale,
        runs=tuple(shop.run(*run) for run in runs),
        reason="not wanted",
        actor=shop.insurer.actor("keeper"),
        request_id=uuid4(),
    )


def block(times: int = 1) -> list[int]:
    return [
        block_overdue_sellers(actor=Actor.system("test"), request_id=uuid4()) for _ in range(times)
    ]


def test_a_sale_is_due_so_many_days_after_it_was_made(shop: Shop, settings: Any) -> None:
    settings.SALE_DUE_DAYS = 10

    with clock.frozen(clock.now().replace(year=2026, month=3, day=1, hour=4)):
        sale = shop.sell((1, 10))

    assert (sale.registered_on, sale.due_on) == (date(2026, 3, 1), date(2026, 3, 11))


def test_on_its_last_day_it_is_not_overdue_and_on_the_next_it_is(shop: Shop) -> None:
    keeper = shop.insurer.actor("keeper")
    sale = shop.sell((1, 10))

    with days_ahead(30):
        assert standing_of(seen(shop, sale)) == Standing.OPEN
        assert not sales_overdue(keeper).exists()
    with days_ahead(31):
        assert standing_of(seen(shop, sale)) == Standing.OVERDUE
        assert list(sales_overdue(keeper)) == [sale]
        assert not sales_overdue(shop.insurer.actor("other_keeper")).exists()


def test_the_work_of_chasing_it_is_as_old_as_its_due_day(shop: Shop) -> None:
    sale = shop.sell((1, 10))

    with days_ahead(33):
        piles = home_work(shop.insurer.actor("keeper")).piles
        pile = next(one for one in piles if one.kind == Work.CHASE_OVERDUE)
        assert pile.oldest == pile.tasks[0].since == clock.day_start(sale.due_on)
        assert pile.tasks[0].waits.days == 3


def test_how_a_sale_stands_is_told_and_found_alike(shop: Shop) -> None:
    keeper = shop.insurer.actor("keeper")
    with clock.frozen(clock.now() - timedelta(days=40)):
        late = shop.sell((1, 2))
        late_receipt = shop.sell((3, 4))
        shop.ask(late_receipt)
    is_open, issued, waiting = shop.sell((5, 6)), shop.sell((7, 8)), shop.sell((9, 10))
    shop.ask(issued)
    note_not_arrived(
        receipt=shop.ask(waiting),
        expected=(TenderGiven("transfer", waiting.amount, None, "T-1"),),
        actor=shop.insurer.actor("cashier"),
        request_id=uuid4(),
    )
    paid, partly, back, unpaid_back = (shop.sell((first, first + 1)) for first in (11, 13, 15, 17))
    for sale in (paid, partly, back):
        shop.settle(shop.ask(sale))
    take_back(shop, partly, (13, 13))
    take_back(shop, back)
    take_back(shop, unpaid_back)
    rest = shop.sell((19, 20))
    take_back(shop, rest, (19, 19))

    stands = {
        late: Standing.OVERDUE,
        late_receipt: Standing.OVERDUE,
        is_open: Standing.OPEN,
        issued: Standing.ASKED,
        waiting: Standing.WAITING,
        paid: Standing.PAID,
        partly: Standing.PARTLY_BACK,
        back: Standing.BACK,
        unpaid_back: Standing.BACK,
        rest: Standing.OPEN,
    }
    rows = sales_in_reach(keeper)
    assert {sale: standing_of(sale) for sale in rows} == stands
    for one in Standing:
        wanted = {sale for sale, stand in stands.items() if stand == one}
        assert set(standing(rows, one)) == wanted, one
    assert set(sales_not_paid(keeper)) == {late, late_receipt, is_open, issued, waiting, rest}
    assert list(sales_without_receipt(keeper)) == [late, is_open, rest]
    assert seen(shop, rest).amount_left == rest.face_value


def test_its_seller_gets_no_further_cards_until_it_is_paid(shop: Shop) -> None:
    insurer = shop.insurer
    with clock.frozen(clock.now() - timedelta(days=40)):
        sales = [shop.sell((1, 10)), shop.sell((11, 20))]

    def more() -> None:
        issue_cards(
            document_type=shop.document_type,
            runs=(shop.run(50, 50),),
            to=insurer.seller.party,
            for_organisation=None,
            remark="",
            actor=insurer.actor("keeper"),
            request_id=uuid4(),
        )

    assert block(2) == [2, 0]
    with pytest.raises(HolderIsBlocked) as refusal:
        more()
    assert sales[0].number in str(refusal.value)
    shop.settle(shop.ask(sales[0]))
    with pytest.raises(HolderIsBlocked):
        more()
    take_back(shop, sales[1])
    more()
    assert not HolderBlock.objects.filter(lifted_at=None).exists()
    assert block() == [0]


def test_at_night_sellers_are_blocked_only_where_the_insurer_wants_it(
    shop: Shop, settings: Any
) -> None:
    with clock.frozen(clock.now() - timedelta(days=40)):
        shop.sell((1, 10))

    block_overdue_sellers_nightly(0)
    assert not HolderBlock.objects.exists()
    settings.OVERDUE_BLOCKS = True
    block_overdue_sellers_nightly(0)
    assert HolderBlock.objects.get().holder == shop.insurer.seller.party


def test_what_is_not_overdue_blocks_nobody(shop: Shop) -> None:
    shop.sell((1, 10))
    with clock.frozen(clock.now() - timedelta(days=40)):
        shop.settle(shop.ask(shop.sell((11, 20))))
        take_back(shop, shop.sell((21, 30)))

    assert block() == [0]
