"""Payers' advance accounts for tests, at the institution of the cast."""

from decimal import Decimal
from uuid import uuid4

from selfcard.payments.commands import (
    OutlayGiven,
    PayeeGiven,
    TenderGiven,
    ask_advance_refund,
    ask_for_deposit,
    confirm_deposit,
    confirm_refund,
    open_advance_account,
)
from selfcard.payments.models import AdvanceAccount, PaymentReceipt, Receipt
from tests.factories.drawers import open_a_drawer
from tests.factories.organisations import Insurer

A_COMPANY = "杭州启明教育科技有限公司"
ITS_NUMBER = "91110000600037341L"


def an_account(
    insurer: Insurer, balance: str = "", payer: str = A_COMPANY, tax_number: str = ""
) -> AdvanceAccount:
    """An account, with so much deposited in cash."""
    account = open_advance_account(
        organisation=insurer.institution,
        payer_name=payer,
        tax_number=tax_number,
        actor=insurer.actor("cashier"),
        request_id=uuid4(),
    )
    if balance:
        deposit(insurer, account, balance)
    return account


def a_deposit_receipt(insurer: Insurer, account: AdvanceAccount, amount: str) -> Receipt:
    return ask_for_deposit(
        account=account, amount=Decimal(amount), actor=insurer.actor("keeper"), request_id=uuid4()
    )


def deposit(
    insurer: Insurer, account: AdvanceAccount, amount: str, *tenders: TenderGiven
) -> Receipt:
    """Ask for a deposit and confirm it; in cash unless tenders are given."""
    receipt = a_deposit_receipt(insurer, account, amount)
    open_a_drawer(insurer)
    confirm_deposit(
        receipt=receipt,
        tenders=tenders or (TenderGiven("cash", receipt.amount),),
        actor=insurer.actor("cashier"),
        request_id=uuid4(),
    )
    receipt.refresh_from_db()
    account.refresh_from_db()
    return receipt


def a_refund(
    insurer: Insurer,
    account: AdvanceAccount,
    amount: str,
    payee: PayeeGiven | None = None,
    by: str = "keeper",
) -> PaymentReceipt:
    """The voucher by which an advance is paid back; the way it came unless a payee is given."""
    return ask_advance_refund(
        account=account,
        amount=Decimal(amount),
        payee=payee or PayeeGiven(way="original", name=account.payer_name),
        actor=insurer.actor(by),
        request_id=uuid4(),
    )


def pay_out(insurer: Insurer, payment: PaymentReceipt, *outlays: OutlayGiven) -> PaymentReceipt:
    """Pay a voucher; in cash unless outlays are given."""
    return confirm_refund(
        payment=payment,
        outlays=outlays or (OutlayGiven("cash", payment.amount),),
        actor=insurer.actor("cashier"),
        request_id=uuid4(),
    )
