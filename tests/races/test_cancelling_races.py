"""Policies and paid cards on their way back under threads, each with a control."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError

from selfcard.activation.commands import activating, cancel_policy, cancelling, issue_refund_payment
from selfcard.activation.errors import CardBeingReturned, RefundIssuedAlready
from selfcard.core import clock
from selfcard.custody import locks as locks_of_custody
from selfcard.custody.errors import CardsInOtherStatus
from selfcard.custody.verify import violations as violations_of_custody
from selfcard.payments.commands import PayeeGiven
from selfcard.payments.models import PaymentReceipt
from selfcard.policies.cancelling import AskerGiven
from selfcard.policies.commands import cancelling as cancelling_of_policies
from selfcard.policies.errors import PolicyCancelledAlready
from selfcard.policies.models import Policy
from selfcard.sales.commands import recoveries as recoveries_of_sales
from selfcard.sales.models import Recovery, Sale
from tests.factories.activation import activate, open_card
from tests.factories.policies import a_person
from tests.factories.recoveries import take_back
from tests.factories.sales import Shop, a_shop
from tests.factories.verifying import everything_holds
from tests.races.threads import at_once, held_back_after, no_row_is_locked, of_kind

pytestmark = pytest.mark.django_db(transaction=True)
SPRING, SUMMER = date(2026, 3, 2), date(2026, 6, 10)


@pytest.fixture
def shop() -> Shop:
    with clock.frozen(SPRING):
        return a_shop(10)


@pytest.fixture
def sale(shop: Shop) -> Sale:
    with clock.frozen(SPRING):
        sale: Sale = shop.sell_and_settle((1, 3)).receipt.sales.get().sale
        return sale


@pytest.fixture
def policy(shop: Shop, sale: Sale) -> Policy:
    with clock.frozen(SPRING):
        return activate(shop.cards[0])


@pytest.fixture
def no_batch_is_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks_of_custody, "lock", lambda *_, **__: None)


@pytest.fixture
def nothing_is_locked(no_batch_is_locked: None, monkeypatch: pytest.MonkeyPatch) -> None:
    no_row_is_locked(monkeypatch)


def on(day: date, deed: Callable[[], Any]) -> Callable[[], Any]:
    """A deed on a day; each thread has a clock of its own."""

    def done() -> Any:
        with clock.frozen(day):
            return deed()

    return done


def cancel(shop: Shop, policy: Policy) -> Callable[[], Any]:
    return on(
        SUMMER,
        lambda: cancel_policy(
            policy=Policy.objects.get(pk=policy.pk),
            asker=AskerGiven(a_person().identity_number),
            asked_on=SUMMER,
            reason="found another insurer",
            actor=shop.insurer.actor("keeper"),
            request_id=uuid4(),
        ),
    )


# Two who cancel one policy.


@pytest.fixture
def both_have_reckoned(monkeypatch: pytest.MonkeyPatch) -> None:
    held_back_after(monkeypatch, (cancelling_of_policies, "returned_on"))


def test_of_two_who_cancel_one_policy_one_does(
    shop: Shop, policy: Policy, both_have_reckoned: None
) -> None:
    results = at_once(*[cancel(shop, policy)] * 2)

    assert len(of_kind(results, Policy)) == 1
    assert len(of_kind(results, PolicyCancelledAlready)) == 1
    everything_holds()


def test_without_any_lock_the_second_cancellation_meets_the_database(
    shop: Shop, policy: Policy, both_have_reckoned: None, nothing_is_locked: None
) -> None:
    """The control: both find the policy in force."""
    results = at_once(*[cancel(shop, policy)] * 2)

    assert len(of_kind(results, Policy)) == 1
    assert len(of_kind(results, IntegrityError)) == 1
    everything_holds()


# Two who write the voucher for one.


def write_two_vouchers(shop: Shop, policy: Policy, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    cancel(shop, policy)()
    held_back_after(monkeypatch, (cancelling, "live_refund"))
    return at_once(
        *[
            on(
                SUMMER,
                lambda: issue_refund_payment(
                    policy=policy,
                    payee=PayeeGiven("original", "王芳"),
                    actor=shop.insurer.actor("keeper"),
                    request_id=uuid4(),
                ),
            )
        ]
        * 2
    )


def test_an_unearned_premium_has_one_voucher(
    shop: Shop, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = write_two_vouchers(shop, policy, monkeypatch)

    assert len(of_kind(results, PaymentReceipt)) == 1
    assert len(of_kind(results, RefundIssuedAlready)) == 1


def test_without_the_lock_of_the_cancellation_the_second_voucher_meets_the_database(
    shop: Shop, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: both find that there is none."""
    no_row_is_locked(monkeypatch)

    results = write_two_vouchers(shop, policy, monkeypatch)

    assert len(of_kind(results, PaymentReceipt)) == 1
    (refused,) = of_kind(results, IntegrityError)
    assert "a_debt_has_one_live_payment" in str(refused)


# A holder activates a card while the keeper takes it back.


def activate_and_take_back(shop: Shop, sale: Sale, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    with clock.frozen(SPRING):
        proof = open_card(shop.cards[1])
    held_back_after(
        monkeypatch,
        (activating, "why_not_ready"),
        (recoveries_of_sales, "live_receipt"),
        (activating.custody, "activate_card"),
        (recoveries_of_sales, "hold_for_refund"),
    )
    return at_once(
        on(SPRING, lambda: activate(shop.cards[1], proof=proof)),
        on(SPRING, lambda: take_back(shop, sale)),
    )


def test_a_card_becomes_a_policy_or_goes_back_never_both(
    shop: Shop, sale: Sale, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy, recovery = activate_and_take_back(shop, sale, monkeypatch)

    if isinstance(policy, Policy):
        assert isinstance(recovery, CardsInOtherStatus)
    else:
        assert isinstance(policy, CardBeingReturned)
        assert isinstance(recovery, Recovery)
    everything_holds()


def test_without_the_batchs_lock_somebody_is_insured_by_a_card_that_goes_back(
    shop: Shop, sale: Sale, no_batch_is_locked: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: both find the card paid and nobody's policy, and neither sees the other."""
    policy, recovery = activate_and_take_back(shop, sale, monkeypatch)

    assert isinstance(policy, Policy)
    assert isinstance(recovery, Recovery)
    assert list(violations_of_custody())
