"""One card at the same moment on the portal, by SMS, at the desk and at a counter: one policy."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from selfcard.activation.commands import activating
from selfcard.activation.errors import CardActivatedAlready
from selfcard.activation.verify import violations
from selfcard.core.locks import LockSpace, lock
from selfcard.custody.models import ActivatedCard
from selfcard.policies.models import Policy
from selfcard.sms.inbound import receive
from selfcard.sms.models import InboundMessage
from selfcard.sms.verify import violations as violations_by_sms
from tests.factories.activation import paid_cards
from tests.factories.cards import PrintedCard
from tests.factories.messaging import demonstration
from tests.factories.organisations import Insurer, an_insurer
from tests.factories.sms import activation_by, arrived, replies_to
from tests.races.test_desk_races import three_ways
from tests.races.threads import at_once, held_back_after, of_kind

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def insurer(settings: Any, tmp_path: Path) -> Insurer:
    demonstration(settings, tmp_path)
    return an_insurer()


@pytest.fixture
def card(insurer: Insurer) -> PrintedCard:
    return paid_cards(insurer, 1)[0]


def every_way(insurer: Insurer, card: PrintedCard) -> list[Callable[[], Any]]:
    """The portal, the desk and a counter are at their last button when the message comes."""
    by_sms = arrived(activation_by(card, language="en"))
    return [*three_ways(insurer, card), lambda: receive(by_sms)]


def told(result: Any) -> str:
    """What somebody was told who did not get the policy."""
    return replies_to(result) if isinstance(result, InboundMessage) else str(result)


def test_the_same_card_by_every_way_at_once_is_one_policy(
    insurer: Insurer, card: PrintedCard
) -> None:
    results = at_once(*every_way(insurer, card))

    (message,) = of_kind(results, InboundMessage)
    by_sms = message.outcome == InboundMessage.Outcome.ACTIVATED
    assert len(of_kind(results, Policy)) + by_sms == 1, results
    assert len(of_kind(results, CardActivatedAlready)) == 2 + by_sms, results
    policy = Policy.objects.get()
    assert (policy.channel == "sms") == by_sms
    assert ActivatedCard.objects.get().policy_number == policy.number
    assert replies_to(message)
    assert list(violations()) == list(violations_by_sms()) == []


def test_without_the_cards_lock_nobody_is_told_that_the_card_is_activated(
    insurer: Insurer, card: PrintedCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, at_desk, _, by_sms = every_way(insurer, card)
    monkeypatch.setattr(
        activating,
        "_lock_for_activation",
        lambda serial, application: lock(LockSpace.BATCH, 1, shared=True),
    )
    held_back_after(monkeypatch, (activating, "broken_by"))

    results = at_once(at_desk, by_sms)

    assert not any(str(CardActivatedAlready()) in told(one) for one in results), results
    assert Policy.objects.count() == 1
