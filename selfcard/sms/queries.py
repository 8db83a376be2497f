"""What is known of a message that came in, and of the number that it came from."""

from datetime import datetime

from selfcard.core.encryption import blind_index
from selfcard.core.refusals import Refusal
from selfcard.messaging.models import Message
from selfcard.policies.contact import mobile_phone
from selfcard.sms import part_keys
from selfcard.sms.models import Delivery, InboundMessage, Part, Sender, Submission
from selfcard.sms.segments import Place, joined


def index_of(sender: str) -> bytes:
    """What is equal for the same number, and tells it to nobody."""
    return blind_index("phone", sender)


def source_of(sender: str) -> str:
    """A number as the gate counts it."""
    return f"sms {index_of(sender).hex()}"


def phone_of(sender: str) -> str:
    """A number as gateways write it, in E.164 where it can be one: with a country code and no plus,
    or a mobile number of the mainland."""
    for written in (sender, f"+{sender.lstrip('+0')}"):
        try:
            return mobile_phone(written)
        except Refusal:
            continue
    return sender


def takes_reply(sender: str) -> bool:
    """Whether a reply to this number can arrive; a name or a short number takes none."""
    return phone_of(sender) == sender and sender.startswith("+")


def ticket_of(sender: str) -> str:
    """What the gate gave out when this number had to wait, if it had to."""
    row = Sender.objects.filter(pk=index_of(sender)).first()
    return row.ticket if row else ""


def find_delivered(gateway: str, number: str) -> InboundMessage | None:
    """The message that a gateway brought under this number before."""
    if not number:
        return None
    found = Delivery.objects.filter(gateway=gateway, number=number).select_related("message")
    return next((one.message for one in found), None)


def find_same(digest: bytes, now: datetime) -> InboundMessage | None:
    """The message of the same words that came a moment ago."""
    return InboundMessage.objects.filter(
        digest=digest, came_at__lte=now, same_until__gt=now
    ).first()


def waiting_text(gateway: str, sender: str, place: Place) -> str | None:
    """The text of a message whose parts are all there; none where another delivery of it has just
    been answered, and its parts forgotten."""
    parts = Part.objects.filter(
        gateway=gateway, sender=index_of(sender), reference=place.reference, count=place.count
    )
    if len(parts) < place.count:
        return None
    return joined(
        (part.number, part_keys.unseal_part(bytes(part.sealed), part.came_at).decode())
        for part in parts
    )


def find_sms(number: str) -> Message | None:
    """A message of ours that left as an SMS, by the number that it has with us."""
    if not number.isascii() or not number.isdecimal() or len(number) > 18:
        return None
    return Message.objects.filter(pk=int(number), channel=Message.Channel.SMS).first()


def replied_by(message: Message) -> InboundMessage | None:
    """The message that came in to which one of ours is the reply."""
    return InboundMessage.objects.filter(reply=message).first()


def submissions_of(message: Message) -> list[Submission]:
    """What gateways said of the parts of a message of ours."""
    return list(Submission.objects.filter(message=message).order_by("part"))
