"""What PostgreSQL keeps of messages, whatever a program does."""

from datetime import timedelta
from typing import Any

import pytest

from selfcard.core import clock
from selfcard.messaging.models import Message
from tests.factories.messaging import EMAIL, demonstration, send, tell
from tests.factories.organisations import Insurer
from tests.factories.postgresql import refused_by_postgresql

pytestmark = pytest.mark.django_db


@pytest.fixture
def message(insurer: Insurer) -> Message:
    return tell(insurer.institution)[0]


@pytest.fixture
def code(insurer: Insurer) -> Message:
    return tell(insurer.institution, secret_until=clock.now() + timedelta(minutes=10))[0]


def change(message: Message, **changes: Any) -> None:
    Message.objects.filter(pk=message.pk).update(**changes)


def test_a_message_is_sent_exactly_when_it_has_the_moment(message: Message) -> None:
    with refused_by_postgresql("a_message_is_sent_exactly_when_it_has_the_moment"):
        change(message, state="sent")
    with refused_by_postgresql("a_message_is_sent_exactly_when_it_has_the_moment"):
        change(message, sent_at=clock.now())


def test_a_message_that_was_not_sent_says_why(message: Message) -> None:
    with refused_by_postgresql("a_message_that_was_not_sent_says_why"):
        change(message, state="failed")
    with refused_by_postgresql("a_message_that_was_not_sent_says_why"):
        change(message, state="sent", sent_at=clock.now(), problem="refused")


def test_a_message_that_was_sent_stays_so(settings: Any, tmp_path: Any, message: Message) -> None:
    demonstration(settings, tmp_path)
    send(message)

    with refused_by_postgresql("a_message_is_sent_once"):
        change(message, state="waiting", sent_at=None)


def test_a_message_begins_with_waiting(message: Message) -> None:
    message.refresh_from_db()
    message.pk = None
    message.state, message.sent_at = "sent", clock.now()

    with refused_by_postgresql("a_message_is_written_before_it_is_sent"):
        message.save()


@pytest.mark.parametrize(
    "changed", [{"recipient": "+85291234567"}, {"occasion": "another"}, {"reason_number": "1"}]
)
def test_a_message_keeps_what_was_written(message: Message, changed: dict[str, Any]) -> None:
    with refused_by_postgresql("a_message_keeps_what_was_written"):
        change(message, **changed)


def test_words_are_never_changed(message: Message) -> None:
    with refused_by_postgresql("words_are_erased_and_never_changed"):
        change(message, words="something else")


def test_words_stay_unless_they_were_a_secret_that_is_over(message: Message, code: Message) -> None:
    with refused_by_postgresql("words_are_kept_unless_a_secret_is_over"):
        change(message, words=None)
    with refused_by_postgresql("words_are_kept_unless_a_secret_is_over"):
        change(code, words=None)
    with refused_by_postgresql("words_are_kept_unless_a_secret_is_over"):
        change(code, state="sent", sent_at=clock.now())


def test_only_an_email_has_a_subject(insurer: Insurer, message: Message) -> None:
    for one in (message, tell(insurer.institution, EMAIL)[0]):
        one.refresh_from_db()
        one.pk = None
        one.channel = "email" if one.channel == "sms" else "sms"
        with refused_by_postgresql("an_email_has_a_subject_and_an_sms_has_none"):
            one.save()
