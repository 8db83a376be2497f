"""A visit to the portal: whose it is, how long it lasts, and what two windows do to each other."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from selfcard.activation.models import Draft, PinProof
from selfcard.core import clock
from selfcard.policies.models import Policy
from tests.factories.activation import activate, paid_cards
from tests.factories.cards import PrintedCard, a_document_type
from tests.factories.organisations import Insurer, an_insurer
from tests.factories.products import a_product, a_published_version
from tests.web.portal_line import (
    ANSWERS,
    another_browser,
    fill_in,
    hidden_in,
    open_card,
    press,
    shown,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english(client: Client) -> None:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"


@pytest.fixture
def insurer() -> Insurer:
    return an_insurer()


@pytest.fixture
def cards(insurer: Insurer) -> list[PrintedCard]:
    return paid_cards(insurer)


def test_whoever_reads_over_midnight_is_asked_again(
    client: Client, cards: list[PrintedCard]
) -> None:
    evening = clock.day_end(clock.today())
    with clock.frozen(evening):
        open_card(client, cards[0].card_number, cards[0].pin)
        fill_in(client)
        page = client.get(reverse("portal:check"))
    with clock.frozen(evening + timedelta(minutes=2)):
        again = press(client, reverse("portal:check"), page=page)
        assert "A new day has begun" in shown(again)
        assert not Policy.objects.exists()
        press(client, reverse("portal:check"), page=again)

    assert Policy.objects.get().starts_at == clock.day_start(evening.date() + timedelta(days=2))


def test_the_second_of_two_windows_is_told_that_the_card_is_activated(
    client: Client, cards: list[PrintedCard]
) -> None:
    open_card(client, cards[0].card_number, cards[0].pin)
    fill_in(client, changed={"insured/1": {"name": "Li Ming"}})
    other = another_browser(same_device_as=client)
    open_card(other, cards[0].card_number, cards[0].pin)
    check = other.get(reverse("portal:check"))
    press(client, reverse("portal:check"))
    response = press(other, reverse("portal:check"), page=check)

    assert Policy.objects.count() == 1
    assert response.redirect_chain[-1][0] == reverse("portal:card")
    assert "L*** M*** will be insured" in shown(response)


def test_a_closed_page_loses_nothing(client: Client, cards: list[PrintedCard]) -> None:
    open_card(client, cards[0].card_number, cards[0].pin)
    fill_in(client, until="contact")

    another_day = another_browser(same_device_as=client)
    page = open_card(another_day, cards[0].card_number, cards[0].pin, follow=True)
    assert "Carry on where you stopped" in shown(page)
    assert another_day.get(reverse("portal:check")).headers["Location"] == "/contact/"
    assert 'value="Wang Fang"' in shown(another_day.get("/insured/1/"))


def test_a_draft_is_not_shown_to_another_device_that_knows_the_pin(
    client: Client, cards: list[PrintedCard]
) -> None:
    open_card(client, cards[0].card_number, cards[0].pin)
    fill_in(client)
    other = another_browser()
    page = open_card(other, cards[0].card_number, cards[0].pin, follow=True)

    assert "Somebody has begun to fill in for this card on another device" in shown(page)
    for path in ("/check-answers/", "/insured/1/", "/contact/", "/declarations/", "/product/"):
        assert other.get(path).headers["Location"] == "/card/"
        assert other.post(path, ANSWERS["insured/1"]).headers["Location"] == "/card/"
        assert "Wang Fang" not in shown(other.get(path, follow=True))
    assert 'value="Wang Fang"' in shown(client.get("/insured/1/"))


def test_another_device_can_only_begin_afresh_and_the_first_one_is_told(
    client: Client, cards: list[PrintedCard]
) -> None:
    open_card(client, cards[0].card_number, cards[0].pin)
    fill_in(client)
    check = client.get("/check-answers/")
    other = another_browser()
    open_card(other, cards[0].card_number, cards[0].pin)
    other.post(reverse("portal:begin_afresh"))
    fill_in(other, changed={"insured/1": {"name": "Li Ming"}})
    pressed = press(client, "/check-answers/", page=check)

    assert not Policy.objects.exists()
    assert "Somebody has begun to fill in for this card on another device" in shown(pressed)
    assert "Li Ming" not in shown(pressed)


def test_what_is_activated_is_what_was_checked(client: Client, cards: list[PrintedCard]) -> None:
    open_card(client, cards[0].card_number, cards[0].pin)
    fill_in(client)
    check = client.get("/check-answers/")
    window = another_browser(same_device_as=client)
    open_card(window, cards[0].card_number, cards[0].pin)
    window.post("/contact/", ANSWERS["contact"] | {"phone": "139 0013 9000"})
    again = press(client, "/check-answers/", page=check)

    assert "The answers have changed" in shown(again)
    assert "139 0013 9000" in shown(again)
    assert not Policy.objects.exists()
    press(client, "/check-answers/", page=again)
    assert Policy.objects.get().phone == "+8613900139000"


def test_a_tick_counts_only_for_the_texts_that_were_shown(client: Client, insurer: Insurer) -> None:
    one, two = (a_published_version(insurer, a_product(insurer, code)) for code in ("ONE", "TWO"))
    card = paid_cards(insurer, 1, a_document_type(insurer, "AC-2", "620121", one, two))[0]
    open_card(client, card.card_number, card.pin)
    fill_in(client, product=one.pk, until="declarations")
    texts = hidden_in(client.get("/declarations/"))
    client.post("/product/", {"product": str(two.pk)})
    again = client.post("/declarations/", {**texts, "terms": "on", "privacy": "on"})

    assert "The texts have changed" in shown(again)
    assert client.get("/check-answers/").headers["Location"] == "/declarations/"


def test_one_can_throw_the_draft_away(client: Client, cards: list[PrintedCard]) -> None:
    open_card(client, cards[0].card_number, cards[0].pin)
    fill_in(client, until="contact")
    client.post(reverse("portal:begin_afresh"))

    assert not Draft.objects.exists()
    assert client.get(reverse("portal:check")).headers["Location"] == "/product/"


def test_after_half_an_hour_card_and_pin_are_asked_for_again(
    client: Client, cards: list[PrintedCard]
) -> None:
    open_card(client, cards[0].card_number, cards[0].pin)
    PinProof.objects.update(
        opened_at=clock.now() - timedelta(hours=1), expires_at=clock.now() - timedelta(minutes=1)
    )
    response = client.get("/contact/", follow=True)

    assert "Enter card number and PIN again" in shown(response)
    assert "What you filled in is saved" in shown(response)


def test_a_policys_details_stay_open_no_longer_than_a_visit(
    client: Client, cards: list[PrintedCard]
) -> None:
    policy = activate(cards[0])
    given = {"by": "policy", "policy_number": policy.number}
    with clock.frozen(clock.now()):
        opened = clock.now()
        press(client, "/look-up/", **given, identity_number=policy.identity_number)
    for minutes in (25, 50, 75, 100):
        with clock.frozen(opened + timedelta(minutes=minutes)):
            assert policy.name in shown(client.get("/policy/"))
    with clock.frozen(opened + timedelta(minutes=121)):
        assert client.get("/policy/").headers["Location"] == "/look-up/"
        assert client.get(reverse("portal:policy_paper")).status_code == 302


def test_a_policys_details_close_after_half_an_hour_without_a_look(
    client: Client, cards: list[PrintedCard]
) -> None:
    open_card(client, cards[0].card_number, cards[0].pin)
    fill_in(client)
    press(client, "/check-answers/")
    assert "Wang Fang" in shown(client.get("/policy/"))

    with clock.frozen(clock.now() + timedelta(minutes=31)):
        assert client.get("/policy/").headers["Location"] == "/look-up/"
        assert "Wang Fang" not in shown(client.get("/done/", follow=True))


def test_leaving_a_shared_phone_forgets_what_was_filled_in(
    client: Client, cards: list[PrintedCard]
) -> None:
    open_card(client, cards[0].card_number, cards[0].pin)
    fill_in(client)
    client.post(reverse("portal:leave"))
    page = open_card(client, cards[0].card_number, cards[0].pin, follow=True)

    assert "Carry on where you stopped" not in shown(page)
    assert client.get("/check-answers/").headers["Location"] == "/card/"


def test_leaving_forgets_the_visit(client: Client, cards: list[PrintedCard]) -> None:
    open_card(client, cards[0].card_number, cards[0].pin)
    client.post(reverse("portal:leave"))

    assert client.get(reverse("portal:product")).headers["Location"] == "/"
