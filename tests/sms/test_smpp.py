"""A real line to a message centre of another's making, and all that can happen on it."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from selfcard.core import clock
from selfcard.launcher.folder import PROJECT
from selfcard.messaging.models import Message
from selfcard.policies.models import Policy
from selfcard.sms import running
from selfcard.sms.models import InboundMessage, Submission
from tests.factories.activation import paid_cards
from tests.factories.cards import PrintedCard
from tests.factories.organisations import an_insurer
from tests.factories.sms import PHONE, activation_by
from tests.sms.centre import NUMBER, Centre, deliver, line_to, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def card(settings: Any) -> PrintedCard:
    settings.SMS_NUMBER, settings.SMS_GATEWAY = NUMBER, "smpp"
    return paid_cards(an_insurer(), 1)[0]


def long_activation(card: PrintedCard) -> str:
    return activation_by(card) + "#" + " " * 60


def test_a_chinese_message_in_parts_activates_a_card_and_its_reply_arrives(
    centre: Centre, card: PrintedCard
) -> None:
    with line_to(centre):
        assert centre.next("bound")["bound"] == "us"
        names = deliver(centre, long_activation(card))
        assert len(names) == 2
        assert [centre.next("acknowledged")["status"] for _ in names] == [0, 0]
        policy = Policy.objects.get()
        parts = [centre.next("submitted")]
        while parts[-1]["head"] and len(parts) < int(parts[-1]["head"][-4:-2], 16):
            parts.append(centre.next("submitted"))
        until(lambda: Message.objects.get().state == "sent")
        until(lambda: not Submission.objects.exclude(state="arrived").exists())

    assert {part["to"] for part in parts} == {PHONE[1:]}
    assert {part["from"] for part in parts} == {NUMBER}
    said = "".join(part["text"] for part in parts)
    assert said == Message.objects.get().words
    assert policy.number in said
    assert len(Submission.objects.all()) == len(parts)
    assert InboundMessage.objects.get().reply == Message.objects.get()


def test_a_message_that_is_brought_again_gets_nothing_more(
    centre: Centre, card: PrintedCard
) -> None:
    with line_to(centre):
        centre.next("bound")
        for _ in range(3):
            deliver(centre, f"STATUS#{card.card_number}#{card.pin}")
            assert centre.next("acknowledged")["status"] == 0
        centre.next("submitted")
        until(lambda: Message.objects.get().state == "sent")
        assert centre.nothing("submitted", 1.5)

    assert InboundMessage.objects.count() == Message.objects.count() == 1


def test_a_line_that_is_cut_is_taken_up_again(centre: Centre, card: PrintedCard) -> None:
    with line_to(centre):
        centre.next("bound")
        centre.tell(cut=True)
        centre.next("closed")
        centre.next("bound")
        deliver(centre, "HELP")
        assert centre.next("acknowledged")["status"] == 0
        assert "ACT#" in centre.next("submitted")["text"]
    centre.next("unbound")


def test_a_message_outlives_a_cut_and_a_busy_centre_in_one_try(
    centre: Centre, card: PrintedCard
) -> None:
    centre.tell(throttle=3)
    with line_to(centre):
        centre.next("bound")
        deliver(centre, "HELP")
        centre.next("throttled")
        centre.tell(cut=True)
        centre.next("bound")
        centre.next("throttled")
        centre.next("throttled")
        assert "ACT#" in centre.next("submitted")["text"]
        until(lambda: Message.objects.get().state == "sent")

    assert Message.objects.get().tries == 1


def test_what_a_cut_left_without_an_answer_is_sent_again(centre: Centre, card: PrintedCard) -> None:
    centre.tell(mute=1)
    with line_to(centre):
        centre.next("bound")
        deliver(centre, "HELP")
        centre.next("unanswered")
        centre.tell(cut=True)
        centre.next("bound")
        until(lambda: Message.objects.get().tries == 1)
        assert Message.objects.get().problem == Message.Problem.NO_ANSWER
        Message.objects.update(next_try_at=clock.now())
        centre.next("submitted")
        until(lambda: not Submission.objects.exclude(state="arrived").exists())
        until(lambda: Message.objects.get().state == "sent")

    assert Submission.objects.filter(message=Message.objects.get()).exists()


def test_nobody_is_let_in_with_a_wrong_password(centre: Centre, card: PrintedCard) -> None:
    with line_to(centre, password="wrong"):
        assert centre.nothing("bound", 2)


def test_a_quiet_line_is_asked_whether_somebody_is_there(centre: Centre, card: PrintedCard) -> None:
    with line_to(centre, enquire_every=timedelta(seconds=0.5)):
        centre.next("bound")
        centre.next("enquired")
        centre.next("enquired")


def test_a_centre_that_is_busy_is_given_time(centre: Centre, card: PrintedCard) -> None:
    centre.tell(throttle=2)
    with line_to(centre):
        centre.next("bound")
        deliver(centre, "HELP")
        centre.next("throttled")
        centre.next("throttled")
        centre.next("submitted")
        until(lambda: Message.objects.get().state == "sent")
    assert Message.objects.get().tries == 1


def test_what_could_not_be_done_is_not_acknowledged_and_done_when_it_comes_again(
    centre: Centre, card: PrintedCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: Any) -> None:
        raise ConnectionError("the database is away")

    with line_to(centre):
        centre.next("bound")
        with monkeypatch.context() as broken:
            broken.setattr(running, "receive", break_down)
            deliver(centre, activation_by(card))
            assert centre.next("acknowledged")["status"] != 0
        deliver(centre, activation_by(card))
        assert centre.next("acknowledged")["status"] == 0

    assert Policy.objects.count() == 1


KILLED_BEFORE_IT_ANSWERS = """
import os, signal
from selfcard.launcher.books import set_up_django
set_up_django()
from selfcard.sms.smpp import Line
from selfcard.sms import running, smpp
def die(self, client, pdu, command, status=0):
    os.kill(os.getpid(), signal.SIGKILL)
Line._answer = die
running.run(smpp.Account(host="127.0.0.1", port={port}, name="us", password="secret"))
"""


def test_killed_between_commit_and_acknowledgement_nothing_is_lost_or_done_twice(
    centre: Centre, card: PrintedCard
) -> None:
    name = connection.settings_dict["NAME"]
    address = f"postgresql://{connection.settings_dict['USER']}@/{name}"
    host = connection.settings_dict["HOST"]
    env = os.environ | {"DATABASE_URL": f"{address}?host={host}", "SELFCARD_TESTING": "1"}
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED_BEFORE_IT_ANSWERS.format(port=centre.port)],
        cwd=PROJECT,
        env=env | {"SELFCARD_SMS_GATEWAY": "smpp", "SELFCARD_SMS_NUMBER": NUMBER},
    )
    try:
        centre.next("bound", 60)
        deliver(centre, activation_by(card))
        assert process.wait(60) == -signal.SIGKILL
    finally:
        process.kill()
    assert Policy.objects.count() == 1
    assert centre.nothing("acknowledged", 0.2)

    with line_to(centre):
        centre.next("bound")
        deliver(centre, activation_by(card))
        assert centre.next("acknowledged")["status"] == 0
        centre.next("submitted")
        until(lambda: Message.objects.get().state == "sent")

    assert Policy.objects.count() == InboundMessage.objects.count() == 1
    assert Message.objects.count() == 1
