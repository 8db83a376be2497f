"""Two workers that come to one message: it is sent once, and nobody waits for the other."""

from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError

from selfcard.messaging.commands import sending
from selfcard.messaging.gateways import telephone
from selfcard.messaging.models import Message
from tests.factories.messaging import PHONE, demonstration, send, tell
from tests.factories.organisations import an_insurer
from tests.races.threads import at_once, held_back_after, no_row_is_locked, of_kind

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def message(settings: Any, tmp_path: Path) -> Message:
    demonstration(settings, tmp_path)
    return tell(an_insurer().institution)[0]


def test_of_two_workers_one_sends_a_message(message: Message, monkeypatch: Any) -> None:
    held_back_after(monkeypatch, (sending, "_hold"))

    results = at_once(lambda: send(message), lambda: send(message))

    assert sorted(results) == [False, True]
    assert len(telephone.received_by(PHONE)) == 1


def test_without_the_lock_it_would_be_sent_twice(message: Message, monkeypatch: Any) -> None:
    held_back_after(monkeypatch, (sending, "_hold"))
    no_row_is_locked(monkeypatch)

    results = at_once(lambda: send(message), lambda: send(message))

    # PostgreSQL refuses to write it down a second time: too late for whoever gets it.
    assert of_kind(results, bool) == [True]
    assert len(of_kind(results, IntegrityError)) == 1
    assert len(telephone.received_by(PHONE)) == 2
