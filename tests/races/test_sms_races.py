"""Messages that come at the same moment: the last two parts, and one message by several ways."""

from typing import Any

import pytest
from django.db import IntegrityError

from selfcard.activation.errors import CardActivatedAlready
from selfcard.messaging.models import Message
from selfcard.policies.models import Policy
from selfcard.sms import commands, inbound
from selfcard.sms.inbound import Arrived, receive
from selfcard.sms.models import InboundMessage, Part
from tests.factories.activation import activate, agreed, open_card, paid_cards, product_of
from tests.factories.cards import PrintedCard
from tests.factories.organisations import an_insurer
from tests.factories.policies import a_person, an_application, an_insured
from tests.factories.sms import activation_by, arrived, in_parts
from tests.races.threads import at_once, held_back_after, of_kind

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def card() -> PrintedCard:
    return paid_cards(an_insurer(), 1)[0]


def last_parts_at_once(card: PrintedCard) -> list[Any]:
    """Both parts of an activation come at the same moment, by two processes."""
    parts = in_parts(activation_by(card) + "#" + " " * 60, reference=7)
    return at_once(*[lambda one=one: receive(one) for one in parts])


def test_of_two_parts_that_come_at_once_one_completes_the_message(
    card: PrintedCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_back_after(monkeypatch, (commands, "_parts_there"))

    results = last_parts_at_once(card)

    assert len(of_kind(results, InboundMessage)) == 1
    assert Policy.objects.count() == 1
    assert not Part.objects.exists()


def test_without_waiting_at_the_sender_both_would_miss_the_other(
    card: PrintedCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "_lock_sender", lambda index: None)
    held_back_after(monkeypatch, (commands, "_parts_there"))

    results = last_parts_at_once(card)

    assert results == [None, None]
    assert not Policy.objects.exists()


def a_message_that_nobody_has_answered(monkeypatch: pytest.MonkeyPatch) -> Arrived:
    """It was taken in, and the machine stopped."""
    came = arrived("HELP")
    with monkeypatch.context() as stopped:
        stopped.setattr(inbound, "_answer", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            receive(came)
    return came


def test_of_two_who_answer_one_message_the_second_finds_it_answered(
    card: PrintedCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    came = a_message_that_nobody_has_answered(monkeypatch)
    held_back_after(monkeypatch, (commands, "_reply"))

    results = at_once(lambda: receive(came), lambda: receive(came))

    assert len(of_kind(results, InboundMessage)) == 2, results
    assert Message.objects.count() == 1


def test_without_waiting_at_the_sender_the_second_answer_meets_postgresql(
    card: PrintedCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    came = a_message_that_nobody_has_answered(monkeypatch)
    monkeypatch.setattr(commands, "_lock_sender", lambda index: None)
    held_back_after(monkeypatch, (commands, "_reply"))

    results = at_once(lambda: receive(came), lambda: receive(came))

    assert len(of_kind(results, IntegrityError)) == 1, results


def test_one_message_by_many_ways_at_once_activates_once_and_is_answered_once(
    card: PrintedCard,
) -> None:
    text = activation_by(card)
    ways = [
        arrived(text, gateway=gateway, number=number)
        for gateway, number in (("smpp", ""), ("smpp", ""), ("http", "m-1"), ("http", "m-2"))
    ]

    results = at_once(*[lambda one=one: receive(one) for one in ways])

    assert {getattr(one, "pk", one) for one in results} == {InboundMessage.objects.get().pk}
    assert Policy.objects.count() == Message.objects.filter(channel="sms").count() == 1


def test_one_card_by_sms_and_on_the_portal_at_once_is_one_policy(card: PrintedCard) -> None:
    version, proof = product_of(card), open_card(card)
    other = a_person("李娜", order=9)
    application = agreed(an_application(an_insured(other), applicant=other), version)
    results = at_once(
        lambda: receive(arrived(activation_by(card))),
        lambda: activate(card, application, version=version, proof=proof),
    )

    assert Policy.objects.count() == 1
    (message,) = of_kind(results, InboundMessage)
    won = message.outcome == "activated"
    assert won == bool(of_kind(results, CardActivatedAlready))
