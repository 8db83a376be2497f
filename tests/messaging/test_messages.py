"""A message is written with its deed, sent once, tried again, and given up in the end."""

import smtplib
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from selfcard.core import clock
from selfcard.core.models import AuditEvent
from selfcard.core.work import run_waiting_jobs
from selfcard.messaging.commands import PAUSES, send_again
from selfcard.messaging.errors import CodeNotSentAgain, MessageStillWaits, NoSuchMessage
from selfcard.messaging.gateways import telephone
from selfcard.messaging.models import Message
from selfcard.messaging.queries import access_message, messages_in_reach
from selfcard.messaging.tasks import GRACE, send_what_waits
from selfcard.messaging.verify import violations
from selfcard.organisations.errors import NotAuthorised
from selfcard.organisations.models import May
from selfcard.organisations.queries import staff_actor
from tests.factories.messaging import ADDRESS, EMAIL, PHONE, SMS, demonstration, send, tell
from tests.factories.organisations import Insurer, a_staff_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings: Any, tmp_path: Path) -> None:
    demonstration(settings, tmp_path)


def tried_until_given_up(message: Message) -> int:
    """How often a message is tried before nobody tries any more."""
    tries, at = 0, clock.now()
    while message.state == Message.State.WAITING:
        with clock.frozen(at):
            send_what_waits(0)
        message.refresh_from_db()
        tries, at = tries + 1, at + timedelta(seconds=30)
        assert tries < 5000
    return message.tries


def test_a_message_is_written_with_its_deed_and_sent_after_it(demo, insurer: Insurer) -> None:
    sms, email = tell(insurer.institution, SMS, EMAIL)

    assert (sms.state, email.state) == ("waiting", "waiting")
    (job,) = ProcrastinateJob.objects.filter(task_name="messaging.send")
    assert job.args == {"messages": [sms.pk, email.pk]}

    run_waiting_jobs()

    assert [one.words for one in telephone.received_by(PHONE)] == [SMS.words]
    (sent,) = mail.outbox
    assert (sent.to, sent.subject, sent.body) == ([ADDRESS], EMAIL.subject, EMAIL.words)
    for one in (sms, email):
        one.refresh_from_db()
        assert (one.state, one.tries, one.problem) == ("sent", 1, "")
        assert one.sent_at is not None
        assert one.words


def test_a_deed_that_fails_tells_nobody(insurer: Insurer) -> None:
    with transaction.atomic():
        tell(insurer.institution)
        transaction.set_rollback(True)

    assert not Message.objects.exists()
    assert not ProcrastinateJob.objects.filter(task_name="messaging.send").exists()


def test_a_message_takes_two_statements_whatever_it_says(
    insurer: Insurer, django_assert_num_queries: Any
) -> None:
    # The request, the messages, their job, and the end of the deed; with its savepoint.
    with django_assert_num_queries(6):
        tell(insurer.institution, SMS, EMAIL)


def test_a_message_that_was_sent_is_not_sent_again(demo, insurer: Insurer) -> None:
    (message,) = tell(insurer.institution)

    assert send(message)
    assert not send(message)

    assert len(telephone.received_by(PHONE)) == 1


def test_without_a_gateway_it_waits_says_so_and_fails_in_the_end(insurer: Insurer) -> None:
    (message,) = tell(insurer.institution)

    assert not send(message)

    message.refresh_from_db()
    assert (message.state, message.problem) == ("waiting", "no_gateway")
    assert tried_until_given_up(message) == len(PAUSES) + 1
    assert (message.state, message.problem, message.sent_at) == ("failed", "no_gateway", None)
    assert str(message.get_problem_display())


def test_the_pauses_between_tries_grow(insurer: Insurer) -> None:
    (message,) = tell(insurer.institution)
    waited = []
    while message.state == Message.State.WAITING:
        due = message.next_try_at
        with clock.frozen(due):
            send(message)
        message.refresh_from_db()
        waited.append(message.next_try_at - due)

    assert tuple(waited[:-1]) == PAUSES


def test_one_whose_gateway_comes_back_is_sent_then(settings, tmp_path, insurer: Insurer) -> None:
    (message,) = tell(insurer.institution)
    send(message)
    demonstration(settings, tmp_path)

    send_what_waits(0)
    assert telephone.received_by(PHONE) == []
    with clock.frozen(clock.now() + PAUSES[0] + GRACE + timedelta(seconds=1)):
        send_what_waits(0)

    message.refresh_from_db()
    assert (message.state, message.tries, message.problem) == ("sent", 2, "")


def test_what_a_dead_worker_left_is_sent_within_a_minute(demo, insurer: Insurer) -> None:
    (message,) = tell(insurer.institution)

    with clock.frozen(clock.now() + timedelta(minutes=1)):
        send_what_waits(0)

    message.refresh_from_db()
    assert message.state == "sent"


