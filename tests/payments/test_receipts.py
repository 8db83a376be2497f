"""How money is asked for, and what is believed when it is said to have come."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from selfcard.core import clock
from selfcard.core.models import AuditEvent
from selfcard.core.papers import find_paper
from selfcard.core.refusals import Refusal
from selfcard.payments.commands import TenderGiven
from selfcard.payments.errors import (
    ArrivalDateMissing,
    ArrivalInTheFuture,
    ConfirmedByItsMaker,
    NotAnAmount,
    ReceiptAlreadyConfirmed,
    ReceiptIsVoid,
    ReferenceMissing,
    TaxNumberNeedsACompany,
    TendersDoNotAddUp,
    WrongTaxNumber,
)
from selfcard.payments.models import Invoice, Receipt, Tender
from selfcard.payments.queries import (
    debits_of,
    invoices_in_reach,
    receipts_in_reach,
    receipts_to_confirm,
)
from tests.factories.payments import Till, a_till, cash, transfer

pytestmark = pytest.mark.django_db

A_COMPANY = "杭州启明教育科技有限公司"
ITS_NUMBER = "91110000600037341L"


@pytest.fixture
def till() -> Iterator[Till]:
    with clock.frozen(date(2026, 11, 3)):
        yield a_till()


def test_who_gives_no_name_is_an_individual(till: Till) -> None:
    receipt = till.receipt(payer_name="  ")

    assert receipt.payer_name == "个人"
    assert receipt.number.startswith("R-2026-")
    assert find_paper("charge_receipt", receipt.number) is not None


def test_a_company_may_ask_for_its_tax_number_on_the_invoice(till: Till) -> None:
    receipt = till.receipt(payer_name=A_COMPANY, buyer_tax_number=" 9111 0000 6000 3734 1l ")
    invoice = till.confirm(receipt, cash("100.00"))

    assert invoice.buyer_name == A_COMPANY
    assert invoice.buyer_tax_number == ITS_NUMBER


def test_a_tax_number_without_a_company_is_refused_at_the_payer(till: Till) -> None:
    with pytest.raises(TaxNumberNeedsACompany) as refusal:
        till.receipt(buyer_tax_number=ITS_NUMBER)

    assert refusal.value.field == "payer_name"


def test_a_tax_number_with_a_wrong_character_is_refused(till: Till) -> None:
    with pytest.raises(WrongTaxNumber) as refusal:
        till.receipt(payer_name=A_COMPANY, buyer_tax_number="91110000600037341M")

    assert refusal.value.field == "buyer_tax_number"


def test_confirming_numbers_an_invoice_with_net_and_tax(till: Till) -> None:
    invoice = till.confirm(till.receipt("100.00"), cash("100.00"))

    assert invoice.number == "100101-2026-00000001"
    assert (invoice.net, invoice.tax, invoice.gross) == (
        Decimal("94.34"),
        Decimal("5.66"),
        Decimal("100.00"),
    )
    assert find_paper("invoice", invoice.number) is not None
    assert invoice.receipt.state == Receipt.State.CONFIRMED


def test_invoices_count_on_within_an_organisations_year_and_begin_anew_in_the_next(
    till: Till,
) -> None:
    first = till.confirm(till.receipt(), cash("100.00"))
    second = till.confirm(till.receipt(), cash("100.00"))
    with clock.frozen(date(2027, 1, 1)):
        third = till.confirm(till.receipt(), cash("100.00"))

    assert [invoice.number[-13:] for invoice in (first, second, third)] == [
        "2026-00000001",
        "2026-00000002",
        "2027-00000001",
    ]


def test_tenders_of_several_kinds_make_up_one_amount(till: Till) -> None:
    invoice = till.confirm(
        till.receipt("100.00"), cash("30.00"), transfer("60.00"), transfer("10.00")
    )

    lines = [line for line in debits_of(invoice.receipt) if line.amount]
    assert [(line.account, line.amount) for line in lines] == [
        ("1001", Decimal("30.00")),
        ("1002", Decimal("70.00")),
    ]


def test_cash_arrives_on_the_day_that_it_is_counted(till: Till) -> None:
    invoice = till.confirm(till.receipt(), cash("100.00"))

    assert invoice.receipt.tenders.get().arrived_on == date(2026, 11, 3)


@pytest.mark.parametrize(
    ("tenders", "refusal", "field"),
    [
        ((), TendersDoNotAddUp, "tenders"),
        ((cash("99.99"),), TendersDoNotAddUp, "tenders"),
        ((cash("100.00"), cash("0.01")), TendersDoNotAddUp, "tenders"),
        ((cash("0.00"), cash("100.00")), NotAnAmount, "tenders-0-amount"),
        ((cash("110.00"), cash("-10.00")), NotAnAmount, "tenders-1-amount"),
        ((cash("99.995"), cash("0.005")), NotAnAmount, "tenders-0-amount"),
        ((transfer("100.00", reference=" "),), ReferenceMissing, "tenders-0-reference"),
        ((transfer("100.00", arrived_on=None),), ArrivalDateMissing, "tenders-0-arrived_on"),
        (
            (cash("50.00"), transfer("50.00", arrived_on=date(2026, 11, 4))),
            ArrivalInTheFuture,
            "tenders-1-arrived_on",
        ),
    ],
    ids=[
        "nothing came",
        "a cent is missing",
        "a cent too much",
        "a tender of nothing",
        "money that goes",
        "half a cent",
        "a transfer without a reference",
        "a transfer without an arrival",
        "a transfer that comes tomorrow",
    ],
)
def test_what_does_not_make_up_the_amount_confirms_nothing(
    till: Till, tenders: tuple[TenderGiven, ...], refusal: type[Refusal], field: str
) -> None:
    receipt = till.receipt("100.00")

    with pytest.raises(refusal) as refused:
        till.confirm(receipt, *tenders)

    assert refused.value.field == field
    receipt.refresh_from_db()
    assert receipt.state == Receipt.State.ISSUED
    assert not Tender.objects.exists()
    assert not Invoice.objects.exists()


def test_nobody_confirms_a_receipt_that_they_issued(till: Till) -> None:
    with pytest.raises(ConfirmedByItsMaker):
        till.confirm(till.receipt(), cash("100.00"), by="keeper")


def test_a_receipt_is_confirmed_once(till: Till) -> None:
    receipt = till.receipt()
    till.confirm(receipt, cash("100.00"))

    with pytest.raises(ReceiptAlreadyConfirmed):
        till.confirm(receipt, cash("100.00"))

    assert Invoice.objects.count() == 1


def test_a_void_receipt_takes_no_money_and_says_why_it_is_void(till: Till) -> None:
    receipt = till.void(till.receipt(), reason="wrong payer")

    assert receipt.void_reason == "wrong payer"
    with pytest.raises(ReceiptIsVoid):
        till.confirm(receipt, cash("100.00"))
    with pytest.raises(ReceiptIsVoid):
        till.void(receipt)


def test_a_confirmed_receipt_is_not_made_void(till: Till) -> None:
    receipt = till.receipt()
    till.confirm(receipt, cash("100.00"))

    with pytest.raises(ReceiptAlreadyConfirmed):
        till.void(receipt)


def test_receipts_are_seen_from_ones_own_organisation_down(till: Till) -> None:
    invoice = till.confirm(till.receipt(), cash("100.00"))
    insurer = till.insurer

    for name in ("keeper", "cashier", "branch_keeper", "auditor"):
        assert list(receipts_in_reach(insurer.actor(name))) == [invoice.receipt]
        assert list(invoices_in_reach(insurer.actor(name))) == [invoice]
    for name in ("other_keeper", "seller"):
        assert not receipts_in_reach(insurer.actor(name)).exists()
        assert not invoices_in_reach(insurer.actor(name)).exists()


def test_a_receipt_waits_for_those_who_may_confirm_it_and_did_not_issue_it(till: Till) -> None:
    receipt = till.receipt()
    insurer = till.insurer

    assert list(receipts_to_confirm(insurer.actor("cashier"))) == [receipt]
    assert not receipts_to_confirm(insurer.actor("keeper")).exists()
    assert not receipts_to_confirm(insurer.actor("other_keeper")).exists()


def test_the_audit_trail_keeps_no_name_of_a_payer(till: Till) -> None:
    till.confirm(till.receipt(payer_name=A_COMPANY), cash("100.00"))

    assert A_COMPANY not in str(list(AuditEvent.objects.values_list("facts", flat=True)))
