"""Playing the phone of the demonstration in a browser, in the office and on the portal."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from selfcard.organisations.models import May, Staff
from selfcard.policies.models import Policy
from tests.factories.activation import paid_cards
from tests.factories.cards import PrintedCard
from tests.factories.messaging import demonstration
from tests.factories.organisations import Insurer, a_staff_member
from tests.factories.sms import activation_by
from tests.web.conftest import DESKTOP, PHONE

BOTH_WIDTHS = pytest.mark.parametrize("width", [DESKTOP, PHONE])


@pytest.fixture
def card(insurer: Insurer, settings: Any, tmp_path: Path) -> PrintedCard:
    demonstration(settings, tmp_path)
    return paid_cards(insurer, 1)[0]


def write(page: Page, words: str) -> None:
    """Type a message, and send it."""
    page.fill("main [name=number]", "138 0013 8000")
    page.fill("main [name=words]", words)
    with page.expect_navigation(wait_until="load"):
        page.click("main button[name=send]")


@BOTH_WIDTHS
def test_an_operator_plays_a_customer_who_asks_and_then_activates(
    insurer: Insurer,
    card: PrintedCard,
    open_page: Callable[..., Page],
    sign_in: Callable[[Page, Staff], None],
    no_axe_violations: Callable[[Page], None],
    language: str,
    width: int,
) -> None:
    page = open_page(width)
    operator = a_staff_member(
        "D01", insurer.head_office, May.ACTIVATE_FOR_CUSTOMER, language=language
    )
    sign_in(page, operator)
    page.goto("/office/telephone/")
    no_axe_violations(page)

    write(page, "HELP")
    expect(page.locator("#got")).to_contain_text("ACT#card number#PIN")
    write(page, f"ACT#{card.card_number}")
    expect(page.locator("#got")).to_contain_text("The PIN is missing.")
    write(page, activation_by(card))

    policy = Policy.objects.get()
    expect(page.locator("#got")).to_contain_text(policy.number)
    expect(page.locator("main [name=words]")).to_have_value("")
    assert card.pin not in page.content()
    no_axe_violations(page)


@BOTH_WIDTHS
def test_a_holder_writes_from_the_phone_of_the_portal(
    card: PrintedCard, open_page: Callable[..., Page], seen: Callable[[Page], None], width: int
) -> None:
    page = open_page(width)
    page.goto("/demonstration/telephone/")
    seen(page)

    write(page, activation_by(card))

    expect(page.locator("#got ~ .texted").first).to_contain_text(Policy.objects.get().number)
    assert card.pin not in page.content()
    seen(page)
