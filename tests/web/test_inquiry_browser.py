"""The inquiry in a real browser: nothing in anybody's way, nothing wider than the phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from selfcard.organisations.models import Staff
from tests.factories.activation import activate
from tests.factories.custody import hand_down
from tests.factories.sales import Shop, a_shop
from tests.web.conftest import DESKTOP, PHONE, OpenPage

SignIn = Callable[[Page, Staff], None]
Check = Callable[[Page], None]


@pytest.fixture
def shop(transactional_db: None, language: str) -> Shop:
    """Cards in every status that a day brings: in transit, in inventory, sold, paid, activated."""
    shop = a_shop(200)
    hand_down(shop.insurer, shop.run(1, 100), shop.insurer.seller.party, "keeper")
    hand_down(shop.insurer, shop.run(151, 160), shop.insurer.department.party, "keeper")
    shop.sell((1, 10))
    shop.sell_and_settle((11, 60))
    activate(shop.cards[20])
    Staff.objects.update(language=language)
    return shop


@pytest.mark.parametrize(("width", "theme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_nothing_stands_in_anybodys_way(
    shop: Shop,
    open_page: OpenPage,
    sign_in: SignIn,
    no_axe_violations: Check,
    width: int,
    theme: str,
) -> None:
    page = open_page(width)
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    sign_in(page, shop.insurer.keeper)
    inquiry = reverse("office:inquiry:range")
    run = shop.batch.run
    addresses = [
        f"{inquiry}?first={run.first}&last={run.last}",
        f"{inquiry}?first={run.last}&last={run.first}",
        *(reverse("office:inquiry:card", args=[shop.cards[at].card_number]) for at in (20, 155)),
    ]
    for address in addresses:
        page.goto(address)
        no_axe_violations(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address


@pytest.mark.parametrize("language", ["en"])
def test_a_colleague_on_the_phone_asks_where_a_card_is(
    shop: Shop, desktop: Page, sign_in: SignIn
) -> None:
    sign_in(desktop, shop.insurer.keeper)
    desktop.goto(reverse("office:inquiry:range"))

    desktop.keyboard.press("/")
    desktop.keyboard.type(shop.cards[155].card_number)
    desktop.keyboard.press("Enter")

    desktop.wait_for_url("**/office/inquiry/cards/**")
    assert shop.insurer.department.party.name_en[:4] in desktop.locator(".hero").inner_text()
