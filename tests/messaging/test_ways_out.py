"""By which process and by what gateway SMS leave."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from selfcard.core.keys import keys
from selfcard.core.signed_posts import nonce_of
from selfcard.messaging import gateways, tasks
from selfcard.messaging.errors import NotDelivered
from selfcard.messaging.gateways import carry, deliver, takes_sms
from selfcard.messaging.models import Message
from tests.factories.messaging import EMAIL, PHONE, SMS, send, tell
from tests.factories.organisations import Insurer

pytestmark = pytest.mark.django_db


class OtherSide:
    """Somebody who takes signed posts, and answers with one status after the other."""

    def __init__(self) -> None:
        self.posts: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        other = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                other.posts.append((dict(self.headers), body))
                self.send_response(other.statuses.pop(0) if other.statuses else 202)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/sms"


@pytest.fixture
def other_side(settings: Any) -> Iterator[OtherSide]:
    side = OtherSide()
    settings.SMS_GATEWAY, settings.SMS_HTTP_ADDRESS = "http", side.address
    yield side
    side.server.shutdown()


@pytest.fixture
def carried(settings: Any) -> Iterator[list[Message]]:
    """What the line of this process has taken."""
    taken: list[Message] = []
    settings.SMS_GATEWAY = "smpp"
    carry(Message.Channel.SMS, taken.append)
    yield taken
    gateways._carried_here.clear()


def test_an_sms_is_posted_with_a_signature_that_counts(
    insurer: Insurer, other_side: OtherSide
) -> None:
    (message,) = tell(insurer.institution)

    assert send(message)
    ((headers, body),) = other_side.posts
    assert json.loads(body) == {"id": str(message.pk), "to": PHONE, "text": SMS.words}
    assert nonce_of(keys("sms-gateway"), headers, body)
    assert not nonce_of(keys("sms-gateway"), headers, body + b" ")


def test_what_is_not_taken_is_tried_again_unless_it_never_will_be(
    insurer: Insurer, other_side: OtherSide
) -> None:
    (message,) = tell(insurer.institution)
    other_side.statuses = [503, 401, 422]

    for expected in (("no_answer", False), ("refused", False), ("refused", True)):
        with pytest.raises(NotDelivered) as refused:
            deliver(message)
        assert (refused.value.problem, refused.value.for_good) == expected


def test_nobody_there_is_no_answer(insurer: Insurer, settings: Any) -> None:
    settings.SMS_GATEWAY, settings.SMS_HTTP_ADDRESS = "http", "http://127.0.0.1:9/sms"
    (message,) = tell(insurer.institution)

    with pytest.raises(NotDelivered) as refused:
        deliver(message)
    assert refused.value.problem == "no_answer"


def test_by_smpp_only_the_process_with_the_line_sends(insurer: Insurer, settings: Any) -> None:
    settings.SMS_GATEWAY, settings.DEMO_MESSAGES = "smpp", False
    settings.EMAIL_HOST = "mail.example.cn"
    sms, email = tell(insurer.institution, SMS, EMAIL)

    assert takes_sms()
    tasks.send(messages=[sms.pk])
    sms.refresh_from_db()
    assert (sms.state, sms.tries) == ("waiting", 0)
    assert Message.Channel.EMAIL in gateways.channels_that_leave_here()
    assert email.state == "waiting"


def test_and_that_process_sends_it(insurer: Insurer, carried: list[Message]) -> None:
    (message,) = tell(insurer.institution)

    tasks.send(messages=[message.pk])

    assert carried == [message]
    message.refresh_from_db()
    assert message.state == "sent"
