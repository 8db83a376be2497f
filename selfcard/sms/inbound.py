"""What is done with a message that came in, whichever gateway brought it.

The gate commits on its own what it counted, and so does the activation; each is asked with a
request id that follows from the message. So whatever is cut off between the two is simply done
again when the gateway brings the message again, and comes to the same: one proof, one policy, one
reply. Only then is the gateway told that the message has come.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from django.utils import translation

from selfcard.activation.commands import activate_card, open_gate
from selfcard.activation.errors import RulesBroken, SourceMustWait
from selfcard.activation.models import PinProof
from selfcard.activation.queries import card_at_hand, policy_of_card, toll_for, why_not_ready
from selfcard.cards.keywords import keywords_of_types
from selfcard.cards.queries import product_versions_of
from selfcard.core.actor import Actor, Channel
from selfcard.core.refusals import Refusal, RequestReused
from selfcard.policies.errors import ApplicationNotComplete
from selfcard.policies.queries import find_policy
from selfcard.sms import grammar, replies
from selfcard.sms.applying import application_of, leave_off, understood
from selfcard.sms.commands import Answer, answer_message, take_message, take_part
from selfcard.sms.models import InboundMessage
from selfcard.sms.queries import phone_of, source_of, ticket_of, waiting_text
from selfcard.sms.segments import Place

T = TypeVar("T")
Outcome = InboundMessage.Outcome


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """What a gateway brings: a message, or a part of one. `number` is the gateway's own for it."""

    gateway: str
    sender: str
    text: str = field(repr=False)
    place: Place | None = None
    number: str = ""


def receive(arrived: Arrived) -> InboundMessage | None:
    """Do all that a message asks for, once; nothing where parts of it are still to come, or were
    joined meanwhile as they came another time.

    When this returns, all is committed, and the gateway may be told so.
    """
    phone = phone_of(arrived.sender)
    actor = Actor.holder(Channel.SMS, source_of(phone))
    text: str | None = arrived.text
    place = arrived.place
    if place is not None and place.count > 1:
        if not take_part(
            gateway=arrived.gateway,
            sender=phone,
            place=place,
            text=arrived.text,
            actor=actor,
            request_id=uuid4(),
        ):
            return None
        text = waiting_text(arrived.gateway, phone, place)
    if text is None:
        return None
    message = take_message(
        gateway=arrived.gateway,
        number=arrived.number,
        sender=phone,
        text=text,
        actor=actor,
        request_id=uuid4(),
    )
    with translation.override(message.language):
        answer = Answer(Outcome.HELPED)
        if message.state == InboundMessage.State.RECEIVED:
            answer = _answer(message, text, actor)
        return answer_message(
            message=message,
            answer=answer,
            gateway=arrived.gateway,
            place=place,
            actor=actor,
            request_id=uuid4(),
        )


def _answer(message: InboundMessage, text: str, actor: Actor) -> Answer:
    """Do what a message asks for, and say what is answered to it."""
    match grammar.read(text, keywords_of_types()):
        case grammar.HelpAsked(about=about):
            return Answer(Outcome.HELPED, replies.help_words(about))
        case grammar.Mistyped() as meant:
            return Answer(Outcome.MISTYPED, replies.corrections(meant))
        case grammar.Activation() | grammar.StatusAsked() as meant:
            return _with_card(message, meant, actor)


def _with_card(
    message: InboundMessage, meant: grammar.Activation | grammar.StatusAsked, actor: Actor
) -> Answer:
    """What comes of card and PIN."""
    try:
        proof = _once(
            open_gate,
            card_number=meant.card_number,
            pin=meant.pin,
            source=actor.source,
            ticket=ticket_of(message.sender),
            actor=actor,
            request_id=_request_of(message, "gate"),
        )
    except SourceMustWait as refusal:
        toll = toll_for(actor.source)
        return Answer(Outcome.WAITS, str(refusal), sent_again_counts=True, ticket=toll.ticket)
    if proof is None:
        return Answer(Outcome.NOT_TOGETHER, replies.not_together())
    if isinstance(meant, grammar.StatusAsked):
        return _status(proof)
    try:
        return _activate(message, proof, meant, actor)
    except Refusal as refusal:
        return _own_policy(proof) or _refused(refusal)


def _refused(refusal: Refusal) -> Answer:
    problems = refusal.problems if isinstance(refusal, RulesBroken | ApplicationNotComplete) else []
    return Answer(Outcome.REFUSED, replies.told_refusals(problems or [refusal]))


def _own_policy(proof: PinProof) -> Answer | None:
    """What the same message has come to, as it came by another way at this moment."""
    proof.refresh_from_db()
    if not proof.used_at:
        return None
    return Answer(Outcome.ACTIVATED, policy=find_policy(proof.policy_number))


def _status(proof: PinProof) -> Answer:
    """Where the card stands; nothing that says whose it is."""
    card = card_at_hand(proof.serial)
    if number := policy_of_card(card):
        policy = find_policy(number)
        assert policy is not None, "an activated card has a policy"
        return Answer(Outcome.TOLD, replies.insured(policy))
    refusal = why_not_ready(card)
    return Answer(Outcome.TOLD, str(refusal) if refusal else replies.ready(card))


def _activate(
    message: InboundMessage, proof: PinProof, said: grammar.Activation, actor: Actor
) -> Answer:
    """The policy, or what stands against it.

    Raises:
        Refusal: the activation says no, and why.
    """
    card = card_at_hand(proof.serial)
    # Asked after the card: the message may have come again, or by another gateway at this moment,
    # and the policy is its own.
    if own := _own_policy(proof):
        return own
    if policy_of_card(card):
        return _status(proof)
    if refusal := why_not_ready(card):
        raise refusal
    versions = product_versions_of(card.batch)
    found = understood(said, versions)
    if found.goes_beyond:
        device = leave_off(proof, said, found, phone=message.sender, actor=actor)
        return Answer(Outcome.MORE_ASKED, replies.go_on(device))
    if found.lacks or found.unknown:
        return Answer(Outcome.MISTYPED, replies.to_be_said(found, versions))
    assert found.version is not None
    policy = activate_card(
        proof=proof,
        version=found.version,
        application=application_of(found, phone=message.sender, at=message.came_at),
        actor=actor,
        request_id=_request_of(message, "activation"),
    )
    return Answer(Outcome.ACTIVATED, policy=policy)


def _request_of(message: InboundMessage, deed: str) -> UUID:
    """The request of one deed of one message, the same whenever it is tried again."""
    return uuid5(NAMESPACE_URL, f"sms {message.pk} {message.came_at.timestamp()} {deed}")


def _once(command: Callable[..., T], **arguments: Any) -> T:
    """The first result for the same message; if it comes with another ticket, another try."""
    try:
        return command(**arguments)
    except RequestReused:
        return command(**arguments | {"request_id": uuid4()})
