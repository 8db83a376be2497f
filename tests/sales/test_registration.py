"""Registering a sale: what it needs, what it makes of the cards, and what it refuses."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from selfcard.core.papers import find_paper
from selfcard.core.refusals import Refusal
from selfcard.core.serials import NoSerialsGiven, RunsOverlapEachOther
from selfcard.custody.errors import (
    CardsInOtherStatus,
    CardsNotHeld,
    CardsOfOtherType,
    NoSuchCards,
)
from selfcard.organisations.errors import NotAuthorised
from selfcard.sales.errors import (
    AgencyCodeTaken,
    AgencyMissing,
    AgencyNotAsked,
    AgencyOfOtherKind,
    LargeSaleNotConfirmed,
    SellerOfOtherOrganisation,
)
from selfcard.sales.models import Sale
from selfcard.sales.queries import (
    agencies_at_work,
    runs_of,
    sale_of,
    sales_in_reach,
    sales_without_receipt,
    sellable_parts,
)
from tests.factories.cards import a_document_type
from tests.factories.custody import custody, hand_down
from tests.factories.sales import Shop, a_shop, an_agency

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return a_shop()


def test_a_sale_gives_a_sales_id_and_the_cards_are_sold(shop: Shop) -> None:
    sale = shop.sell((11, 20))

    assert sale.number.startswith("S-20")
    assert custody(shop.batch) == [
        ("Institution", "inventory", 1, 10),
        ("Institution", "sold", 11, 20),
        ("Institution", "inventory", 21, 100),
    ]


def test_the_amount_is_face_value_times_count_over_all_runs(shop: Shop) -> None:
    sale = shop.sell((1, 10), (51, 55))

    assert (sale.count, sale.face_value, sale.amount) == (15, Decimal("100"), Decimal("1500"))
    assert runs_of(sale) == (shop.run(1, 10), shop.run(51, 55))


def test_the_charge_list_is_frozen_with_the_sale(shop: Shop) -> None:
    sale = shop.sell((1, 10), customer_reference="QM-2026-11")

    paper = find_paper("charge_list", sale.number)
    assert paper is not None
    assert "QM-2026-11" in str(paper.facts)


def test_a_sale_is_found_by_any_of_its_cards(shop: Shop) -> None:
    sale = shop.sell((1, 10))

    assert sale_of(shop.run(7, 7).first) == sale
    assert sale_of(shop.run(11, 11).first) is None


def test_cards_in_a_persons_hands_are_sold_from_there(shop: Shop) -> None:
    hand_down(shop.insurer, shop.run(1, 20), shop.insurer.seller.party, "keeper")

    shop.sell((1, 20))

    assert custody(shop.batch)[0] == ("Person I02", "sold", 1, 20)


def test_an_indirect_sale_names_its_agency(shop: Shop) -> None:
    agency = an_agency(shop.insurer)

    assert shop.sell((1, 1), business_source="agency", agency=agency).agency == agency


def test_a_large_sale_is_registered_when_it_is_meant(shop: Shop, settings: Any) -> None:
    settings.LARGE_SALE_CARDS = 50

    with pytest.raises(LargeSaleNotConfirmed) as refusal:
        shop.sell((1, 51))
    assert refusal.value.field == "confirmed_large"

    assert shop.sell((1, 51), confirmed_large=True).count == 51


def refused(shop: Shop, refusal: type[Refusal], *runs: tuple[int, int], **terms: Any) -> Refusal:
    before = custody(shop.batch)
    with pytest.raises(refusal) as found:
        shop.sell(*runs, **terms)
    assert custody(shop.batch) == before
    assert not Sale.objects.filter(count=sum(b - a + 1 for a, b in runs)).exists()
    return found.value


def test_an_agency_and_its_business_source_agree(shop: Shop) -> None:
    agency = an_agency(shop.insurer)

    assert refused(shop, AgencyMissing, (1, 1), business_source="broker").field == "agency"
    assert refused(shop, AgencyNotAsked, (1, 1), agency=agency).field == "agency"
    wrong = refused(shop, AgencyOfOtherKind, (1, 1), business_source="broker", agency=agency)
    assert wrong.field == "agency"


def test_the_seller_works_in_the_organisation_that_sells(shop: Shop) -> None:
    other = refused(shop, SellerOfOtherOrganisation, (1, 1), seller=shop.insurer.other_keeper.party)
    assert other.field == "seller"
    refused(shop, SellerOfOtherOrganisation, (1, 1), seller=shop.insurer.institution.party)


def test_only_who_registers_sales_there_does_it(shop: Shop) -> None:
    refused(shop, NotAuthorised, (1, 1), by="cashier")
    refused(shop, NotAuthorised, (1, 1), by="other_keeper")


def test_a_sale_names_its_cards_once(shop: Shop) -> None:
    refused(shop, NoSerialsGiven)
    refused(shop, RunsOverlapEachOther, (1, 10), (10, 12))


def test_cards_that_were_never_printed_are_not_sold(shop: Shop) -> None:
    refused(shop, NoSuchCards, (90, 101))


def test_cards_of_another_type_are_not_sold_and_named(shop: Shop) -> None:
    other = a_document_type(
        shop.insurer, "TR-50", "620119", shop.batch.type_version.product_versions.get()
    )

    refusal = refused(shop, CardsOfOtherType, (1, 10), document_type=other)

    assert "000 000 001–620118 000 000 010" in str(refusal)


def test_cards_held_elsewhere_are_not_sold(shop: Shop) -> None:
    insurer = shop.insurer
    refused(
        shop,
        CardsNotHeld,
        (1, 10),
        by="chief",
        seller_organisation=insurer.other_branch,
        seller=insurer.other_keeper.party,
    )


def test_cards_that_are_sold_already_are_named_as_a_range(shop: Shop) -> None:
    shop.sell((5, 8))

    refusal = refused(shop, CardsInOtherStatus, (1, 10))

    assert "000 000 005–620118 000 000 008" in str(refusal)


def test_the_live_answer_judges_as_the_registration_does(shop: Shop) -> None:
    shop.sell((5, 8))
    insurer = shop.insurer

    parts = sellable_parts(
        shop.document_type, (shop.run(1, 10),), insurer.institution, insurer.actor("keeper")
    )
    assert [(part.count, part.usable) for part in parts] == [(4, True), (4, False), (2, True)]

    [elsewhere] = sellable_parts(
        shop.document_type, (shop.run(20, 30),), insurer.other_branch, insurer.actor("chief")
    )
    assert not elsewhere.usable


def test_a_repeated_registration_gives_the_same_sale(shop: Shop) -> None:
    request_id = uuid4()

    first = shop.sell((1, 10), request_id=request_id)

    assert shop.sell((1, 10), request_id=request_id) == first
    assert Sale.objects.count() == 1


def test_sales_are_seen_from_ones_own_organisation_down(shop: Shop) -> None:
    sale = shop.sell((1, 10))
    insurer = shop.insurer

    for name in ("keeper", "cashier", "branch_keeper", "auditor"):
        assert list(sales_in_reach(insurer.actor(name))) == [sale]
    for name in ("seller", "other_keeper"):
        assert not sales_in_reach(insurer.actor(name)).exists()


def test_a_sale_waits_for_whoever_may_ask_for_its_money_until_somebody_does(shop: Shop) -> None:
    sale = shop.sell((1, 10))
    keeper, cashier = shop.insurer.actor("keeper"), shop.insurer.actor("cashier")

    assert list(sales_without_receipt(keeper)) == [sale]
    assert not sales_without_receipt(cashier).exists()
    shop.ask(sale)
    assert not sales_without_receipt(keeper).exists()


def test_an_agency_shows_everybody_only_the_sales_that_they_may_see(shop: Shop) -> None:
    shop.sell((1, 1), business_source="agency", agency=an_agency(shop.insurer))

    assert agencies_at_work(shop.insurer.actor("keeper")).get().sales_seen == 1  # type: ignore[attr-defined]
    assert agencies_at_work(shop.insurer.actor("other_keeper")).get().sales_seen == 0  # type: ignore[attr-defined]


def test_an_agency_is_entered_once_and_at_the_top(shop: Shop) -> None:
    an_agency(shop.insurer, "ag-01")

    with pytest.raises(AgencyCodeTaken):
        an_agency(shop.insurer, "AG-01")
