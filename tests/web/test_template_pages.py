"""Message templates through their pages: which words are whose, writing them, and the preview."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from selfcard.messaging.models import Template
from selfcard.organisations.models import May, Staff
from tests.factories.cards import a_document_type
from tests.factories.messaging import reword
from tests.factories.organisations import Insurer, a_staff_member
from tests.web.portal_line import shown

LIST = "/office/messages/templates/"
PAGE = f"{LIST}policy_issued/en/"
OF_TYPE = f"{PAGE}AC-100/"
OWN = "Welcome! {number} is your policy until {last}."


@pytest.fixture
def chief(client: Client, insurer: Insurer) -> Client:
    a_document_type(insurer)
    client.force_login(insurer.chief, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def sent(client: Client, address: str = PAGE, **given: Any) -> Any:
    """The form as the page shows it, with some fields changed."""
    form = client.get(address).context["form"]
    fields = {bound.name: bound.value() for bound in form}
    return client.post(address, fields | given, follow=True)


def test_the_list_has_each_occasion_in_each_language_and_says_whose_words_hold(
    chief: Client, insurer: Insurer
) -> None:
    page = shown(chief.get(LIST, {"language": "en"}))
    assert "Policy issued" in page
    assert f'href="{PAGE}"' in page
    assert f'href="{OF_TYPE}"' not in page

    reword(insurer, OWN, document_type="AC-100")
    page = shown(chief.get(LIST, {"language": "en", "whose": "own"}))
    assert f'href="{OF_TYPE}"' in page
    assert f'href="{PAGE}"' not in page
    assert "Welcome! {number}" in page


def test_of_one_document_type_everything_is_listed(chief: Client, insurer: Insurer) -> None:
    reword(insurer, OWN)
    asked = {"document_type": "AC-100", "language": "en"}

    assert f'href="{OF_TYPE}"' in shown(chief.get(LIST, asked | {"whose": "for_all"}))
    assert f'href="{OF_TYPE}"' not in shown(chief.get(LIST, asked | {"whose": "built_in"}))
    file = b"".join(chief.get(LIST, asked | {"export": "csv"})).decode()
    assert f"Policy issued,AC-100,English,{OWN},as for all document types" in file


def test_the_page_shows_how_it_arrives_and_how_many_sms_it_is(chief: Client) -> None:
    page = shown(chief.get(PAGE))

    assert "Lantern Insurance: Your card is activated. Policy P0000481237469" in page
    assert "2 SMS together" in page
    assert "Lantern Insurance: You are insured" in page
    assert "{product}</td><td>Travel accident insurance" in page
    assert "always needed: {number}" in page


def test_words_are_written_counted_from_then_on_and_kept(chief: Client, insurer: Insurer) -> None:
    page = shown(sent(chief, words=OWN))
    assert "From now on this is what is said." in page
    assert "One SMS of" in page
    assert Template.objects.get().words == OWN

    back = chief.post(f"{PAGE}withdraw", {"request_id": uuid4(), "begins_from": 1}, follow=True)
    assert "went back from words of one" in shown(back)
    assert "Your card is activated" in shown(back)
    assert OWN in shown(back)
    assert [one.version for one in Template.objects.order_by("version")] == [1, 2]


def test_of_a_type_one_begins_with_what_all_are_told(chief: Client, insurer: Insurer) -> None:
    reword(insurer, OWN)

    page = chief.get(OF_TYPE)
    assert page.context["form"]["words"].value() == OWN
    assert "as for all document types" in shown(page)
    sent(chief, OF_TYPE, words="For travellers: {number}")
    assert Template.objects.get(document_type="AC-100").words == "For travellers: {number}"


def test_a_template_that_nobody_could_be_told_by_is_refused_at_its_field(chief: Client) -> None:
    page = sent(chief, words="Your policy is there. {colour}")

    assert page.status_code == 422
    assert "Nothing can be filled in for {colour} here." in str(
        page.context["form"]["words"].errors
    )
    assert "Nobody can be told this yet." in shown(page)
    assert not Template.objects.exists()


def test_the_preview_is_shown_without_script_and_nothing_is_kept(chief: Client) -> None:
    page = shown(sent(chief, words=OWN, _look="1"))

    assert "Lantern Insurance: Welcome! P0000481237469 is your policy until 29 Feb 2028." in page
    assert f"{OWN}</textarea>" in page
    assert not Template.objects.exists()


def test_whoever_read_an_older_version_is_told_who_changed_it(
    chief: Client, insurer: Insurer
) -> None:
    reword(insurer, OWN)

    page = sent(chief, words="{number}!", begins_from=0)
    assert f"{insurer.chief.party.name} has changed these words meanwhile." in shown(page)
    back = chief.post(f"{PAGE}withdraw", {"request_id": uuid4(), "begins_from": 0})
    assert f"{insurer.chief.party.name} has changed these words meanwhile." in shown(back)


def test_who_only_looks_on_changes_nothing(client: Client, insurer: Insurer) -> None:
    a_document_type(insurer)
    elsewhere = a_staff_member("7004", insurer.other_branch, May.DEFINE_TYPES)
    for staff in (insurer.auditor, elsewhere):
        client.force_login(staff, backend=settings.AUTHENTICATION_BACKENDS[-1])
        page = client.get(PAGE)
        assert "Your card is activated" in shown(page)
        assert "Use these words" not in shown(page)
        given = {"request_id": uuid4(), "begins_from": 0, "subject": "x", "words": OWN}
        assert client.post(PAGE, given).status_code == 403
        assert client.post(f"{PAGE}withdraw", given).status_code == 403
    client.force_login(insurer.keeper, backend=settings.AUTHENTICATION_BACKENDS[-1])
    assert client.get(LIST).status_code == 403
    assert not Template.objects.exists()


@pytest.mark.parametrize(
    "there_is_none", ["birthday/en/", "policy_issued/fr/", "policy_issued/en/NO-SUCH/"]
)
def test_what_is_no_template_is_not_found(chief: Client, there_is_none: str) -> None:
    assert chief.get(f"{LIST}{there_is_none}").status_code == 404


def test_pages_take_as_many_statements_however_many_words_there_are(
    chief: Client, insurer: Insurer, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    for language in ("en", "zh-hans"):
        for _ in range(10):
            reword(insurer, OWN, language=language)
            reword(insurer, OWN, language=language, document_type="AC-100")

    with django_assert_max_num_queries(11):
        chief.get(LIST)
    with django_assert_max_num_queries(13):
        chief.get(OF_TYPE)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_preview_follows_what_one_types(
    open_page: Callable[..., Page],
    sign_in: Callable[[Page, Staff], None],
    no_axe_violations: Callable[[Page], None],
    insurer: Insurer,
    language: str,
    width: int,
) -> None:
    a_document_type(insurer)
    page = open_page(width)
    sign_in(page, insurer.chief)
    page.goto(f"{LIST}?document_type=AC-100")
    no_axe_violations(page)
    _pictured(page, f"templates-{language}-{width}")
    page.goto(f"{LIST}policy_issued/{language}/AC-100/")
    no_axe_violations(page)
    page.locator("#id_words").fill("{number} {colour}")
    preview = page.locator("#preview")
    expect(preview.locator(".say")).to_be_visible()
    page.locator("#id_words").fill("{number}!")
    expect(preview.locator(".read-out").first).to_contain_text("P0000481237469!")
    no_axe_violations(page)
    with page.expect_navigation():
        page.locator("#wording button:not([name])").click()
    expect(page.locator("#versions")).to_contain_text("{number}!")
    no_axe_violations(page)
    _pictured(page, f"template-{language}-{width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def _pictured(page: Page, name: str) -> None:
    if folder := os.environ.get("TPL_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
