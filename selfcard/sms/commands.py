"""A message is taken in, answered once, and forgotten as far as it must be."""

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet, Sum
from django.utils import translation

from selfcard.cards.keywords import keywords_of_types
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command, step
from selfcard.core.encryption import blind_index
from selfcard.core.serials import SerialRun
from selfcard.messaging.commands import MessageGiven, write_messages
from selfcard.messaging.models import Message
from selfcard.messaging.occasions import signed
from selfcard.messaging.queries import messages_about
from selfcard.organisations.queries import head_office
from selfcard.policies.models import Policy
from selfcard.policies.telling import ISSUED
from selfcard.sms import grammar, part_keys
from selfcard.sms.models import Budget, Delivery, InboundMessage, Part, Sender, Submission
from selfcard.sms.queries import find_delivered, find_same, index_of, takes_reply
from selfcard.sms.segments import Place

OCCASION = "sms_reply"
_HOUR = timedelta(hours=1)
_SHARES = 16
_SPEND = """
    INSERT INTO sms_budget AS kept (hour, share, answers) VALUES (%s, %s, 1)
    ON CONFLICT (hour, share) DO UPDATE SET answers = kept.answers + 1
"""
_LOCK_SENDER = """
    INSERT INTO sms_sender AS kept (index, since, messages, without_keyword, ticket)
    VALUES (%(index)s, %(now)s, 0, 0, '')
    ON CONFLICT (index) DO UPDATE SET since = kept.since
"""


@dataclass(frozen=True)
class Answer:
    """What is answered to a message, and what came of it.

    Where a policy came of it, whoever holds it is told by the policy's own message, and that is
    the reply. `sent_again_counts` says that the same words are another message from now on.
    """

    outcome: InboundMessage.Outcome
    words: str = ""
    policy: Policy | None = None
    sent_again_counts: bool = False
    ticket: str = ""


@command
def take_part(
    *, gateway: str, sender: str, place: Place, text: str, actor: Actor, request_id: UUID
) -> bool:
    """Keep a part of a long message until the others are there; whether all are now.

    Parts are joined that one number sent by one gateway under one reference. A part that comes
    again changes nothing; another one in its place is of a newer message.
    """
    index = index_of(sender)
    _lock_sender(index)
    now = clock.now()
    Part.objects.filter(came_at__lt=now - settings.SMS_PARTS_WAIT, sender=index).delete()
    Part.objects.update_or_create(
        gateway=gateway,
        sender=index,
        reference=place.reference,
        count=place.count,
        number=place.number,
        defaults={"sealed": part_keys.seal_part(text.encode(), now), "came_at": now},
    )
    there = _parts_there(gateway, index, place)
    record(actor, "sms.part_taken", number=place.number, count=place.count)
    return there == place.count


@command
def take_message(
    *, gateway: str, number: str, sender: str, text: str, actor: Actor, request_id: UUID
) -> InboundMessage:
    """Take in a whole message, or recognise it: by the gateway's number for it, where it has one,
    or by its words, if they are the same as a moment ago.

    What is beyond a number's share, or beyond all that is answered in an hour, is never read and
    gets no reply; neither does what comes from where no reply can go.
    """
    index = index_of(sender)
    _lock_sender(index)
    now = clock.now()
    digest = blind_index("sms words", f"{index.hex()} {grammar.plain_text(text)}")
    found = find_delivered(gateway, number) or find_same(digest, now)
    if found is None:
        found = _take_in(gateway, sender, index, text, digest, now)
        _record(actor, "sms.received", found)
    else:
        _record(actor, "sms.received_again", found)
    if number:
        Delivery.objects.get_or_create(
            gateway=gateway, number=number, defaults={"message": found, "came_at": now}
        )
    return found


@command
def answer_message(
    *,
    message: InboundMessage,
    answer: Answer,
    gateway: str,
    place: Place | None,
    actor: Actor,
    request_id: UUID,
) -> InboundMessage:
    """Write the one reply to a message, and forget its parts; what was answered already stays so.

    The reply is a message like any other, sent when this is done.
    """
    _lock_sender(bytes(message.sender_index))
    held = InboundMessage.objects.get(pk=message.pk)
    if place is not None:
        _parts_of(gateway, bytes(held.sender_index), place).delete()
    if held.state != InboundMessage.State.RECEIVED:
        _record(actor, "sms.answered_before", held)
        return held
    now = clock.now()
    held.reply = _reply(held, answer, actor)
    held.state, held.outcome = InboundMessage.State.ANSWERED, answer.outcome
    if answer.sent_again_counts:
        held.same_until = max(now, held.came_at + timedelta(microseconds=1))
    held.save(update_fields=["reply", "state", "outcome", "same_until"])
    Sender.objects.filter(pk=held.sender_index).update(ticket=answer.ticket)
    _record(actor, "sms.answered", held, outcome=held.outcome)
    return held


@command
def forget_parts(*, actor: Actor, request_id: UUID) -> int:
    """Forget parts whose others never came, and destroy the keys under which they were sealed."""
    old = Part.objects.filter(came_at__lt=clock.now() - settings.SMS_PARTS_WAIT)
    gone = old.delete()[0]
    part_keys.destroy_old_keys()
    record(actor, "sms.parts_forgotten", parts=gone)
    return gone


