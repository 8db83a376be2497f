"""The PIN gate in the office: an alarm is told to those who may see it, and a card is unlocked."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from selfcard.activation.models import GateAlarm, Unlocking
from selfcard.core import clock
from selfcard.organisations.models import May, Staff
from tests.factories.activation import lock_with_wrong_pins, paid_cards
from tests.factories.cards import PrintedCard
from tests.factories.organisations import Insurer, a_staff_member
from tests.web.desks import Office

WARNING = "Very many PINs are being tried"


@pytest.fixture
def operator(insurer: Insurer) -> Staff:
    return a_staff_member("C09", insurer.head_office, May.UNLOCK_CARDS, name="Olive")


@pytest.fixture
def card(insurer: Insurer) -> PrintedCard:
    return paid_cards(insurer)[0]


def client_of(staff: Staff) -> Client:
    client = Client()
    client.force_login(staff, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def page(staff: Staff, name: str, *args: Any) -> str:
    return client_of(staff).get(reverse(name, args=args)).content.decode()


def raise_an_alarm() -> None:
    now = clock.now()
    GateAlarm.objects.create(began_at=now, until=now + timedelta(minutes=10))


def test_an_alarm_is_told_at_home_to_those_who_look_after_the_gate(insurer, operator) -> None:
    assert WARNING not in page(operator, "office:home")
    raise_an_alarm()

    for somebody in (operator, insurer.auditor, insurer.chief):
        assert WARNING in page(somebody, "office:home")
    assert WARNING not in page(insurer.keeper, "office:home")


def test_the_gates_page_says_whether_there_is_an_alarm_and_when_there_was(
    insurer, operator
) -> None:
    assert "It has never happened" in page(operator, "office:gate:gate")
    raise_an_alarm()
    assert WARNING in page(operator, "office:gate:gate")

    with clock.frozen(clock.now() + timedelta(hours=1)):
        assert WARNING not in page(insurer.auditor, "office:gate:gate")
    assert client_of(insurer.keeper).get(reverse("office:gate:gate")).status_code == 403


def test_a_locked_card_says_so_and_offers_to_unlock_it_to_whoever_may(
    insurer, operator, card
) -> None:
    address = reverse("office:gate:unlock", args=[card.serial])
    assert "Locked by" not in page(insurer.keeper, "office:inquiry:card", card.card_number)
    lock_with_wrong_pins(card)

    shown = page(insurer.keeper, "office:inquiry:card", card.card_number)
    assert "Locked by too many wrong PINs" in shown
    assert address not in shown
    assert address in page(operator, "office:inquiry:card", card.card_number)


def test_who_may_unlock_only_elsewhere_does_not_find_the_card(insurer, card) -> None:
    lock_with_wrong_pins(card)
    elsewhere = a_staff_member("O09", insurer.other_branch, May.UNLOCK_CARDS, May.SEE_CARDS)
    address = reverse("office:gate:unlock", args=[card.serial])

    assert client_of(elsewhere).get(address).status_code == 404
    assert client_of(elsewhere).post(address, {"reason": "x"}).status_code == 404
    assert client_of(insurer.keeper).get(address).status_code == 403


def test_a_card_that_is_not_locked_leads_back_to_its_page(operator, card) -> None:
    response = client_of(operator).get(reverse("office:gate:unlock", args=[card.serial]))

    assert response.status_code == 302
    assert response["Location"] == reverse("office:inquiry:card", args=[card.card_number])


def test_the_page_of_the_gate_takes_few_statements(operator, django_assert_max_num_queries) -> None:
    client = client_of(operator)
    raise_an_alarm()
    client.get(reverse("office:gate:gate"))

    with django_assert_max_num_queries(8):
        client.get(reverse("office:gate:gate"))


def test_a_holder_calls_and_their_card_is_unlocked(
    office: Office, insurer: Insurer, operator: Staff, card: PrintedCard
) -> None:
    lock_with_wrong_pins(card)
    desk = office.at_the_desk_of(operator, reverse("office:inquiry:card", args=[card.card_number]))
    desk.locator(f"a[href='{reverse('office:gate:unlock', args=[card.serial])}']").click()
    desk.locator("textarea[name=reason]").fill("called, and knows where it was bought")
    office.send(desk)

    expect(desk.locator(".time")).to_contain_text("called, and knows where it was bought")
    assert Unlocking.objects.get().unlocked_by == operator
    raise_an_alarm()
    office.at_the_desk_of(operator, reverse("office:gate:gate"))
    office.at_the_desk_of(operator, reverse("office:home"))
