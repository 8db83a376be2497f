"""The gateway of a demonstration: what is sent from its telephone comes in here, in the parts in
which it would travel, and the reply is on the telephone at once.
"""

import secrets
from uuid import uuid4

from selfcard.core.actor import Actor
from selfcard.messaging.commands import send_message
from selfcard.messaging.models import Message
from selfcard.sms.inbound import Arrived, receive
from selfcard.sms.models import InboundMessage
from selfcard.sms.segments import cut, decoded, read_head

GATEWAY = "demo"


def send_from_telephone(number: str, words: str) -> InboundMessage | None:
    """Let a telephone of the demonstration send a message to us."""
    message = None
    for part in cut(words, secrets.randbelow(0x100)):
        place, content = read_head(part.head + part.content) if part.head else (None, part.content)
        text = decoded(content, part.alphabet)
        message = receive(Arrived(gateway=GATEWAY, sender=number, text=text, place=place))
    reply = message.reply if message else None
    if reply and reply.state == Message.State.WAITING:
        send_message(message=reply, actor=Actor.system("demonstration"), request_id=uuid4())
    return message
