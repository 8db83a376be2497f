"""Messages in the office: what was said, to whom as far as one may read, and what became of it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from selfcard.core import clock
from selfcard.core.work import run_waiting_jobs
from selfcard.messaging.models import Message
from selfcard.messaging.occasions import Occasion, occasions
from selfcard.organisations.models import May
from tests.factories.activation import activate, ask_for_code, digits_on, paid_cards
from tests.factories.messaging import EMAIL, SMS, demonstration, send, tell
from tests.factories.organisations import Insurer, a_staff_member
from tests.web.portal_line import press, shown

pytestmark = pytest.mark.django_db
LIST = "/office/messages/"


@pytest.fixture
def keeper(client: Client, insurer: Insurer) -> Client:
    client.force_login(insurer.keeper)
    return client


def page_of(message: Message) -> str:
    return f"{LIST}{message.pk}/"


def test_the_list_says_what_was_said_and_hides_to_whom(
    keeper: Client, insurer: Insurer, settings: Any, tmp_path: Path
) -> None:
    demonstration(settings, tmp_path)
    policy = activate(paid_cards(insurer)[0])
    run_waiting_jobs()

    page = shown(keeper.get(LIST))

    assert "policy issued" in page
    assert policy.number in page
    assert "+86 138****8000" in page
    assert "w***@example.cn" in page
    for hidden in (policy.phone, policy.email, policy.name):
        assert hidden not in page
    assert "This is a demonstration: nothing leaves this machine" in page


@pytest.mark.parametrize("occasion", occasions(), ids=lambda one: one.code)
def test_whatever_is_told_is_called_in_words(
    keeper: Client, insurer: Insurer, occasion: Occasion
) -> None:
    tell(insurer.institution, occasion=occasion.code)

    rows = shown(keeper.get(LIST)).split("<tbody>")[1]
    with translation.override("en"):
        assert str(occasion.name) in rows
    assert occasion.code not in rows


def test_a_code_is_legible_nowhere_in_the_office(
    keeper: Client, insurer: Insurer, settings: Any, tmp_path: Path
) -> None:
    demonstration(settings, tmp_path)
    policy = activate(paid_cards(insurer)[0])
    ask_for_code(policy.number)
    digits = digits_on(policy.phone)
    code = Message.objects.get(occasion__startswith="code_")

    for path in (LIST, page_of(code), f"{LIST}?export=csv"):
        page = keeper.get(path)
        text = b"".join(page) if page.streaming else page.content
        assert f" {digits} " not in text.decode()
    assert "It carries a code" in shown(keeper.get(page_of(code)))
    assert "Send it once more" not in shown(keeper.get(page_of(code)))


def test_a_code_that_waits_is_legible_nowhere_either(keeper: Client, insurer: Insurer) -> None:
    until = clock.now() + timedelta(minutes=10)
    (code,) = tell(insurer.institution, secret_until=until)

    assert str(code.words) not in shown(keeper.get(page_of(code)))


def test_what_was_not_sent_says_why_and_when_it_is_tried_again(
    keeper: Client, insurer: Insurer
) -> None:
    (message,) = tell(insurer.institution)
    send(message)

    assert "Nothing is set up by which it could be sent." in shown(keeper.get(LIST))
    page = shown(keeper.get(page_of(message)))
    assert "Nothing is set up by which it could be sent." in page
    assert "It is tried again by itself" in page
    assert "SMS cannot be sent" in shown(keeper.get(LIST))


def test_one_who_may_sends_it_once_more(
    keeper: Client, insurer: Insurer, settings: Any, tmp_path: Path
) -> None:
    demonstration(settings, tmp_path)
    (message,) = tell(insurer.institution)
    run_waiting_jobs()

    page = press(keeper, page_of(message))

    again = Message.objects.get(again_for=message)
    assert page.redirect_chain == [(page_of(again), 302)]
    assert "The message is sent once more." in shown(page)
    assert f'href="{page_of(message)}"' in shown(page)


def test_who_may_only_look_is_offered_nothing(
    client: Client, insurer: Insurer, settings: Any, tmp_path: Path
) -> None:
    demonstration(settings, tmp_path)
    (message,) = tell(insurer.institution)
    run_waiting_jobs()
    client.force_login(a_staff_member("7001", insurer.institution, May.SEE_POLICIES))

    assert "Send it once more" not in shown(client.get(page_of(message)))


def test_another_branch_sees_nothing(client: Client, insurer: Insurer) -> None:
    (message,) = tell(insurer.institution)
    client.force_login(a_staff_member("7002", insurer.other_branch, *May))

    assert message.reason_number not in shown(client.get(LIST))
    assert client.get(page_of(message)).status_code == 404


@pytest.mark.parametrize(
    ("asked", "found"),
    [("q=P0000000000011", 2), ("q=P0000000000029", 0), ("channel=email", 1), ("state=sent", 0)],
)
def test_the_list_is_filtered(keeper: Client, insurer: Insurer, asked: str, found: int) -> None:
    tell(insurer.institution, SMS, EMAIL)

    assert shown(keeper.get(f"{LIST}?{asked}")).count("P0000000000011</a>") == found


def test_a_full_list_takes_as_many_statements_as_a_short_one(
    keeper: Client, insurer: Insurer, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    for _ in range(30):
        tell(insurer.institution)

    with django_assert_max_num_queries(13):
        keeper.get(LIST)
