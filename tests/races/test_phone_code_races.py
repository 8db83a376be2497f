"""Two who show one code at the same moment: one gets through."""

from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError

from selfcard.activation import gate
from selfcard.activation.commands import phones
from selfcard.activation.errors import CodeTriedTooOften, CodeUsedAlready
from selfcard.activation.models import OneTimeCode
from selfcard.core import clock
from selfcard.policies.models import Policy
from tests.factories.activation import activate, ask_for_code, digits_on, paid_cards, show_code
from tests.factories.messaging import demonstration
from tests.factories.organisations import an_insurer
from tests.races.threads import at_once, held_back_after, of_kind

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def policy(settings: Any, tmp_path: Path) -> Policy:
    demonstration(settings, tmp_path)
    return activate(paid_cards(an_insurer())[0])


def shown_at_once(policy: Policy) -> list[Any]:
    code = ask_for_code(policy.number)
    digits = digits_on(policy.phone)
    return at_once(*[lambda: show_code(code, digits) for _ in range(2)])


def test_of_two_who_show_one_code_one_gets_through(policy: Policy, monkeypatch: Any) -> None:
    held_back_after(monkeypatch, (phones, "_as_it_is"))

    results = shown_at_once(policy)

    assert len(of_kind(results, OneTimeCode)) == 1
    assert len(of_kind(results, CodeUsedAlready)) == 1


def test_without_counters_to_wait_at_both_would_come_to_it(
    policy: Policy, monkeypatch: Any
) -> None:
    code = ask_for_code(policy.number)
    digits = digits_on(policy.phone)
    free = gate.Charged(admitted=True, compared=True, opens_at=clock.now(), alarm_until=None)
    monkeypatch.setattr(gate, "charge", lambda **_: free)
    held_back_after(monkeypatch, (phones, "_as_it_is"))

    results = at_once(*[lambda: show_code(code, digits) for _ in range(2)])

    # PostgreSQL lets a code be used once: the second is refused late, and without a reason.
    assert len(of_kind(results, OneTimeCode)) == 1
    assert len(of_kind(results, IntegrityError)) == 1


def test_of_many_wrong_tries_at_once_no_more_are_compared_than_one_after_the_other(
    policy: Policy, settings: Any
) -> None:
    code = ask_for_code(policy.number)
    wrong = f"{(int(digits_on(policy.phone)) + 1) % 1_000_000:06d}"
    places = range(settings.CODE_TRIES + 3)

    results = at_once(
        *[lambda place=place: show_code(code, wrong, f"net 10.8.{place}.0/24") for place in places]
    )

    assert results.count(None) == settings.CODE_TRIES
    assert len(of_kind(results, CodeTriedTooOften)) == 3
