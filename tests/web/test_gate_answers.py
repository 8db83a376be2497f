"""One answer for every refusal at the gate: status, length, headers, words, and the work behind."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from selfcard.activation.models import (
    FailureTally,
    GateAlarm,
    SourceCounter,
    TargetCounter,
)
from selfcard.core import clock
from selfcard.core.serials import SerialRun, card_number
from tests.factories.activation import activate, cancel, paid_cards, sell, wrong_pin
from tests.factories.cards import PrintedCard, a_printed_batch
from tests.factories.custody import cards_at_institution, stop, written_off
from tests.factories.organisations import an_insurer
from tests.factories.policies import a_person, an_application, an_insured

pytestmark = pytest.mark.django_db

NOON = clock.day_start(clock.today()) + timedelta(hours=12)


@pytest.fixture
def at_noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def cards(at_noon: None) -> dict[str, PrintedCard]:
    """A card in each state that people speak of."""
    insurer = an_insurer()
    _, printed = a_printed_batch(insurer, 3)
    _, inventory = cards_at_institution(insurer, 6)
    _, sold = cards_at_institution(insurer, 3)
    sell(insurer, sold)
    paid = paid_cards(insurer, 6)
    activate(paid[1])
    other = a_person(order=2)
    policy = activate(paid[2], an_application(an_insured(other), applicant=other))
    with clock.frozen(NOON + timedelta(days=40)):
        cancel(insurer, policy)
    stop(insurer, only(paid[3]), by="keeper")
    written_off(insurer, "void", only(inventory[1]), by="keeper")
    written_off(insurer, "loss", only(inventory[2]), by="keeper")
    return {
        "printed": printed[0],
        "inventory": inventory[0],
        "sold": sold[0],
        "to be activated": paid[0],
        "activated": paid[1],
        "cancelled": paid[2],
        "frozen": paid[3],
        "void": inventory[1],
        "lost": inventory[2],
        "capped": paid[4],
    }


def only(card: PrintedCard) -> SerialRun:
    return SerialRun(card.serial, card.serial)


def tries(cards: dict[str, PrintedCard]) -> Iterator[tuple[str, str, str]]:
    """Every sort of card number and PIN that is refused: its name, the number, and the PIN."""
    yield "unknown", card_number(620_118_999_000_000), "123456789012"
    yield "of no type", card_number(999_999_999_000_000), "123456789012"
    for state, card in cards.items():
        yield f"{state}, stranger", card.card_number, wrong_pin(card, selector_right=False)
        yield f"{state}, near", card.card_number, wrong_pin(card)
    capped = cards["capped"]
    TargetCounter.objects.filter(target__contains=str(capped.serial)).update(
        failures=settings.GATE_TARGET_CAP
    )
    yield "at its cap, with the right PIN", capped.card_number, capped.pin


def forget() -> None:
    """Nobody has failed yet from anywhere; what was counted against cards stays."""
    for model in (SourceCounter, FailureTally, GateAlarm):
        model.objects.all().delete()


def in_debt() -> None:
    """The visitor's source has failed too often, and waits."""
    forget()
    SourceCounter.objects.create(
        source="net 127.0.0.0/24",
        failures=settings.GATE_FREE_TRIES,
        since=NOON,
        opens_at=NOON + timedelta(seconds=20),
        admitted=True,
    )


def on_the_last_free_try() -> None:
    """One more failure, and the page asks for waiting or work."""
    in_debt()
    SourceCounter.objects.update(failures=settings.GATE_FREE_TRIES - 1, opens_at=NOON)


def in_an_alarm() -> None:
    """Very many have failed, and every try has its price."""
    forget()
    GateAlarm.objects.create(began_at=NOON, until=NOON + timedelta(minutes=10))


def answer(number: str, pin: str, page: str) -> tuple[Any, ...]:
    """Everything that could tell one refusal from another: what is seen, and what was done."""
    visitor, sent = Client(), []
    visitor.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        sent.append(sql)
        return execute(sql, params, many, context)

    given = {"card_number": number, "pin": pin, "by": "card", "request_id": str(uuid4())}
    with connection.execute_wrapper(note):
        response = visitor.post(reverse(page), given)
    text = response.content.decode()
    # What differs from answer to answer anyway: tokens, and what the visitor typed themself.
    for name in ("csrfmiddlewaretoken", "request_id", "ticket", "card_number", "pin"):
        text = re.sub(rf'(name="{name}" value=)"[^"]*"', r"\1", text)
    text = re.sub(r'data-ticket="[^"]*"', "", text)
    headers = {name: value for name, value in response.items() if name != "Expires"}
    names = sorted((name, len(morsel.value)) for name, morsel in response.cookies.items())
    statements = [re.sub(r'"s\d+_x\d+"', "", re.sub(r"\d+", "", sql)) for sql in sent]
    return response.status_code, len(response.content), headers, names, text, statements


@pytest.mark.parametrize("page", ["portal:start", "portal:look_up"])
@pytest.mark.parametrize(
    ("before", "status"),
    [(forget, 422), (on_the_last_free_try, 422), (in_debt, 429), (in_an_alarm, 429)],
)
def test_every_refusal_is_one_and_the_same(
    cards: dict[str, PrintedCard], page: str, before: Callable[[], None], status: int
) -> None:
    answers = {}
    for name, number, pin in tries(cards):
        before()
        answers[name] = answer(number, pin, page)

    first = answers["unknown"]
    assert first[0] == status
    assert {name for name, given in answers.items() if given != first} == set()


def test_the_comparison_is_not_blind(cards: dict[str, PrintedCard]) -> None:
    forget()
    refused = answer(card_number(620_118_999_000_000), "123456789012", "portal:start")
    right = cards["to be activated"]
    forget()

    assert answer(right.card_number, right.pin, "portal:start") != refused
    forget()
    assert answer(right.card_number, "12 34", "portal:start") != refused


def test_a_refused_try_takes_few_statements(cards: dict[str, PrintedCard]) -> None:
    def count(before: Callable[[], None]) -> int:
        before()
        given = answer(card_number(620_118_999_000_000), "123456789012", "portal:start")
        return len([sql for sql in given[5] if "SAVEPOINT" not in sql])

    # The request, digests, counters, all failures, the audit trail – and the price of the next.
    assert count(forget) == 6
    assert count(in_debt) == 4
