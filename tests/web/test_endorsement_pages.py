"""A policy is changed through its pages: contact data, endorsements, and a message sent again."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import Page

from selfcard.core import clock
from selfcard.messaging.models import Message
from selfcard.organisations.models import Staff
from selfcard.policies.application import ContactGiven
from selfcard.policies.models import ContactChange, EndorsementRequest, Policy
from selfcard.policies.named import named
from tests.factories.activation import activate, paid_cards
from tests.factories.organisations import Insurer, an_insurer
from tests.factories.policies import (
    APPLICANT,
    a_person,
    ask_correction,
    endorsed,
    reached_by_code,
)
from tests.web.conftest import DESKTOP, PHONE, OpenPage

pytestmark = pytest.mark.django_db
WOMAN = a_person()


@dataclass(frozen=True)
class Desk:
    """A policy of the institution, and those at its counter."""

    insurer: Insurer
    policy: Policy

    @property
    def address(self) -> str:
        return f"/office/policies/{self.policy.number}/"

    @property
    def now(self) -> Policy:
        return Policy.objects.get(pk=self.policy.pk)


@pytest.fixture
def desk() -> Desk:
    insurer = an_insurer()
    return Desk(insurer, activate(paid_cards(insurer)[0]))


def entered(staff: Staff, language: str = "en") -> Client:
    Staff.objects.filter(pk=staff.pk).update(language=language)
    client = Client()
    client.force_login(staff, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def shown(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, address
    return response.content.decode()


def filled_in(page: str, **given: str) -> dict[str, str]:
    found = re.search('name="request_id" value="([^"]*)"', page)
    assert found
    return {
        "request_id": found[1],
        "asker": "applicant",
        "identity_number": WOMAN.identity_number,
        "identity_kind": "identity_card",
        "reason": "asked at the counter",
        **given,
    }


def correction(page: str, **given: str) -> dict[str, str]:
    facts = {"whom": "applicant-0", "right_name": "王方", "document_seen": "identity card"}
    return filled_in(page, **{**facts, **given})


def test_the_office_changes_where_the_applicant_is_reached(desk: Desk) -> None:
    keeper = entered(desk.insurer.keeper)
    page = shown(keeper, desk.address + "contact/")
    assert "138 0013 8000" not in page

    form = filled_in(page, phone="139 0013 9000", region="Dongcheng")
    answer = keeper.post(desk.address + "contact/", form, follow=True)

    assert desk.now.phone == "+8613900139000"
    assert desk.now.email == desk.policy.email
    said = answer.content.decode()
    assert "Changes since the issue" in said
    assert "in the office" in said
    assert "13900139000" not in said.replace(" ", "")


def test_what_is_wrong_with_it_is_said_at_its_field(desk: Desk) -> None:
    keeper = entered(desk.insurer.keeper)
    page = shown(keeper, desk.address + "contact/")
    for given, said in (
        ({"phone": "123"}, "not a complete phone number"),
        ({"phone": "0571-88888888"}, "not a mobile phone"),
        ({"region": "nowhere"}, "from the list"),
        ({"address": "1"}, "address"),
        ({}, "reached already"),
        ({"phone": "139 0013 9000", "reason": ""}, "Fill this in"),
        ({"phone": "139 0013 9000", "identity_number": "4711"}, "not the applicant"),
    ):
        answer = keeper.post(desk.address + "contact/", filled_in(page, **given))
        assert answer.status_code == 422, given
        assert said in answer.content.decode(), said
    assert not ContactChange.objects.exists()


def test_a_misspelt_name_is_asked_for_compared_and_endorsed(desk: Desk) -> None:
    keeper, second = entered(desk.insurer.keeper), entered(desk.insurer.second)
    page = shown(keeper, desk.address + "endorse/")
    assert "王芳" not in page

    asked = keeper.post(desk.address + "endorse/", correction(page), follow=True)
    said = asked.content.decode()
    assert "You asked for it, so it cannot be you." in said
    assert desk.now.name == "王芳"
    assert "An endorsement waits" in shown(keeper, desk.address)

    assert desk.policy.number in shown(second, "/office/approvals/")
    page = shown(second, desk.address + "endorsement/")
    for told in ("王芳", "王方", "asked at the counter", "identity card"):
        assert told in page, told
    done = second.post(desk.address + "endorsement/grant/", filled_in(page), follow=True)

    assert (desk.now.name, desk.now.edition) == ("王方", 2)
    assert "Edition 2" in done.content.decode()
    assert "王方" not in done.content.decode()


def test_what_cannot_be_endorsed_is_said_with_what_helps(desk: Desk) -> None:
    keeper = entered(desk.insurer.keeper)
    page = shown(keeper, desk.address + "endorse/")
    old = a_person("王芳", clock.today().replace(year=clock.today().year - 95, day=1))
    for given, said in (
        ({"right_name": ""}, "says so already"),
        ({"right_number": "330106198605170048"}, "mistyped"),
        ({"right_sex": "male"}, "other sex"),
        ({"document_seen": ""}, "Fill this in"),
        (
            {"right_number": old.identity_number, "right_birth": old.birth_date.isoformat()},
            f"{desk.address}cancel/",
        ),
    ):
        answer = keeper.post(desk.address + "endorse/", correction(page, **given))
        assert answer.status_code == 422, given
        assert said in answer.content.decode(), said
    assert not EndorsementRequest.objects.exists()


def test_an_endorsement_is_refused_with_the_reason_or_withdrawn(desk: Desk) -> None:
    keeper, second = entered(desk.insurer.keeper), entered(desk.insurer.second)
    ask_correction(desk.insurer, desk.policy)
    page = shown(second, desk.address + "endorsement/refuse/")
    form = {"request_id": filled_in(page)["request_id"], "reason": "the copy is unreadable"}
    refused = second.post(desk.address + "endorsement/refuse/", form, follow=True)
    assert "the copy is unreadable" in refused.content.decode()

    ask_correction(desk.insurer, desk.policy)
    page = shown(keeper, desk.address + "endorsement/")
    gone = keeper.post(desk.address + "endorsement/withdraw/", filled_in(page), follow=True)
    assert "The request is withdrawn." in gone.content.decode()
    late = second.post(desk.address + "endorsement/grant/", filled_in(page))
    assert late.status_code == 422
    assert "was withdrawn" in late.content.decode()
    assert desk.now.edition == 1


def test_who_neither_asked_nor_decides_sees_that_there_is_one(desk: Desk) -> None:
    ask_correction(desk.insurer, desk.policy)

    page = shown(entered(desk.insurer.auditor), desk.address + "endorsement/")

    assert "asks" in page
    for secret in ("王芳", "王方", WOMAN.identity_number):
        assert secret not in page


def test_the_applicant_is_sent_the_policys_number_again(desk: Desk) -> None:
    keeper = entered(desk.insurer.keeper)
    before = Message.objects.count()
    form = filled_in(shown(keeper, desk.address))

    for _ in range(2):
        keeper.post(desk.address + "send-again/", form)

    sent = Message.objects.order_by("pk")[before:]
    assert {one.channel for one in sent} == {"sms", "email"}
    assert len(sent) == 2
    assert all(desk.policy.number in str(one.words) for one in sent)


@pytest.mark.parametrize("who", ["other_keeper", "cashier", "seller", "auditor"])
def test_who_may_not_change_policies_finds_neither_page_nor_button(desk: Desk, who: str) -> None:
    ask_correction(desk.insurer, desk.policy)
    client = entered(getattr(desk.insurer, who))
    for page in ("contact/", "endorse/", "endorsement/refuse/"):
        assert client.get(desk.address + page).status_code in (403, 404), page
    for deed in ("grant/", "withdraw/", "refuse/"):
        answer = client.post(desk.address + "endorsement/" + deed, {})
        assert answer.status_code in (403, 404), deed
    assert client.post(desk.address + "send-again/", {}).status_code in (403, 404)
    if who == "auditor":
        assert "endorse/" not in shown(client, desk.address)


def test_the_pages_take_as_many_statements_for_a_policy_with_a_past(desk: Desk) -> None:
    keeper = entered(desk.insurer.keeper)

    def statements(address: str) -> int:
        shown(keeper, address)
        with CaptureQueriesContext(connection) as caught:
            shown(keeper, address)
        return len(caught)

    def changed(phone: str, name: str) -> None:
        reached_by_code(desk.now, ContactGiven(phone=phone))
        after = replace(named(desk.now, APPLICANT), name=name)
        endorsed(desk.insurer, desk.now, after=after)

    changed("+8613900139000", "王方")
    pages = ("", "contact/", "endorse/", "endorsement/", "unmask/")
    once = {page: statements(desk.address + page) for page in pages}
    changed("+8613700137000", "王芬")

    assert {page: statements(desk.address + page) for page in pages} == once
    assert max(once.values()) <= 32


# In a browser: a policy holder corrects a misspelt name.


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_a_policy_holder_has_a_misspelt_name_corrected(
    open_page: OpenPage,
    sign_in: Callable[[Page, Staff], None],
    no_axe_violations: Callable[[Page], None],
    language: str,
    width: int,
) -> None:
    insurer = an_insurer()
    policy = activate(paid_cards(insurer)[0])
    Staff.objects.update(language=language)
    address = f"/office/policies/{policy.number}/"

    def looked_at(page: Page, place: str) -> None:
        page.goto(place)
        no_axe_violations(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, place

    page = open_page(width)
    sign_in(page, insurer.keeper)
    for place in ("", "contact/", "unmask/"):
        looked_at(page, address + place)
    page.fill("[name=reason]", "compares the name")
    page.click("#main form button[type=submit]")
    assert "王芳" in page.content()
    looked_at(page, "/office/policies/by-person/")
    page.fill("[name=number]", WOMAN.identity_number)
    page.click("#main form button[type=submit]")
    assert policy.number in page.content()
    no_axe_violations(page)
    looked_at(page, address + "endorse/")
    page.fill("[name=right_name]", "王方")
    page.fill("[name=document_seen]", "identity card")
    page.fill("[name=identity_number]", WOMAN.identity_number)
    page.fill("[name=reason]", "misspelt when it was typed")
    page.click("#main form button[type=submit]")
    page.wait_for_url("**/endorsement/")

    other = open_page(width)
    sign_in(other, insurer.second)
    looked_at(other, address + "endorsement/")
    looked_at(other, address + "endorsement/refuse/")
    other.goto(address + "endorsement/")
    other.click("form[action$='grant/'] button")
    other.wait_for_url(f"**{address}")

    looked_at(page, address)
    assert Policy.objects.get(pk=policy.pk).name == "王方"

    auditor = open_page(width)
    sign_in(auditor, insurer.auditor)
    looked_at(auditor, "/office/policies/seen-unmasked/")
    assert "compares the name" in auditor.content()
