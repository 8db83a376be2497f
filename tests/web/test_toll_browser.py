"""What the gate asks for after failures, in a real browser at phone width."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from selfcard.activation.models import GateAlarm, PinProof, SpentTicket
from selfcard.core import clock
from tests.factories.activation import try_gate, wrong_pin
from tests.factories.cards import PrintedCard, a_printed_batch
from tests.factories.organisations import an_insurer

pytestmark = pytest.mark.django_db(transaction=True)

HERE = "net 127.0.0.0/24"  # where the browser asks from


@pytest.fixture
def card() -> PrintedCard:
    return a_printed_batch(an_insurer(), 3)[1][0]


def fail_here(card: PrintedCard, times: int) -> None:
    for _ in range(times):
        wrong = wrong_pin(card, selector_right=False)
        assert try_gate(card.card_number, wrong, HERE) is None


def alarm() -> None:
    now = clock.now()
    GateAlarm.objects.create(began_at=now, until=now + timedelta(minutes=10))


def enter(page: Page, card: PrintedCard, pin: str) -> None:
    page.locator("#id_card_number").fill(card.card_number)
    page.locator("#id_pin").fill(pin)
    page.locator("#page .go .button").click()


def test_whoever_sends_it_too_early_sees_that_it_goes_on_by_itself(
    phone: Page, card: PrintedCard, settings: Any, no_axe_violations: Callable[[Page], None]
) -> None:
    settings.GATE_WORK, settings.GATE_WAIT = 10**9, timedelta(seconds=10)
    fail_here(card, settings.GATE_FREE_TRIES)
    phone.goto("/")
    expect(phone.locator(".toll__rule")).to_be_hidden()
    enter(phone, card, card.pin)

    expect(phone.locator(".toll [role=status]")).to_be_visible()
    expect(phone.locator("#page .go .button")).to_be_disabled()
    no_axe_violations(phone)
    expect(phone.locator("h1")).to_have_text(re.compile("Not yet insured|尚未投保"), timeout=20_000)


@pytest.mark.parametrize("language", ["en"])
def test_the_work_is_done_while_one_compares_the_digits(
    phone: Page, card: PrintedCard, settings: Any
) -> None:
    fail_here(card, settings.GATE_FREE_TRIES - 1)
    phone.goto("/")
    enter(phone, card, wrong_pin(card, selector_right=False))
    expect(phone.locator(".problem")).to_be_visible()
    expect(phone.locator(".toll__rule")).to_be_hidden()
    phone.locator("#id_pin").fill(card.pin)
    phone.wait_for_timeout(1_000)
    phone.locator("#page .go .button").click()

    expect(phone.locator(".toll")).to_have_count(0)
    assert SpentTicket.objects.count() == 1


@pytest.mark.parametrize("language", ["en"])
def test_a_page_that_was_open_when_the_alarm_came_goes_on_by_itself(
    phone: Page, card: PrintedCard
) -> None:
    phone.goto("/")
    alarm()
    enter(phone, card, card.pin)

    expect(phone.locator(".toll")).to_have_count(0)
    expect(phone.locator(".problem")).to_have_count(0)
    assert SpentTicket.objects.count() == 1


def test_without_javascript_one_waits_and_then_comes_in(
    open_page: Callable[..., Page],
    card: PrintedCard,
    settings: Any,
) -> None:
    settings.GATE_WAIT = timedelta(seconds=3)
    fail_here(card, settings.GATE_FREE_TRIES)
    page = open_page(390, javascript=False)
    page.goto("/")
    expect(page.locator(".toll__rule")).to_contain_text("3")
    enter(page, card, card.pin)
    expect(page.locator(".problem")).to_be_visible()
    expect(page.locator("#id_pin")).to_have_value(card.pin)

    page.wait_for_timeout(3_100)
    page.locator("#page .go .button").click()
    expect(page.locator(".problem")).to_have_count(0)
    assert PinProof.objects.count() == 1
