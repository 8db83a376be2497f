"""Unlocking a card that too many wrong PINs have locked: by whom, why, and that it stays known."""

from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings

from selfcard.activation.commands import unlock_card
from selfcard.activation.errors import CardNotLocked
from selfcard.activation.models import TargetCounter, Unlocking
from selfcard.activation.queries import locked_until
from selfcard.core import clock
from selfcard.core.models import AuditEvent
from selfcard.core.refusals import ReasonMissing
from selfcard.inquiry.queries.biography import find_biography
from selfcard.inquiry.queries.history import UNLOCKED
from selfcard.organisations.errors import NotAuthorised
from selfcard.organisations.models import May, Staff
from selfcard.organisations.queries import staff_actor
from tests.factories.activation import lock_with_wrong_pins, paid_cards, try_gate
from tests.factories.cards import PrintedCard
from tests.factories.organisations import Insurer, a_staff_member, an_insurer

pytestmark = pytest.mark.django_db


@pytest.fixture
def insurer() -> Insurer:
    return an_insurer()


@pytest.fixture
def operator(insurer: Insurer) -> Staff:
    """Somebody at head office who answers the telephone."""
    return a_staff_member("C09", insurer.head_office, May.UNLOCK_CARDS, name="Olive")


@pytest.fixture
def card(insurer: Insurer) -> PrintedCard:
    card = paid_cards(insurer)[0]
    lock_with_wrong_pins(card)
    return card


def unlock(card: PrintedCard, by: Staff, **given: Any) -> Unlocking:
    facts: dict[str, Any] = {"reason": "the holder called", "request_id": uuid4(), **given}
    return unlock_card(serial=card.serial, actor=staff_actor(by), **facts)


def test_an_unlocked_card_opens_at_once(card, operator) -> None:
    assert try_gate(card.card_number, card.pin) is None

    unlock(card, operator)

    assert locked_until(card.serial) is None
    assert try_gate(card.card_number, card.pin) is not None


def test_after_an_unlocking_a_card_locks_as_it_did_before(card, operator) -> None:
    unlock(card, operator)
    lock_with_wrong_pins(card)

    assert locked_until(card.serial) is not None
    assert try_gate(card.card_number, card.pin) is None


def test_an_unlocking_is_in_the_audit_trail_and_in_the_cards_history(
    insurer, card, operator
) -> None:
    unlock(card, operator, reason=" the holder called from home ")

    event = AuditEvent.objects.get(event="card.unlocked")
    assert (event.actor_id, event.facts) == (
        operator.pk,
        {"reason": "the holder called from home"},
    )
    assert event.serials.lower == card.serial
    history = find_biography(insurer.actor("keeper"), card.serial)
    assert history is not None
    told = [step for step in history.events if step.kind == UNLOCKED]
    assert [(step.note, "Olive" in step.who) for step in told] == [
        ("the holder called from home", True)
    ]


def test_an_unlocking_says_why(card, operator) -> None:
    with pytest.raises(ReasonMissing):
        unlock(card, operator, reason="  ")
    assert locked_until(card.serial) is not None


def test_only_a_locked_card_is_unlocked(insurer, card, operator) -> None:
    unlock(card, operator)
    with pytest.raises(CardNotLocked):
        unlock(card, operator)

    TargetCounter.objects.update(failures=settings.GATE_TARGET_CAP - 1)
    with pytest.raises(CardNotLocked):
        unlock(card, operator)
    with pytest.raises(CardNotLocked):
        unlock_card(serial=1, reason="why not", actor=staff_actor(operator), request_id=uuid4())


def test_a_lock_that_is_over_needs_no_unlocking(card, operator) -> None:
    with clock.frozen(clock.now() + settings.GATE_TARGET_MEMORY):
        assert locked_until(card.serial) is None
        with pytest.raises(CardNotLocked):
            unlock(card, operator)


def test_who_may_not_unlock_cards_of_the_holder_does_not(insurer, card) -> None:
    elsewhere = a_staff_member("O09", insurer.other_branch, May.UNLOCK_CARDS)

    for somebody in (elsewhere, insurer.keeper, insurer.auditor):
        with pytest.raises(NotAuthorised):
            unlock(card, somebody)
    assert not Unlocking.objects.exists()


def test_a_repeated_unlocking_is_one(card, operator) -> None:
    request_id = uuid4()

    assert unlock(card, operator, request_id=request_id) == unlock(
        card, operator, request_id=request_id
    )
    assert Unlocking.objects.count() == 1
