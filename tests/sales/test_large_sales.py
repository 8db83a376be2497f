"""A large sale: warned of, and where the insurer wants it, agreed to by a second person."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from selfcard.approvals.errors import (
    AlreadyAsked,
    AlreadyDecided,
    ApprovalExpired,
    NotYourOwnRequest,
    ReasonMissing,
    RequestWithdrawn,
)
from selfcard.approvals.models import Approval
from selfcard.approvals.queries import approvals_waiting_for
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.papers import find_paper
from selfcard.custody.errors import CardsInOtherStatus
from selfcard.organisations.commands import authorise, dismiss_staff
from selfcard.organisations.errors import NotAuthorised
from selfcard.organisations.models import May
from selfcard.sales.commands import (
    ask_large_sale,
    ask_large_sale_again,
    grant_large_sale,
    refuse_large_sale,
    withdraw_large_sale,
)
from selfcard.sales.errors import (
    AgencyMissing,
    LargeSaleNeedsSecondPerson,
    LargeSaleNotConfirmed,
    LargeSaleToBeAgreed,
    NotYourSale,
    RegistrarMayNotSell,
)
from selfcard.sales.models import Sale
from selfcard.sales.queries import large_sales_in_reach, runs_of
from selfcard.sales.verify import violations
from tests.factories.custody import custody
from tests.factories.sales import Shop, a_shop

pytestmark = pytest.mark.django_db
UNTOUCHED = [("Institution", "inventory", 1, 100)]


@pytest.fixture
def shop(settings: Any) -> Shop:
    settings.LARGE_SALE_CARDS = 20
    settings.LARGE_SALE_NEEDS_SECOND_PERSON = True
    return a_shop()


def asked(shop: Shop, *runs: tuple[int, int], by: str = "keeper", **terms: Any) -> Approval:
    given = {
        "document_type": shop.document_type,
        "runs": tuple(shop.run(*run) for run in runs or ((1, 10), (41, 60))),
        "seller_organisation": shop.insurer.institution,
        "seller": shop.insurer.seller.party,
        "business_source": "direct",
        "confirmed_large": True,
        **terms,
    }
    return ask_large_sale(actor=shop.insurer.actor(by), request_id=uuid4(), **given)


def do(shop: Shop, deed: Any, approval: Approval, by: str = "second", **given: Any) -> Any:
    return deed(approval=approval, actor=shop.insurer.actor(by), request_id=uuid4(), **given)


def test_a_large_sale_says_that_another_person_is_asked(shop: Shop) -> None:
    with pytest.raises(LargeSaleToBeAgreed) as warned:
        asked(shop, confirmed_large=False)
    assert (warned.value.field, "30" in str(warned.value)) == ("confirmed_large", True)

    with pytest.raises(LargeSaleNotConfirmed):
        shop.sell((1, 21))
    with pytest.raises(LargeSaleNeedsSecondPerson):
        shop.sell((1, 21), confirmed_large=True)
    assert shop.sell((1, 20)).agreed_by is None


def test_asking_draws_the_sales_id_and_leaves_the_cards_as_they_are(shop: Shop) -> None:
    approval = asked(shop)

    assert approval.subject_number.startswith("S-20")
    assert custody(shop.batch) == UNTOUCHED
    assert not Sale.objects.exists()
    assert list(approvals_waiting_for(shop.insurer.actor("second"))) == [approval]


def test_when_another_person_agrees_it_is_the_sale_of_whoever_asked(shop: Shop) -> None:
    approval = asked(shop, customer_reference="QM-2026", remark="twice")

    sale = do(shop, grant_large_sale, approval)

    assert (sale.number, sale.count) == (approval.subject_number, 30)
    assert (sale.registered_by, sale.agreed_by) == (shop.insurer.keeper, shop.insurer.second)
    assert runs_of(sale) == (shop.run(1, 10), shop.run(41, 60))
    assert (sale.customer_reference, sale.remark) == ("QM-2026", "twice")
    assert find_paper("charge_list", sale.number) is not None
    assert [line[1] for line in custody(shop.batch)] == ["sold", "inventory", "sold", "inventory"]
    assert list(violations()) == []


def test_nobody_agrees_to_their_own_sale_and_nobody_without_authorisation(shop: Shop) -> None:
    insurer = shop.insurer
    approval = asked(shop)
    authorise(
        staff=insurer.keeper,
        mays=(May.APPROVE_SALES,),
        organisation=insurer.institution,
        actor=Actor.system("test"),
        request_id=uuid4(),
    )

    with pytest.raises(NotYourOwnRequest):
        do(shop, grant_large_sale, approval, by="keeper")
    with pytest.raises(NotAuthorised):
        do(shop, grant_large_sale, approval, by="cashier")
    assert custody(shop.batch) == UNTOUCHED


def test_what_is_not_possible_is_refused_before_anybody_is_asked(shop: Shop) -> None:
    shop.sell((1, 1))

    with pytest.raises(CardsInOtherStatus):
        asked(shop, (1, 30))
    with pytest.raises(AgencyMissing):
        asked(shop, (2, 30), business_source="broker")
    with pytest.raises(NotAuthorised):
        asked(shop, (2, 30), by="cashier")
    assert not Approval.objects.filter(kind="sales.approve_sale").exists()


def test_the_cards_must_still_be_there_when_somebody_agrees(shop: Shop) -> None:
    approval = asked(shop)
    shop.sell((5, 6))

    with pytest.raises(CardsInOtherStatus) as refusal:
        do(shop, grant_large_sale, approval)

    assert "000 005" in str(refusal.value)
    approval.refresh_from_db()
    assert approval.state == Approval.State.ASKED  # it can be refused, or withdrawn
    assert Sale.objects.count() == 1


def test_whoever_asked_must_still_be_allowed_to_sell(shop: Shop) -> None:
    approval = asked(shop)
    dismiss_staff(staff=shop.insurer.keeper, actor=Actor.system("test"), request_id=uuid4())

    with pytest.raises(RegistrarMayNotSell):
        do(shop, grant_large_sale, approval)


def test_agreeing_twice_gives_one_sale(shop: Shop) -> None:
    approval = asked(shop)
    first = do(shop, grant_large_sale, approval)

    with pytest.raises(AlreadyDecided):
        do(shop, grant_large_sale, approval)
    assert list(Sale.objects.all()) == [first]


def test_a_refusal_has_its_reason_and_the_sales_id_stays_unused(shop: Shop) -> None:
    approval = asked(shop)

    with pytest.raises(ReasonMissing):
        do(shop, refuse_large_sale, approval, reason=" ")
    do(shop, refuse_large_sale, approval, reason="sell in parts")

    approval.refresh_from_db()
    assert (approval.state, approval.reason) == ("refused", "sell in parts")
    assert (custody(shop.batch), Sale.objects.count()) == (UNTOUCHED, 0)
    assert list(violations()) == []


def test_a_request_is_withdrawn_by_those_who_sell_there(shop: Shop) -> None:
    approval = asked(shop)

    with pytest.raises(NotAuthorised):
        do(shop, withdraw_large_sale, approval, by="second")
    do(shop, withdraw_large_sale, approval, by="branch_keeper")
    with pytest.raises(RequestWithdrawn):
        do(shop, grant_large_sale, approval)


def test_an_expired_request_is_asked_again_under_the_same_sales_id(shop: Shop) -> None:
    approval = asked(shop)

    with pytest.raises(AlreadyAsked):
        do(shop, ask_large_sale_again, approval, by="keeper")
    with clock.frozen(clock.now() + timedelta(days=15)):
        with pytest.raises(ApprovalExpired) as expired:
            do(shop, grant_large_sale, approval)
        assert expired.value.help is not None
        with pytest.raises(NotYourSale):
            do(shop, ask_large_sale_again, approval, by="branch_keeper")
        again = do(shop, ask_large_sale_again, approval, by="keeper")
        sale = do(shop, grant_large_sale, again)

    assert sale.number == approval.subject_number
    assert list(violations()) == []


@pytest.mark.parametrize(
    ("name", "sees"),
    [("keeper", True), ("second", True), ("cashier", True), ("other_keeper", False)],
)
def test_a_request_is_seen_where_its_sale_would_be(shop: Shop, name: str, sees: bool) -> None:
    asked(shop)

    assert large_sales_in_reach(shop.insurer.actor(name)).exists() == sees
