"""Cards that are given away: who may, why, and that nothing but promotion expense settles them."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from selfcard.approvals.models import Approval
from selfcard.core.models import Paper
from selfcard.ledger.queries import balances
from selfcard.organisations.errors import NotAuthorised
from selfcard.organisations.models import Authorisation, May
from selfcard.payments.commands import TenderGiven
from selfcard.payments.models import Receipt
from selfcard.sales.commands import ask_large_sale, grant_large_sale, note_not_arrived
from selfcard.sales.errors import (
    ConfirmedByItsGiver,
    GiftsApart,
    GiftTakesNoMoney,
    PromotionOnlyForGifts,
    RegistrarMayNotSell,
)
from selfcard.sales.models import Sale
from selfcard.sales.queries import gifts_of
from tests.factories.drawers import open_a_drawer
from tests.factories.payments import cash, transfer
from tests.factories.postgresql import refused_by_postgresql
from tests.factories.sales import Shop, a_shop
from tests.factories.verifying import everything_holds

pytestmark = pytest.mark.django_db

FAIR = "Spring fair, first prize"


@pytest.fixture
def shop() -> Shop:
    return a_shop(40)


def given(amount: str) -> TenderGiven:
    return TenderGiven("promotion", Decimal(amount))


def given_away(shop: Shop, first: int = 1, last: int = 5, **terms: Any) -> Sale:
    return shop.sell((first, last), gift_reason=FAIR, **terms)


def test_free_cards_say_why_and_promotion_expense_settles_them(shop: Shop) -> None:
    sale = given_away(shop)
    receipt = shop.ask(sale)

    shop.settle(receipt, given("500.00"))

    assert (sale.gift_reason, sale.is_gift, gifts_of(receipt)) == (FAIR, True, [sale])
    assert FAIR in Paper.objects.get(kind="charge_list", number=sale.number).facts
    assert balances()["6602"] == Decimal("500.00")
    everything_holds()


def test_only_who_may_give_cards_away_does(shop: Shop) -> None:
    Authorisation.objects.filter(staff=shop.insurer.keeper, may=May.GIVE_AWAY).delete()

    with pytest.raises(NotAuthorised):
        given_away(shop)

    assert not shop.sell((1, 5), gift_reason="  ").is_gift


def test_nothing_else_settles_a_gift_and_a_gift_is_made_of_nothing_else(shop: Shop) -> None:
    gift, sold = shop.ask(given_away(shop)), shop.ask(shop.sell((6, 10)))

    for receipt, tenders, refusal in (
        (gift, (cash("500.00"),), GiftTakesNoMoney),
        (gift, (given("400.00"), cash("100.00")), GiftTakesNoMoney),
        (sold, (given("500.00"),), PromotionOnlyForGifts),
        (sold, (cash("400.00"), given("100.00")), PromotionOnlyForGifts),
    ):
        with pytest.raises(refusal):
            shop.settle(receipt, *tenders)
    with pytest.raises(GiftTakesNoMoney):
        note_not_arrived(
            receipt=gift,
            expected=(transfer("500.00"),),
            actor=shop.insurer.actor("cashier"),
            request_id=uuid4(),
        )
    assert {one.state for one in Receipt.objects.all()} == {Receipt.State.ISSUED}


def test_free_cards_are_not_asked_for_together_with_paid_ones(shop: Shop) -> None:
    with pytest.raises(GiftsApart):
        shop.ask(given_away(shop), shop.sell((6, 10)))

    assert shop.ask(given_away(shop, 11, 12), given_away(shop, 13, 14)).amount == Decimal("400.00")


def test_who_gave_cards_away_does_not_confirm_it(shop: Shop) -> None:
    Authorisation.objects.create(
        staff=shop.insurer.cashier, may=May.GIVE_AWAY, organisation=shop.insurer.institution
    )
    Authorisation.objects.create(
        staff=shop.insurer.cashier, may=May.REGISTER_SALES, organisation=shop.insurer.institution
    )
    receipt = shop.ask(given_away(shop, by="cashier"))

    with pytest.raises(ConfirmedByItsGiver):
        shop.settle(receipt, given("500.00"))


def test_who_agrees_to_a_large_gift_agrees_to_a_gift(shop: Shop, settings: Any) -> None:
    settings.LARGE_SALE_CARDS, settings.LARGE_SALE_NEEDS_SECOND_PERSON = 4, True
    insurer = shop.insurer

    def asked(first: int, last: int) -> Approval:
        return ask_large_sale(
            document_type=shop.document_type,
            runs=(shop.run(first, last),),
            seller_organisation=insurer.institution,
            seller=insurer.seller.party,
            business_source="direct",
            gift_reason=FAIR,
            confirmed_large=True,
            actor=insurer.actor("keeper"),
            request_id=uuid4(),
        )

    first, second = asked(1, 10), asked(11, 20)
    sale = grant_large_sale(approval=first, actor=insurer.actor("second"), request_id=uuid4())
    assert sale.gift_reason == FAIR

    Authorisation.objects.filter(staff=insurer.keeper, may=May.GIVE_AWAY).delete()
    with pytest.raises(RegistrarMayNotSell):
        grant_large_sale(approval=second, actor=insurer.actor("second"), request_id=uuid4())


# Kept by PostgreSQL


@pytest.mark.parametrize(
    ("reason", "kind"), [("", "promotion"), (FAIR, "transfer")], ids=["sold", "given away"]
)
def test_postgresql_gives_nothing_away_that_was_sold_and_takes_no_money_for_a_gift(
    shop: Shop, reason: str, kind: str
) -> None:
    receipt = shop.ask(shop.sell((1, 5), gift_reason=reason))

    with refused_by_postgresql("gives cards away, or takes money for a gift"):
        receipt.tenders.create(
            kind=kind, amount=receipt.amount, arrived_on="2026-11-03", reference="T-1"
        )


def test_postgresql_lets_nobody_confirm_what_they_gave_away(shop: Shop) -> None:
    receipt = shop.ask(given_away(shop), by="branch_keeper")
    open_a_drawer(shop.insurer)

    with refused_by_postgresql("gives cards away, or takes money for a gift"):
        receipt.tenders.create(kind="promotion", amount=receipt.amount, arrived_on="2026-11-03")
        receipt.state = Receipt.State.CONFIRMED
        receipt.confirmed_by = shop.insurer.keeper
        receipt.confirmed_at = receipt.issued_at
        receipt.save()


def test_postgresql_keeps_the_reason_of_a_gift(shop: Shop) -> None:
    with refused_by_postgresql("sales_sale is never"):
        Sale.objects.filter(pk=given_away(shop).pk).update(gift_reason="")
