"""Agreements: under which an agency sells, on which days, and that nobody changes them."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from selfcard.core import clock
from selfcard.core.refusals import Refusal
from selfcard.organisations.errors import NotAuthorised
from selfcard.sales.commands import end_agreement, register_agreement
from selfcard.sales.errors import (
    AgreementDaysWrong,
    AgreementEndsInThePast,
    AgreementNumberTaken,
    AgreementsOverlap,
    NoAgreementInForce,
)
from selfcard.sales.models import Agency, Agreement, Sale
from selfcard.sales.queries import agencies_selling, agreement_in_force
from tests.factories.postgresql import refused_by_postgresql
from tests.factories.sales import Shop, a_shop, an_agency

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return a_shop()


@pytest.fixture
def agency(shop: Shop) -> Agency:
    """In force from 30 days ago until 335 days ahead."""
    return an_agency(shop.insurer)


def in_days(days: int) -> Any:
    return clock.today() + timedelta(days=days)


def agree(shop: Shop, agency: Agency, first: int, last: int, **given: Any) -> Agreement:
    terms = {"number": f"N{first}", "valid_from": in_days(first), "valid_to": in_days(last)}
    by = given.pop("by", "chief")
    return register_agreement(
        agency=agency, **{**terms, **given}, actor=shop.insurer.actor(by), request_id=uuid4()
    )


def end(shop: Shop, agreement: Agreement, day: int, by: str = "chief") -> Agreement:
    return end_agreement(
        agreement=agreement,
        last_day=in_days(day),
        actor=shop.insurer.actor(by),
        request_id=uuid4(),
    )


def sell(shop: Shop, agency: Agency, card: int) -> Sale:
    return shop.sell((card, card), business_source="agency", agency=agency)


def test_a_sale_names_the_agreement_that_is_in_force_that_day(shop: Shop, agency: Agency) -> None:
    later = agree(shop, agency, 336, 700)

    assert sell(shop, agency, 1).agreement == agreement_in_force(agency, clock.today())
    with clock.frozen(clock.now() + timedelta(days=400)):
        assert sell(shop, agency, 2).agreement == later


def test_both_its_days_are_included_and_no_other(shop: Shop, agency: Agency) -> None:
    for days, sells in ((335, True), (336, False)):
        with clock.frozen(clock.now() + timedelta(days=days)):
            assert (agreement_in_force(agency, clock.today()) is not None) == sells
            seen: Any = agencies_selling().get()
            assert (seen.agreement_number == "AG-01-2026") == sells
    with (
        clock.frozen(clock.now() + timedelta(days=336)),
        pytest.raises(NoAgreementInForce) as refused,
    ):
        sell(shop, agency, 1)
    assert refused.value.field == "agency"


def test_an_agreement_that_ends_early_sells_on_its_last_day_and_not_after(
    shop: Shop, agency: Agency
) -> None:
    ended = end(shop, agency.agreements.get(), 0)

    sale = sell(shop, agency, 1)
    assert sale.agreement == ended
    with clock.frozen(clock.now() + timedelta(days=1)):
        with pytest.raises(NoAgreementInForce):
            sell(shop, agency, 2)
        # What was sold under it stays, and another can follow.
        follows = agree(shop, agency, 0, 10)
        assert sell(shop, agency, 3).agreement == follows
    sale.refresh_from_db()
    assert sale.agreement == ended


@pytest.mark.parametrize(
    ("terms", "refusal", "field"),
    [
        ({"first": 400, "last": 399}, AgreementDaysWrong, "valid_to"),
        ({"first": 335, "last": 500}, AgreementsOverlap, "valid_from"),
        ({"first": -60, "last": -30}, AgreementsOverlap, "valid_from"),
        ({"first": 400, "last": 500, "number": " AG-01-2026 "}, AgreementNumberTaken, "number"),
    ],
)
def test_what_an_agreement_cannot_be_is_said_at_its_field(
    shop: Shop, agency: Agency, terms: dict[str, Any], refusal: type[Refusal], field: str
) -> None:
    with pytest.raises(refusal) as refused:
        agree(shop, agency, **terms)

    assert refused.value.field == field
    assert agency.agreements.count() == 1


def test_it_is_neither_prolonged_nor_ended_in_hindsight(shop: Shop, agency: Agency) -> None:
    agreement = agency.agreements.get()

    for day, refusal in (
        (336, AgreementDaysWrong),
        (-31, AgreementDaysWrong),
        (-1, AgreementEndsInThePast),
    ):
        with pytest.raises(refusal) as refused:
            end(shop, agreement, day)
        assert refused.value.field == "last_day"


@pytest.mark.parametrize("who", ["keeper", "second", "other_keeper"])
def test_agreements_are_entered_and_ended_at_the_top(shop: Shop, agency: Agency, who: str) -> None:
    with pytest.raises(NotAuthorised):
        agree(shop, agency, 400, 500, by=who)
    with pytest.raises(NotAuthorised):
        end(shop, agency.agreements.get(), 0, by=who)


def insert(agency: Agency, first: int, last: int, number: str = "X") -> None:
    Agreement.objects.create(
        agency=agency,
        number=number,
        valid_from=in_days(first),
        valid_to=in_days(last),
        registered_by=agency.agreements.first().registered_by,
        registered_at=clock.now(),
    )


@pytest.mark.parametrize(
    ("days", "promise"),
    [
        ((335, 400), "an_agency_has_one_agreement_at_a_time"),
        ((-100, -30), "an_agency_has_one_agreement_at_a_time"),
        ((400, 399), "an_agreement_lasts_a_day"),
    ],
)
def test_postgresql_keeps_one_agreement_at_a_time(
    agency: Agency, days: tuple[int, int], promise: str
) -> None:
    with refused_by_postgresql(promise):
        insert(agency, *days)

    insert(agency, 336, 400)


def test_postgresql_keeps_the_number_of_an_agreement(agency: Agency) -> None:
    with refused_by_postgresql("an_agreement_number_is_used_once_per_agency"):
        insert(agency, 400, 500, number="AG-01-2026")


@pytest.mark.parametrize(
    ("change", "promise"),
    [
        ({"number": "X"}, "an_agreement_stays"),
        ({"valid_from": in_days(-29)}, "an_agreement_stays"),
        ({"valid_to": in_days(336)}, "an_agreement_is_not_prolonged"),
    ],
)
def test_an_agreement_never_changes_but_for_ending(
    agency: Agency, change: dict[str, Any], promise: str
) -> None:
    with refused_by_postgresql(promise):
        Agreement.objects.update(**change)

    Agreement.objects.update(valid_to=in_days(0))


def test_no_agency_sells_without_its_agreement_whoever_writes_it(
    shop: Shop, agency: Agency
) -> None:
    sale = sell(shop, agency, 1)
    day = in_days(400)

    with refused_by_postgresql("an_agency_sells_under_its_agreement"):
        Sale.objects.create(
            **{
                field.attname: getattr(sale, field.attname)
                for field in Sale._meta.concrete_fields
                if field.attname not in ("id", "number", "registered_on", "due_on")
            },
            number="S-X",
            registered_on=day,
            due_on=day,
        )