@command
def take_nonce(*, nonce: str, actor: Actor, request_id: UUID) -> bool:
    """Keep that a signed post came; whether it came for the first time."""
    with connection.cursor() as cursor:
        # Who shows the same one at the same moment waits here, and then has come again.
        cursor.execute(
            "INSERT INTO sms_nonce (nonce, came_at) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [nonce, clock.now()],
        )
        is_first = cursor.rowcount == 1
    record(actor, "sms.post_taken", is_first=is_first)
    return is_first


@step
def note_submitted(*, message: Message, gateway: str, numbers: list[str], actor: Actor) -> None:
    """Keep by which numbers a gateway will speak of the parts of a message that it took."""
    rows = [
        Submission(gateway=gateway, number=number, message=message, part=part)
        for part, number in enumerate(numbers, 1)
        if number
    ]
    Submission.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["gateway", "number"],
        update_fields=["message", "part"],
    )
    record(actor, "sms.submitted", message, gateway=gateway, parts=len(numbers))


@command
def note_receipt(
    *,
    gateway: str,
    number: str,
    arrived: bool,
    message: Message | None = None,
    actor: Actor,
    request_id: UUID,
) -> bool:
    """Keep what a gateway says became of a part; whether that is news.

    `message` where the gateway speaks of it by our own number.
    """
    told = {
        "state": Submission.State.ARRIVED if arrived else Submission.State.LOST,
        "told_at": clock.now(),
    }
    row, is_news = Submission.objects.get_or_create(
        gateway=gateway, number=number, defaults={"message": message, **told}
    )
    if row.state == Submission.State.TAKEN:
        is_news = bool(
            Submission.objects.filter(pk=row.pk, state=Submission.State.TAKEN).update(**told)
        )
    record(actor, "sms.receipt", row.message, gateway=gateway, arrived=arrived, is_news=is_news)
    return is_news


def _lock_sender(index: bytes) -> None:
    """Let what comes from one number at the same moment wait for one another."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_SENDER, {"index": index, "now": clock.now()})


def _parts_of(gateway: str, sender: bytes, place: Place) -> QuerySet[Part]:
    return Part.objects.filter(
        gateway=gateway, sender=sender, reference=place.reference, count=place.count
    )


def _parts_there(gateway: str, sender: bytes, place: Place) -> int:
    return _parts_of(gateway, sender, place).count()


def _take_in(
    gateway: str, sender: str, index: bytes, text: str, digest: bytes, now: datetime
) -> InboundMessage:
    own = keywords_of_types()
    meant = grammar.read(text, own)
    silence = _silence_for(sender, index, meant, now)
    card = getattr(meant, "card_number", "")
    return InboundMessage.objects.create(
        gateway=gateway,
        sender=sender,
        sender_index=index,
        words=grammar.masked(text, own),
        digest=digest,
        language=meant.language,
        serial=int(card[:-1]) if card else None,
        came_at=now,
        same_until=now + settings.SMS_SAME,
        state=InboundMessage.State.SILENT if silence else InboundMessage.State.RECEIVED,
        outcome=silence or "",
    )


def _silence_for(
    sender: str, index: bytes, meant: grammar.Meaning, now: datetime
) -> InboundMessage.Outcome | None:
    """Why a message is not even read, if it is not; and count it if it is."""
    if not takes_reply(sender):
        return InboundMessage.Outcome.NO_REPLY
    row = Sender.objects.get(pk=index)
    if row.since <= now - _HOUR:
        row.since, row.messages, row.without_keyword = now, 0, 0
    row.messages += 1
    row.without_keyword += isinstance(meant, grammar.Mistyped) and meant.deed is None
    row.save(update_fields=["since", "messages", "without_keyword"])
    if row.messages > settings.SMS_AN_HOUR:
        return InboundMessage.Outcome.TOO_MANY
    if row.without_keyword > settings.SMS_WITHOUT_KEYWORD_AN_HOUR:
        return InboundMessage.Outcome.TOO_MANY
    return None if _spent(index, now) else InboundMessage.Outcome.TOO_MANY


def _spent(index: bytes, now: datetime) -> bool:
    """Take one answer from what all numbers together have in an hour, if one is left."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    used = Budget.objects.filter(hour=hour).aggregate(all=Sum("answers"))["all"] or 0
    if used >= settings.SMS_AN_HOUR_IN_ALL:
        return False
    with connection.cursor() as cursor:
        cursor.execute(_SPEND, [hour, zlib.crc32(index) % _SHARES])
    return True


def _reply(held: InboundMessage, answer: Answer, actor: Actor) -> Message:
    if answer.outcome == InboundMessage.Outcome.ACTIVATED:
        assert answer.policy is not None
        told = messages_about(("policy", answer.policy.number)).filter(
            occasion=ISSUED.code, channel=Message.Channel.SMS
        )
        return told.earliest("pk")
    with translation.override(held.language):
        words = signed(answer.words)
    (reply,) = write_messages(
        occasion=OCCASION,
        messages=[MessageGiven(Message.Channel.SMS, held.sender, words)],
        language=held.language,
        reason=("sms", str(held.pk)),
        organisation=answer.policy.organisation if answer.policy else head_office(),
        actor=actor,
    )
    return reply


def _record(actor: Actor, event: str, message: InboundMessage, **facts: str) -> None:
    card = SerialRun(message.serial, message.serial) if message.serial else None
    record(actor, event, message, serials=card, gateway=message.gateway, **facts)
