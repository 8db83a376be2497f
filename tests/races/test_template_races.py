"""Two who write one template at the same moment: the second is told, and nothing is overwritten."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError

from selfcard.messaging.commands import wording
from selfcard.messaging.errors import TemplateChangedMeanwhile
from selfcard.messaging.models import Template
from tests.factories.messaging import reword
from tests.factories.organisations import Insurer, an_insurer
from tests.races.threads import at_once, held_back_after, of_kind

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two_wordings(monkeypatch: Any) -> list[Callable[[], Template]]:
    insurer: Insurer = an_insurer()
    held_back_after(monkeypatch, (wording, "_lock_template"))
    return [
        lambda: reword(insurer, "One: {number}", begins_from=0),
        lambda: reword(insurer, "Other: {number}", begins_from=0),
    ]


def test_of_two_who_write_a_template_the_second_reads_the_first(
    two_wordings: list[Callable[[], Template]],
) -> None:
    results = at_once(*two_wordings)

    assert len(of_kind(results, Template)) == len(of_kind(results, TemplateChangedMeanwhile)) == 1


def test_without_the_lock_postgresql_refuses_the_second_without_a_reason(
    two_wordings: list[Callable[[], Template]], monkeypatch: Any
) -> None:
    monkeypatch.setattr(wording, "lock", lambda *_: None)

    results = at_once(*two_wordings)

    assert len(of_kind(results, Template)) == len(of_kind(results, IntegrityError)) == 1
