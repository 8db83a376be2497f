"""What PostgreSQL keeps of advances, drawers, payments and red-letter invoices, whoever writes."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, models

from selfcard.core import clock
from selfcard.payments.commands import (
    PayeeGiven,
    TenderGiven,
    bank_takings,
    count_drawer,
    note_tax_fact,
)
from selfcard.payments.models import (
    AdvanceAccount,
    AdvanceEntry,
    Banking,
    Drawer,
    DrawerCount,
    DrawerDay,
    Invoice,
    Outlay,
    PaymentFailure,
    PaymentReceipt,
    Receipt,
    RedLetterInvoice,
    TaxFact,
    Tender,
    TenderKind,
)
from selfcard.payments.queries import expected_in
from selfcard.payments.tax_platform import TaxAnswer
from selfcard.sales.commands import note_payment_failed
from selfcard.sales.models import Sale
from tests.factories.advances import a_deposit_receipt, a_refund, an_account
from tests.factories.drawers import open_a_drawer
from tests.factories.organisations import Insurer
from tests.factories.postgresql import refused_by_postgresql, triggers_at_rest
from tests.factories.recoveries import pay_back, take_back, voucher
from tests.factories.sales import Shop, a_shop
from tests.factories.verifying import everything_holds

pytestmark = pytest.mark.django_db
A_PAYEE = PayeeGiven("payee", "王芳", "Bank of the Lake", "6222 0000 1111 2222")
# Cash that was carried to the bank, not fetched there.
BROUGHT: dict[str, object] = {"is_fetched": False}


@dataclass(frozen=True)
class Till:
    """Some money of every kind: what came, what is to go, and what went."""

    shop: Shop
    sale: Sale
    day: DrawerDay
    account: AdvanceAccount
    deposit: Receipt  # asked for
    owed: PaymentReceipt  # to a named payee
    failed: PaymentReceipt  # to an account that is none
    advance: PaymentReceipt  # of a part of the advance
    paid: PaymentReceipt  # in cash, with its red-letter invoice

    @property
    def insurer(self) -> Insurer:
        return self.shop.insurer


@pytest.fixture
def till() -> Till:
    shop = a_shop(20)
    day = open_a_drawer(shop.insurer, "1000.00")
    cashier = shop.insurer.actor("cashier")
    account = an_account(shop.insurer, "300.00")
    sale = shop.sell((1, 10))
    receipt = shop.ask(sale, payer_account=account)
    shop.settle(
        receipt,
        TenderGiven("cash", Decimal("900.00")),
        TenderGiven("advance", Decimal("100.00"), account=account),
    )
    paid, owed, failed = (
        voucher(shop, take_back(shop, sale, (1, 2))),
        voucher(shop, take_back(shop, sale, (3, 4)), A_PAYEE),
        voucher(shop, take_back(shop, sale, (5, 6)), A_PAYEE),
    )
    red_letter = pay_back(shop, paid)
    note_payment_failed(payment=failed, reason="no such account", actor=cashier, request_id=uuid4())
    answer = TaxAnswer(
        platform="Tax cloud", number="2411", confirmation="ok", confirmed_on=clock.today()
    )
    note_tax_fact(paper=red_letter, answer=answer, actor=cashier, request_id=uuid4())
    bank_takings(
        organisation=shop.insurer.institution,
        kind="cash",
        amount=Decimal("50.00"),
        arrived_on=clock.today(),
        reference="slip 1",
        drawer_day=day,
        actor=cashier,
        request_id=uuid4(),
    )
    deposit = a_deposit_receipt(shop.insurer, account, "70.00")
    advance = a_refund(shop.insurer, account, "40.00")
    return Till(shop, sale, day, account, deposit, owed, failed, advance, paid)


def count(till: Till) -> None:
    count_drawer(
        day=till.day,
        counted=expected_in(till.day),
        actor=till.insurer.actor("cashier"),
        request_id=uuid4(),
    )


def change(row: models.Model, **to: object) -> None:
    type(row)._default_manager.filter(pk=row.pk).update(**to)


def another(row: models.Model, **other: object) -> models.Model:
    """The same row once more, but for what is given; written as no command would."""
    return type(row)._default_manager.create(
        **{
            one.name: getattr(row, one.name)
            for one in row._meta.concrete_fields
            if not one.primary_key
        }
        | other
    )


def test_all_this_money_keeps_every_promise(till: Till) -> None:
    count(till)
    everything_holds()


# Nothing is ever deleted, and what is written down stays.


@pytest.mark.parametrize(
    ("model", "column"),
    [
        (AdvanceEntry, {"reason_number": "R-9"}),
        (Banking, {"amount": 1}),
        (DrawerCount, {"counted": 1}),
        (Outlay, {"amount": 1}),
        (PaymentFailure, {"reason": "x"}),
        (RedLetterInvoice, {"net": -1}),
        (TaxFact, {"number": "x"}),
        (AdvanceAccount, {"payer_name": "x"}),
        (AdvanceAccount, {"opened_at": "2026-01-01 00:00Z"}),
        (Drawer, {"code": "x"}),
        (DrawerDay, {"opening_cash": 1}),
        (DrawerDay, {"day": date(2026, 1, 1)}),
        (PaymentReceipt, {"amount": 1}),
        (PaymentReceipt, {"reason_number": "x"}),
        (PaymentReceipt, {"lines": []}),
    ],
    ids=str,
)
def test_what_is_written_down_of_money_stays(
    till: Till, model: type[models.Model], column: dict[str, object]
) -> None:
    count(till)
    table = model._meta.db_table

    with refused_by_postgresql("is never changed"):
        model._default_manager.update(**column)
    with refused_by_postgresql("is never deleted"), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")
    with refused_by_postgresql("is never emptied"), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {table} CASCADE")


def test_what_is_paid_or_void_stays(till: Till) -> None:
    with refused_by_postgresql("is never changed"):
        change(till.paid, payee_name="x")
    with refused_by_postgresql("is never changed"):
        change(till.paid, state="issued", confirmed_by=None, confirmed_at=None)


def test_a_deposit_goes_where_it_was_asked_for(till: Till) -> None:
    elsewhere = an_account(till.insurer, payer="杭州云山学校")

    with refused_by_postgresql("is never changed"):
        change(till.deposit, account=elsewhere)


def test_a_closed_day_stands(till: Till) -> None:
    count(till)
    change(till.day, state="closed", closed_by=till.insurer.second, closed_at=clock.now())

    with refused_by_postgresql("is never changed"):
        change(till.day, explanation="x")
    with refused_by_postgresql("is never changed"):
        change(till.day, state="counted", closed_by=None, closed_at=None)


# What each row says, taken by itself.

CHECKS: list[tuple[type[models.Model], dict[str, object], dict[str, object], str]] = [
    (AdvanceAccount, {}, {"balance": Decimal("-0.01")}, "an_advance_account_is_never_below_zero"),
    (AdvanceEntry, {}, {"balance": Decimal("-0.01")}, "an_advance_entry_leaves_no_debt"),
    (
        AdvanceEntry,
        {"kind": "write_off"},
        {"amount": 1},
        "an_advance_entry_comes_or_goes_by_its_kind",
    ),
    (AdvanceEntry, {"kind": "deposit"}, {"reason_kind": "payment"}, "entry_names_its_paper"),
    (DrawerDay, {}, {"opening_cash": -1}, "a_drawer_opens_with_no_debt"),
    (DrawerDay, {}, {"state": "open"}, "a_drawer_day_is_what_its_dates_say"),
    (DrawerDay, {}, {"state": "closed"}, "a_drawer_day_is_what_its_dates_say"),
    (DrawerDay, {}, {"counted_at": None}, "a_drawer_day_is_what_its_dates_say"),
    (DrawerCount, {"kind": "cash"}, {"counted": -1}, "a_count_is_no_debt"),
    (DrawerCount, {"kind": "card"}, {"kind": "transfer"}, "a_count_is_of_what_goes_through"),
    (DrawerCount, {"kind": "card"}, {"kind": "cash"}, "a_count_says_each_kind_once"),
    (Banking, BROUGHT, {"amount": 0}, "a_banking_is_money"),
    (Banking, BROUGHT, {"reference": ""}, "a_banking_names_its_slip"),
    (Banking, BROUGHT, {"drawer_day": None}, "cash_is_banked_out_of_a_drawer"),
    (Banking, BROUGHT, {"kind": "wallet"}, "cash_is_banked_out_of_a_drawer"),
    (Banking, BROUGHT, {"kind": "cheque", "drawer_day": None}, "cash_is_banked_out_of_a_drawer"),
    (PaymentReceipt, {}, {"amount": 0}, "a_payment_is_of_money"),
    (PaymentReceipt, {"state": "failed"}, {"state": "confirmed"}, "is_what_its_dates_say"),
    (PaymentReceipt, {"state": "failed"}, {"state": "void"}, "a_payment_is_what_its_dates_say"),
    (PaymentReceipt, {"state": "failed"}, {"void_reason": "x"}, "is_what_its_dates_say"),
    (PaymentReceipt, {"state": "confirmed"}, {"confirmed_by": None}, "is_what_its_dates_say"),
    (
        PaymentReceipt,
        {"state": "failed"},
        {"payee_account": None},
        "a_payment_knows_where_the_money_goes",
    ),
    (
        PaymentReceipt,
        {"state": "failed"},
        {"way": "advance"},
        "a_payment_knows_where_the_money_goes",
    ),
    (
        PaymentReceipt,
        {"kind": "advance"},
        {"way": "advance"},
        "a_payment_knows_where_the_money_goes",
    ),
    (PaymentReceipt, {"kind": "advance"}, {"account": None}, "advance_names_its_account"),
    (Outlay, {}, {"amount": 0}, "an_outlay_is_money"),
    (Outlay, {}, {"kind": "cheque", "reference": "x"}, "a_cheque_is_paid_back_by_transfer"),
    (Outlay, {}, {"kind": "card"}, "an_outlay_names_its_reference"),
    (Outlay, {}, {"drawer_day": None}, "an_outlay_names_its_drawer"),
    (Outlay, {}, {"kind": "advance", "drawer_day": None}, "an_outlay_names_its_account"),
    (Receipt, {"kind": "deposit", "state": "issued"}, {"state": "waiting"}, "waits_for_something"),
    (Receipt, {"kind": "deposit", "state": "issued"}, {"account": None}, "has_its_account"),
    (Receipt, {"kind": "deposit", "state": "issued"}, {"surplus": 1}, "has_its_account"),
    (Receipt, {"kind": "charge"}, {"surplus": 1}, "money_in_advance_has_its_account"),
    (RedLetterInvoice, {}, {"running": 0}, "red_letters_count_from_one"),
    (RedLetterInvoice, {}, {"tax": 0}, "red_net_and_tax_make_the_gross"),
    (
        RedLetterInvoice,
        {},
        {"net": Decimal("-210.00"), "tax": Decimal("10.00")},
        "a_red_letter_is_negative",
    ),
    (TaxFact, {}, {"number": ""}, "a_tax_fact_has_its_number"),
    (TaxFact, {}, {"red_letter": None}, "a_tax_fact_is_of_one_invoice"),
]


@pytest.mark.parametrize(
    ("model", "which", "to", "promise"),
    CHECKS,
    ids=[f"{model.__name__} {to}" for model, _, to, _ in CHECKS],
)
def test_each_row_of_money_says_what_can_be(
    till: Till,
    model: type[models.Model],
    which: dict[str, object],
    to: dict[str, object],
    promise: str,
) -> None:
    count(till)
    row = model._default_manager.filter(**which).order_by("pk").first()
    assert row is not None

    with refused_by_postgresql(promise), triggers_at_rest():
        change(row, **to)


def test_whoever_writes_a_voucher_does_not_pay_it(till: Till) -> None:
    with refused_by_postgresql("nobody_pays_on_their_own_voucher"), triggers_at_rest():
        change(till.paid, confirmed_by=till.paid.issued_by)
    with refused_by_postgresql("nobody_pays_on_their_own_voucher"), triggers_at_rest():
        change(till.paid, payee_set_by=till.insurer.cashier)


def test_what_failed_is_corrected_before_it_is_paid(till: Till) -> None:
    paid = {"state": "confirmed", "confirmed_by": till.insurer.cashier, "confirmed_at": clock.now()}

    with refused_by_postgresql("takes no more outlays"):
        Outlay.objects.create(
            payment=till.failed,
            kind="transfer",
            amount=till.failed.amount,
            paid_on=clock.today(),
            reference="BANK-9",
        )
    with refused_by_postgresql("payments_paymentreceipt is never changed"):
        change(till.failed, **paid)


def test_a_drawer_opens_with_what_was_left_and_a_day_before_is_not_counted_again(
    till: Till,
) -> None:
    count(till)
    tomorrow = {"day": clock.today() + timedelta(days=1), "opened_at": clock.now()}
    left = expected_in(till.day)[TenderKind.CASH]

    with refused_by_postgresql("had .* in it, not"):
        another(till.day, opening_cash=left - 1, **tomorrow)
    another(till.day, opening_cash=left, **tomorrow)
    with refused_by_postgresql("was opened again"):
        DrawerCount.objects.create(
            drawer_day=till.day, counting=2, kind="cash", expected=left, counted=left
        )


def test_whoever_counts_a_drawer_does_not_close_it(till: Till) -> None:
    count(till)

    with refused_by_postgresql("nobody_closes_a_drawer_that_they_counted"):
        change(till.day, state="closed", closed_by=till.insurer.cashier, closed_at=clock.now())


# What may be there only once.


def test_what_is_once_is_not_twice(till: Till) -> None:
    red_letter, fact = RedLetterInvoice.objects.get(), TaxFact.objects.get()

    with refused_by_postgresql("a_debt_has_one_live_payment"):
        another(till.owed, number="P-9")
    with refused_by_postgresql("a_debt_has_one_live_payment"):
        another(till.advance, number="P-9")
    with refused_by_postgresql("a_drawer_is_opened_once_a_day"):
        another(till.day)
    with refused_by_postgresql("a_drawer_has_one_open_day"):
        another(till.day, day=clock.today() + timedelta(days=1))
    with refused_by_postgresql("a_payer_has_one_advance_account_at_a_place"):
        another(till.account, number="A-9", balance=0)
    with refused_by_postgresql("a_tax_fact_is_entered_once"):
        another(fact)
    with refused_by_postgresql("a_red_letter_number_is_given_once"):
        another(red_letter, number="x", payment=till.owed)
    with refused_by_postgresql("payment_id"):
        another(red_letter, number="x", running=2)


# What follows from what.


def test_an_account_begins_empty_and_its_balance_follows_from_its_entries(till: Till) -> None:
    with refused_by_postgresql("payments_advanceaccount is never"):
        another(till.account, number="A-9", payer_name="x", balance=Decimal("1.00"))
    with refused_by_postgresql("follows from its entries"):
        change(till.account, balance=Decimal("900.00"))


def test_a_receipt_takes_an_advance_once(till: Till) -> None:
    receipt = till.shop.ask(till.shop.sell((11, 12)), payer_account=till.account)
    part = {
        "receipt": receipt,
        "kind": "advance",
        "amount": Decimal("10.00"),
        "arrived_on": clock.today(),
        "account": till.account,
    }

    with refused_by_postgresql("a_receipt_takes_an_advance_once"):
        Tender.objects.create(**part)
        Tender.objects.create(**part)


@pytest.mark.parametrize("kind", ["advance", "promotion"])
def test_what_is_left_in_advance_is_money_that_came(till: Till, kind: str) -> None:
    with refused_by_postgresql("takes no more tenders, or none of this kind"):
        Tender.objects.create(
            receipt=till.deposit,
            kind=kind,
            amount=Decimal("70.00"),
            arrived_on=clock.today(),
            account=till.account if kind == "advance" else None,
        )


def test_a_drawer_that_was_counted_takes_nothing_in_and_gives_nothing_out(till: Till) -> None:
    count(till)
    through_it = {"kind": "cash", "amount": Decimal("70.00"), "drawer_day": till.day}

    with refused_by_postgresql("takes no more tenders"):
        Tender.objects.create(receipt=till.deposit, arrived_on=clock.today(), **through_it)
    with refused_by_postgresql("pays nothing out"):
        Outlay.objects.create(payment=till.owed, paid_on=clock.today(), **through_it)
    with refused_by_postgresql("nothing leaves it"):
        another(Banking.objects.get(**BROUGHT), number="BK-9")


def test_a_day_begins_open_and_is_closed_when_it_was_counted(till: Till) -> None:
    counted = {"counted_by": till.insurer.cashier, "counted_at": clock.now()}

    with refused_by_postgresql("payments_drawerday is never"):
        another(till.day, day=date(2026, 1, 1), state="counted", **counted)
    with refused_by_postgresql("is closed without a count"):
        change(
            till.day,
            state="closed",
            closed_by=till.insurer.second,
            closed_at=clock.now(),
            **counted,
        )


def say_paid(payment: PaymentReceipt, till: Till) -> None:
    change(payment, state="confirmed", confirmed_by=till.insurer.cashier, confirmed_at=clock.now())


def an_outlay(payment: PaymentReceipt, amount: Decimal | None = None, **other: Any) -> None:
    Outlay.objects.create(
        **{
            "payment": payment,
            "kind": "transfer",
            "amount": amount or payment.amount,
            "paid_on": clock.today(),
            "reference": "B-1",
            **other,
        }
    )


def a_red_letter(till: Till, payment: PaymentReceipt, **other: Any) -> None:
    """One as its payment should have it: of two cards."""
    another(RedLetterInvoice.objects.get(), number="R-2", running=2, payment=payment, **other)


def test_a_payment_is_confirmed_with_its_outlays_and_its_red_letter(till: Till) -> None:
    with refused_by_postgresql("its outlays are 0"):
        say_paid(till.owed, till)
        a_red_letter(till, till.owed)
    with refused_by_postgresql("its outlays are 199.99"):
        an_outlay(till.owed, Decimal("199.99"))
        say_paid(till.owed, till)
        a_red_letter(till, till.owed)
    with refused_by_postgresql("without its red-letter invoice"):
        an_outlay(till.owed)
        say_paid(till.owed, till)


def test_what_is_paid_takes_no_more_outlays(till: Till) -> None:
    with refused_by_postgresql("takes no more outlays"):
        an_outlay(till.paid, Decimal("1.00"))


def test_a_payment_and_the_advances_agree(till: Till) -> None:
    with refused_by_postgresql("payment .* and the advances do not agree"):
        an_outlay(till.advance)
        say_paid(till.advance, till)
    with refused_by_postgresql("payment .* and the advances do not agree"):
        an_outlay(till.owed, kind="advance", reference="", account=till.account)
        say_paid(till.owed, till)
        a_red_letter(till, till.owed)


def test_nothing_leaves_an_advance_but_by_a_confirmed_paper(till: Till) -> None:
    with refused_by_postgresql("nothing confirmed moves"):
        AdvanceEntry.objects.create(
            account=till.account,
            kind="refund_out",
            amount=-till.advance.amount,
            reason_kind="payment",
            reason_number=till.advance.number,
            at=clock.now(),
            by=till.insurer.cashier,
        )


def test_a_red_letter_is_for_the_money_paid_back_and_never_above_its_original(
    till: Till,
) -> None:
    invoice = Invoice.objects.get()
    with refused_by_postgresql("is not for the money paid back"):
        a_red_letter(till, till.owed)
    an_outlay(till.owed)
    with refused_by_postgresql("is not for the money paid back"):
        say_paid(till.owed, till)
        a_red_letter(
            till,
            till.owed,
            net=Decimal("-94.34"),
            tax=Decimal("-5.66"),
            gross=Decimal("-100.00"),
        )
    with refused_by_postgresql("leaves a gap in its series"):
        say_paid(till.owed, till)
        a_red_letter_of_running(till, 3)
    for net, tax in (("-943.40", "-56.59"), ("-900.00", "-56.60")):
        with refused_by_postgresql("is above its original"):
            a_red_letter(
                till,
                till.owed,
                net=Decimal(net),
                tax=Decimal(tax),
                gross=Decimal(net) + Decimal(tax),
            )
    with refused_by_postgresql("is above its original"):
        a_red_letter(till, till.owed, currency="EUR")
    assert invoice.red_letters.count() == 1


def test_no_more_goes_back_by_a_way_than_came_by_it(till: Till) -> None:
    change(till.owed, way="original", payee_account=None)
    # The money of the original came in cash, and a little of it out of an advance.
    with refused_by_postgresql("more goes back by payment"):
        an_outlay(till.owed)
        say_paid(till.owed, till)
        a_red_letter(till, till.owed)


def a_red_letter_of_running(till: Till, running: int) -> None:
    another(RedLetterInvoice.objects.get(), number="R-3", running=running, payment=till.owed)


def test_a_cheque_is_no_way_out(till: Till) -> None:
    with refused_by_postgresql("a_cheque_is_paid_back_by_transfer"):
        an_outlay(till.owed, kind=TenderKind.CHEQUE, drawer_day=till.day)
