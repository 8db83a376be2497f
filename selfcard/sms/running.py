"""`selfcard sms`: the line is held, what comes is taken in, and what waits is sent."""

import signal
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import structlog
from django.conf import settings
from django.db import close_old_connections, connection

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.messaging.commands import send_message
from selfcard.messaging.gateways import carry
from selfcard.messaging.models import Message
from selfcard.messaging.queries import due
from selfcard.sms.commands import note_receipt, note_submitted
from selfcard.sms.inbound import Arrived, receive
from selfcard.sms.segments import cut
from selfcard.sms.smpp import Account, FromPhone, Line, Receipt

log = structlog.get_logger(__name__)

GATEWAY = "smpp"
_ACTOR = Actor.system("messages")
_LOOK_EVERY_S = 0.5


def run(account: Account, stopped: threading.Event | None = None) -> None:
    """Hold the line until this process, or somebody in it, is told to stop."""
    line = Line(account, on_message=_take_in, on_receipt=_note)
    carry(Message.Channel.SMS, lambda message: _submit(line, message))
    stopped = stopped or _told_to_stop()
    holding = threading.Thread(target=line.hold, name="line")
    holding.start()
    try:
        with ThreadPoolExecutor(account.window, "out") as senders:
            while not stopped.is_set():
                tried = _send_what_waits(senders, account.window) if line.is_up else 0
                if tried < account.window:
                    stopped.wait(_LOOK_EVERY_S)
    finally:
        line.stop()
        holding.join()


def _told_to_stop() -> threading.Event:
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    return stopped


def _send_what_waits(senders: ThreadPoolExecutor, most: int) -> int:
    """Try to send what is due, so many at a time, and say how many that were."""
    close_old_connections()
    try:
        waiting = due(clock.now()).filter(channel=Message.Channel.SMS).order_by("next_try_at")
        return len(list(senders.map(_send, waiting[:most])))
    except Exception as error:
        # The database may be away for a moment; what waits is still there afterwards.
        log.error("sms_not_sent", reason=type(error).__name__)
        return 0
    finally:
        connection.close()


def _send(message: Message) -> None:
    try:
        send_message(message=message, actor=_ACTOR, request_id=uuid4())
    finally:
        connection.close()


def _submit(line: Line, message: Message) -> None:
    """Hand all parts of a message over."""
    # The phone tells messages apart by this: the same for a message that is tried again.
    reference = zlib.crc32(str(message.pk).encode()) % 0x10000
    segments = cut(message.words or "", reference)
    numbers = [
        line.submit(one, sender=settings.SMS_NUMBER.replace(" ", ""), recipient=message.recipient)
        for one in segments
    ]
    note_submitted(message=message, gateway=GATEWAY, numbers=numbers, actor=_ACTOR)


def _take_in(came: FromPhone) -> None:
    try:
        receive(Arrived(gateway=GATEWAY, sender=came.sender, text=came.text, place=came.place))
    finally:
        connection.close()


def _note(receipt: Receipt) -> None:
    try:
        note_receipt(
            gateway=GATEWAY,
            number=receipt.number,
            arrived=receipt.arrived,
            actor=_ACTOR,
            request_id=uuid4(),
        )
    finally:
        connection.close()
