"""Around the commands: a cancelled policy and its card tell the same story."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from selfcard.activation.commands import cancelling, issue_refund_payment, settle_refund
from selfcard.activation.verify import violations
from selfcard.cards.models import DocumentType
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.custody.commands import reverse_activation
from selfcard.payments.commands import OutlayGiven
from selfcard.payments.models import Invoice, RedLetterInvoice
from selfcard.policies.models import Cancellation, Policy
from tests.factories.activation import activate, cancel, paid_cards
from tests.factories.cards import PrintedCard
from tests.factories.drawers import open_a_drawer
from tests.factories.organisations import Insurer
from tests.factories.policies import cancelled
from tests.factories.postgresql import (
    check_what_waits_for_the_commit,
    refused_by_postgresql,
    triggers_at_rest,
)
from tests.factories.recoveries import THE_WAY_IT_CAME, a_raw_voucher

pytestmark = pytest.mark.django_db

ISSUED, LATER = date(2026, 3, 2), date(2026, 6, 10)


@pytest.fixture
def card(insurer: Insurer) -> PrintedCard:
    with clock.frozen(ISSUED):
        return paid_cards(insurer)[0]


@pytest.fixture
def policy(card: PrintedCard) -> Policy:
    with clock.frozen(ISSUED):
        return activate(card)


@command
def only_the_card(*, policy: Policy, is_void: bool, actor: Actor, request_id: Any) -> None:
    """The card's half of a cancellation, without the policy's."""
    record(actor, "test.done")
    reverse_activation(
        serial=int(policy.reason_number[:15]),
        policy_number=policy.number,
        is_void=is_void,
        reason=("policy", policy.number),
        actor=actor,
    )


def the_card(insurer: Insurer, policy: Policy, *, is_void: bool) -> None:
    only_the_card(policy=policy, is_void=is_void, actor=insurer.actor("keeper"), request_id=uuid4())


@pytest.mark.parametrize("is_void", [False, True])
def test_no_card_leaves_its_live_policy(insurer: Insurer, policy: Policy, is_void: bool) -> None:
    with refused_by_postgresql("an_activation_is_reversed_with_its_policy"):
        the_card(insurer, policy, is_void=is_void)


def test_no_card_becomes_void_as_cancelled_with_its_live_policy(
    insurer: Insurer, policy: Policy
) -> None:
    promise = "cards_are_void_by_a_cancellation"

    with refused_by_postgresql(promise), connection.cursor() as cursor:
        # Asked before the others, which wait for the commit.
        cursor.execute(f"SET CONSTRAINTS {promise} IMMEDIATE")
        the_card(insurer, policy, is_void=True)


def test_no_card_stays_activated_with_a_cancelled_policy(insurer: Insurer, policy: Policy) -> None:
    with clock.frozen(ISSUED), refused_by_postgresql("is cancelled and its card is activated"):
        cancelled(insurer, policy)
        check_what_waits_for_the_commit()


@pytest.mark.parametrize(("day", "is_void"), [(ISSUED, True), (LATER, False)])
def test_a_card_is_void_unless_all_is_given_back(
    insurer: Insurer, policy: Policy, day: date, is_void: bool
) -> None:
    said = "a card is void unless all is given back|no policy of cards"
    with clock.frozen(day), refused_by_postgresql(said):
        cancelled(insurer, policy)
        the_card(insurer, policy, is_void=is_void)
        check_what_waits_for_the_commit()


def test_what_is_cancelled_whole_passes_the_same_checks(insurer: Insurer, policy: Policy) -> None:
    """The control: done with both halves, PostgreSQL agrees."""
    with clock.frozen(LATER):
        cancelled(insurer, policy)
        the_card(insurer, policy, is_void=True)
        check_what_waits_for_the_commit()


def test_what_pays_a_policy_back_is_what_is_owed_for_it(insurer: Insurer, policy: Policy) -> None:
    promise = "what_pays_a_policy_back_is_what_is_owed"
    with clock.frozen(ISSUED), refused_by_postgresql(promise):
        a_raw_voucher(insurer, ("policy", policy.number), policy.premium_gross)
    with clock.frozen(LATER):
        cancel(insurer, policy)
        owed = Cancellation.objects.get().gross

        for number, amount in ((policy.number, owed - 1), ("P0", owed)):
            with refused_by_postgresql(promise):
                a_raw_voucher(insurer, ("policy", number), amount)


def test_its_red_letter_is_of_the_invoice_by_which_the_money_of_its_card_came(
    insurer: Insurer, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Invoice.objects.get()
    with clock.frozen(ISSUED):
        document_type = DocumentType.objects.get()
        paid_cards(insurer, document_type=document_type)
    other, real = Invoice.objects.exclude(pk=first.pk).get(), cancelling.issue_red_letter

    def of_the_other(*, invoice: Invoice, **given: Any) -> RedLetterInvoice:
        return real(invoice=other, **given)

    monkeypatch.setattr(cancelling, "issue_red_letter", of_the_other)
    with clock.frozen(LATER):
        cancel(insurer, policy)
        payment = issue_refund_payment(
            policy=policy,
            payee=THE_WAY_IT_CAME,
            actor=insurer.actor("keeper"),
            request_id=uuid4(),
        )
        open_a_drawer(insurer, "500.00")

        with refused_by_postgresql("a_policys_red_letter_is_of_its_cards_invoice"):
            settle_refund(
                payment=payment,
                outlays=(OutlayGiven("cash", payment.amount),),
                actor=insurer.actor("cashier"),
                request_id=uuid4(),
            )


@pytest.mark.parametrize(
    ("promise", "damage"),
    [
        (
            "A card is void exactly when",
            "UPDATE policies_cancellation SET repayment = 'whole'",
        ),
        (
            "gives back is in the books",
            "UPDATE policies_cancellation SET gross = gross + 1, net = net + 1",
        ),
    ],
)
def test_verify_names_a_cancellation_that_does_not_hold(
    insurer: Insurer, policy: Policy, promise: str, damage: str
) -> None:
    with clock.frozen(LATER):
        cancel(insurer, policy)
    assert list(violations()) == []

    with triggers_at_rest(), connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE policies_cancellation DROP CONSTRAINT"
            " a_cancellation_gives_back_what_it_says"
        )
        cursor.execute(damage)

    assert any(promise in violation.promise for violation in violations())
