"""The charge receipt and the invoice."""

from __future__ import annotations

from dataclasses import replace

from selfcard.payments.papers import CHARGE_RECEIPT, INVOICE, PAYMENT_RECEIPT, RED_LETTER
from selfcard.payments.papers.statements import DRAWER_DAY, STATEMENT
from tests.factories.papers.names import yuan
from tests.factories.papers.payments import (
    a_deposit_receipt,
    a_drawer_day,
    a_receipt,
    a_statement,
    an_invoice,
)
from tests.factories.papers.ways_back import a_payment_receipt, a_red_letter_invoice
from tests.factories.reading import words_on


def test_a_charge_receipt_asks_for_money_and_says_that_it_proves_no_payment():
    said = words_on(CHARGE_RECEIPT, a_receipt(), "en")

    assert "R-2026-0051120" in said
    assert "itdoesnotprovethatanythingwaspaid" in said
    assert "¥20,000.00" in said


def test_an_invoice_splits_the_premium_into_net_and_tax():
    said = words_on(INVOICE, an_invoice())

    assert "¥18,867.92" in said
    assert "6%" in said
    assert "¥1,132.08" in said
    assert "人民币贰万元整" in said


def test_the_buyer_is_an_individual_unless_they_say_otherwise():
    assert "个人Individual" in words_on(INVOICE, an_invoice())

    company = replace(
        an_invoice(), buyer="杭州绿源物业服务有限公司", buyer_tax_number="91330100MA27XXXX0T"
    )
    said = words_on(INVOICE, company)
    assert "杭州绿源物业服务有限公司" in said
    assert "91330100MA27XXXX0T" in said
    assert "个人" not in said


def test_an_exempt_premium_is_called_exempt():
    line = replace(an_invoice().lines[0], tax_rate=None, tax=yuan("0.00"), net=yuan("20000.00"))
    exempt = replace(an_invoice(), lines=(line,), net=yuan("20000.00"), tax=yuan("0.00"))

    assert "免税" in words_on(INVOICE, exempt)
    assert "exempt" in words_on(INVOICE, exempt, "en")


def test_a_deposit_receipt_names_its_account_and_promises_no_invoice():
    said = words_on(CHARGE_RECEIPT, a_deposit_receipt(), "en")

    assert "Depositreceipt" in said
    assert "A-2026-0000012" in said
    assert "Noinvoicefollowsadeposit" in said
    assert "cardscanbeactivated" not in said


def test_a_receipt_for_several_sales_names_each():
    line = a_receipt().lines[0]
    lines = tuple(replace(line, reference=sale) for sale in ("S-2026-0000001", "S-2026-0000002"))

    for language in ("en", "zh"):
        said = words_on(CHARGE_RECEIPT, replace(a_receipt(), lines=lines), language)
        assert "S-2026-0000001" in said
        assert "S-2026-0000002" in said


def test_a_statement_runs_to_its_balance():
    said = words_on(STATEMENT, a_statement())

    assert "−¥3,200.00" in said
    assert "¥1,500.00" in said
    assert "壹仟伍佰元整" in said


def test_a_drawers_day_says_what_is_short_and_why():
    said = words_on(DRAWER_DAY, a_drawer_day())

    assert "−¥10.00" in said
    assert "找零多付10元" in said
    assert "BK-2026-0000031" in said
    assert "共清点2次" in said


def test_a_payment_receipt_says_what_is_paid_back_and_no_account():
    said = words_on(PAYMENT_RECEIPT, a_payment_receipt(), "en")

    assert "itdoesnotprovethatanythingwaspaid" in said
    assert "RV-2026-0000031" in said
    assert "toanamedpayee" in said
    assert "Fivethousandyuanonly" in said


def test_a_red_letter_invoice_names_its_original_and_all_of_it_is_negative():
    said = words_on(RED_LETTER, a_red_letter_invoice())

    assert "330106-2026-00081245" in said
    assert "−¥4,717.00" in said
    assert "−¥283.00" in said
    assert "−50" in said
    assert "人民币负伍仟元整" in said
