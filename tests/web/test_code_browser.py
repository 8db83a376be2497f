"""Codes to a phone in a real browser at phone width, with script and without."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from selfcard.core.work import run_waiting_jobs
from selfcard.policies.models import Policy
from tests.factories.activation import activate, digits_on, paid_cards
from tests.factories.messaging import demonstration
from tests.factories.organisations import an_insurer

pytestmark = pytest.mark.django_db(transaction=True)
NEW_PHONE = "+8613900139000"
GO = "#page .go .button"


@pytest.fixture
def policy(settings: Any, tmp_path: Path) -> Policy:
    demonstration(settings, tmp_path)
    return activate(paid_cards(an_insurer())[0])


def enter_code(page: Page, phone: str) -> None:
    run_waiting_jobs()
    page.locator("#id_code").fill(digits_on(phone))
    page.locator(GO).click()


def walk(page: Page, policy: Policy, seen: Callable[[Page], None]) -> None:
    """A holder without the identity number looks a policy up, and then has another phone."""
    page.goto("/look-up/")
    page.locator('a[href="/look-up/code/"]').click()
    seen(page)
    page.locator("#id_policy_number").fill(policy.number)
    page.locator(GO).click()
    seen(page)
    page.locator("#id_code").fill("12345")
    page.locator(GO).click()
    expect(page.locator(".problem")).to_be_visible()
    seen(page)
    enter_code(page, policy.phone)
    expect(page.locator("#people")).to_be_visible()
    seen(page)

    page.locator('a[href="/policy/contact/"]').click()
    seen(page)
    page.locator(GO).click()
    enter_code(page, policy.phone)
    seen(page)
    page.locator("#id_phone").fill("139 0013 9000")
    page.locator(GO).click()
    expect(page.locator("main")).to_contain_text("139 0013 9000")
    seen(page)
    enter_code(page, NEW_PHONE)
    expect(page.locator(".notice")).to_be_visible()
    seen(page)
    assert Policy.objects.get().phone == NEW_PHONE


def test_a_policy_is_opened_and_its_phone_changed_by_codes(
    phone: Page, policy: Policy, seen: Callable[[Page], None]
) -> None:
    walk(phone, policy, seen)
    run_waiting_jobs()
    phone.goto("/demonstration/telephone/")
    phone.locator("#id_number").fill("138 0013 8000")
    phone.locator("form .go .button").first.click()
    expect(phone.locator(".texted")).to_have_count(4)
    seen(phone)


@pytest.mark.parametrize("language", ["zh-hans"])
def test_the_same_without_script(open_page: Callable[..., Page], policy: Policy) -> None:
    walk(open_page(390, javascript=False), policy, lambda page: None)
