"""Each promise of sales, tried from outside the commands: PostgreSQL refuses."""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.command import command
from selfcard.core.serials import SerialRun
from selfcard.custody.commands import settle_cards
from selfcard.custody.models import Holding
from selfcard.payments.models import Receipt
from selfcard.sales.models import Agency, Sale, SaleReceipt, SaleRun
from selfcard.sales.verify import violations
from tests.factories.postgresql import refused_by_postgresql, triggers_at_rest
from tests.factories.sales import Shop, a_shop, an_agency

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return a_shop()


def a_raw_sale(shop: Shop, **other: Any) -> Sale:
    return Sale.objects.create(
        **{
            "number": "S-RAW",
            "type_version": shop.batch.type_version,
            "seller_organisation": shop.insurer.institution,
            "seller": shop.insurer.seller.party,
            "business_source": "direct",
            "count": 10,
            "face_value": Decimal("100.00"),
            "amount": Decimal("1000.00"),
            "currency": "CNY",
            "registered_by": shop.insurer.keeper,
            "registered_at": clock.now(),
            "registered_on": clock.today(),
            "due_on": clock.today(),
            **other,
        }
    )


def name_cards(sale: Sale, shop: Shop, first: int, last: int) -> None:
    SaleRun.objects.create(sale=sale, serials=shop.run(first, last).range)


def test_a_sale_costs_face_value_times_count(shop: Shop) -> None:
    with refused_by_postgresql("a_sale_costs_face_value_times_count"):
        a_raw_sale(shop, amount=Decimal("999.99"))
    with refused_by_postgresql("a_sale_is_of_cards"):
        a_raw_sale(shop, count=0, amount=0)


def test_no_sale_says_that_somebody_agreed_who_was_never_asked(shop: Shop) -> None:
    with refused_by_postgresql("a_second_person_agreed_to_this_sale"):
        a_raw_sale(shop, agreed_by=shop.insurer.second)
    with refused_by_postgresql("nobody_agrees_to_their_own_sale"), triggers_at_rest():
        a_raw_sale(shop, agreed_by=shop.insurer.keeper)


def test_a_sale_names_exactly_its_cards(shop: Shop) -> None:
    with refused_by_postgresql("its runs name 9"):
        name_cards(a_raw_sale(shop), shop, 1, 9)
    with refused_by_postgresql("its runs name 0"):
        a_raw_sale(shop)
    with refused_by_postgresql("has no place for more cards"):
        name_cards(a_raw_sale(shop), shop, 1, 11)


def test_no_card_is_added_to_a_sale_later(shop: Shop) -> None:
    sale = shop.sell((1, 10))

    with refused_by_postgresql("has no place for more cards"):
        name_cards(sale, shop, 11, 11)


def test_a_card_counts_once_in_a_sale(shop: Shop) -> None:
    with refused_by_postgresql("a_card_is_once_in_a_sale"):
        sale = a_raw_sale(shop)
        name_cards(sale, shop, 1, 5)
        name_cards(sale, shop, 5, 9)


def test_a_run_of_a_sale_has_two_ends(shop: Shop) -> None:
    for serials in ("empty", "[5,)", "(,5]"):
        with refused_by_postgresql("a_sale_run_has_two_ends"):
            sale = a_raw_sale(shop)
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO sales_salerun (sale_id, serials) VALUES (%s, %s::int8range)",
                    [sale.pk, serials],
                )


def test_an_indirect_sale_names_its_agency_and_a_direct_one_does_not(shop: Shop) -> None:
    with refused_by_postgresql("an_indirect_sale_names_agency_and_agreement"):
        a_raw_sale(shop, business_source="broker")
    with refused_by_postgresql("an_indirect_sale_names_agency_and_agreement"):
        a_raw_sale(shop, agency=an_agency(shop.insurer))


def test_a_sale_has_one_live_receipt(shop: Shop) -> None:
    sale, other = shop.sell((1, 10)), shop.sell((11, 20))
    shop.ask(sale)
    receipt = shop.ask(other)

    with refused_by_postgresql("a_sale_has_one_live_receipt"):
        SaleReceipt.objects.create(sale=sale, receipt=receipt, count=10, amount=1000)


