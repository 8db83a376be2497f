"""A policy is checked at a hospital's desk, and its card kept on a phone: in a real browser."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from selfcard.policies.editions import current_edition
from selfcard.policies.models import Policy
from tests.factories.activation import activate, holder, paid_cards
from tests.factories.organisations import an_insurer
from tests.factories.policies import a_person, an_application, an_insured
from tests.web.conftest import DESKTOP, PHONE, OpenPage

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def policy() -> Policy:
    mother = a_person("王𡛟")
    application = an_application(an_insured(mother), applicant=mother)
    return activate(paid_cards(an_insurer(), 1)[0], application)


def last_signs(policy: Policy) -> str:
    return policy.identity_number[-4:]


def looked_up(page: Page, policy: Policy) -> None:
    """Show that the policy is one's own, by its number and the identity number."""
    page.goto("/look-up/")
    page.locator("#policy_policy_number").fill(policy.number)
    page.locator("#policy_identity_number").fill(policy.identity_number)
    page.locator("section[aria-labelledby=by-policy] .button").click()
    page.wait_for_url("**/policy/")


def without_script(page: Page) -> None:
    """Axe could not run; that the page does what it is for is enough."""


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_a_policy_is_checked_by_its_code_and_by_its_number(
    open_page: OpenPage, policy: Policy, width: int, seen: Callable[[Page], None]
) -> None:
    check_everywhere(open_page(width), policy, seen)


def test_the_same_without_script(open_page: OpenPage, policy: Policy) -> None:
    check_everywhere(open_page(PHONE, javascript=False), policy, without_script)


def check_everywhere(page: Page, policy: Policy, seen: Callable[[Page], None]) -> None:
    page.goto(f"/CHECK/{current_edition(policy, actor=holder()).code}")
    expect(page.locator(".state--genuine h1")).to_be_visible()
    seen(page)
    page.locator(".back").click()
    page.locator("#id_policy_number").fill(policy.number)
    page.locator("#id_last_signs").fill("0000" if last_signs(policy) != "0000" else "1111")
    page.locator("#page .button").click()
    expect(page.locator(".problem")).to_be_visible()
    seen(page)
    page.locator("#id_last_signs").fill(last_signs(policy))
    page.locator("#page .button").click()
    expect(page.locator(".state--genuine h1")).to_be_visible()
    assert policy.name not in page.content()

    page.goto("/CHECK/FORGED")
    expect(page.locator(".state--bad h1")).to_be_visible()
    seen(page)
    page.goto(reverse("portal:keys"))
    seen(page)


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_the_card_is_kept_as_pictures_and_as_pdf(
    open_page: OpenPage, policy: Policy, width: int, seen: Callable[[Page], None]
) -> None:
    page = open_page(width)
    looked_up(page, policy)

    page.locator("a[href='/policy/card/']").click()
    for picture in page.locator(".specimen img").all():
        expect(picture).to_have_js_property("naturalWidth", 1011)
    seen(page)
    with page.expect_download() as kept:
        page.locator(".specimen a").first.click()
    assert kept.value.suggested_filename == f"{policy.number}-front.png"


def test_nobody_sees_a_card_who_has_not_shown_that_it_is_theirs(client: Client) -> None:
    for name, status in (("policy_card", 302), ("policy_card_paper", 302)):
        assert client.get(reverse(f"portal:{name}")).status_code == status
    assert client.get(reverse("portal:policy_card_picture", args=["front"])).status_code == 404
