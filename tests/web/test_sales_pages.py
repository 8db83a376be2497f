"""From the sale to the invoice through pages: in a browser, and what each page refuses."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import Page, expect

from selfcard.core import clock
from selfcard.core.papers import find_paper
from selfcard.organisations.models import Staff
from selfcard.payments.models import Invoice, Receipt
from selfcard.sales.models import Sale
from selfcard.sales.verify import violations
from tests.factories.custody import custody
from tests.factories.drawers import open_a_drawer
from tests.factories.sales import Shop, a_shop, an_agency

SignIn = Callable[[Page, Staff], None]
Axe = Callable[[Page], None]


@pytest.fixture
def shop(db: None) -> Shop:
    shop = a_shop()
    open_a_drawer(shop.insurer)
    return shop


def entered(staff: Staff) -> Client:
    client = Client()
    client.force_login(staff, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


@pytest.fixture
def keeper(shop: Shop) -> Client:
    return entered(shop.insurer.keeper)


@pytest.fixture
def cashier(shop: Shop) -> Client:
    return entered(shop.insurer.cashier)


# The whole way, in a browser


@pytest.mark.django_db(transaction=True)
def test_a_sale_is_registered_asked_for_and_paid_through_pages_only(
    open_page: Callable[..., Page], sign_in: SignIn, language: str, no_axe_violations: Axe
) -> None:
    shop = a_shop()
    insurer = shop.insurer
    open_a_drawer(insurer)
    Staff.objects.update(language=language)
    page = open_page()
    sign_in(page, insurer.keeper)

    page.goto("/office/sales/register/")
    page.fill("[name=document_type]", "AC-100")
    page.locator("[name=runs-first]").first.fill("11")
    page.locator("[name=runs-count]").first.fill("30")
    expect(page.locator("[name=runs-last]").first).to_have_value("000 000 040")
    expect(page.locator(".answer").first).to_contain_text("30")
    expect(page.locator(".answer-place")).to_contain_text("3,000.00")
    expect(page.locator(".answer-place .stop")).to_have_count(0)
    page.fill("[name=seller]", "I02")
    page.select_option("[name=business_source]", "direct")
    no_axe_violations(page)
    page.click("form[data-once] .btn-primary")

    sale = Sale.objects.get()
    expect(page).to_have_url(re.compile(f"/office/sales/{sale.number}/$"))
    expect(page.locator("h1")).to_contain_text(sale.number)
    no_axe_violations(page)
    page.click(".next .btn-primary")

    page.fill("[name=payer_name]", "杭州启明教育科技有限公司")
    page.fill("[name=buyer_tax_number]", "91110000600037341L")
    no_axe_violations(page)
    page.click("form[data-once] .btn-primary")

    receipt = Receipt.objects.get()
    expect(page).to_have_url(re.compile(f"/office/payments/receipts/{receipt.number}/$"))
    expect(page.locator("#confirm")).to_have_count(0)  # never by its maker
    no_axe_violations(page)

    page = open_page()
    sign_in(page, insurer.cashier)
    page.goto(f"/office/payments/receipts/{receipt.number}/")
    page.fill("[name=tenders-0-amount]", "1,000")
    expect(page.locator(".sum .total.wait").last).to_contain_text("2,000.00")
    page.click("button[value=row]")
    page.fill("[name=tenders-1-amount]", "2000.00")
    page.fill("[name=tenders-1-arrived_on]", str(clock.today()))
    expect(page.locator(".sum .total.wait")).to_have_count(0)
    page.click("aside .btn-primary")
    expect(page.locator("[data-problems]")).to_be_visible()  # the reference is missing
    no_axe_violations(page)
    page.fill("[name=tenders-1-reference]", "20261117 00935518")
    page.dblclick("aside .btn-primary")

    expect(page.locator(".next")).to_be_visible()
    invoice = Invoice.objects.get()
    expect(page.locator("main")).to_contain_text(invoice.number)
    no_axe_violations(page)
    page.goto(f"/office/payments/invoices/{invoice.number}/")
    expect(page.locator("main")).to_contain_text("2,830.20")
    no_axe_violations(page)
    assert custody(shop.batch)[1] == ("Institution", "to_be_activated", 11, 40)
    assert find_paper("notice", sale.number) is not None
    assert list(violations()) == []


@pytest.mark.parametrize("language", ["en"])
@pytest.mark.django_db(transaction=True)
def test_the_live_answer_names_the_cards_that_cannot_be_sold(
    desktop: Page, sign_in: SignIn
) -> None:
    shop = a_shop()
    shop.sell((5, 8))
    sign_in(desktop, shop.insurer.keeper)

    desktop.goto("/office/sales/register/")
    desktop.fill("[name=document_type]", "AC-100")
    desktop.locator("[name=runs-first]").first.fill("1")
    desktop.locator("[name=runs-last]").first.fill("10")

    bad = desktop.locator(".answer-place tr.is-bad")
    expect(bad).to_have_count(1)
    expect(bad).to_contain_text("No: sold")


@pytest.mark.parametrize("language", ["en"])
@pytest.mark.django_db(transaction=True)
def test_money_is_confirmed_without_script_too(
    open_page: Callable[..., Page], sign_in: SignIn
) -> None:
    shop = a_shop()
    open_a_drawer(shop.insurer)
    receipt = shop.ask(shop.sell((1, 10)))
    page = open_page(javascript=False)
    sign_in(page, shop.insurer.cashier)

    page.goto(f"/office/payments/receipts/{receipt.number}/")
    page.fill("[name=tenders-0-amount]", "400")
    page.click("button[value=row]")
    page.click("button[value=cash]")
    page.click("aside .btn-primary")

    expect(page.locator("h1")).to_contain_text("Confirmed")
    assert [str(t.amount) for t in receipt.tenders.order_by("id")] == ["400.00", "600.00"]


# What the pages refuse, and where they say so


def sale_form(shop: Shop, first: int, last: int, **other: Any) -> dict[str, Any]:
    run = shop.run(first, last)
    return {
        "request_id": uuid4(),
        "document_type": "AC-100",
        "runs-first": f"{run.first}",
        "runs-last": f"{run.last}",
        "runs-count": "",
        "seller_organisation": "100101",
        "seller": "I02",
        "business_source": "direct",
        **other,
    }


def test_each_mandatory_field_is_asked_for_at_the_field(shop: Shop, keeper: Client) -> None:
    answer = keeper.post("/office/sales/register/", {"request_id": uuid4()})

    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {
        "document_type",
        "runs",
        "seller_organisation",
        "seller",
        "business_source",
    }
    assert not Sale.objects.exists()


@pytest.mark.parametrize(
    ("other", "field", "said"),
    [
        ({"business_source": "broker"}, "agency", "Fill this in."),
        ({"business_source": "broker", "agency": "AG-01"}, "agency", "is licensed as Agency"),
        ({"seller": "O01"}, "seller", "nothing with the code"),
        ({"runs-first": "620118000000020", "runs-last": "620118000000011"}, "runs", "reversed"),
        ({"runs-first": ["11", "15"], "runs-last": ["20", "30"]}, "runs", "named twice"),
        ({"runs-last": "620118000000101"}, "runs", "no such cards"),
        ({"runs-first": "4"}, "runs", "000 000 004–620118 000 000 005 (sold)"),
        ({"remark": "🂡"}, "remark", "cannot be printed"),
    ],
)
def test_what_a_sale_cannot_be_is_said_at_its_field_and_changes_nothing(
    shop: Shop, keeper: Client, other: dict[str, Any], field: str, said: str
) -> None:
    an_agency(shop.insurer)
    shop.sell((1, 5))
    before = custody(shop.batch)

    answer = keeper.post("/office/sales/register/", sale_form(shop, 11, 20, **other))

    assert answer.status_code == 422
    assert said in str(answer.context["form"].errors[field])
    assert custody(shop.batch) == before


def test_a_large_sale_asks_whether_it_is_meant(shop: Shop, keeper: Client, settings: Any) -> None:
    settings.LARGE_SALE_CARDS = 20
    assert b"confirmed_large" not in keeper.get("/office/sales/register/").content

    answer = keeper.post("/office/sales/register/", sale_form(shop, 1, 30))
    assert "confirmed_large" in answer.context["form"].errors
    assert b'name="confirmed_large"' in answer.content

    keeper.post("/office/sales/register/", sale_form(shop, 1, 30, confirmed_large="on"))
    assert Sale.objects.get().count == 30


def test_a_form_that_is_sent_twice_registers_one_sale(shop: Shop, keeper: Client) -> None:
    form = sale_form(shop, 1, 10)

    first = keeper.post("/office/sales/register/", form)
    second = keeper.post("/office/sales/register/", form)

    assert first.url == second.url  # type: ignore[attr-defined]
    assert Sale.objects.count() == 1


def test_an_agency_that_was_typed_before_the_source_became_direct_does_not_count(
    shop: Shop, keeper: Client
) -> None:
    an_agency(shop.insurer)

    keeper.post("/office/sales/register/", sale_form(shop, 1, 10, agency="AG-01"))

    assert Sale.objects.get().agency is None


def confirmation(*tenders: dict[str, Any]) -> dict[str, Any]:
    given = {
        f"tenders-{at}-{name}": value
        for at, tender in enumerate(tenders)
        for name, value in tender.items()
    }
    return {"request_id": uuid4(), **given}


def cash(amount: str) -> dict[str, Any]:
    return {"kind": "cash", "amount": amount}


def transfer(amount: str, arrived_on: Any = "", reference: str = "") -> dict[str, Any]:
    return {
        "kind": "transfer",
        "amount": amount,
        "arrived_on": arrived_on,
        "reference": reference,
    }


@pytest.mark.parametrize(
    ("tenders", "field", "said"),
    [
        ([cash("999.99")], None, "add up to ¥999.99"),
        ([cash("")], None, "add up to ¥0.00"),
        ([cash("1000"), cash("x")], "tenders-1-amount", "in figures"),
        ([cash(""), transfer("1000", reference="A1")], "tenders-1-arrived_on", "day on which"),
        ([transfer("1000", "2026-11-02")], "tenders-0-reference", "reference"),
        (
            [transfer("1000", str(clock.today() + timedelta(days=1)), "A1")],
            "tenders-0-arrived_on",
            "has not arrived",
        ),
    ],
)
def test_what_a_confirmation_lacks_is_said_at_its_row_and_changes_nothing(
    shop: Shop, cashier: Client, tenders: list[dict[str, Any]], field: str | None, said: str
) -> None:
    receipt = shop.ask(shop.sell((1, 10)))

    answer = cashier.post(f"/office/payments/receipts/{receipt.number}/", confirmation(*tenders))

    assert answer.status_code == 422
    errors = answer.context["form"].errors[field or "__all__"]
    assert said in str(errors)
    assert not Invoice.objects.exists()


def test_a_receipt_is_confirmed_neither_by_its_maker_nor_by_who_may_not(
    shop: Shop, keeper: Client
) -> None:
    receipt = shop.ask(shop.sell((1, 10)))
    page = f"/office/payments/receipts/{receipt.number}/"

    shown = keeper.get(page)
    assert b'id="confirm"' not in shown.content
    keeper.post(page, confirmation(cash("1000")))

    assert not Invoice.objects.exists()


def test_the_back_button_after_a_confirmation_shows_the_same_invoice(
    shop: Shop, cashier: Client
) -> None:
    receipt = shop.ask(shop.sell((1, 10)))
    page, form = f"/office/payments/receipts/{receipt.number}/", confirmation(cash("1000"))

    assert cashier.post(page, form).status_code == 302
    assert cashier.post(page, form).status_code == 302
    again = cashier.post(page, {**form, "request_id": uuid4()})

    assert "already confirmed" in again.content.decode()
    assert b'id="confirm"' not in again.content
    assert Invoice.objects.get().number in again.content.decode()
    assert Invoice.objects.count() == 1


def test_a_receipt_is_made_void_with_a_reason_and_the_sale_can_be_asked_for_again(
    shop: Shop, keeper: Client
) -> None:
    sale = shop.sell((1, 10))
    receipt = shop.ask(sale)
    page = f"/office/payments/receipts/{receipt.number}/void/"

    assert keeper.post(page, {"request_id": uuid4()}).status_code == 422
    answer = keeper.post(page, {"request_id": uuid4(), "reason": "wrong payer"}, follow=True)

    assert f"/office/sales/{sale.number}/receipt/" in answer.content.decode()


@pytest.mark.parametrize(
    "buyer",
    [
        {"buyer_tax_number": "91110000600037341L"},
        {"payer_name": "启明", "buyer_tax_number": "91110000600037341M"},
        {"payer_name": "🂡"},
    ],
)
def test_a_buyer_that_cannot_be_invoiced_is_refused(
    shop: Shop, keeper: Client, buyer: dict[str, str]
) -> None:
    sale = shop.sell((1, 10))

    answer = keeper.post(f"/office/sales/{sale.number}/receipt/", {"request_id": uuid4(), **buyer})

    assert answer.status_code == 422
    assert not Receipt.objects.exists()


# Who sees what


def test_somebody_of_another_branch_finds_none_of_it(shop: Shop) -> None:
    invoice = shop.sell_and_settle((1, 10))
    stranger = entered(shop.insurer.other_keeper)
    receipt = invoice.receipt

    for address in (
        f"/office/sales/{receipt.reason_number}/",
        f"/office/sales/{receipt.reason_number}/receipt/",
        f"/office/payments/receipts/{receipt.number}/",
        f"/office/payments/receipts/{receipt.number}/void/",
        f"/office/payments/invoices/{invoice.number}/",
    ):
        assert stranger.get(address).status_code == 404, address
    for page in ("/office/sales/", "/office/payments/receipts/", "/office/payments/invoices/"):
        assert receipt.reason_number not in stranger.get(page).content.decode()


def test_the_trial_balance_is_open_to_who_audits_the_whole_insurer(shop: Shop) -> None:
    shop.sell_and_settle((1, 10))

    page = entered(shop.insurer.auditor).get("/office/ledger/")

    assert page.context["balance"].totals()[0].in_balance
    assert entered(shop.insurer.keeper).get("/office/ledger/").status_code == 403


@pytest.mark.parametrize(
    "page", ["/office/sales/", "/office/payments/receipts/", "/office/payments/invoices/"]
)
def test_a_list_takes_as_many_statements_for_many_rows_as_for_one(
    shop: Shop, cashier: Client, page: str
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert cashier.get(page).status_code == 200
        return len(captured)

    shop.sell_and_settle((1, 1))
    statements()  # the first look of a session writes it down
    one = statements()
    for first in (2, 3, 4):
        shop.sell_and_settle((first, first))

    assert statements() == one
    assert cashier.get(f"{page}?export=csv").status_code == 200


def test_a_list_is_filtered_by_its_address(shop: Shop, keeper: Client) -> None:
    paid = shop.sell_and_settle((1, 10)).receipt
    shop.sell((11, 20))

    rows = keeper.get("/office/sales/?state=paid").context["table"].rows

    assert [row.record.number for row in rows] == [paid.reason_number]
