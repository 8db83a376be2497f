"""Agencies and their agreements through pages."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client

from selfcard.core import clock
from selfcard.organisations.models import Staff
from selfcard.sales.models import Agency, Agreement
from tests.factories.sales import Shop, a_shop, an_agency
from tests.web.desks import Office

pytestmark = pytest.mark.django_db
AGENCIES = "/office/sales/agencies/"
AG_01 = f"{AGENCIES}AG-01/"


def in_days(days: int) -> str:
    return (clock.today() + timedelta(days=days)).isoformat()


@pytest.fixture
def shop() -> Shop:
    return a_shop()


def entered(staff: Staff) -> Client:
    client = Client()
    client.force_login(staff, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


@pytest.fixture
def chief(shop: Shop) -> Client:
    return entered(shop.insurer.chief)


FIRM = {
    "code": "ag-01",
    "kind": "broker",
    "licence": "BR2601100033",
    "name_zh": "远航保险经纪有限公司",
    "name_en": "Yuanhang Brokers",
}


@pytest.mark.django_db(transaction=True)
def test_an_agency_is_entered_agrees_and_ends_its_agreement_through_pages_only(
    office: Office,
) -> None:
    shop = a_shop()
    page = office.at_the_desk_of(shop.insurer.chief, AGENCIES)
    page.locator("main a.btn-primary").first.click()
    for name in ("code", "licence", "name_zh", "name_en"):
        page.fill(f"[name={name}]", FIRM[name])
    page.select_option("[name=kind]", "broker")
    office.send(page)
    assert page.locator(".say-wait:visible").last.is_visible()  # it cannot sell yet
    page.locator("a[data-create]").click()
    page.fill("[name=number]", "YH-2026-7")
    office.send(page)

    agreement = Agreement.objects.get()
    assert (agreement.valid_to - agreement.valid_from).days == 364
    assert page.locator(".say-good").last.is_visible()
    page.locator("#agreements a.btn").click()
    office.send(page)
    agreement.refresh_from_db()
    assert agreement.valid_to == clock.today()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": "AG 01"}, "code"),
        ({"code": ""}, "code"),
        ({"kind": ""}, "kind"),
        ({"name_zh": "🂡"}, "name_zh"),
        ({}, "code"),
    ],
)
def test_what_an_agency_cannot_be_is_said_at_its_field(
    shop: Shop, chief: Client, change: dict[str, str], field: str
) -> None:
    an_agency(shop.insurer)

    answer = chief.post(f"{AGENCIES}register/", {"request_id": uuid4(), **FIRM, **change})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert Agency.objects.count() == 1


@pytest.mark.parametrize(
    ("days", "field"),
    [((400, 399), "valid_to"), ((300, 500), "valid_from"), ((400, 500), "number")],
)
def test_what_an_agreement_cannot_be_is_said_at_its_field(
    shop: Shop, chief: Client, days: tuple[int, int], field: str
) -> None:
    an_agency(shop.insurer)
    number = "AG-01-2026" if field == "number" else "N2"
    terms = {"number": number, "valid_from": in_days(days[0]), "valid_to": in_days(days[1])}

    answer = chief.post(f"{AG_01}agreement/", {"request_id": uuid4(), **terms})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert Agreement.objects.count() == 1


def test_the_next_agreement_is_proposed_from_the_day_after_the_last(
    shop: Shop, chief: Client
) -> None:
    an_agency(shop.insurer)

    assert f'value="{in_days(336)}"' in chief.get(f"{AG_01}agreement/").content.decode()


def test_whoever_sells_sees_agencies_and_changes_nothing(shop: Shop) -> None:
    agency = an_agency(shop.insurer)
    keeper = entered(shop.insurer.keeper)
    agreement = agency.agreements.get().pk

    assert "AG-01-2026" in keeper.get(AG_01).content.decode()
    assert "AG-01-2026" in keeper.get(AGENCIES).content.decode()
    assert b"data-create" not in keeper.get(AG_01).content
    for address in (f"{AGENCIES}register/", f"{AG_01}agreement/", f"{AG_01}{agreement}/end/"):
        assert keeper.get(address).status_code == 403
        assert keeper.post(address, {"request_id": uuid4()}).status_code == 403


def test_the_list_counts_only_the_sales_that_one_may_see(shop: Shop) -> None:
    agency = an_agency(shop.insurer)
    shop.sell((1, 2), business_source="agency", agency=agency)

    def counted(who: Staff) -> Any:
        return entered(who).get(AGENCIES).context["table"].rows[0].record.sales_seen

    assert (counted(shop.insurer.keeper), counted(shop.insurer.other_keeper)) == (1, 0)


def test_a_sale_is_registered_only_under_an_agreement_in_force(shop: Shop) -> None:
    agency = an_agency(shop.insurer)
    keeper = entered(shop.insurer.keeper)

    page = keeper.get("/office/sales/register/").content.decode()
    Agreement.objects.update(valid_to=clock.today() - timedelta(days=1))
    later = keeper.get("/office/sales/register/").content.decode()

    assert f"agreement {agency.code}-2026" in page
    assert "no agreement in force" in later
