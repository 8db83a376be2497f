"""What PostgreSQL keeps of messages that came in, whatever a program does."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from selfcard.core import clock
from selfcard.sms.commands import note_receipt
from selfcard.sms.inbound import receive
from selfcard.sms.models import Budget, Delivery, InboundMessage, Part, Submission
from tests.factories.activation import paid_cards
from tests.factories.cards import PrintedCard
from tests.factories.messaging import SYSTEM
from tests.factories.organisations import Insurer
from tests.factories.postgresql import refused_by_postgresql
from tests.factories.sms import PHONE, arrived, in_parts

pytestmark = pytest.mark.django_db


@pytest.fixture
def card(insurer: Insurer) -> PrintedCard:
    return paid_cards(insurer, 1)[0]


@pytest.fixture
def answered(insurer: Insurer) -> InboundMessage:
    message = receive(arrived("HELP", gateway="http", number="m-1"))
    assert message is not None
    return message


@pytest.fixture
def silent(insurer: Insurer) -> InboundMessage:
    message = receive(arrived("HELP", sender="10086"))
    assert message is not None
    return message


def fresh(message: InboundMessage, **given: Any) -> InboundMessage:
    """The same row once more, a day later unless told otherwise, as it comes in."""
    day = timedelta(days=1)
    facts = {
        "came_at": message.came_at + day,
        "same_until": message.same_until + day,
        "state": "received",
        "outcome": "",
        "reply": None,
        **given,
    }
    copy = InboundMessage.objects.get(pk=message.pk)
    copy.pk = None
    for name, value in facts.items():
        setattr(copy, name, value)
    return copy


def test_the_same_words_are_one_message_for_a_while(answered: InboundMessage) -> None:
    with refused_by_postgresql("the_same_words_are_one_message"):
        fresh(answered, came_at=answered.came_at + timedelta(minutes=5)).save()
    fresh(answered).save()


def test_a_message_is_the_same_for_a_while(answered: InboundMessage) -> None:
    with refused_by_postgresql("a_message_is_the_same_for_a_while"):
        fresh(answered, same_until=answered.came_at + timedelta(days=1)).save()


def test_a_message_is_answered_exactly_when_it_has_its_reply(answered: InboundMessage) -> None:
    name = "a_message_is_answered_exactly_when_it_has_its_reply"
    with refused_by_postgresql(name):
        fresh(answered, state="answered", outcome="helped").save()
    with refused_by_postgresql(name):
        fresh(answered, state="silent", outcome="too_many", reply=answered.reply).save()


def test_a_reply_is_of_one_message(answered: InboundMessage) -> None:
    with refused_by_postgresql("reply_id"):
        fresh(answered, state="answered", outcome="helped", reply=answered.reply).save()


def test_what_came_of_a_message_is_said(answered: InboundMessage) -> None:
    with refused_by_postgresql("what_came_of_a_message_is_said"):
        fresh(answered, outcome="helped").save()
    with refused_by_postgresql("what_came_of_a_message_is_said"):
        fresh(answered, state="silent").save()


def test_a_message_stays_as_it_came_and_is_answered_once(answered: InboundMessage) -> None:
    waiting = fresh(answered)
    waiting.save()
    with refused_by_postgresql("a_message_stays_as_it_came"):
        InboundMessage.objects.filter(pk=waiting.pk).update(language="xx")
    with refused_by_postgresql("a_message_is_answered_once"):
        InboundMessage.objects.filter(pk=answered.pk).update(outcome="told")


def test_a_gateway_brings_a_message_once(answered: InboundMessage) -> None:
    delivery = answered.deliveries.get()
    with refused_by_postgresql("a_gateway_brings_a_message_once"):
        Delivery.objects.create(
            gateway="http", number="m-1", message=answered, came_at=delivery.came_at
        )


def test_a_part_waits_once_and_is_one_of_its_message(card: PrintedCard) -> None:
    receive(in_parts("激活" + "王" * 100, reference=3)[0])
    part = Part.objects.get()
    part.pk = None
    with refused_by_postgresql("a_part_waits_once"):
        part.save()
    for number in (0, part.count + 1):
        part.pk, part.number = None, number
        with refused_by_postgresql("a_part_is_one_of_its_message"):
            part.save()


def test_an_hour_has_one_of_each_share(answered: InboundMessage) -> None:
    share = Budget.objects.get()
    share.pk = None
    with refused_by_postgresql("an_hour_has_one_of_each_share"):
        share.save()


def test_a_gateway_tells_once_what_became_of_a_part(answered: InboundMessage) -> None:
    taken = Submission.objects.create(gateway="smpp", number="c-1", message=answered.reply)
    with refused_by_postgresql("a_gateway_numbers_what_it_takes"):
        Submission.objects.create(gateway="smpp", number="c-1", message=answered.reply)
    with refused_by_postgresql("a_gateway_has_told_exactly_when_it_has_the_moment"):
        Submission.objects.filter(pk=taken.pk).update(told_at=clock.now())
    note_receipt(gateway="smpp", number="c-1", arrived=True, actor=SYSTEM, request_id=uuid4())
    with refused_by_postgresql("a_gateway_tells_once_what_became_of_a_part"):
        Submission.objects.filter(pk=taken.pk).update(state="lost")


def test_what_gets_no_reply_is_kept_all_the_same(silent: InboundMessage) -> None:
    with refused_by_postgresql("a_message_that_came_is_kept"):
        silent.delete()
    assert silent.sender == "10086" != PHONE
