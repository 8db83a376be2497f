"""Money that payers leave in advance: asked for, confirmed, and paid back."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.papers import find_paper
from selfcard.ledger.queries import balances
from selfcard.organisations.commands import authorise
from selfcard.organisations.errors import NotAuthorised
from selfcard.organisations.models import May, Staff
from selfcard.payments.commands import (
    OutlayGiven,
    PayeeGiven,
    TenderGiven,
    confirm_deposit,
    correct_refund,
    note_refund_failed,
    void_deposit,
    void_refund,
)
from selfcard.payments.errors import (
    AdvanceDoesNotSuffice,
    AmountTooLarge,
    ConfirmedByItsMaker,
    NotIntoAdvance,
    PaidByItsMaker,
    PaymentOfNoAdvance,
    ReceiptAlreadyConfirmed,
    ReceiptIsVoid,
    ReceiptOfNoDeposit,
    RefundAlreadyAsked,
    RefundIntoItself,
    TendersDoNotAddUp,
)
from selfcard.payments.models import AdvanceEntry, Invoice, PaymentReceipt, Receipt
from selfcard.sales.commands import settle_receipt
from selfcard.sales.errors import ReceiptOfNoSale
from tests.factories.advances import (
    a_deposit_receipt,
    a_refund,
    an_account,
    deposit,
    pay_out,
)
from tests.factories.drawers import open_a_drawer
from tests.factories.organisations import Insurer, an_insurer
from tests.factories.payments import Till, cash, transfer
from tests.factories.postgresql import refused_by_postgresql
from tests.factories.verifying import everything_holds

pytestmark = pytest.mark.django_db


@pytest.fixture
def insurer() -> Insurer:
    return an_insurer()


def may_also(staff: Staff, deed: May) -> None:
    authorise(
        staff=staff,
        mays=(deed,),
        organisation=staff.organisation,
        actor=Actor.system("test"),
        request_id=uuid4(),
    )


def booked() -> dict[str, Decimal]:
    return {code: amount for code, amount in balances().items() if amount}


def confirm(
    insurer: Insurer, receipt: Receipt, *tenders: TenderGiven, by: str = "cashier"
) -> Receipt:
    open_a_drawer(insurer)
    return confirm_deposit(
        receipt=receipt, tenders=tenders, actor=insurer.actor(by), request_id=uuid4()
    )


def test_a_deposit_is_the_payers_and_has_no_invoice(insurer: Insurer) -> None:
    account = an_account(insurer)
    receipt = deposit(insurer, account, "800.00", cash("300.00"), transfer("500.00"))

    assert account.balance == Decimal("800.00")
    assert receipt.kind == Receipt.Kind.DEPOSIT
    paper = find_paper("charge_receipt", receipt.number)
    assert paper is not None
    assert account.number in paper.facts
    assert not Invoice.objects.exists()
    assert booked() == {
        "1001": Decimal("300.00"),
        "1002": Decimal("500.00"),
        "2203": Decimal("-800.00"),
    }
    everything_holds()


def test_a_deposit_is_confirmed_by_another_person_and_once(insurer: Insurer) -> None:
    account = an_account(insurer)
    receipt = a_deposit_receipt(insurer, account, "100.00")

    with pytest.raises(NotAuthorised):
        confirm(insurer, receipt, cash("100.00"), by="keeper")
    confirm(insurer, receipt, cash("100.00"))
    with pytest.raises(ReceiptAlreadyConfirmed):
        confirm(insurer, receipt, cash("100.00"))
    with pytest.raises(ReceiptAlreadyConfirmed):
        void_deposit(
            receipt=receipt, reason="no", actor=insurer.actor("keeper"), request_id=uuid4()
        )


def test_nobody_confirms_a_deposit_that_they_asked_for(insurer: Insurer) -> None:
    may_also(insurer.keeper, May.CONFIRM_RECEIPTS)
    receipt = a_deposit_receipt(insurer, an_account(insurer), "100.00")

    with pytest.raises(ConfirmedByItsMaker):
        confirm(insurer, receipt, cash("100.00"), by="keeper")


def test_a_repeated_confirmation_deposits_once(insurer: Insurer) -> None:
    account = an_account(insurer)
    receipt = a_deposit_receipt(insurer, account, "100.00")
    open_a_drawer(insurer)
    request = uuid4()

    for _time in range(2):
        confirm_deposit(
            receipt=receipt,
            tenders=(cash("100.00"),),
            actor=insurer.actor("cashier"),
            request_id=request,
        )

    account.refresh_from_db()
    assert account.balance == Decimal("100.00")


@pytest.mark.parametrize("kind", ["promotion", "advance"])
def test_what_is_left_in_advance_is_money_that_comes(insurer: Insurer, kind: str) -> None:
    other = an_account(insurer, "500.00", payer="何晓东")
    receipt = a_deposit_receipt(insurer, an_account(insurer), "100.00")

    with pytest.raises(NotIntoAdvance) as refusal:
        confirm(insurer, receipt, TenderGiven(kind, Decimal("100.00"), account=other))
    assert refusal.value.field == "tenders-0-kind"
    with refused_by_postgresql("none of this kind"):
        receipt.tenders.create(
            kind=kind,
            amount=Decimal("100.00"),
            arrived_on=date(2026, 1, 1),
            account=other if kind == "advance" else None,
        )


def test_more_than_a_deposit_asks_for_is_another_deposit(insurer: Insurer) -> None:
    receipt = a_deposit_receipt(insurer, an_account(insurer), "100.00")

    with pytest.raises(TendersDoNotAddUp):
        confirm(insurer, receipt, transfer("150.00"))


def test_a_void_deposit_takes_no_money(insurer: Insurer) -> None:
    receipt = a_deposit_receipt(insurer, an_account(insurer), "100.00")
    void_deposit(
        receipt=receipt, reason="changed mind", actor=insurer.actor("keeper"), request_id=uuid4()
    )

    with pytest.raises(ReceiptIsVoid):
        confirm(insurer, receipt, cash("100.00"))


def test_a_deposit_is_no_charge_receipt_and_the_other_way_round(insurer: Insurer) -> None:
    receipt = a_deposit_receipt(insurer, an_account(insurer), "100.00")
    open_a_drawer(insurer)

    with pytest.raises(ReceiptOfNoSale):
        settle_receipt(
            receipt=receipt,
            tenders=(cash("100.00"),),
            actor=insurer.actor("cashier"),
            request_id=uuid4(),
        )
    charge = Receipt(kind=Receipt.Kind.CHARGE, number="R-1", organisation=insurer.institution, pk=9)
    with pytest.raises(ReceiptOfNoDeposit):
        confirm(insurer, charge, cash("100.00"))


def test_money_does_not_come_into_an_advance_but_by_a_confirmed_paper(insurer: Insurer) -> None:
    account = an_account(insurer)
    receipt = a_deposit_receipt(insurer, account, "100.00")

    with refused_by_postgresql("nothing confirmed moves"):
        AdvanceEntry.objects.create(
            account=account,
            kind=AdvanceEntry.Kind.DEPOSIT,
            amount=Decimal("100.00"),
            reason_kind="receipt",
            reason_number=receipt.number,
            at=receipt.issued_at,
            by=insurer.keeper,
        )


def test_a_confirmed_deposit_enters_its_amount_just_once(insurer: Insurer) -> None:
    account = an_account(insurer)
    receipt = deposit(insurer, account, "100.00")
    again = {
        "account": account,
        "amount": Decimal("100.00"),
        "reason_kind": "receipt",
        "reason_number": receipt.number,
        "at": receipt.issued_at,
        "by": insurer.keeper,
    }

    with refused_by_postgresql("a_paper_enters_an_advance_once"):
        AdvanceEntry.objects.create(kind=AdvanceEntry.Kind.DEPOSIT, **again)
    with refused_by_postgresql("an_advance_entry_names_its_paper"):
        AdvanceEntry.objects.create(kind=AdvanceEntry.Kind.REFUND_IN, **again)


# Paid back


def test_an_advance_is_paid_back_by_another_person(insurer: Insurer) -> None:
    account = an_account(insurer, "800.00")
    payment = a_refund(insurer, account, "300.00")
    account.refresh_from_db()
    assert account.balance == Decimal("800.00"), "it is the payer's until it is paid"

    pay_out(insurer, payment)

    account.refresh_from_db()
    assert account.balance == Decimal("500.00")
    assert booked() == {"1001": Decimal("500.00"), "2203": Decimal("-500.00")}
    assert find_paper("payment_receipt", payment.number) is not None
    everything_holds()


def test_a_refund_is_not_paid_by_whoever_wrote_it(insurer: Insurer) -> None:
    may_also(insurer.cashier, May.ISSUE_PAYMENTS)
    account = an_account(insurer, "800.00")
    payment = a_refund(insurer, account, "300.00", by="cashier")

    with pytest.raises(PaidByItsMaker):
        pay_out(insurer, payment)


def test_one_refund_of_an_advance_is_open_at_a_time(insurer: Insurer) -> None:
    account = an_account(insurer, "800.00")
    first = a_refund(insurer, account, "300.00")

    with pytest.raises(RefundAlreadyAsked) as refusal:
        a_refund(insurer, account, "100.00")
    assert refusal.value.facts["number"] == first.number
    pay_out(insurer, first)
    pay_out(insurer, a_refund(insurer, account, "500.00"))
    account.refresh_from_db()
    assert account.balance == 0


def test_no_more_is_paid_back_than_there_is(insurer: Insurer) -> None:
    account = an_account(insurer, "800.00")

    with pytest.raises(AdvanceDoesNotSuffice) as refusal:
        a_refund(insurer, account, "800.01")

    assert refusal.value.field == "amount"


def test_an_advance_that_was_used_meanwhile_is_not_paid_back(insurer: Insurer) -> None:
    till = Till(insurer)
    account = an_account(insurer, "800.00")
    payment = a_refund(insurer, account, "800.00")
    receipt = till.receipt("100.00", payer_account=account)
    till.confirm(receipt, TenderGiven("advance", Decimal("100.00"), account=account))

    with pytest.raises(AdvanceDoesNotSuffice):
        pay_out(insurer, payment)

    payment.refresh_from_db()
    assert payment.state == PaymentReceipt.State.ISSUED
    void_refund(
        payment=payment, reason="used up", actor=insurer.actor("keeper"), request_id=uuid4()
    )
    assert find_paper("payment_receipt", payment.number) is not None


def test_a_refund_that_failed_goes_to_another_bank_account(insurer: Insurer) -> None:
    account = an_account(insurer, "800.00")
    to_bank = PayeeGiven("payee", account.payer_name, "中国银行", "6222 0000 1111 2222")
    payment = a_refund(insurer, account, "800.00", to_bank)
    assert payment.payee_account == "6222000011112222"

    note_refund_failed(
        payment=payment,
        reason="account closed",
        actor=insurer.actor("cashier"),
        request_id=uuid4(),
    )
    correct_refund(
        payment=payment,
        payee=PayeeGiven("payee", account.payer_name, "工商银行", "6222000033334444"),
        actor=insurer.actor("keeper"),
        request_id=uuid4(),
    )
    paid = pay_out(
        insurer, payment, OutlayGiven("transfer", Decimal("800.00"), clock.today(), "T-1")
    )

    assert (paid.payee_bank, paid.state) == ("工商银行", PaymentReceipt.State.CONFIRMED)
    assert paid.failures.get().reason == "account closed"
    account.refresh_from_db()
    assert account.balance == 0
    everything_holds()


def test_an_advance_is_not_paid_back_into_an_advance(insurer: Insurer) -> None:
    account = an_account(insurer, "800.00")

    with pytest.raises(RefundIntoItself):
        a_refund(insurer, account, "1.00", PayeeGiven("advance", "x", account=account))


def test_only_vouchers_of_advances_are_paid_here(insurer: Insurer) -> None:
    refund = PaymentReceipt(
        kind=PaymentReceipt.Kind.REFUND, number="P-1", organisation=insurer.institution, pk=9
    )

    with pytest.raises(PaymentOfNoAdvance):
        pay_out(insurer, refund)


def test_an_account_does_not_hold_more_than_the_books(insurer: Insurer) -> None:
    account = an_account(insurer)
    deposit(insurer, account, "9999999999.99", transfer("9999999999.99"))

    with pytest.raises(AmountTooLarge) as refusal:
        deposit(insurer, account, "0.01", transfer("0.01"))
    assert refusal.value.field == "tenders"
    with pytest.raises(AmountTooLarge) as refusal:
        a_deposit_receipt(insurer, account, "10000000000.00")
    assert refusal.value.field == "amount"

    account.refresh_from_db()
    assert account.balance == Decimal("9999999999.99")
    everything_holds()
