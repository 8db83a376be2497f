"""The frame in a real browser: signing in, the phone menu, keys, and nothing in anybody's way."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from selfcard.organisations.models import Staff
from tests.factories.organisations import PASSWORD, Insurer, an_insurer
from tests.web.conftest import DESKTOP, PHONE, OpenPage

SignIn = Callable[[Page, Staff], None]
Check = Callable[[Page], None]

PAGES = ["/office/", "/office/search/?q=100", "/office/approvals/", "/account/password/"]
ADMINISTRATION = [
    "/office/administration/organisations/",
    "/office/administration/staff/",
    "/office/administration/staff/I01/",
]


@pytest.fixture
def insurer(transactional_db: None, language: str) -> Insurer:
    insurer = an_insurer()
    Staff.objects.update(language=language)
    return insurer


@pytest.mark.parametrize(("width", "theme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_nothing_stands_in_anybodys_way(
    insurer: Insurer,
    open_page: OpenPage,
    sign_in: SignIn,
    no_axe_violations: Check,
    width: int,
    theme: str,
) -> None:
    page = open_page(width)
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.goto("/account/sign-in/")
    no_axe_violations(page)
    page.goto("/office/nowhere/")
    no_axe_violations(page)
    sign_in(page, insurer.chief)
    for address in PAGES + ADMINISTRATION:
        page.goto(address)
        no_axe_violations(page)


def test_a_page_is_never_wider_than_the_phone(
    insurer: Insurer, phone: Page, sign_in: SignIn
) -> None:
    sign_in(phone, insurer.chief)

    for address in PAGES + ADMINISTRATION:
        phone.goto(address)
        assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE, address


def test_staff_sign_in_and_out_with_the_keyboard(insurer: Insurer, desktop: Page) -> None:
    desktop.goto("/office/")
    desktop.locator("[name=login]").press_sequentially(insurer.keeper.code)
    desktop.keyboard.press("Tab")
    desktop.keyboard.type(PASSWORD)
    desktop.keyboard.press("Enter")

    expect(desktop.locator("h1")).to_be_visible()
    desktop.wait_for_url("**/office/")
    desktop.locator("summary.me").press("Enter")
    desktop.locator(".menu-list button").press("Enter")
    desktop.wait_for_url("**/account/sign-in/**")


@pytest.mark.parametrize("language", ["en"])
@pytest.mark.parametrize("javascript", [True, False])
def test_the_phone_menu_opens_and_closes_also_without_script(
    insurer: Insurer, open_page: OpenPage, sign_in: SignIn, javascript: bool
) -> None:
    page = open_page(PHONE, javascript=javascript)
    sign_in(page, insurer.chief)
    page.goto("/office/")
    menu = page.get_by_role("link", name="Administration")
    expect(menu).to_be_hidden()

    page.get_by_role("link", name="Menu", exact=True).click()
    expect(menu).to_be_visible()

    page.get_by_role("link", name="Close the menu").click()
    expect(menu).to_be_hidden()


@pytest.mark.parametrize("language", ["en"])
def test_the_theme_follows_the_system_until_it_is_chosen(
    insurer: Insurer, desktop: Page, sign_in: SignIn
) -> None:
    desktop.emulate_media(color_scheme="dark")
    sign_in(desktop, insurer.keeper)
    desktop.goto("/office/")
    html = desktop.locator("html")
    expect(html).to_have_attribute("data-bs-theme", "dark")

    with desktop.expect_response("**/theme/"):
        desktop.get_by_role("button", name="Light, dark or as the system").click()
    expect(html).to_have_attribute("data-bs-theme", "light")
    desktop.reload()
    expect(html).to_have_attribute("data-bs-theme", "light")


@pytest.mark.parametrize("language", ["en"])
def test_a_slash_goes_to_the_search_and_keys_can_be_switched_off(
    insurer: Insurer, desktop: Page, sign_in: SignIn
) -> None:
    sign_in(desktop, insurer.keeper)
    desktop.goto("/office/")

    desktop.keyboard.press("/")
    expect(desktop.locator("#find")).to_be_focused()

    desktop.locator("h1").click()
    desktop.keyboard.press("?")
    desktop.get_by_role("checkbox").check()
    desktop.keyboard.press("Escape")
    desktop.locator("h1").click()
    desktop.keyboard.press("/")
    expect(desktop.locator("#find")).not_to_be_focused()
