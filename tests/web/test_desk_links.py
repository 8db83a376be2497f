"""A link to the caller's phone: what its page shows, and how the operator's page goes on."""

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as configured
from django.test import Client
from django.urls import reverse

from selfcard.activation.models import DeskCase
from selfcard.core import clock
from selfcard.core.work import run_waiting_jobs
from selfcard.messaging.gateways.telephone import received_by
from selfcard.organisations.models import Staff
from tests.factories.activation import paid_cards, wrong_pin
from tests.factories.cards import PrintedCard
from tests.factories.desk import CALLER, a_case, a_link, an_operator
from tests.factories.messaging import demonstration
from tests.factories.organisations import Insurer
from tests.web.portal_line import shown

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def telephones(settings: Any, tmp_path: Path) -> None:
    demonstration(settings, tmp_path)
    settings.DESK_PIN = "link"


@pytest.fixture
def operator(insurer: Insurer) -> Staff:
    return an_operator(insurer)


@pytest.fixture
def desk(operator: Staff) -> Client:
    client = Client()
    client.force_login(operator, backend=configured.AUTHENTICATION_BACKENDS[-1])
    return client


@pytest.fixture
def card(insurer: Insurer) -> PrintedCard:
    return paid_cards(insurer)[0]


@pytest.fixture
def case(operator: Staff, card: PrintedCard) -> DeskCase:
    return a_case(operator, card)


@pytest.fixture
def phone() -> Client:
    client = Client()
    client.cookies[configured.LANGUAGE_COOKIE_NAME] = "en"
    return client


def at(case: DeskCase, page: str = "") -> str:
    return f"/office/desk/{case.number}/{page}"


def enter(phone: Client, token: str, pin: str, request_id: str = "") -> Any:
    given = {"pin": pin, "request_id": request_id or str(uuid4()), "ticket": ""}
    return phone.post(f"/pin/{token}", given)


def test_the_operator_sends_a_link_and_goes_on_as_soon_as_the_pin_was_entered(
    desk: Client, phone: Client, case: DeskCase, card: PrintedCard
) -> None:
    page = shown(desk.get(at(case)))
    assert 'name="pin"' not in page
    assert "You get a message with a link." in page

    sent = desk.post(at(case, "link/"), {"phone": "138 0013 8000", "request_id": str(uuid4())})
    assert sent["Location"] == at(case)
    assert "A link was sent." in shown(desk.get(at(case)))
    assert "HX-Refresh" not in desk.get(at(case, "link/waits/")).headers

    run_waiting_jobs()
    token = re.search(r"/pin/([\w-]+)", received_by(CALLER)[0].words)
    assert token is not None
    assert enter(phone, token[1], card.pin)["Location"] == reverse("portal:pin_entered")
    assert "our staff go on with you" in shown(phone.get(reverse("portal:pin_entered")))
    assert desk.get(at(case, "link/waits/"))["HX-Refresh"] == "true"
    assert at(case, "product/") in shown(desk.get(at(case)))


def test_the_page_says_nothing_of_the_card_and_remembers_nothing(
    operator: Staff, phone: Client, case: DeskCase, card: PrintedCard
) -> None:
    token = a_link(case, operator)

    page = phone.get(f"/pin/{token}")

    assert page.status_code == 200
    for secret in (card.card_number, card.card_number[-4:], case.number, operator.name):
        assert secret not in shown(page)
    assert "no-store" in page["Cache-Control"]
    enter(phone, token, card.pin)
    assert not dict(phone.session)
    assert phone.get("/card/")["Location"] == "/"


def test_a_wrong_pin_is_refused_as_at_the_gate_whatever_the_card(
    operator: Staff, phone: Client, case: DeskCase, card: PrintedCard
) -> None:
    token = a_link(case, operator)

    wrong = enter(phone, token, wrong_pin(card))

    assert wrong.status_code == 422
    assert "This PIN cannot be used. Compare every digit with your card." in shown(wrong)
    assert enter(phone, token, "PIN").status_code == 422
    for _ in range(configured.GATE_FREE_TRIES):
        wrong = enter(phone, token, wrong_pin(card, selector_right=False))
    assert wrong.status_code == 429
    assert "data-ticket" in shown(wrong)


def test_a_link_that_counts_no_more_says_so_and_no_more(
    operator: Staff, phone: Client, case: DeskCase, card: PrintedCard
) -> None:
    token, request_id = a_link(case, operator), str(uuid4())
    enter(phone, token, card.pin, request_id)

    # The same press again is the same entry; going back and entering once more is another.
    assert enter(phone, token, card.pin, request_id).status_code == 302
    assert enter(phone, token, card.pin).status_code == 410
    used, made_up = phone.get(f"/pin/{token}"), phone.get(f"/pin/{token[::-1]}")
    assert used.status_code == made_up.status_code == 410
    assert "This link does not count any more" in shown(used)

    other = a_link(case, operator)
    with clock.frozen(clock.now() + configured.CODE_LASTS):
        assert phone.get(f"/pin/{other}").status_code == 410


def test_by_setting_the_pin_is_typed_or_sent_for(
    desk: Client, case: DeskCase, card: PrintedCard, settings: Any
) -> None:
    typed = {"pin": card.pin, "request_id": str(uuid4()), "ticket": ""}
    assert desk.post(at(case), typed).status_code == 200
    assert DeskCase.objects.get().proof is None

    settings.DESK_PIN = "either"
    page = shown(desk.get(at(case)))
    assert 'name="pin"' in page
    assert "Send the link" in page

    settings.DESK_PIN = "said"
    page = shown(desk.get(at(case)))
    assert 'name="pin"' in page
    assert "Send the link" not in page
    refused = desk.post(at(case, "link/"), {"phone": CALLER, "request_id": str(uuid4())})
    assert refused.status_code == 422


def test_a_phone_that_takes_no_messages_is_refused_at_its_field(
    desk: Client, case: DeskCase
) -> None:
    refused = desk.post(at(case, "link/"), {"phone": "0571-88888888", "request_id": str(uuid4())})

    assert refused.status_code == 422
    assert "0571-88888888" in shown(refused)
