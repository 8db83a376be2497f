"""A large sale through pages: warned of, asked about, agreed to, refused, withdrawn."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as house
from django.test import Client
from playwright.sync_api import expect

from selfcard.approvals.models import Approval
from selfcard.core import clock
from selfcard.organisations.models import Staff
from selfcard.sales.models import Sale
from selfcard.sales.queries import APPROVE_SALE
from selfcard.sales.verify import violations
from tests.factories.custody import custody
from tests.factories.sales import Shop, a_shop
from tests.web.desks import Office

pytestmark = pytest.mark.django_db
REGISTER = "/office/sales/register/"
REQUESTS = Approval.objects.filter(kind=APPROVE_SALE)


@pytest.fixture(autouse=True)
def two_people_for_more_than_20(settings: Any) -> None:
    settings.LARGE_SALE_CARDS = 20
    settings.LARGE_SALE_NEEDS_SECOND_PERSON = True


@pytest.fixture
def shop() -> Shop:
    return a_shop()


def entered(staff: Staff) -> Client:
    client = Client()
    client.force_login(staff, backend=house.AUTHENTICATION_BACKENDS[-1])
    return client


def terms(shop: Shop, **other: Any) -> dict[str, Any]:
    run = shop.run(1, 30)
    return {
        "request_id": uuid4(),
        "document_type": "AC-100",
        "runs-first": str(run.first),
        "runs-last": str(run.last),
        "runs-count": "",
        "seller_organisation": "100101",
        "seller": "I02",
        "business_source": "direct",
        "confirmed_large": "on",
        **other,
    }


def asked(shop: Shop) -> str:
    """The page of a large sale that waits for a second person."""
    answer = entered(shop.insurer.keeper).post(REGISTER, terms(shop))
    assert answer.status_code == 302
    return str(answer["Location"])


def request_made() -> Approval:
    return REQUESTS.get()


def press(client: Client, address: str, **given: Any) -> Any:
    return client.post(address, {"request_id": uuid4(), **given}, follow=True)


@pytest.mark.django_db(transaction=True)
def test_two_people_make_a_large_sale_through_pages_only(office: Office, language: str) -> None:
    shop = a_shop()
    Staff.objects.update(language=language)
    page = office.at_the_desk_of(shop.insurer.keeper, REGISTER)
    page.fill("[name=document_type]", "AC-100")
    page.locator("[name=runs-first]").first.fill("11")
    page.locator("[name=runs-count]").first.fill("30")
    page.fill("[name=seller_organisation]", "100101")
    page.fill("[name=seller]", "I02")
    page.select_option("[name=business_source]", "direct")
    expect(page.locator(".answer-place .say-wait")).to_be_visible()
    expect(page.locator(".answer-place")).to_contain_text("3,000.00")
    expect(page.locator(".answer-place")).to_contain_text("人民币叁仟元整")
    office.send(page, "form[data-once]")
    page.check("[name=confirmed_large]")
    office.send(page, "form[data-once]")

    number = request_made().subject_number
    expect(page).to_have_url(re.compile(f"/office/sales/large/{number}/$"))
    expect(page.locator("#decide-h")).to_be_visible()
    assert not Sale.objects.exists()

    page = office.at_the_desk_of(shop.insurer.second, "/office/")
    page.locator(f"main a[href='/office/sales/large/{number}/']").first.click()
    office.send(page, "#decide-h ~ .form-foot form, main .form-foot form")

    expect(page).to_have_url(re.compile(f"/office/sales/{number}/$"))
    sale = Sale.objects.get()
    assert (sale.registered_by, sale.agreed_by) == (shop.insurer.keeper, shop.insurer.second)
    assert custody(shop.batch)[1] == ("Institution", "sold", 11, 40)
    assert list(violations()) == []


def test_a_large_sale_is_not_asked_about_before_it_is_said_to_be_meant(shop: Shop) -> None:
    keeper = entered(shop.insurer.keeper)

    answer = keeper.post(REGISTER, terms(shop, confirmed_large=""))

    assert answer.status_code == 422
    shown = answer.content.decode()
    assert "to which another person has to agree" in shown
    assert "So many cards in one sale are meant: " not in shown
    assert "Ask a second person to agree" in shown
    assert not REQUESTS.exists()


def test_asking_twice_with_one_form_asks_once(shop: Shop) -> None:
    keeper, form = entered(shop.insurer.keeper), terms(shop)

    first, second = keeper.post(REGISTER, form), keeper.post(REGISTER, form)

    assert first["Location"] == second["Location"]
    assert REQUESTS.count() == 1


def test_whoever_asked_cannot_agree_and_is_told_who_can(shop: Shop) -> None:
    page = asked(shop)
    keeper = entered(shop.insurer.keeper)

    shown = keeper.get(page).content.decode()
    assert f"{page}grant/" not in shown
    press(keeper, f"{page}grant/")

    assert "You asked for it, so it cannot be you." in shown
    assert not Sale.objects.exists()


def test_who_was_asked_and_who_agreed_stand_among_the_steps_of_the_sale(shop: Shop) -> None:
    page = asked(shop)
    press(entered(shop.insurer.second), f"{page}grant/")

    steps = entered(shop.insurer.keeper).get(page, follow=True).context["happened"]

    assert [(str(step.title), step.by) for step in steps][1:] == [
        ("A second person has agreed", shop.insurer.second),
        ("A second person was asked", shop.insurer.keeper),
    ]


def test_a_refusal_says_why_to_whoever_asked(shop: Shop) -> None:
    page = asked(shop)
    second = entered(shop.insurer.second)

    assert press(second, f"{page}refuse/").status_code == 422
    press(second, f"{page}refuse/", reason="two contracts")

    assert "two contracts" in entered(shop.insurer.keeper).get(page).content.decode()
    assert "already" in press(second, f"{page}grant/").content.decode()
    assert not Sale.objects.exists()


def test_a_request_is_withdrawn_and_nobody_agrees_to_it_any_more(shop: Shop) -> None:
    page = asked(shop)
    keeper, second = entered(shop.insurer.keeper), entered(shop.insurer.second)

    assert "withdrawn" in press(keeper, f"{page}withdraw/").content.decode()
    press(second, f"{page}grant/")

    assert not Sale.objects.exists()
    assert request_made().state == "withdrawn"


def test_after_it_has_expired_whoever_asked_asks_again(shop: Shop) -> None:
    page = asked(shop)
    keeper, second = shop.insurer.keeper, shop.insurer.second

    with clock.frozen(request_made().expires_at + timedelta(minutes=1)):
        assert "can ask again" in entered(second).get(page).content.decode()
        assert f"{page}again/" not in entered(second).get(page).content.decode()
        listed = entered(keeper).get("/office/sales/large/?state=expired").content.decode()
        assert page in listed
        press(entered(keeper), f"{page}again/")
        answer = press(entered(second), f"{page}grant/")

    assert answer.redirect_chain[-1][0] == f"/office/sales/{Sale.objects.get().number}/"


def test_what_has_become_impossible_is_named_before_and_at_the_agreement(shop: Shop) -> None:
    page = asked(shop)
    shop.sell((5, 6))
    second = entered(shop.insurer.second)

    shown = second.get(page).content.decode()
    answer = press(second, f"{page}grant/")

    assert "cannot be registered any more" in shown
    assert "620118 000 000 005" in answer.content.decode()
    assert Sale.objects.count() == 1


def test_the_list_of_large_sales_shows_what_waits_and_what_was_decided(shop: Shop) -> None:
    page = asked(shop)
    second = entered(shop.insurer.second)

    assert page in second.get("/office/sales/large/").content.decode()
    assert page in second.get("/office/approvals/").content.decode()
    assert page not in second.get("/office/sales/large/?state=refused").content.decode()
    assert (
        page not in entered(shop.insurer.other_keeper).get("/office/sales/large/").content.decode()
    )


@pytest.mark.parametrize("deed", ["", "grant/", "refuse/", "withdraw/", "again/"])
def test_somebody_elsewhere_finds_no_request(shop: Shop, deed: str) -> None:
    page = asked(shop)
    stranger = entered(shop.insurer.other_keeper)

    assert stranger.post(f"{page}{deed}", {"request_id": uuid4()}).status_code in (403, 404)
    assert request_made().state == "asked"
