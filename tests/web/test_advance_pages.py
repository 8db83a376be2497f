"""Advance accounts through pages: opened, filled, looked at, paid back."""

from collections.abc import Callable
from decimal import Decimal
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import Page, expect

from selfcard.core import clock
from selfcard.organisations.models import Staff
from selfcard.payments.models import AdvanceAccount, PaymentReceipt, Receipt
from tests.factories.advances import A_COMPANY, ITS_NUMBER, a_refund, an_account, deposit, pay_out
from tests.factories.drawers import open_a_drawer
from tests.factories.organisations import Insurer, an_insurer
from tests.factories.verifying import everything_holds

SignIn = Callable[[Page, Staff], None]
Axe = Callable[[Page], None]
HERE = "/office/payments/advances/"


@pytest.fixture
def insurer(db: None) -> Insurer:
    insurer = an_insurer()
    open_a_drawer(insurer)
    return insurer


def entered(staff: Staff) -> Client:
    client = Client()
    client.force_login(staff, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


@pytest.mark.django_db(transaction=True)
def test_an_account_is_opened_filled_and_paid_back_through_pages_only(
    open_page: Callable[..., Page], sign_in: SignIn, language: str, no_axe_violations: Axe
) -> None:
    insurer = an_insurer()
    open_a_drawer(insurer)
    Staff.objects.update(language=language)
    keeper, cashier = open_page(), open_page()
    sign_in(keeper, insurer.keeper)
    sign_in(cashier, insurer.cashier)

    keeper.goto(f"{HERE}open/")
    keeper.fill("[name=payer_name]", A_COMPANY)
    keeper.fill("[name=tax_number]", ITS_NUMBER)
    no_axe_violations(keeper)
    keeper.click("form[data-once] .btn-primary")
    expect(keeper.locator("h1")).to_contain_text("A-20")
    no_axe_violations(keeper)
    keeper.locator("body").press("c")
    keeper.fill("[name=amount]", "5,000")
    no_axe_violations(keeper)
    keeper.click("form[data-once] .btn-primary")
    expect(keeper.locator(".next")).to_be_visible()
    receipt = Receipt.objects.get()

    cashier.goto(f"/office/payments/receipts/{receipt.number}/")
    no_axe_violations(cashier)
    cashier.keyboard.press("Enter")
    expect(cashier.locator("#books")).to_contain_text("2203")
    no_axe_violations(cashier)

    account = AdvanceAccount.objects.get()
    keeper.goto(f"{HERE}{account.number}/refund/")
    keeper.fill("[name=amount]", "1200")
    keeper.check("[name=way][value=payee]")
    keeper.fill("[name=payee_bank]", "工商银行")
    keeper.fill("[name=payee_account]", "1202 0201 0990 0123")
    no_axe_violations(keeper)
    keeper.click("form[data-once] .btn-primary")
    expect(keeper.locator(".next")).to_be_visible()
    no_axe_violations(keeper)
    payment = PaymentReceipt.objects.get()
    cashier.goto(f"/office/payments/payments/{payment.number}/")
    no_axe_violations(cashier)
    cashier.fill("[name=tenders-0-reference]", "OUT-1")
    cashier.dblclick("aside .btn-primary")
    expect(cashier.locator("#paid")).to_contain_text("OUT-1")
    no_axe_violations(cashier)
    cashier.goto(f"{HERE}{account.number}/")
    expect(cashier.locator("#statement")).to_contain_text("3,800.00")
    no_axe_violations(cashier)
    account.refresh_from_db()
    assert account.balance == Decimal("3800.00")


def test_the_statement_is_a_page_a_file_and_a_paper(insurer: Insurer) -> None:
    account = an_account(insurer, "800.00")
    pay_out(insurer, a_refund(insurer, account, "300.00"))
    cashier = entered(insurer.cashier)
    page = f"{HERE}{account.number}/"

    lines = cashier.get(page).context["table"].page
    assert [line.record.balance for line in lines] == [Decimal("500.00"), Decimal("800.00")]
    shown = cashier.get(page).content.decode()
    assert f'href="/office/payments/payments/{PaymentReceipt.objects.get().number}/"' in shown
    csv = cashier.get(f"{page}?export=csv").getvalue().decode()
    assert "-300.00" in csv
    assert cashier.get(f"{page}?export=xlsx").status_code == 200
    assert cashier.get(f"{page}statement.pdf").content.startswith(b"%PDF")


def test_an_account_that_is_there_is_named_with_its_page(insurer: Insurer) -> None:
    account = an_account(insurer)
    form = {"request_id": uuid4(), "organisation": "100101", "payer_name": A_COMPANY}

    answer = entered(insurer.keeper).post(f"{HERE}open/", form)

    assert answer.status_code == 422
    assert f"{HERE}{account.number}/" in answer.content.decode()
    nobody = {**form, "request_id": uuid4(), "payer_name": "个人"}
    answer = entered(insurer.keeper).post(f"{HERE}open/", nobody)
    assert "payer_name" in answer.context["form"].errors


def test_no_more_is_asked_back_than_there_is_and_where_it_goes_is_said(insurer: Insurer) -> None:
    account = an_account(insurer, "100.00")
    keeper = entered(insurer.keeper)
    page = f"{HERE}{account.number}/refund/"

    too_much = keeper.post(page, {"request_id": uuid4(), "amount": "100.01", "way": "original"})
    nowhere = keeper.post(page, {"request_id": uuid4(), "amount": "1", "way": "payee"})

    assert "amount" in too_much.context["form"].errors
    assert nowhere.status_code == 422
    assert not PaymentReceipt.objects.exists()


def test_a_refund_fails_is_corrected_and_is_paid(insurer: Insurer) -> None:
    account = an_account(insurer, "100.00")
    keeper, cashier = entered(insurer.keeper), entered(insurer.cashier)
    bank = {"way": "payee", "payee_name": A_COMPANY, "payee_bank": "工商银行"}
    keeper.post(
        f"{HERE}{account.number}/refund/",
        {"request_id": uuid4(), "amount": "100", **bank, "payee_account": "12020201"},
    )
    page = f"/office/payments/payments/{PaymentReceipt.objects.get().number}/"

    assert cashier.post(f"{page}failed/", {"request_id": uuid4()}).status_code == 422
    cashier.post(f"{page}failed/", {"request_id": uuid4(), "reason": "account closed"})
    assert "account closed" in keeper.get(page).content.decode()
    keeper.post(f"{page}payee/", {"request_id": uuid4(), **bank, "payee_account": "99990201"})
    cash = {"tenders-0-kind": "cash", "tenders-0-amount": "100"}
    assert cashier.post(page, {"request_id": uuid4(), **cash}).status_code == 422
    paid = {
        "request_id": uuid4(),
        "tenders-0-kind": "transfer",
        "tenders-0-amount": "100",
        "tenders-0-arrived_on": clock.today(),
        "tenders-0-reference": "OUT-1",
    }
    assert cashier.post(page, paid).status_code == 302
    assert cashier.post(page, paid).status_code == 302, "a repeat pays once"

    account.refresh_from_db()
    assert account.balance == 0
    everything_holds()


def test_a_voucher_is_made_void_and_a_deposit_too(insurer: Insurer) -> None:
    account = an_account(insurer, "100.00")
    keeper = entered(insurer.keeper)
    payment = a_refund(insurer, account, "40.00")
    keeper.post(f"{HERE}{account.number}/deposit/", {"request_id": uuid4(), "amount": "70"})
    receipt = Receipt.objects.latest("id")

    refund = f"/office/payments/payments/{payment.number}/"
    deposit = f"/office/payments/receipts/{receipt.number}/"
    keeper.post(f"{refund}void/", {"request_id": uuid4(), "reason": "not wanted"})
    done = keeper.post(f"{deposit}void/", {"request_id": uuid4(), "reason": "not wanted"})

    assert done["Location"] == f"{HERE}{account.number}/"
    payment.refresh_from_db()
    receipt.refresh_from_db()
    assert (payment.state, receipt.state) == ("void", "void")


def test_accounts_are_found_by_number_and_by_payer(insurer: Insurer) -> None:
    account = an_account(insurer, "100.00")
    an_account(insurer, payer="何晓东")
    cashier = entered(insurer.cashier)

    found = cashier.get(f"/office/search/?q={account.number}")
    assert found["Location"] == f"{HERE}{account.number}/"
    assert account.number in cashier.get(f"/office/search/?q={A_COMPANY}").content.decode()
    rows = cashier.get(f"{HERE}?left=some").context["table"].rows
    assert [row.record for row in rows] == [account]


def test_what_waits_of_advances_is_on_the_home_page(insurer: Insurer) -> None:
    account = an_account(insurer, "100.00")
    payment = a_refund(insurer, account, "40.00")

    assert payment.number in entered(insurer.cashier).get("/office/").content.decode()
    assert payment.number not in entered(insurer.keeper).get("/office/").content.decode()


def test_a_statement_is_turned_page_by_page_with_the_same_statements(insurer: Insurer) -> None:
    account = an_account(insurer)
    cashier = entered(insurer.cashier)
    address = f"{HERE}{account.number}/"

    def statements() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert cashier.get(address).status_code == 200
        return len(caught)

    deposit(insurer, account, "1.00")
    statements()  # what is the same for every page is known from now on
    few = statements()
    for _ in range(29):
        deposit(insurer, account, "1.00")

    assert statements() == few
    first, second = cashier.get(address), cashier.get(address, {"page": "2"})
    assert [len(page.context["table"].page) for page in (first, second)] == [25, 5]
    lines = cashier.get(address, {"export": "csv"}).getvalue().decode("utf-8-sig").splitlines()
    assert len(lines) == 31
    assert lines[1].endswith("1.00,1.00")


def test_an_empty_account_has_nothing_to_pay_back(insurer: Insurer) -> None:
    account = an_account(insurer)

    shown = entered(insurer.keeper).get(f"{HERE}{account.number}/refund/").content.decode()

    assert "Nothing is left in this account" in shown
    assert 'name="amount"' not in shown
