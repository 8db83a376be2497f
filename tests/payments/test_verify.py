"""Every line of `selfcard verify` about money, planted around the commands and found."""

import inspect
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection

from selfcard.core import clock
from selfcard.payments import verify as of_payments
from selfcard.sales import verify as of_sales
from tests.factories.days import Day, a_busy_day
from tests.factories.postgresql import triggers_at_rest

pytestmark = pytest.mark.django_db

Plant = tuple[str, str, Callable[[Day], Any]]

NO_ENTRY = "DELETE FROM ledger_entry WHERE reason_number = %s"

PLANTED: list[Plant] = [
    (
        "Invoice numbers run without gaps or repeats in each series",
        "DELETE FROM payments_invoice WHERE id = %s",
        lambda day: day.invoice.pk,
    ),
    (
        "The tenders of a confirmed receipt add up to its amount",
        "UPDATE payments_tender SET amount = amount + 1 WHERE receipt_id = %s",
        lambda day: day.invoice.receipt_id,
    ),
    (
        "A confirmed charge receipt has one invoice over its amount, and no other has any",
        "UPDATE payments_invoice SET gross = gross + 1, net = net + 1 WHERE id = %s",
        lambda day: day.invoice.pk,
    ),
    (
        "The lines of an invoice add up to it",
        "UPDATE payments_invoice SET net = net + tax, tax = 0 WHERE id = %s",
        lambda day: day.invoice.pk,
    ),
    (
        "The money of a confirmed receipt is in the books once",
        NO_ENTRY,
        lambda day: day.invoice.receipt.number,
    ),
    (
        "Red-letter numbers run without gaps or repeats in each series",
        "UPDATE payments_redletterinvoice SET running = running + 7 WHERE id = %s",
        lambda day: day.red_letter.pk,
    ),
    (
        "Red-letter invoices are never above their original",
        "UPDATE payments_redletterinvoice SET net = -9000, gross = tax - 9000 WHERE id = %s",
        lambda day: day.red_letter.pk,
    ),
    (
        "A confirmed payment has outlays over its amount, and a refund its red-letter invoice",
        "DELETE FROM payments_redletterinvoice WHERE id = %s",
        lambda day: day.red_letter.pk,
    ),
    (
        "The money of a confirmed payment is in the books once",
        NO_ENTRY,
        lambda day: day.refund.number,
    ),
    (
        "A counted drawer expects what was there, came, went and was banked",
        "DELETE FROM payments_banking WHERE id = %s",
        lambda day: day.banking.pk,
    ),
    (
        "The difference of a closed drawer is in the books once",
        NO_ENTRY,
        lambda day: f"{day.drawer.drawer.code} {day.drawer.day}",
    ),
    (
        "An advance account is the sum of its entries, and they are in the books",
        "UPDATE payments_advanceaccount SET balance = balance + 1 WHERE id = %s",
        lambda day: day.account.pk,
    ),
    (
        "A sale costs face value times count, and its runs name as many cards",
        "DELETE FROM sales_salerun WHERE sale_id = %s",
        lambda day: day.sale.pk,
    ),
    (
        "No card is to be activated or activated without a confirmed receipt",
        "DELETE FROM sales_salereceipt WHERE sale_id = %s",
        lambda day: day.sale.pk,
    ),
    (
        "What a sale says is sold or paid, custody says too, card for card",
        "UPDATE custody_holding SET reason_number = 'S-0' WHERE reason_number = %s",
        lambda day: day.sale.number,
    ),
    (
        "A receipt asks for what its sales cost, and is void exactly when it has ended",
        "UPDATE sales_salereceipt SET amount = amount + 1 WHERE sale_id = %s",
        lambda day: day.sale.pk,
    ),
    (
        "A receipt asks for all cards of a sale that nobody has taken back",
        "UPDATE sales_salereceipt SET count = count - 1, amount = amount - 100 WHERE sale_id = %s",
        lambda day: day.sale.pk,
    ),
    (
        "Cards that were paid and taken back await their refund until it is paid, card for card",
        "UPDATE sales_recovery SET state = 'registered', done_at = NULL WHERE id = %s",
        lambda day: day.recovery.pk,
    ),
    (
        "A recovery is worth its cards, and its money came by a receipt of its sale",
        "UPDATE sales_recovery SET amount = amount + 1 WHERE id = %s",
        lambda day: day.recovery.pk,
    ),
    (
        "What goes back the way it came is no more than came this way",
        "UPDATE payments_outlay SET amount = amount + 100000 WHERE payment_id = %s",
        lambda day: day.red_letter.payment_id,
    ),
    (
        "A recovery is paid back by one payment receipt over its amount",
        "UPDATE sales_recovery SET amount = amount + 1 WHERE id = %s",
        lambda day: day.recovery.pk,
    ),
    (
        "A recovery's red-letter invoice is of the invoice by which its money came",
        "UPDATE payments_redletterinvoice SET invoice_id = %s",
        lambda day: day.invoice.pk,
    ),
    (
        "An indirect sale names an agency of its kind",
        """
        WITH agency AS (
            INSERT INTO sales_agency (code, name_zh, name_en, kind, licence, registered_at)
            VALUES ('A', '甲', 'A', 'broker', '1', now()) RETURNING id
        ), agreement AS (
            INSERT INTO sales_agreement (
                agency_id, number, valid_from, valid_to, registered_by_id, registered_at
            )
            SELECT id, '1', '2026-01-01', '2026-12-31', 1, now() FROM agency RETURNING id, agency_id
        )
        UPDATE sales_sale SET business_source = 'agency',
            agency_id = agreement.agency_id, agreement_id = agreement.id
        FROM agreement WHERE sales_sale.id = %s
        """,
        lambda day: day.sale.pk,
    ),
    (
        "Free cards are settled by promotion expense, and nothing else is",
        "UPDATE sales_sale SET gift_reason = 'a prize' WHERE id = %s",
        lambda day: day.sale.pk,
    ),
    (
        "A large sale is registered exactly when a second person agreed to it",
        "UPDATE sales_sale SET agreed_by_id = registered_by_id + 1 WHERE id = %s",
        lambda day: day.sale.pk,
    ),
]


@pytest.fixture
def day() -> Day:
    with clock.frozen(date(2026, 11, 23)):
        return a_busy_day()


@pytest.mark.parametrize(("promise", "sql", "of"), PLANTED, ids=[one[0] for one in PLANTED])
def test_verify_names_what_does_not_hold(
    day: Day, promise: str, sql: str, of: Callable[[Day], Any]
) -> None:
    with triggers_at_rest(), connection.cursor() as cursor:
        cursor.execute(sql, [of(day)])
        assert cursor.rowcount > 0

    found = {one.promise for room in (of_payments, of_sales) for one in room.violations()}

    assert promise in found


def test_every_line_of_verify_is_planted() -> None:
    told = {
        promise
        for room in (of_payments, of_sales)
        for promise in re.findall(r'violations_of\(\s*"([^"]+)"', inspect.getsource(room))
    }

    assert told == {one[0] for one in PLANTED}


def test_a_day_on_which_everything_happens_breaks_nothing(day: Day) -> None:
    assert [one for room in (of_payments, of_sales) for one in room.violations()] == []
