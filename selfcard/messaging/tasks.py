"""Sending: at once after the deed, and again for whatever was not sent then."""

from datetime import timedelta
from uuid import uuid4

from procrastinate.contrib.django import app

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.messaging.commands import SEND, send_message
from selfcard.messaging.gateways import channels_that_leave_here
from selfcard.messaging.models import Message
from selfcard.messaging.queries import due

# The job that a deed asked for gets so much time before somebody else looks after its messages.
GRACE = timedelta(seconds=30)
MOST_AT_ONCE = 500


@app.task(name=SEND)
def send(*, messages: list[int]) -> None:
    """Send the messages of one deed."""
    written = Message.objects.filter(pk__in=messages, channel__in=channels_that_leave_here())
    for message in written.order_by("pk"):
        _try(message)


@app.periodic(cron="* * * * *")
@app.task(name="messaging.send_what_waits", queueing_lock="messaging.send_what_waits")
def send_what_waits(timestamp: int) -> None:
    """Try again what is due: not sent at first, or left by a worker that died."""
    waiting = due(clock.now() - GRACE).filter(channel__in=channels_that_leave_here())
    for message in waiting.order_by("next_try_at")[:MOST_AT_ONCE]:
        _try(message)


def _try(message: Message) -> None:
    send_message(message=message, actor=Actor.system("messages"), request_id=uuid4())
