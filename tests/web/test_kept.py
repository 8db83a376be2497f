"""A session ends while somebody types: they are told, and what they typed comes back."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from playwright.sync_api import Page, expect

from selfcard.custody.models import Issue
from selfcard.organisations.models import Staff
from tests.factories.custody import cards_at_institution
from tests.factories.organisations import PASSWORD, Insurer
from tests.web.conftest import OpenPage

SignIn = Callable[[Page, Staff], None]
Axe = Callable[[Page], None]

ISSUE = "/office/custody/issue/"


@pytest.fixture
def first(insurer: Insurer) -> int:
    """The first of 100 cards in inventory."""
    return cards_at_institution(insurer, 100)[0].run.first


def session_ends() -> None:
    Session.objects.all().delete()


def type_an_issue(page: Page, insurer: Insurer, first: int) -> None:
    page.goto(ISSUE)
    page.locator("[name=document_type]").fill("AC-100")
    page.locator("[name=recipient_type][value=organisation]").check()
    page.locator("[name=to]").fill(insurer.department.party.code)
    page.locator("[data-first]").fill(str(first))
    page.locator("[data-count]").fill("10")
    page.locator("[data-add-row]").click()
    page.locator("[data-first]").nth(1).fill(str(first + 20))


def sign_in_again(page: Page, code: str) -> None:
    page.locator("[name=login]").fill(code)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form[data-away] [type=submit]").click()


def fields(page: Page) -> list[str]:
    places = [page.locator(f"[name={name}]") for name in ("document_type", "to")]
    places += [*page.locator("[data-first]").all(), page.locator("[data-last]").first]
    return [place.input_value().replace(" ", "") for place in places]


def test_the_answer_says_that_one_is_signed_out_and_the_form_comes_back(
    insurer: Insurer, first: int, open_page: OpenPage, sign_in: SignIn, no_axe_violations: Axe
) -> None:
    page = open_page()
    sign_in(page, insurer.keeper)
    type_an_issue(page, insurer, first)
    expect(page.locator(".answer-place .good").first).to_be_visible()

    session_ends()
    page.locator("[name=remark]").fill("at the counter")
    again = page.locator(".answer-place [data-sign-in-again]")
    expect(again).to_be_visible()
    assert page.url.endswith(ISSUE)
    no_axe_violations(page)

    again.click()
    sign_in_again(page, insurer.keeper.code)
    expect(page.locator("[data-restored]")).to_be_visible()
    expect(page.locator(".answer-place .good").first).to_be_visible()
    no_axe_violations(page)
    assert page.locator("[name=remark]").input_value() == "at the counter"
    typed = [str(first), str(first + 20), str(first + 9)]
    assert fields(page) == ["AC-100", insurer.department.party.code, *typed]


def test_a_form_that_was_sent_too_late_comes_back_and_can_be_sent(
    insurer: Insurer, first: int, open_page: OpenPage, sign_in: SignIn
) -> None:
    page = open_page()
    sign_in(page, insurer.keeper)
    type_an_issue(page, insurer, first)

    session_ends()
    page.locator("main form .btn-primary").click()
    expect(page.locator(".messages")).to_be_visible()
    sign_in_again(page, insurer.keeper.code)
    expect(page.locator("[data-restored]")).to_be_visible()
    assert not Issue.objects.filter(to_party=insurer.department.party).exists()

    page.locator("main form .btn-primary").click()
    page.wait_for_url("**/issues/*/")
    page.goto(ISSUE)
    assert [fields(page)[at] for at in (0, 2)] == ["", ""]  # what was done is not offered again


@pytest.mark.parametrize("language", ["en"])
def test_nobody_else_gets_what_was_typed(
    insurer: Insurer, first: int, open_page: OpenPage, sign_in: SignIn
) -> None:
    page = open_page()
    sign_in(page, insurer.keeper)
    type_an_issue(page, insurer, first)

    session_ends()
    page.locator("main form .btn-primary").click()
    sign_in_again(page, insurer.chief.code)
    expect(page.locator(".me")).to_be_visible()
    assert page.evaluate("sessionStorage.getItem('typed')") is None
    page.goto(ISSUE)
    assert [fields(page)[at] for at in (0, 2)] == ["", ""]


@pytest.mark.parametrize("language", ["en"])
def test_a_page_from_before_another_sign_in_is_opened_again_with_what_was_typed(
    insurer: Insurer, first: int, open_page: OpenPage, sign_in: SignIn
) -> None:
    page = open_page()
    sign_in(page, insurer.keeper)
    type_an_issue(page, insurer, first)

    page.context.clear_cookies(name=settings.CSRF_COOKIE_NAME)
    page.locator("main form .btn-primary").click()
    page.locator("[data-open-again]").click()
    expect(page.locator("[data-restored]")).to_be_visible()
    assert fields(page)[2] == str(first)


def test_without_script_one_is_told_and_led_back_to_the_form(insurer: Insurer) -> None:
    answer = Client().post(
        "/office/custody/requisitions/R-1/withdraw/",
        {"request_id": str(uuid4())},
        headers={"Referer": "http://testserver/office/custody/requisitions/R-1/"},
        follow=True,
    )

    assert answer.redirect_chain[-1][0].endswith("next=/office/custody/requisitions/R-1/")
    assert "data-away" in answer.content.decode()
    assert 'class="stack-s messages"' in answer.content.decode()


def test_one_is_never_led_to_another_site(db: None) -> None:
    answer = Client().post(ISSUE, {}, headers={"Referer": "https://elsewhere.example/trap/"})

    assert answer["Location"].endswith(f"next={ISSUE}")
