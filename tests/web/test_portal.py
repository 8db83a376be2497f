"""The portal in a real browser at phone width: a customer of seventy activates a card."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from selfcard.policies.models import Policy
from tests.factories.activation import paid_cards, wrong_pin
from tests.factories.cards import PrintedCard
from tests.factories.organisations import an_insurer
from tests.factories.policies import a_person
from tests.web.portal_line import WANG_FANG

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def card() -> PrintedCard:
    return paid_cards(an_insurer(), 1)[0]


def go_on(page: Page) -> None:
    """Press the one button that leads on."""
    page.locator("#page .go .button, #page.go .button").click()


def enter(page: Page, number: str, pin: str) -> None:
    page.locator("#id_card_number").fill(number)
    page.locator("#id_pin").fill(pin)
    go_on(page)


def choose(page: Page, name: str, value: str) -> None:
    page.locator(f"input[name={name}][value='{value}']").check()


def say_who_is_insured(page: Page, name: str = "王芳") -> None:
    choose(page, "relationship", "self")
    page.locator("#id_name").fill(name)
    page.locator("#id_identity_number").fill(WANG_FANG.identity_number)
    for part, value in (("year", "1986"), ("month", "5"), ("day", "17")):
        page.locator(f"[name=birth_date_{part}]").fill(value)
    choose(page, "sex", "female")
    choose(page, "occupation", "0101003")


def say_where_to_reach(page: Page) -> None:
    page.locator("#id_phone").fill("138 0013 8000")
    page.locator("#id_region_1").fill("杭州西湖")
    page.locator("#id_address").fill("文三路1号")


def walk_to_the_answers(page: Page, seen: Callable[[Page], None]) -> None:
    """From the choice of a product to all answers; each page is seen before it is left."""
    seen(page)
    page.locator("button[name=product]").first.click()
    seen(page)
    go_on(page)
    say_who_is_insured(page)
    seen(page)
    go_on(page)
    seen(page)
    go_on(page)
    say_where_to_reach(page)
    seen(page)
    go_on(page)
    seen(page)
    for box in page.locator("input[type=checkbox]").all():
        box.check()
    go_on(page)
    seen(page)


def test_a_customer_of_seventy_activates_a_card(
    phone: Page, card: PrintedCard, seen: Callable[[Page], None]
) -> None:
    phone.goto("/")
    seen(phone)
    for _ in range(2):  # the PIN is mistyped twice
        enter(phone, card.card_number, wrong_pin(card))
        expect(phone.locator(".problem")).to_be_visible()
        expect(phone.locator("#id_pin")).to_have_value(wrong_pin(card))
        seen(phone)
    enter(phone, card.card_number, card.pin)

    walk_to_the_answers(phone, seen)
    expect(phone.locator("h1")).to_be_visible()

    # Back to change the name: the rest stays.
    phone.locator("a[href='/insured/1/?change']").nth(1).click()
    expect(phone.locator("#id_name")).to_have_value("王芳")
    phone.locator("#id_name").fill("王芳芳")
    go_on(phone)
    expect(phone.locator("main")).to_contain_text("王芳芳")
    expect(phone.locator("main")).to_contain_text("138 0013 8000")

    phone.locator("#page.go .button").dblclick()
    expect(phone.locator(".state--insured")).to_be_visible()
    seen(phone)
    policy = Policy.objects.get()
    assert policy.insured.get().name == "王芳芳"
    assert policy.number.replace("P", "") == phone.locator(".number").inner_text().replace(
        "P", ""
    ).replace(" ", "")

    # The same pair later: masked, until the identity number is shown as well.
    phone.goto("/look-up/")
    seen(phone)
    phone.locator("#card_card_number").fill(card.card_number)
    phone.locator("#card_pin").fill(card.pin)
    phone.locator("#card_pin").press("Enter")
    expect(phone.locator("h1")).to_contain_text("王**")
    seen(phone)
    phone.locator("#id_identity_number").fill(WANG_FANG.identity_number)
    go_on(phone)
    expect(phone.locator("h1")).to_contain_text("王芳芳")
    seen(phone)
    paper = phone.request.get("/policy/paper/")
    assert paper.body().startswith(b"%PDF")


def test_everything_works_without_javascript(
    open_page: Callable[..., Page], card: PrintedCard
) -> None:
    page = open_page(390, javascript=False)
    page.goto("/")
    enter(page, card.card_number, card.pin)
    walk_to_the_answers(page, lambda _: None)
    go_on(page)

    expect(page.locator(".state--insured")).to_be_visible()
    assert Policy.objects.count() == 1


@pytest.mark.parametrize("language", ["en"])
def test_the_mistakes_on_a_page_lead_to_their_fields(
    phone: Page, card: PrintedCard, no_axe_violations: Callable[[Page], None]
) -> None:
    phone.goto("/")
    enter(phone, card.card_number, card.pin)
    phone.locator("button[name=product]").first.click()
    go_on(phone)
    go_on(phone)  # nothing is filled in
    no_axe_violations(phone)
    for link in phone.locator(".problem a").all():
        target = (link.get_attribute("href") or "").removeprefix("#")
        link.click()
        assert phone.evaluate("document.activeElement.id") == target


@pytest.mark.parametrize("language", ["en"])
def test_enter_goes_on_and_back_keeps_what_was_typed(phone: Page, card: PrintedCard) -> None:
    phone.goto("/")
    enter(phone, card.card_number, card.pin)
    phone.locator("button[name=product]").first.click()
    go_on(phone)
    say_who_is_insured(phone)
    phone.locator("#id_name").press("Enter")
    expect(phone.locator("input[name=who]").first).to_be_visible()

    phone.locator("button[name=back]").click()
    phone.locator("#id_name").fill("王芳草")
    phone.locator("button[name=back]").click()
    expect(phone.locator("input[name=when]").first).to_be_visible()
    go_on(phone)
    expect(phone.locator("#id_name")).to_have_value("王芳草")


@pytest.mark.parametrize("language", ["en"])
def test_the_code_under_the_panel_fills_both_in_and_leaves_no_trace(
    phone: Page, card: PrintedCard
) -> None:
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(request.url))
    phone.goto(f"/#c={card.card_number}&p={card.pin}")

    expect(phone.locator("#id_pin")).to_have_value(
        " ".join(card.pin[place : place + 4] for place in range(0, 12, 4))
    )
    assert "#" not in phone.url
    assert phone.evaluate("history.length") <= 2
    assert not [url for url in asked if card.pin in url.split("#")[0]]
    go_on(phone)
    expect(phone.locator("button[name=product]").first).to_be_visible()


@pytest.mark.parametrize("language", ["en"])
def test_an_error_of_the_rules_and_the_way_out_have_no_axe_violations(
    phone: Page, card: PrintedCard, no_axe_violations: Callable[[Page], Any]
) -> None:
    phone.goto("/")
    enter(phone, card.card_number, card.pin)
    phone.locator("button[name=product]").first.click()
    go_on(phone)
    say_who_is_insured(phone)
    old = a_person(birth_date=WANG_FANG.birth_date.replace(year=1936))
    phone.locator("#id_identity_number").fill(old.identity_number)
    phone.locator("[name=birth_date_year]").fill("1936")
    go_on(phone)

    expect(phone.locator(".rule")).to_be_visible()
    no_axe_violations(phone)
