"""Writing a message within a deed, sending it afterwards, and sending it once more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from procrastinate.contrib.django import app

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command, step
from selfcard.core.compiled import insert
from selfcard.messaging.errors import CodeNotSentAgain, MessageStillWaits, NotDelivered
from selfcard.messaging.gateways import deliver
from selfcard.messaging.models import Message
from selfcard.messaging.queries import due
from selfcard.organisations.models import May, Organisation
from selfcard.organisations.queries import require

SEND = "messaging.send"
# How long after each try in vain the next one comes; after the last of them there is none.
PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
)


@dataclass(frozen=True)
class MessageGiven:
    """What is said to one recipient: a phone in E.164, or an e-mail address with a subject."""

    channel: Message.Channel
    recipient: str
    words: str
    subject: str | None = None


@step
def write_messages(
    *,
    occasion: str,
    messages: Sequence[MessageGiven],
    language: str,
    reason: tuple[str, str],
    organisation: Organisation,
    secret_until: datetime | None = None,
    actor: Actor,
) -> list[Message]:
    """Write down what people are to be told of the deed that runs; it is sent when that is done.

    `reason` (kind, number) is what the messages are about, and the organisation's staff see them.
    With `secret_until` their words are erased as soon as they are sent, or that moment is over.
    """
    now = clock.now()
    written = [
        Message(
            occasion=occasion,
            channel=one.channel,
            recipient=one.recipient,
            language=language,
            subject=one.subject,
            words=one.words,
            secret_until=secret_until,
            reason_kind=reason[0],
            reason_number=reason[1],
            organisation=organisation,
            written_at=now,
            next_try_at=now,
        )
        for one in messages
    ]
    insert(*written)
    _have_sent(written)
    record(
        actor,
        "messages.written",
        occasion=occasion,
        reason=list(reason),
        messages=[one.pk for one in written],
    )
    return written


@command
def send_message(*, message: Message, actor: Actor, request_id: UUID) -> bool:
    """Try once to send a message; whether it was sent.

    Whoever tries holds its row, and passes over one that another holds, that is over, or whose
    next try is not due. So a message that was sent is never sent again – but for one whose sending
    ended in a crash after its gateway had taken it: it may come twice, and is never lost.
    """
    held = _hold(message)
    if held is None:
        record(actor, "message.passed_over", message)
        return False
    problem, for_good = _delivered(held)
    held.tries += 1
    if problem is None:
        _end(held, Message.State.SENT, sent_at=clock.now())
        record(actor, "message.sent", held, channel=held.channel)
        return True
    is_over = for_good or held.tries > len(PAUSES)
    if is_over:
        _end(held, Message.State.FAILED, problem=problem)
    else:
        _change(held, problem=problem, next_try_at=clock.now() + PAUSES[held.tries - 1])
    record(actor, "message.not_sent", held, problem=problem, is_over=is_over)
    return False


@command
def send_again(*, message: Message, actor: Actor, request_id: UUID) -> Message:
    """Send what somebody was told once more, to the same phone or address, as a new message.

    Raises:
        NotAuthorised: the actor may not, for the organisation that the message belongs to.
        MessageStillWaits: it is under way.
        CodeNotSentAgain: its words are gone.
    """
    require(actor, May.CHANGE_POLICIES, message.organisation)
    if message.state == Message.State.WAITING:
        raise MessageStillWaits
    if message.is_secret:
        raise CodeNotSentAgain
    now = clock.now()
    again = Message.objects.create(
        occasion=message.occasion,
        channel=message.channel,
        recipient=message.recipient,
        language=message.language,
        subject=message.subject,
        words=message.words,
        reason_kind=message.reason_kind,
        reason_number=message.reason_number,
        organisation=message.organisation,
        again_for=message,
        written_at=now,
        next_try_at=now,
    )
    _have_sent([again])
    record(actor, "message.sent_again", again, first=message.pk)
    return again


def _have_sent(written: Sequence[Message]) -> None:
    """One job for all of a deed; it begins when the deed is committed."""
    app.configure_task(SEND).defer(messages=[one.pk for one in written])


def _hold(message: Message) -> Message | None:
    rows = due(clock.now()).filter(pk=message.pk)
    return rows.select_for_update(skip_locked=True, no_key=True).first()


def _delivered(message: Message) -> tuple[Message.Problem | None, bool]:
    """Nothing where a message was taken; else why not, and whether it never will be."""
    if message.secret_until and message.secret_until <= clock.now():
        return Message.Problem.OUTDATED, True
    try:
        deliver(message)
    except NotDelivered as refusal:
        return refusal.problem, refusal.for_good
    return None, False


def _end(message: Message, state: Message.State, **changes: Any) -> None:
    """It is over; a secret is not kept."""
    if message.is_secret:
        changes["words"] = None
    _change(message, **{"state": state, "problem": "", **changes})


def _change(message: Message, **changes: Any) -> None:
    for name, value in changes.items():
        setattr(message, name, value)
    message.save(update_fields=["tries", *changes])