@pytest.mark.parametrize(
    ("failure", "problem", "state"),
    [
        (smtplib.SMTPRecipientsRefused({ADDRESS: (550, b"nobody")}), "refused", "failed"),
        (smtplib.SMTPRecipientsRefused({ADDRESS: (450, b"later")}), "refused", "waiting"),
        (smtplib.SMTPServerDisconnected(), "no_answer", "waiting"),
        (ConnectionRefusedError(), "no_answer", "waiting"),
    ],
)
def test_a_mail_server_that_does_not_take_it_is_named_in_plain_words(
    settings, monkeypatch, insurer: Insurer, failure: Exception, problem: str, state: str
) -> None:
    settings.EMAIL_HOST = "mail.example.cn"

    def fails(*given: Any) -> int:
        raise failure

    monkeypatch.setattr(EmailBackend, "send_messages", fails)
    (message,) = tell(insurer.institution, EMAIL)
    send(message)

    message.refresh_from_db()
    assert (message.problem, message.state) == (problem, state)
    said = str(AuditEvent.objects.filter(event="message.not_sent").get().facts)
    assert ADDRESS not in said


def test_a_secret_is_erased_as_soon_as_it_was_sent(demo, insurer: Insurer) -> None:
    (message,) = tell(insurer.institution, secret_until=clock.now() + timedelta(minutes=10))

    send(message)

    message.refresh_from_db()
    assert (message.state, message.words) == ("sent", None)
    assert telephone.received_by(PHONE)[0].words == SMS.words


def test_a_secret_that_is_outdated_is_erased_and_not_sent(demo, insurer: Insurer) -> None:
    (message,) = tell(insurer.institution, secret_until=clock.now() + timedelta(minutes=10))

    with clock.frozen(clock.now() + timedelta(minutes=11)):
        send_what_waits(0)

    message.refresh_from_db()
    assert (message.state, message.problem, message.words) == ("failed", "outdated", None)
    assert telephone.received_by(PHONE) == []


def test_an_outdated_secret_is_erased_though_its_next_try_is_far_off(insurer: Insurer) -> None:
    (message,) = tell(insurer.institution, secret_until=clock.now() + timedelta(minutes=3))
    send(message)
    with clock.frozen(clock.now() + PAUSES[0] + GRACE):
        send(message)
    with clock.frozen(clock.now() + timedelta(minutes=4)):
        send_what_waits(0)

    message.refresh_from_db()
    assert message.words is None


def test_a_message_is_sent_once_more_as_another_message(demo, insurer: Insurer) -> None:
    (message,) = tell(insurer.institution)
    actor = insurer.actor("keeper")
    with pytest.raises(MessageStillWaits):
        send_again(message=message, actor=actor, request_id=uuid4())
    send(message)
    message.refresh_from_db()

    again = send_again(message=message, actor=actor, request_id=uuid4())
    run_waiting_jobs()

    again.refresh_from_db()
    assert (again.again_for, again.words, again.recipient) == (message, SMS.words, PHONE)
    assert again.state == "sent"
    assert len(telephone.received_by(PHONE)) == 2
    event = AuditEvent.objects.get(event="message.sent_again")
    assert (event.actor_id, event.facts) == (actor.id, {"first": message.pk})


def test_a_code_is_not_sent_again(demo, insurer: Insurer) -> None:
    (message,) = tell(insurer.institution, secret_until=clock.now() + timedelta(minutes=10))
    send(message)
    message.refresh_from_db()

    with pytest.raises(CodeNotSentAgain):
        send_again(message=message, actor=insurer.actor("keeper"), request_id=uuid4())


def test_only_who_may_sends_again_and_sees_at_all(demo, insurer: Insurer) -> None:
    (message,) = tell(insurer.institution)
    send(message)
    message.refresh_from_db()
    elsewhere = staff_actor(a_staff_member("9001", insurer.other_branch, *May))

    with pytest.raises(NotAuthorised):
        send_again(message=message, actor=elsewhere, request_id=uuid4())
    assert message in messages_in_reach(insurer.actor("keeper"))
    assert access_message(insurer.actor("keeper"), message.pk) == message
    with pytest.raises(NoSuchMessage):
        access_message(elsewhere, message.pk)


def test_recipient_and_words_are_encrypted(insurer: Insurer) -> None:
    tell(insurer.institution, SMS, EMAIL)

    with connection.cursor() as cursor:
        cursor.execute("SELECT message::text FROM messaging_message message")
        rows = "".join(text for (text,) in cursor)
    for said in (PHONE, ADDRESS, SMS.words, EMAIL.words, EMAIL.subject):
        assert str(said) not in rows
        assert str(said).encode().hex() not in rows


def test_a_code_that_nobody_erases_is_found(insurer: Insurer) -> None:
    with clock.frozen(clock.now() - timedelta(hours=2)):
        tell(insurer.institution, secret_until=clock.now() + timedelta(minutes=10))

    assert [one.promise for one in violations()] == [
        "No code outlives its time by more than an hour"
    ]
