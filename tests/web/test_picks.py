"""Choosing an occupation and a division out of thousands: typed, looked for, or gone down to."""

from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from selfcard.policies.models import Policy
from selfcard.web.portal.picks import MOST, PickField
from tests.factories.activation import paid_cards
from tests.factories.cards import PrintedCard
from tests.factories.organisations import an_insurer
from tests.web.conftest import OpenPage
from tests.web.portal_line import ANSWERS, fill_in, open_card, shown

RIDER, DRIVER, TEACHER = "0603002", "0601005", "1301001"


@pytest.fixture
def card() -> PrintedCard:
    return paid_cards(an_insurer(), 1)[0]


@pytest.fixture
def client() -> Client:
    return Client(headers={"accept-language": "en"})


def answered(code: str = "", words: str = "", listed_for: str = "") -> str:
    """The answer, or why there is none."""
    field = PickField("occupation")
    try:
        return field.clean([code, words, listed_for])
    except Exception as refused:
        return str(getattr(refused, "code", refused))


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({"code": TEACHER}, TEACHER),
        ({"words": "外卖"}, RIDER),  # means one thing only
        ({"words": "司机"}, "from_list"),
        ({"words": "zzzz"}, "from_list"),
        ({"code": "0603"}, "from_list"),  # a trade is no answer
        ({"code": "9999999"}, "from_list"),
        ({"code": RIDER, "words": "waimai"}, RIDER),
        ({"code": TEACHER, "words": "外卖"}, RIDER),  # other words were typed since
        ({"code": TEACHER, "words": "司机"}, "from_list"),
        ({"code": TEACHER, "words": "司机", "listed_for": "司机"}, TEACHER),  # gone down to it
        ({}, "required"),
    ],
)
def test_what_was_typed_last_counts(given, answer):
    assert answered(**given) == answer


@pytest.mark.django_db
def test_without_script_the_list_comes_with_the_next_page(client: Client, card: PrintedCard):
    open_card(client, card.card_number, card.pin)
    fill_in(client, until="insured/1")
    typed = ANSWERS["insured/1"] | {"occupation": "", "occupation_words": "siji"}

    looked = client.post("/insured/1/", typed | {"look": "occupation"}, follow=True)
    assert looked.redirect_chain[-1][0] == "/insured/1/#id_occupation_1"
    assert "Error:" not in shown(looked)
    assert 'value="Wang Fang"' in shown(looked)
    assert f'name="occupation" value="{DRIVER}"' in shown(looked)

    pressed_on = client.post("/insured/1/", typed | {"occupation_for": "siji"})
    assert pressed_on.status_code == 422
    assert "Choose the occupation from the list." in shown(pressed_on)
    assert f'name="occupation" value="{DRIVER}"' in shown(pressed_on)

    chosen = client.post("/insured/1/", typed | {"occupation": DRIVER})
    assert chosen.headers["Location"] == "/paid-on-death/"


@pytest.mark.django_db
def test_one_goes_down_from_the_province_to_the_county(client: Client, card: PrintedCard):
    open_card(client, card.card_number, card.pin)
    fill_in(client, until="contact")

    for code, below in (("33", "3301"), ("3301", "330106")):
        page = client.post("/contact/", ANSWERS["contact"] | {"region": code}, follow=True)
        assert page.redirect_chain[-1][0] == "/contact/#id_region_1"
        assert f'name="region" value="{below}"' in shown(page)
    done = client.post("/contact/", ANSWERS["contact"] | {"region": "330106"})
    assert done.headers["Location"] == "/declarations/"


@pytest.mark.django_db
def test_the_list_alone_is_answered_while_one_types(client: Client, django_assert_num_queries: Any):
    with django_assert_num_queries(0):
        page = client.post("/found/occupation/", {"occupation_words": "司机"})

    assert shown(page).count('type="radio"') == MOST
    assert "more fit." in shown(page)
    assert client.post("/found/anything/").status_code == 404
    assert client.get("/found/occupation/").status_code == 405


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["en"])
def test_the_list_follows_what_is_typed(
    open_page: OpenPage, card: PrintedCard, language: str, no_axe_violations: Any
) -> None:
    page: Page = open_page(390)
    page.goto("/")
    page.locator("#id_card_number").fill(card.card_number)
    page.locator("#id_pin").fill(card.pin)
    page.locator("#id_pin").press("Enter")
    page.locator("button[name=product]").first.click()
    with page.expect_navigation():  # its script listens once the page is whole
        page.locator(".go .button").click()

    page.locator("#id_occupation_1").press_sequentially("taxi")
    expect(page.locator(".pick .choice")).to_have_count(3)
    expect(page.locator(".pick .choice", has_text="Taxi driver")).to_be_visible()
    page.locator(".pick__roots summary").click()
    page.locator(".pick__roots button", has_text="Education and science").click()
    expect(page.locator(".pick__within")).to_be_focused()
    page.locator(".pick__groups button", has_text="Schools").first.click()
    expect(page.locator(".pick .choice").first).to_contain_text("Teacher")
    no_axe_violations(page)
    assert Policy.objects.count() == 0
