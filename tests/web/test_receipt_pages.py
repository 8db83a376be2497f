"""Receipts through pages: every tender, what has not arrived, what is too much, a queue."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import Page, expect

from selfcard.core import clock
from selfcard.organisations.models import Authorisation, May, Staff
from selfcard.payments.commands import TenderGiven, count_drawer
from selfcard.payments.models import (
    AdvanceAccount,
    DrawerDay,
    Invoice,
    Receipt,
    TaxFact,
    TenderKind,
)
from selfcard.payments.queries import expected_in
from selfcard.sales.commands import issue_charge_receipt, settle_receipt
from tests.factories.advances import A_COMPANY, an_account
from tests.factories.drawers import open_a_drawer
from tests.factories.payments import cash
from tests.factories.sales import Shop, a_shop
from tests.factories.verifying import everything_holds
from tests.web.conftest import PHONE

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
def cashier(shop: Shop) -> Client:
    return entered(shop.insurer.cashier)


@pytest.fixture
def keeper(shop: Shop) -> Client:
    return entered(shop.insurer.keeper)


def rows(*tenders: dict[str, Any], **other: Any) -> dict[str, Any]:
    given = {
        f"tenders-{at}-{name}": value
        for at, tender in enumerate(tenders)
        for name, value in tender.items()
    }
    return {"request_id": uuid4(), **given, **other}


def tender(kind: str, amount: str, reference: str = "", arrived_on: Any = "") -> dict[str, Any]:
    return {"kind": kind, "amount": amount, "reference": reference, "arrived_on": arrived_on}


def here(receipt: Receipt) -> str:
    return f"/office/payments/receipts/{receipt.number}/"


def named(shop: Shop, first: int, last: int, account: AdvanceAccount | None = None) -> Receipt:
    return shop.ask(shop.sell((first, last)), payer_name=A_COMPANY, payer_account=account)


def test_every_kind_of_tender_makes_up_one_receipt(shop: Shop, cashier: Client) -> None:
    account = an_account(shop.insurer, "100.00")
    receipt = named(shop, 1, 6, account)
    today = clock.today()

    cashier.post(
        here(receipt),
        rows(
            tender("cash", "100"),
            tender("transfer", "100", "T-1", today),
            tender("card", "100", "POS-1"),
            tender("cheque", "100", "C-1", today),
            tender("wallet", "100", "W-1"),
            {"kind": "advance", "amount": "100", "account": account.pk},
        ),
    )

    assert {one.kind for one in receipt.tenders.all()} == {*TenderKind.values} - {"promotion"}
    page = cashier.get(here(receipt)).content.decode()
    assert account.number in page
    assert Invoice.objects.get().number in page
    everything_holds()


def test_what_a_kind_does_not_ask_for_does_not_count(shop: Shop, cashier: Client) -> None:
    receipt = named(shop, 1, 10)

    cashier.post(
        here(receipt), rows(tender("cash", "1000", "typed before", clock.today().replace(day=1)))
    )

    assert receipt.tenders.get().reference == ""


def test_only_the_payers_own_advances_are_offered_with_what_is_left(
    shop: Shop, cashier: Client
) -> None:
    account = an_account(shop.insurer, "800.00")
    an_account(shop.insurer, "900.00", payer="何晓东")
    an_account(shop.insurer, payer=A_COMPANY, tax_number="91110000600037341L")

    form = cashier.get(here(named(shop, 1, 10, account))).context["form"]
    nobody = cashier.get(here(shop.ask(shop.sell((11, 20))))).context["form"]

    offered = form.fields["tenders-0-account"].choices
    assert [choice[0] for choice in offered] == [str(account.pk)]
    assert "800.00" in offered[0][1]
    assert "advance" not in dict(nobody.fields["tenders-0-kind"].choices)


def test_an_advance_that_does_not_suffice_says_what_there_is_and_the_rest_is_taken_in_cash(
    shop: Shop, cashier: Client
) -> None:
    account = an_account(shop.insurer, "800.00")
    receipt = named(shop, 1, 10, account)
    advance = {"kind": "advance", "account": account.pk}

    answer = cashier.post(here(receipt), rows({**advance, "amount": "1000"}))

    assert answer.status_code == 422
    assert "800.00" in str(answer.context["form"].errors)
    assert "/office/payments/advances/" in answer.content.decode()
    answer = cashier.post(here(receipt), rows({**advance, "amount": "800"}, tender("cash", "200")))
    assert answer.status_code == 302


def test_the_sum_knows_the_advance_and_offers_the_rest_in_cash(shop: Shop, cashier: Client) -> None:
    account = an_account(shop.insurer, "800.00")
    receipt = named(shop, 1, 10, account)
    sent = rows({"kind": "advance", "account": account.pk, "amount": "1000"})

    answer = cashier.post(f"{here(receipt)}sum/", sent)
    shown = answer.content.decode()
    grown = cashier.post(here(receipt), {**sent, "add": "rest"}).context["form"]

    assert "Nothing is missing" not in shown
    assert "aria-disabled" in shown
    assert 'value="rest"' in shown
    assert answer.context["form"].arrived == Decimal("800.00")
    assert [line[1] for line in grown.sum_lines] == [Decimal("800.00"), Decimal("200.00")]
    assert grown.over_advance is None
    assert not grown.why_not


def test_what_was_sent_and_has_not_arrived_waits_apart_and_comes_back_filled_in(
    shop: Shop, cashier: Client
) -> None:
    receipt = named(shop, 1, 10)
    sent = rows(tender("cheque", "1000", "CHQ-88"), wait="1")

    assert cashier.post(here(receipt), sent).status_code == 302
    assert cashier.post(here(receipt), sent).status_code == 302, "a repeat is no second note"

    receipt.refresh_from_db()
    assert receipt.state == Receipt.State.WAITING
    listed = cashier.get("/office/payments/not-arrived/").content.decode()
    assert receipt.number in listed
    assert "CHQ-88" in listed
    assert "CHQ-88" in cashier.get("/office/payments/not-arrived/?export=csv").getvalue().decode()
    form = cashier.get(here(receipt)).context["form"]
    assert form.initial["tenders-0-kind"] == "cheque"
    assert form.initial["tenders-0-reference"] == "CHQ-88"
    cashier.post(here(receipt), rows(tender("cheque", "1000", "CHQ-88", clock.today())))
    assert Invoice.objects.get().receipt == receipt
    assert receipt.number not in cashier.get("/office/payments/not-arrived/").content.decode()
    everything_holds()


def test_what_was_sent_without_an_arrival_is_not_summed_up_as_arrived(
    shop: Shop, cashier: Client
) -> None:
    receipt = named(shop, 1, 10)
    sums = f"{here(receipt)}sum/"
    parts = (tender("cash", "400"), tender("transfer", "600", "T-1"))

    form = cashier.post(sums, rows(*parts)).context["form"]
    shown = cashier.post(sums, rows(*parts)).content.decode()

    assert (form.arrived, form.on_its_way) == (Decimal("400"), Decimal("600"))
    assert "Nothing is missing" not in shown
    assert "Still to arrive" in shown
    assert "aria-disabled" in shown
    here_now = tender("transfer", "600", "T-1", clock.today())
    shown = cashier.post(sums, rows(tender("cash", "400"), here_now)).content.decode()
    assert "Nothing is missing" in shown
    assert "aria-disabled" not in shown


def test_a_year_that_was_mistyped_is_said_at_its_row(shop: Shop, cashier: Client) -> None:
    receipt = named(shop, 1, 10)

    answer = cashier.post(here(receipt), rows(tender("cheque", "1000", "C-1", "2020-01-01")))

    assert "tenders-0-arrived_on" in answer.context["form"].errors
    receipt.refresh_from_db()
    assert receipt.state == Receipt.State.ISSUED


@pytest.mark.parametrize(
    ("amount", "english", "chinese"),
    [("0", "more than nothing", "大于零"), ("1.234", "two decimals", "两位小数"),
     ("ten", "in figures", "数字"), ("1" * 15, "So large", "过大")],
)  # fmt: skip
def test_an_amount_that_is_none_is_refused_in_our_own_words(
    shop: Shop, cashier: Client, amount: str, english: str, chinese: str
) -> None:
    receipt = named(shop, 1, 10)
    sent = rows(tender("cash", amount))

    assert english in str(cashier.post(here(receipt), sent).context["form"].errors)
    Staff.objects.update(language="zh-hans")
    assert chinese in str(cashier.post(here(receipt), sent).content.decode())


def test_cash_is_there_or_is_not(shop: Shop, cashier: Client) -> None:
    receipt = named(shop, 1, 10)

    answer = cashier.post(
        here(receipt), rows(tender("cash", "500"), tender("transfer", "500"), wait="1")
    )

    assert answer.status_code == 422
    assert "tenders-0-kind" in answer.context["form"].errors


def test_what_a_transfer_brings_too_much_is_kept_only_when_somebody_says_so(
    shop: Shop, cashier: Client
) -> None:
    receipt = named(shop, 1, 10)
    transfer = tender("transfer", "1500", "T-1", clock.today())

    refused = cashier.post(here(receipt), rows(transfer))
    assert refused.status_code == 422
    assert 'name="surplus_to" value="new"' in refused.content.decode()
    sent = rows(transfer, surplus_to="new")
    assert cashier.post(here(receipt), sent).status_code == 302
    assert cashier.post(here(receipt), sent).status_code == 302

    account = AdvanceAccount.objects.get()
    assert (account.payer_name, account.balance) == (A_COMPANY, Decimal("500.00"))
    second = named(shop, 11, 20, account)
    shown = cashier.post(f"{here(second)}sum/", rows(transfer)).content.decode()
    assert f'value="{account.number}"' in shown
    cashier.post(here(second), rows(transfer, surplus_to=account.number))
    account.refresh_from_db()
    assert account.balance == Decimal("1000.00")
    everything_holds()


def test_a_surplus_of_nobody_is_offered_no_account(shop: Shop, cashier: Client) -> None:
    receipt = shop.ask(shop.sell((1, 10)))
    transfer = tender("transfer", "1500", "T-1", clock.today())

    shown = cashier.post(f"{here(receipt)}sum/", rows(transfer)).content.decode()

    assert "surplus_to" not in shown
    assert "Nobody is named" in shown


def test_a_receipt_for_several_sales_shows_each_and_settles_all(
    shop: Shop, cashier: Client
) -> None:
    sales = (shop.sell((1, 10)), shop.sell((21, 25)))
    receipt = issue_charge_receipt(
        sales=sales, actor=shop.insurer.actor("keeper"), request_id=uuid4()
    )

    page = cashier.get(here(receipt)).content.decode()
    assert all(f"/office/sales/{sale.number}/" in page for sale in sales)
    cashier.post(here(receipt), rows(tender("cash", "1500")))
    page = cashier.get(here(receipt)).content.decode()
    assert all(f"/papers/notice/{sale.number}.pdf" in page for sale in sales)
    total = page[page.index("<tfoot>") : page.index("</tfoot>")]
    assert ">15<" in total
    assert "1,500.00" in total
    invoice = Invoice.objects.get()
    shown = cashier.get(f"/office/payments/invoices/{invoice.number}/").content.decode()
    assert all(sale.number in shown for sale in sales)
    found = cashier.get(f"/office/payments/receipts/?q={sales[1].number}").context["table"]
    assert [row.record.number for row in found.rows] == [receipt.number]


def test_without_an_open_drawer_it_is_said_where_one_is_opened(db: None) -> None:
    shop = a_shop()
    receipt = shop.ask(shop.sell((1, 10)))
    cashier = entered(shop.insurer.cashier)

    assert 'href="/office/drawers/"' in cashier.get(here(receipt)).content.decode()
    answer = cashier.post(here(receipt), rows(tender("cash", "1000")))

    assert "tenders-0-drawer" in answer.context["form"].errors


def test_in_the_evening_it_is_said_what_can_still_be_done(shop: Shop, cashier: Client) -> None:
    day = DrawerDay.objects.get()
    count_drawer(
        day=day, counted=expected_in(day), actor=shop.insurer.actor("cashier"), request_id=uuid4()
    )
    receipt = named(shop, 1, 10)

    page = cashier.get(here(receipt)).content.decode()
    shown = cashier.post(f"{here(receipt)}sum/", rows(tender("cash", "1000"))).content.decode()

    assert "open again tomorrow" in page
    assert "Open a drawer" not in page
    assert "aria-disabled" in shown
    transfer = rows(tender("transfer", "1000", "T-1", clock.today()))
    assert cashier.post(here(receipt), transfer).status_code == 302


def test_a_receipt_for_many_sales_is_no_wider_than_the_phone(
    transactional_db: None, phone: Page, sign_in: SignIn
) -> None:
    shop = a_shop()
    open_a_drawer(shop.insurer)
    sales = tuple(shop.sell((at, at)) for at in range(1, 7))
    receipt = issue_charge_receipt(
        sales=sales, actor=shop.insurer.actor("keeper"), request_id=uuid4()
    )
    shop.settle(receipt, cash("600.00"))
    sign_in(phone, shop.insurer.cashier)

    phone.goto(here(receipt))

    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE


def test_the_next_receipt_of_the_queue_is_one_key_away(shop: Shop, cashier: Client) -> None:
    first, second, third = (shop.ask(shop.sell((at, at))) for at in (1, 2, 3))

    cashier.post(here(second), rows(tender("cash", "100")))
    shown = cashier.get(here(second))

    assert shown.context["next_receipt"] == third
    assert shown.context["queue"] == 2
    cashier.post(here(third), rows(tender("cash", "100")))
    assert cashier.get(here(third)).context["next_receipt"] == first


# What the tax platform says


def test_what_a_tax_platform_says_is_entered_by_hand_and_stays(
    shop: Shop, cashier: Client, keeper: Client
) -> None:
    invoice = shop.sell_and_settle((1, 10))
    page = f"/office/payments/invoices/{invoice.number}/"
    fact = {"platform": "电子发票服务平台", "number": "24332000000012345678"}

    assert f"{page}tax/" in cashier.get(page).content.decode()
    assert f"{page}tax/" not in keeper.get(page).content.decode()
    assert keeper.post(f"{page}tax/", {}).status_code == 403
    bad = cashier.post(f"{page}tax/", {**fact, "request_id": uuid4(), "confirmed_on": "2999-01-01"})
    assert "confirmed_on" in bad.context["form"].errors
    good = {**fact, "confirmed_on": clock.today()}
    assert cashier.post(f"{page}tax/", {**good, "request_id": uuid4()}).status_code == 302
    again = cashier.post(f"{page}tax/", {**good, "request_id": uuid4()})
    assert "number" in again.context["form"].errors
    corrected = {**good, "number": "24332000000099999999", "request_id": uuid4()}
    assert cashier.post(f"{page}tax/", corrected).status_code == 302

    shown = cashier.get(page).content.decode()
    assert fact["number"] in shown
    assert "24332000000099999999" in shown
    assert TaxFact.objects.count() == 2


# In a browser


@pytest.mark.django_db(transaction=True)
def test_a_queue_goes_by_the_keyboard_alone(
    open_page: Callable[..., Page], sign_in: SignIn, language: str, no_axe_violations: Axe
) -> None:
    shop = a_shop()
    open_a_drawer(shop.insurer)
    queue = [named(shop, at, at) for at in (1, 2, 3)]
    Staff.objects.update(language=language)
    page = open_page()
    sign_in(page, shop.insurer.cashier)

    page.goto(here(queue[0]))
    no_axe_violations(page)
    expect(page.locator("[name=tenders-0-amount]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".next")).to_contain_text("2")
    no_axe_violations(page)
    page.locator("body").press("n")
    expect(page).to_have_url(re.compile(queue[1].number))
    page.select_option("[name=tenders-0-kind]", "transfer")
    page.fill("[name=tenders-0-reference]", "20261123 0017")
    expect(page.locator("[name=wait]")).to_be_visible()
    no_axe_violations(page)
    page.fill("[name=tenders-0-amount]", "150")
    page.fill("[name=tenders-0-arrived_on]", str(clock.today()))
    expect(page.locator("[name=surplus_to]")).to_be_visible()
    page.click("[name=surplus_to]")
    expect(page.locator(".next")).to_be_visible()
    page.locator("body").press("n")
    expect(page).to_have_url(re.compile(queue[2].number))
    page.locator("[name=tenders-0-amount]").press("Control+Enter")
    expect(page.locator(".next")).to_be_visible()

    assert Invoice.objects.count() == 3
    assert AdvanceAccount.objects.get().balance == Decimal("50.00")


@pytest.mark.parametrize("page", ["receipts/", "not-arrived/", "advances/"])
def test_a_list_takes_as_many_statements_for_many_rows_as_for_one(
    shop: Shop, cashier: Client, page: str
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert cashier.get(f"/office/payments/{page}").status_code == 200
        return len(captured)

    def one_more(at: int) -> None:
        receipt = named(shop, at, at)
        cashier.post(here(receipt), rows(tender("transfer", "100", f"T-{at}"), wait="1"))
        an_account(shop.insurer, payer=f"何晓东 {at}")

    one_more(1)
    statements()  # the first look of a session writes it down
    one = statements()
    for at in (2, 3, 4):
        one_more(at)

    assert statements() == one


def test_what_the_books_cannot_hold_is_refused_at_the_row_that_is_too_much(
    shop: Shop, cashier: Client
) -> None:
    receipt = named(shop, 1, 10)
    most = tender("transfer", "9999999999.99", "T-1", clock.today())

    for sent in (
        rows(tender("transfer", "999999999999.99", "T-1", clock.today()), surplus_to="new"),
        rows(most, tender("transfer", "0.01", "T-2", clock.today()), surplus_to="new"),
    ):
        answer = cashier.post(here(receipt), sent)
        assert answer.status_code == 422
        assert "9,999,999,999.99" in answer.content.decode()

    assert cashier.post(here(receipt), rows(most, surplus_to="new")).status_code == 302
    everything_holds()


# Free cards


def test_a_gift_is_confirmed_by_promotion_expense_alone_and_says_why(
    shop: Shop, keeper: Client, cashier: Client
) -> None:
    receipt = shop.ask(shop.sell((1, 5), gift_reason="Spring fair"), by="branch_keeper")

    shown = cashier.get(here(receipt))
    form = shown.context["form"]
    assert [kind for kind, _label in form.fields["tenders-0-kind"].choices] == ["promotion"]
    assert "Spring fair" in shown.content.decode()
    refused = cashier.post(here(receipt), rows(tender("cash", "500")))
    assert refused.status_code == 422
    assert cashier.post(here(receipt), rows(tender("promotion", "500"))).status_code == 302
    everything_holds()


def test_nobody_puts_right_how_the_money_of_a_gift_came(shop: Shop, cashier: Client) -> None:
    receipt = shop.ask(shop.sell((1, 5), gift_reason="Spring fair"), by="branch_keeper")
    cashier.post(here(receipt), rows(tender("promotion", "500")))
    ask = f"/office/drawers/receipts/{receipt.number}/correct/"

    assert ask not in cashier.get(here(receipt)).content.decode()
    assert cashier.get(ask)["Location"] == here(receipt)


def test_who_gave_cards_away_is_told_that_another_person_confirms_it(shop: Shop) -> None:
    receipt = shop.ask(shop.sell((1, 5), by="branch_keeper", gift_reason="Spring fair"))
    branch_keeper = shop.insurer.branch_keeper
    Authorisation.objects.create(
        staff=branch_keeper, may=May.CONFIRM_RECEIPTS, organisation=shop.insurer.branch
    )

    shown = entered(branch_keeper).get(here(receipt))

    assert shown.context["form"] is None
    assert "You gave these cards away" in shown.content.decode()


# What is over says so


def test_who_is_slower_by_a_moment_sees_what_became_of_the_receipt(
    shop: Shop, cashier: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = named(shop, 1, 5)

    def too_late(**given: Any) -> Any:
        shop.settle(receipt)
        return settle_receipt(**given)

    monkeypatch.setattr("selfcard.web.office.payments.receipts.settle_receipt", too_late)
    page = cashier.post(here(receipt), rows(tender("transfer", "500", "T-1", clock.today())))

    assert page.context["receipt"].state == Receipt.State.CONFIRMED
    assert page.context["form"] is None
    assert "already confirmed" in page.content.decode()


def test_a_confirmed_receipt_is_not_made_void_and_leads_to_the_way_back(
    shop: Shop, keeper: Client
) -> None:
    receipt = named(shop, 1, 5)
    shop.settle(receipt)

    shown = keeper.get(f"{here(receipt)}void/").content.decode()

    assert "cannot be made void any more" in shown
    assert f"/office/ways-back/?sale={receipt.reason_number}" in shown
    assert "<textarea" not in shown


def test_a_list_is_narrowed_by_what_a_bank_or_a_payer_calls_the_money(
    shop: Shop, cashier: Client
) -> None:
    came, other = named(shop, 1, 1), named(shop, 2, 2)
    shop.settle(came, TenderGiven("transfer", came.amount, clock.today(), "ICBC 4711"))
    cashier.post(here(other), rows(tender("cheque", "100", "CHQ 9"), wait="1"))

    for text, receipt in (("icbc 47", came), ("CHQ 9", other)):
        page = cashier.get("/office/payments/receipts/", {"q": text})
        shown = page.context["table"]
        assert [row.record for row in shown.paginated_rows] == [receipt]
        assert f'href="/office/sales/{receipt.reason_number}/"' in page.content.decode()


def test_a_receipt_names_the_account_that_pays_it(shop: Shop, keeper: Client) -> None:
    account = an_account(shop.insurer, "300.00", payer="王伟")
    sale = shop.sell((1, 2))
    page = f"/office/sales/{sale.number}/receipt/"

    assert account.number in keeper.get(page).content.decode()
    answer = keeper.post(page, {"request_id": uuid4(), "payer_account": account.number})

    receipt = Receipt.objects.latest("id")
    assert answer["Location"] == here(receipt)
    assert (receipt.payer_account, receipt.payer_name) == (account, "王伟")
    assert account.number in keeper.get(here(receipt)).content.decode()
