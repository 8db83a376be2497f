"""Each promise of payments, tried from outside the commands: PostgreSQL refuses."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from selfcard.core import clock
from selfcard.payments.models import Invoice, Receipt, Tender
from selfcard.payments.verify import violations
from tests.factories.payments import Till, a_till, cash
from tests.factories.postgresql import refused_by_postgresql, triggers_at_rest

pytestmark = pytest.mark.django_db


@pytest.fixture
def till() -> Till:
    return a_till()


def change(receipt: Receipt, **to: object) -> None:
    Receipt.objects.filter(pk=receipt.pk).update(**to)


def say_confirmed(receipt: Receipt, till: Till, **beside: object) -> None:
    change(
        receipt,
        **{
            "state": "confirmed",
            "confirmed_by": till.insurer.cashier,
            "confirmed_at": clock.now(),
            **beside,
        },
    )


def a_tender(receipt: Receipt, amount: str = "100.00", **other: object) -> None:
    Tender.objects.create(
        **{
            "receipt": receipt,
            "kind": "transfer",
            "amount": Decimal(amount),
            "arrived_on": date(2026, 11, 2),
            "reference": "4711",
            **other,
        }
    )


def an_invoice(receipt: Receipt, running: int, **other: object) -> None:
    Invoice.objects.create(
        **{
            "number": f"{receipt.pk}-{running}",
            "series": "invoice:100101:2026",
            "running": running,
            "receipt": receipt,
            "organisation": receipt.organisation,
            "buyer_name": "个人",
            "currency": "CNY",
            "net": Decimal("94.34"),
            "tax": Decimal("5.66"),
            "gross": Decimal("100.00"),
            "lines": [],
            "issued_by": receipt.issued_by,
            "issued_at": clock.now(),
            **other,
        }
    )


def test_a_confirmed_receipt_has_tenders_over_its_amount(till: Till) -> None:
    receipt = till.receipt()

    with refused_by_postgresql("its tenders are 99.99"):
        a_tender(receipt, "99.99")
        say_confirmed(receipt, till)
        an_invoice(receipt, 1)
    with refused_by_postgresql("its tenders are 0"):
        say_confirmed(receipt, till)
        an_invoice(receipt, 1)


def test_a_confirmed_receipt_has_an_invoice(till: Till) -> None:
    receipt = till.receipt()

    with refused_by_postgresql("without its invoice"):
        a_tender(receipt)
        say_confirmed(receipt, till)


def test_a_confirmed_receipt_takes_no_more_tenders(till: Till) -> None:
    receipt = till.receipt()
    till.confirm(receipt, cash("100.00"))

    with refused_by_postgresql("takes no more tenders"):
        a_tender(receipt, "1.00")


def test_nobody_confirms_their_own_receipt(till: Till) -> None:
    with refused_by_postgresql("nobody_confirms_their_own_receipt"):
        say_confirmed(till.receipt(), till, confirmed_by=till.insurer.keeper)


@pytest.mark.parametrize(
    "half",
    [
        {"state": "confirmed"},
        {"state": "void"},
        {"confirmed_at": date(2026, 11, 2)},
        {"voided_at": date(2026, 11, 2)},
    ],
    ids=["confirmed by nobody", "void by nobody", "a date without its state", "void while issued"],
)
def test_the_state_of_a_receipt_and_its_dates_agree(till: Till, half: dict[str, object]) -> None:
    if half.get("state") == "void":
        half = {**half, "void_reason": "mistake"}
    at = {name: clock.now() for name in half if name.endswith("_at")}

    with refused_by_postgresql("a_receipt_is_what_its_dates_say"):
        change(till.receipt(), **{**half, **at})


def test_a_receipt_is_void_with_a_reason_only(till: Till) -> None:
    with refused_by_postgresql("exactly_when_there_is_a_reason"):
        change(till.receipt(), state="void", voided_by=till.insurer.keeper, voided_at=clock.now())


def test_a_receipt_asks_for_money(till: Till) -> None:
    with refused_by_postgresql("a_receipt_asks_for_money"), triggers_at_rest():
        change(till.receipt(), amount=0)


@pytest.mark.parametrize(
    "buyer",
    [
        {"buyer_tax_number": "91110000600037341L"},
        {"payer_name": "启明公司", "buyer_tax_number": "9111"},
    ],
    ids=["of nobody", "too short"],
)
def test_a_tax_number_belongs_to_a_named_company(till: Till, buyer: dict[str, str]) -> None:
    receipt = till.receipt()

    with refused_by_postgresql("a_tax_number_belongs_to_a_named_company"), triggers_at_rest():
        change(receipt, **buyer)


def test_what_a_receipt_asks_for_never_changes(till: Till) -> None:
    receipt = till.receipt()

    with refused_by_postgresql("is never changed"):
        change(receipt, amount=1)
    with refused_by_postgresql("is never changed"):
        change(receipt, payer_name="x")
    with refused_by_postgresql("is never changed"):
        change(receipt, lines=[])


def test_a_settled_receipt_stands(till: Till) -> None:
    paid = till.receipt()
    till.confirm(paid, cash("100.00"))
    void = till.void(till.receipt())

    with refused_by_postgresql("is never changed"):
        change(paid, state="issued", confirmed_by=None, confirmed_at=None)
    with refused_by_postgresql("is never changed"):
        change(void, state="issued", voided_by=None, voided_at=None, void_reason="")


def test_a_tender_is_money_and_names_reference_drawer_and_account(till: Till) -> None:
    receipt = till.receipt()

    for kind in ("transfer", "card", "cheque", "wallet"):
        with refused_by_postgresql("a_tender_names_its_reference|a_tender_names_its_drawer"):
            a_tender(receipt, kind=kind, reference="")
    with refused_by_postgresql("a_tender_names_its_drawer"):
        a_tender(receipt, kind="cash")
    with refused_by_postgresql("a_tender_names_its_account"):
        a_tender(receipt, kind="advance")
    with refused_by_postgresql("a_tender_is_money"):
        a_tender(receipt, "0.00")
    with refused_by_postgresql("arrived_on"):
        a_tender(receipt, arrived_on=None)


def test_an_invoice_leaves_no_gap_and_repeats_no_number(till: Till) -> None:
    till.confirm(till.receipt(), cash("100.00"))
    receipt = till.receipt()
    a_tender(receipt)

    with refused_by_postgresql("leaves a gap"):
        say_confirmed(receipt, till)
        an_invoice(receipt, 3)
    with refused_by_postgresql("an_invoice_number_is_given_once"):
        say_confirmed(receipt, till)
        an_invoice(receipt, 1)
    with refused_by_postgresql("invoices_count_from_one"):
        say_confirmed(receipt, till)
        an_invoice(receipt, 0)


def test_a_receipt_has_one_invoice(till: Till) -> None:
    receipt = till.receipt()
    till.confirm(receipt, cash("100.00"))

    with refused_by_postgresql("receipt_id"):
        an_invoice(receipt, 2)


def test_an_invoice_is_for_the_money_that_has_arrived(till: Till) -> None:
    receipt = till.receipt()

    with refused_by_postgresql("is not for the money that has arrived"):
        an_invoice(receipt, 1)
    a_tender(receipt)
    with refused_by_postgresql("is not for the money that has arrived"):
        say_confirmed(receipt, till)
        an_invoice(receipt, 1, net=Decimal("94.33"), gross=Decimal("99.99"))


def test_net_and_tax_make_the_gross(till: Till) -> None:
    receipt = till.receipt()
    a_tender(receipt)

    with refused_by_postgresql("net_and_tax_make_the_gross"):
        say_confirmed(receipt, till)
        an_invoice(receipt, 1, tax=Decimal("5.65"))
    with refused_by_postgresql("an_invoice_is_for_money"):
        say_confirmed(receipt, till)
        an_invoice(receipt, 1, net=Decimal("101.00"), tax=Decimal("-1.00"))


@pytest.mark.parametrize("model", [Receipt, Tender, Invoice])
def test_nothing_of_money_is_ever_deleted(
    till: Till, model: type[Receipt] | type[Tender] | type[Invoice]
) -> None:
    till.confirm(till.receipt(), cash("100.00"))
    table = model._meta.db_table

    with refused_by_postgresql("is never deleted"), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")
    with refused_by_postgresql("is never emptied"), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize("model", [Tender, Invoice])
def test_tenders_and_invoices_never_change(till: Till, model: type[Tender] | type[Invoice]) -> None:
    till.confirm(till.receipt(), cash("100.00"))
    column = "amount" if model is Tender else "net"

    with refused_by_postgresql("is never changed"):
        model.objects.update(**{column: 1})


def test_verify_names_a_gap_in_a_series(till: Till) -> None:
    till.confirm(till.receipt(), cash("100.00"))
    second = till.confirm(till.receipt(), cash("100.00"))
    with triggers_at_rest():
        Invoice.objects.filter(pk=second.pk).update(running=3)

    found = {v.promise: v for v in violations()}

    gap = found["Invoice numbers run without gaps or repeats in each series"]
    assert gap.subject == second.series


def test_verify_names_a_receipt_whose_money_invoice_and_books_disagree(till: Till) -> None:
    invoice = till.confirm(till.receipt(), cash("100.00"))
    with triggers_at_rest():
        change(invoice.receipt, amount=Decimal("101.00"))
        Invoice.objects.filter(pk=invoice.pk).update(net=Decimal("95.34"), tax=Decimal("4.66"))

    found = {v.promise: v.subject for v in violations()}

    number = invoice.receipt.number
    assert found == {
        "The tenders of a confirmed receipt add up to its amount": number,
        "A confirmed charge receipt has one invoice over its amount, and no other has any": number,
        "The lines of an invoice add up to it": invoice.number,
        "The money of a confirmed receipt is in the books once": number,
    }
