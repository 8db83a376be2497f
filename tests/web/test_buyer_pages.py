"""How the buyer of a sale is told, on the pages of the office."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from selfcard.messaging.models import Message
from selfcard.organisations.models import Staff
from selfcard.sales.models import ActivationNotice, BuyerPhone, Sale
from tests.factories.drawers import open_a_drawer
from tests.factories.messaging import PHONE
from tests.factories.sales import Shop, a_shop

MASKED = "+86 138****8000"


@pytest.fixture
def shop(db: None) -> Shop:
    return a_shop()


def entered(staff: Staff) -> Client:
    client = Client()
    client.force_login(staff, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def deed(**given: str) -> dict[str, str]:
    return {"request_id": str(uuid4()), **given}


def a_form(shop: Shop, **given: Any) -> dict[str, Any]:
    run = shop.run(1, 20)
    return deed(
        document_type=shop.document_type.code,
        **{"runs-first": str(run.first), "runs-last": str(run.last)},
        seller_organisation=shop.insurer.institution.code,
        seller=shop.insurer.seller.code,
        business_source="direct",
        **given,
    )


def test_a_phone_is_left_when_the_sale_is_registered(shop: Shop) -> None:
    keeper = entered(shop.insurer.keeper)

    keeper.post("/office/sales/register/", a_form(shop, phone="138 0013 8000", language="en"))

    left = BuyerPhone.objects.get()
    assert (left.phone, left.language) == (PHONE, "en")
    page = keeper.get(f"/office/sales/{Sale.objects.get().number}/").content.decode()
    assert MASKED in page
    assert "13800138000" not in page.replace(" ", "")


def test_a_sale_needs_no_phone_and_refuses_what_is_none(shop: Shop) -> None:
    keeper = entered(shop.insurer.keeper)

    answer = keeper.post("/office/sales/register/", a_form(shop, phone="0571 8888 0000"))
    assert answer.status_code == 422
    assert not Sale.objects.exists()

    keeper.post("/office/sales/register/", a_form(shop))
    assert Sale.objects.exists()
    assert not BuyerPhone.objects.exists()


def test_a_large_sale_keeps_no_phone_with_its_request(shop: Shop, settings: Any) -> None:
    settings.LARGE_SALE_CARDS, settings.LARGE_SALE_NEEDS_SECOND_PERSON = 10, True
    keeper = entered(shop.insurer.keeper)

    answer = keeper.post("/office/sales/register/", a_form(shop, phone=PHONE, confirmed_large="on"))
    assert answer.status_code == 422
    answer = keeper.post("/office/sales/register/", a_form(shop, confirmed_large="on"))
    assert answer.status_code == 302


def test_a_phone_is_entered_later_and_deleted(shop: Shop) -> None:
    sale = shop.sell((1, 5))
    shop.settle(shop.ask(sale))
    keeper, page = entered(shop.insurer.keeper), f"/office/sales/{sale.number}/"

    assert keeper.post(f"{page}phone/", deed(phone="", language="en")).status_code == 422
    keeper.post(f"{page}phone/", deed(phone=PHONE, language="en"))
    assert Message.objects.get().recipient == PHONE
    assert MASKED in keeper.get(f"{page}phone/").content.decode()

    keeper.post(f"{page}phone/forget/", deed())
    assert not BuyerPhone.objects.exists()
    assert keeper.post(f"{page}phone/forget/", deed()).status_code == 302
    assert keeper.get(f"{page}phone/forget/").status_code == 405


def test_whoever_only_confirms_money_changes_nobodys_phone(shop: Shop) -> None:
    sale = shop.sell((1, 5), phone=PHONE)
    cashier, page = entered(shop.insurer.cashier), f"/office/sales/{sale.number}/"

    for place in ("phone/", "phone/forget/", "notice-given/"):
        assert cashier.post(page + place, deed(phone=PHONE)).status_code == 403
    assert BuyerPhone.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_notice_waits_on_the_home_page_until_it_is_handed_over(
    open_page: Callable[..., Page],
    sign_in: Callable[[Page, Staff], None],
    language: str,
    no_axe_violations: Callable[[Page], None],
) -> None:
    shop = a_shop()
    open_a_drawer(shop.insurer)
    sale = shop.sell((1, 12), (14, 20))
    shop.settle(shop.ask(sale))
    Staff.objects.update(language=language)
    page = open_page()
    sign_in(page, shop.insurer.keeper)

    page.goto("/office/")
    no_axe_violations(page)
    page.locator(f"a[href='/office/sales/{sale.number}/']").first.click()
    no_axe_violations(page)
    page.locator(".next form button").click()
    expect(page.locator("#buyer, [aria-labelledby=buyer-h]").first).to_be_visible()

    notice = ActivationNotice.objects.get()
    assert (notice.way, notice.given_by) == ("paper", shop.insurer.keeper)
    page.goto("/office/")
    assert page.locator(f"a[href='/office/sales/{sale.number}/']").count() == 0

    page.goto(f"/office/sales/{sale.number}/phone/")
    no_axe_violations(page)
    page.fill("[name=phone]", "13800138000")
    page.click("form[data-once] .btn-primary")
    expect(page.locator(".panel-b", has_text=MASKED).first).to_be_visible()
