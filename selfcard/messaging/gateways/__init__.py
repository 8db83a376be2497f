"""By what messages leave the house: a function a gateway, which takes a message or says why not.

E-mail goes to the mail server `EMAIL_HOST`. In a demonstration (`DEMO_MESSAGES`) everything stays
on this machine, where anybody can look at it. Where nothing is named nothing is sent, and the
message says so.

A process that holds a line of its own, as SMPP needs one, carries the messages of its channel
itself (`carry`); every other process leaves them to it.
"""

from collections.abc import Callable

from django.conf import settings

from selfcard.messaging.errors import NotDelivered
from selfcard.messaging.gateways import mail, signed, telephone
from selfcard.messaging.models import Message

Gateway = Callable[[Message], None]

_carried_here: dict[Message.Channel, Gateway] = {}


def carry(channel: Message.Channel, gateway: Gateway) -> None:
    """Let the messages of a channel leave by this process, through a line that it holds."""
    _carried_here[channel] = gateway


def channels_that_leave_here() -> list[Message.Channel]:
    """The channels whose messages this process sends."""
    return [
        one
        for one in Message.Channel
        if one in _carried_here or one != Message.Channel.SMS or settings.SMS_GATEWAY != "smpp"
    ]


def deliver(message: Message) -> None:
    """Hand a message over to whoever brings it to its recipient.

    Raises:
        NotDelivered: it was not taken.
    """
    gateway = gateway_for(Message.Channel(message.channel))
    if gateway is None:
        raise NotDelivered(Message.Problem.NO_GATEWAY)
    gateway(message)


def gateway_for(channel: Message.Channel) -> Gateway | None:
    """What messages of a channel leave by now, if anything."""
    if channel in _carried_here:
        return _carried_here[channel]
    if channel == Message.Channel.SMS and settings.SMS_GATEWAY == "http":
        return signed.deliver
    if channel == Message.Channel.SMS:
        return telephone.deliver if settings.DEMO_MESSAGES else None
    return mail.deliver if settings.EMAIL_HOST or settings.DEMO_MESSAGES else None


def takes_sms() -> bool:
    """Whether an SMS would be sent at all: nobody is promised one otherwise."""
    return bool(settings.SMS_GATEWAY) or gateway_for(Message.Channel.SMS) is not None
