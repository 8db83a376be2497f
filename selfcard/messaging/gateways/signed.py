"""SMS by a signed post to somebody who has a line to the telephone networks (`docs/sms.md`)."""

import http.client
import json
from urllib.parse import urlsplit

from django.conf import settings

from selfcard.core.keys import key
from selfcard.core.signed_posts import signed_headers
from selfcard.messaging.errors import NotDelivered
from selfcard.messaging.models import Message

KEY = "sms-gateway"
_PATIENCE_S = 10


def deliver(message: Message) -> None:
    """Post a message. Its number lets the other side know one that comes again.

    Raises:
        NotDelivered: nobody answers, or the message is refused.
    """
    said = {"id": str(message.pk), "to": message.recipient, "text": message.words}
    body = json.dumps(said, ensure_ascii=False).encode()
    try:
        status = _posted(body)
    except (OSError, http.client.HTTPException):
        raise NotDelivered(Message.Problem.NO_ANSWER) from None
    if 200 <= status < 300:
        return
    if status in (429, 500, 502, 503, 504):
        raise NotDelivered(Message.Problem.NO_ANSWER)
    raise NotDelivered(Message.Problem.REFUSED, for_good=status == 422)


def _posted(body: bytes) -> int:
    address = urlsplit(settings.SMS_HTTP_ADDRESS)
    secure = address.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(address.hostname or "", address.port, timeout=_PATIENCE_S)
    try:
        headers = {"Content-Type": "application/json", **signed_headers(key(KEY), body)}
        connection.request("POST", address.path or "/", body, headers)
        return connection.getresponse().status
    finally:
        connection.close()
