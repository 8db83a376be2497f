"""A policy changed from two sides at the same moment, each with a control."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError

from selfcard.activation.commands import activating, cancel_policy
from selfcard.activation.errors import RulesBroken
from selfcard.approvals.errors import RequestWithdrawn
from selfcard.core import clock
from selfcard.policies.application import ContactGiven
from selfcard.policies.cancelling import AskerGiven
from selfcard.policies.commands import cancelling, change_contact_in_office, contacts, endorsing
from selfcard.policies.errors import CorrectionBreaksRules, PolicyCancelledAlready
from selfcard.policies.models import Endorsement, EndorsementRequest, Policy
from selfcard.policies.named import people_of
from selfcard.policies.verify import violations
from selfcard.products.people import Relationship
from tests.factories.activation import activate, open_card
from tests.factories.policies import (
    STUDENT,
    a_person,
    an_application,
    an_insured,
    ask_correction,
    grant_correction,
    named_as,
)
from tests.factories.sales import Shop, a_shop
from tests.races.threads import at_once, held_back_after, no_row_is_locked, of_kind

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop() -> Shop:
    shop = a_shop(10)
    shop.sell_and_settle((1, 5))
    return shop


@pytest.fixture
def policy(shop: Shop) -> Policy:
    return activate(shop.cards[0])


def again(policy: Policy) -> Policy:
    return Policy.objects.get(pk=policy.pk)


def to_endorse(shop: Shop, asked: EndorsementRequest) -> Callable[[], Any]:
    return lambda: grant_correction(shop.insurer, EndorsementRequest.objects.get(pk=asked.pk))


def to_cancel(shop: Shop, policy: Policy) -> Callable[[], Any]:
    return lambda: cancel_policy(
        policy=again(policy),
        asker=AskerGiven(a_person().identity_number),
        asked_on=clock.today(),
        reason="found another insurer",
        actor=shop.insurer.actor("keeper"),
        request_id=uuid4(),
    )


def to_reach_elsewhere(shop: Shop, policy: Policy, phone: str) -> Callable[[], Any]:
    return lambda: change_contact_in_office(
        policy=again(policy),
        contact=ContactGiven(phone=phone),
        asker=AskerGiven(a_person().identity_number),
        reason="moved",
        actor=shop.insurer.actor("keeper"),
        request_id=uuid4(),
    )


# Endorsed and cancelled.


def endorse_and_cancel(
    shop: Shop, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> tuple[Any, Any]:
    asked = ask_correction(shop.insurer, policy)
    held_back_after(monkeypatch, (endorsing, "require_possible"), (cancelling, "returned_on"))
    endorsed, cancelled = at_once(to_endorse(shop, asked), to_cancel(shop, policy))
    return endorsed, cancelled


def test_a_policy_is_endorsed_and_then_cancelled_or_only_cancelled(
    shop: Shop, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    endorsed, cancelled = endorse_and_cancel(shop, policy, monkeypatch)

    now = again(policy)
    assert isinstance(cancelled, Policy)
    assert now.state == Policy.State.CANCELLED
    if isinstance(endorsed, Endorsement):
        assert now.edition == 3
    else:
        assert isinstance(endorsed, RequestWithdrawn | PolicyCancelledAlready)
        assert now.edition == 2
    assert not list(violations())


def test_without_locks_endorsing_or_cancelling_meets_the_database(
    shop: Shop, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: both would make the second edition."""
    no_row_is_locked(monkeypatch)

    endorsed, cancelled = endorse_and_cancel(shop, policy, monkeypatch)

    assert len(of_kind([endorsed, cancelled], IntegrityError)) == 1
    assert not list(violations())


# Two who are reached elsewhere.


def change_twice(shop: Shop, policy: Policy, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    held_back_after(monkeypatch, (contacts, "checked_asker"))
    return at_once(
        to_reach_elsewhere(shop, policy, "+8613900139000"),
        to_reach_elsewhere(shop, policy, "+8613700137000"),
    )


def test_of_two_changes_of_contact_each_makes_an_edition(
    shop: Shop, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = change_twice(shop, policy, monkeypatch)

    assert len(of_kind(results, Policy)) == 2
    assert again(policy).edition == 3
    former = [one.former_phone for one in policy.contact_changes.all()]
    assert former[0] == "+8613800138000"
    assert {former[1], again(policy).phone} == {"+8613900139000", "+8613700137000"}


def test_without_the_policys_lock_the_second_change_meets_the_database(
    shop: Shop, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: both have read the first edition."""
    no_row_is_locked(monkeypatch)

    results = change_twice(shop, policy, monkeypatch)

    assert len(of_kind(results, Policy)) == 1
    assert len(of_kind(results, IntegrityError)) == 1


# A correction makes somebody another person, who is insured by another card at the same moment.

SON = a_person("欧阳小明", date(2019, 3, 1), order=7)
SLIP = a_person("欧阳小明", date(2019, 3, 1), order=8)


def correct_and_activate(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    mother, father = a_person(), a_person("李强", date(1984, 1, 1), order=3)
    child = an_insured(SLIP, Relationship.CHILD, STUDENT)
    mistyped = activate(shop.cards[0], an_application(child, applicant=mother))
    same = an_insured(SON, Relationship.CHILD, STUDENT)
    version = mistyped.product_version
    for card in shop.cards[1 : version.bounds.policies_per_insured]:
        activate(card, an_application(same, applicant=father))
    (whom,) = [one for one, _ in people_of(mistyped) if one.role == "insured"]
    asked = ask_correction(
        shop.insurer, mistyped, whom, after=named_as(SON), asker=AskerGiven(mother.identity_number)
    )
    card = shop.cards[4]
    proof = open_card(card)
    held_back_after(monkeypatch, (endorsing, "require_possible"), (activating, "broken_by"))
    return at_once(
        to_endorse(shop, asked),
        lambda: activate(card, an_application(same, applicant=father), proof=proof),
    )


def test_a_person_is_corrected_into_one_policy_too_many_by_nobody(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = correct_and_activate(shop, monkeypatch)

    done, refused = of_kind(results, Policy | Endorsement), of_kind(results, Exception)
    assert len(done) == 1
    assert isinstance(refused[0], CorrectionBreaksRules | RulesBroken)
    assert not list(violations())


def test_without_the_persons_lock_somebody_has_one_policy_too_many(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: both find room for one more."""
    for room in (endorsing, activating):
        monkeypatch.setattr(room, "lock", lambda *_, **__: None)

    results = correct_and_activate(shop, monkeypatch)

    assert not of_kind(results, Exception)
    assert [one.promise for one in violations()] == [
        "Nobody has more policies of a product for the same days than it allows"
    ]