def test_a_receipt_asks_once_for_a_sale(shop: Shop) -> None:
    sale = shop.sell((1, 10))
    receipt = shop.void(shop.ask(sale))

    with refused_by_postgresql("a_receipt_asks_once_for_a_sale"):
        SaleReceipt.objects.create(sale=sale, receipt=receipt, count=10, amount=1000)


def test_a_live_receipt_is_not_let_go_before_it_is_void(shop: Shop) -> None:
    shop.ask(shop.sell((1, 10)))

    with refused_by_postgresql("is live"):
        SaleReceipt.objects.update(ended_at=clock.now())


def test_a_receipt_that_has_ended_is_not_taken_up_again(shop: Shop) -> None:
    shop.void(shop.ask(shop.sell((1, 10))))

    with refused_by_postgresql("is live"):
        SaleReceipt.objects.update(ended_at=None)


@pytest.mark.parametrize("model", [Sale, SaleRun, SaleReceipt, Agency])
def test_nothing_of_a_sale_is_ever_deleted(shop: Shop, model: Any) -> None:
    an_agency(shop.insurer)
    shop.ask(shop.sell((1, 10)))
    table = model._meta.db_table

    with refused_by_postgresql("is never deleted"), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")
    with refused_by_postgresql("is never emptied"), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {table} CASCADE")


def test_a_sale_and_its_runs_never_change(shop: Shop) -> None:
    shop.sell((1, 10))

    with refused_by_postgresql("is never changed"):
        Sale.objects.update(remark="x")
    with refused_by_postgresql("is never changed"):
        SaleRun.objects.update(serials=shop.run(2, 11).range)


def test_verify_finds_nothing_where_all_is_well(shop: Shop) -> None:
    shop.sell_and_settle((1, 10))
    shop.ask(shop.sell((11, 20)))
    shop.sell((21, 30))
    shop.void(shop.ask(shop.sell((31, 40))))

    assert list(violations()) == []


def test_verify_names_cards_that_are_to_be_activated_without_their_money(shop: Shop) -> None:
    sale = shop.sell((1, 10))
    with triggers_at_rest():
        Holding.objects.filter(status="sold").update(status="to_be_activated")

    found = {one.promise: one for one in violations()}

    unpaid = found["No card is to be activated or activated without a confirmed receipt"]
    assert sale.number in unpaid.message
    assert (
        found["What a sale says is sold or paid, custody says too, card for card"].subject
        == sale.number
    )


def test_verify_names_a_sale_whose_figures_and_receipt_disagree(shop: Shop) -> None:
    sale = shop.sell((1, 10))
    receipt = shop.ask(sale)
    agency = an_agency(shop.insurer)
    with triggers_at_rest():
        Sale.objects.update(count=9, amount=Decimal("900.00"))
        Sale.objects.update(
            business_source="broker", agency=agency, agreement=agency.agreements.get()
        )
        Receipt.objects.filter(pk=receipt.pk).update(amount=Decimal("901.00"))

    promises = {one.promise for one in violations()}

    assert promises == {
        "A sale costs face value times count, and its runs name as many cards",
        "A receipt asks for what its sales cost, and is void exactly when it has ended",
        "A receipt asks for all cards of a sale that nobody has taken back",
        "An indirect sale names an agency of its kind",
    }


def test_no_card_is_to_be_activated_before_its_money_is_confirmed(shop: Shop) -> None:
    sale = shop.sell((1, 5))
    shop.ask(sale)
    with refused_by_postgresql("settled by no confirmed receipt"):
        settle_around_the_receipt(
            runs=(shop.run(1, 5),),
            number=sale.number,
            actor=shop.insurer.actor("cashier"),
            request_id=uuid4(),
        )


@command
def settle_around_the_receipt(
    *, runs: tuple[SerialRun, ...], number: str, actor: Actor, request_id: UUID
) -> None:
    settle_cards(runs=runs, reason=("sale", number), actor=actor)
