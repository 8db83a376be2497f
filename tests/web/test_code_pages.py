"""Codes to a phone on the portal: what is asked, what is said, and what nobody learns by asking."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from selfcard.core import clock
from selfcard.core.work import run_waiting_jobs
from selfcard.policies.models import ContactChange, Policy
from selfcard.policies.numbers import policy_number
from tests.factories.activation import activate, cancel, digits_on, paid_cards
from tests.factories.cards import PrintedCard
from tests.factories.messaging import demonstration
from tests.factories.organisations import Insurer, an_insurer
from tests.web.portal_line import another_browser, open_card, press, shown

pytestmark = pytest.mark.django_db
NOBODYS = policy_number(999_999_999_999)
ASK, CODE, AGAIN = "/look-up/code/", "/code/", "/code/again/"
CHANGE, NEW = "/policy/contact/", "/policy/contact/new/"
NEW_PHONE = "+8613900139000"
ELSEWHERE = {
    "phone": "139 0013 9000",
    "email": "",
    "region": "110101",
    "address": "王府井大街1号",
}


@pytest.fixture
def company() -> Insurer:
    return an_insurer()


@pytest.fixture
def card(company: Insurer, settings: Any, tmp_path: Path) -> PrintedCard:
    demonstration(settings, tmp_path)
    return paid_cards(company)[0]


@pytest.fixture
def policy(card: PrintedCard) -> Policy:
    return Policy.objects.get(pk=activate(card).pk)


@pytest.fixture
def client(client: Client) -> Client:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


def enter(client: Client, digits: str) -> Any:
    return press(client, CODE, code=digits)


def last_code(policy: Policy) -> str:
    run_waiting_jobs()
    return digits_on(policy.phone)


def asks(client: Client, number: str) -> Any:
    return press(client, ASK, policy_number=number)


def opened_by_code(client: Client, policy: Policy) -> Any:
    asks(client, policy.number)
    return enter(client, last_code(policy))


def test_a_policy_number_and_a_code_open_everything(client: Client, policy: Policy) -> None:
    assert "Enter the code" in shown(asks(client, policy.number))

    page = enter(client, last_code(policy))

    assert page.redirect_chain == [(reverse("portal:policy"), 302)]
    assert policy.name in shown(page)
    assert client.get(reverse("portal:policy_paper")).status_code == 200


def test_a_number_that_no_policy_bears_looks_the_same(client: Client, policy: Policy) -> None:
    pages = []
    for number in (policy.number, NOBODYS):
        browser = another_browser()
        asked = asks(browser, number)
        run_waiting_jobs()
        wrong = enter(browser, f"{(int(digits_on(policy.phone)) + 1) % 10**6:06d}")
        pages.append([alike(asked, number), alike(wrong, number)])

    assert pages[0] == pages[1]
    assert "If there is a policy" in pages[0][0][2]
    assert pages[0][1][0] == 422


def alike(page: Any, number: str) -> tuple[int, int, str]:
    """Status, length and words of a page, without what differs from one visit to the next."""
    text = shown(page)
    for varying in (r'name="request_id" value="[^"]*"', r'csrfmiddlewaretoken" value="[^"]*"'):
        text = re.sub(varying, "", text)
    plain = text.replace(f"{number[1:5]} {number[5:9]} {number[9:13]} {number[13:]}", "number")
    digits = re.sub(r"P [0-9 ]+", "P number", plain)
    return page.status_code, len(page.content), digits


def test_the_card_with_its_pin_offers_a_code_to_the_phone(
    client: Client, card: PrintedCard, policy: Policy
) -> None:
    open_card(client, card.card_number, card.pin)
    masked = shown(client.get(reverse("portal:card")))
    assert f'ending in <strong class="digits">{policy.phone[-4:]}</strong>' in masked
    assert policy.phone not in masked

    page = press(client, reverse("portal:ask_code_for_card"), client.get(reverse("portal:card")))
    assert f'ending in <strong class="digits">{policy.phone[-4:]}</strong>' in shown(page)
    assert policy.name in shown(enter(client, last_code(policy)))


def test_a_page_that_was_only_typed_a_number_into_says_nothing_of_the_phone(
    client: Client, policy: Policy
) -> None:
    assert policy.phone[-4:] not in shown(asks(client, policy.number))


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("wrong", "This is not the code that was sent"),
        ("short", "The code has 6 digits"),
        ("nothing", "Enter the code from the message"),
        ("outdated", "This code is too old"),
    ],
)
def test_what_is_wrong_with_a_code_is_said_at_its_field(
    client: Client, policy: Policy, what: str, said: str
) -> None:
    asks(client, policy.number)
    digits = last_code(policy)
    typed = {"wrong": f"{(int(digits) + 1) % 10**6:06d}", "short": digits[:5], "nothing": ""}
    later = timedelta(minutes=11 if what == "outdated" else 0)
    with clock.frozen(clock.now() + later):
        page = enter(client, typed.get(what, digits))

    assert page.status_code == 422
    assert said in shown(page)
    assert 'href="#id_code"' in shown(page)


def test_a_used_code_is_told_as_such(client: Client, policy: Policy) -> None:
    asks(client, policy.number)
    digits = last_code(policy)
    key = client.session["portal_code"]
    enter(client, digits)
    session = client.session
    session["portal_code"] = key
    session.save()

    assert "This code was used already" in shown(enter(client, digits))


def test_after_five_wrong_codes_a_new_one_is_needed(
    client: Client, policy: Policy, settings: Any
) -> None:
    settings.GATE_FREE_TRIES = 100
    asks(client, policy.number)
    digits = last_code(policy)
    for _ in range(settings.CODE_TRIES):
        enter(client, f"{(int(digits) + 1) % 10**6:06d}")
    page = enter(client, digits)

    assert page.status_code == 429
    assert "There were too many wrong codes" in shown(page)


def test_another_code_may_be_asked_for_a_few_times(client: Client, policy: Policy) -> None:
    page = asks(client, policy.number)
    for _ in range(settings.CODES_AN_HOUR - 1):
        page = press(client, AGAIN, page)
        assert page.status_code == 200
    page = press(client, AGAIN, page)

    assert page.status_code == 429
    assert "Several codes were asked for just now" in shown(page)
    assert policy.name in shown(enter(client, last_code(policy)))


def test_without_a_gateway_no_code_is_offered_or_promised(
    client: Client, card: PrintedCard, policy: Policy, settings: Any
) -> None:
    settings.DEMO_MESSAGES = False
    open_card(client, card.card_number, card.pin)

    assert "Send a code" not in shown(client.get(reverse("portal:card")))
    assert reverse("portal:ask_code") not in shown(client.get(reverse("portal:look_up")))
    page = shown(client.get(ASK))
    assert "We cannot send codes just now" in page
    assert "<form" not in page.partition("<main")[2].partition("</main>")[0]


def test_the_code_page_without_having_asked_leads_to_the_look_up(client: Client) -> None:
    for path in (CODE, ASK):
        assert client.get(path).status_code in (200, 302)
    assert client.get(CODE).headers["Location"] == reverse("portal:look_up")
    assert client.post(AGAIN).headers["Location"] == reverse("portal:look_up")


# Changing contact data


def to_new_contact(client: Client, policy: Policy) -> Any:
    """Everything is open, and the phone so far was shown by a code of its own."""
    opened_by_code(client, policy)
    page = press(client, CHANGE)
    assert "Enter the code" in shown(page)
    return enter(client, last_code(policy))


def test_phone_email_and_address_are_changed_by_two_codes(client: Client, policy: Policy) -> None:
    former = policy.phone
    page = to_new_contact(client, policy)
    assert page.redirect_chain == [(NEW, 302)]
    assert policy.address in shown(page)

    page = press(client, NEW, **ELSEWHERE)
    assert "+86 139 0013 9000" in shown(page)
    run_waiting_jobs()
    page = enter(client, digits_on(NEW_PHONE))

    assert page.redirect_chain == [(reverse("portal:policy"), 302)]
    assert "Your contact data are changed" in shown(page)
    policy = Policy.objects.get(pk=policy.pk)
    assert (policy.phone, policy.email, policy.address) == (NEW_PHONE, "", ELSEWHERE["address"])
    assert ContactChange.objects.get().former_phone == former
    assert "Your contact data are changed" not in shown(client.get(reverse("portal:policy")))


def test_with_the_same_phone_the_address_is_changed_at_once(client: Client, policy: Policy) -> None:
    to_new_contact(client, policy)

    page = press(client, NEW, **ELSEWHERE | {"phone": policy.phone})

    assert page.redirect_chain == [(reverse("portal:policy"), 302)]
    assert Policy.objects.get(pk=policy.pk).address == ELSEWHERE["address"]


def test_what_cannot_be_changed_is_said_at_its_field(client: Client, policy: Policy) -> None:
    to_new_contact(client, policy)

    page = press(client, NEW, **ELSEWHERE | {"phone": "010 8400 1234", "address": "x"})

    assert page.status_code == 422
    assert 'href="#id_phone"' in shown(page)
    assert 'href="#id_address"' in shown(page)
    assert 'value="010 8400 1234"' in shown(page)


def test_nothing_is_changed_where_nothing_is_new(client: Client, policy: Policy) -> None:
    to_new_contact(client, policy)
    same = {"phone": policy.phone, "email": policy.email, "region": policy.region}

    page = press(client, NEW, **same, address=policy.address)

    assert page.status_code == 422
    assert not ContactChange.objects.exists()


def test_a_list_is_looked_into_without_script_and_nothing_is_lost(
    client: Client, policy: Policy
) -> None:
    to_new_contact(client, policy)

    page = press(client, NEW, **ELSEWHERE | {"region": "", "region_words": "西湖"}, look="region")

    assert page.status_code == 200
    assert 'value="330106"' in shown(page)
    assert ELSEWHERE["address"] in shown(page)


def test_nobody_changes_anything_without_the_code_to_the_phone_so_far(
    client: Client, policy: Policy
) -> None:
    assert client.get(CHANGE).headers["Location"] == reverse("portal:policy")
    opened_by_code(client, policy)

    for response in (client.get(NEW), client.post(NEW, ELSEWHERE)):
        assert response.headers["Location"] == CHANGE


def test_a_cancelled_policys_contact_data_stay(
    client: Client, company: Insurer, policy: Policy
) -> None:
    opened_by_code(client, policy)
    cancel(company, policy)

    assert "Change telephone" not in shown(client.get(reverse("portal:policy")))
    assert client.get(CHANGE).headers["Location"] == reverse("portal:policy")


def test_leaving_forgets_that_a_phone_was_shown(client: Client, policy: Policy) -> None:
    to_new_contact(client, policy)

    client.post(reverse("portal:leave"))

    assert not {"portal_code", "portal_phone"} & set(client.session.keys())


# The telephone of the demonstration


def test_a_demonstration_shows_what_the_phone_has_got(client: Client, policy: Policy) -> None:
    asks(client, policy.number)
    digits = last_code(policy)

    for typed in ({}, {"number": "138 0013 8000"}):
        page = client.post(reverse("portal:telephone"), typed)
        assert "This is a demonstration" in shown(page)
        assert digits in shown(page)
    assert digits not in shown(client.get(reverse("portal:telephone")))


def test_and_nobody_else_does(client: Client, settings: Any) -> None:
    settings.DEMO_MESSAGES = False

    assert client.get(reverse("portal:telephone")).status_code == 404


# What a page costs


@pytest.mark.parametrize(
    ("page", "most"),
    [("portal:ask_code", 3), ("portal:code", 9), ("portal:change_contact", 8)],
)
def test_each_page_asks_the_database_a_few_times(
    client: Client,
    policy: Policy,
    page: str,
    most: int,
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    opened_by_code(client, policy)
    press(client, CHANGE)

    with django_assert_max_num_queries(most):
        assert client.get(reverse(page)).status_code == 200
