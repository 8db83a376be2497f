"""The money's way: steps for the room that asked for it; and deeds with advances and drawers."""

from selfcard.payments.commands.advances import enter_advance, open_account, open_advance_account
from selfcard.payments.commands.bankings import bank_takings, fetch_cash
from selfcard.payments.commands.corrections import (
    ask_banking_correction,
    ask_count_correction,
    ask_tender_correction,
    grant_correction,
    refuse_correction,
    withdraw_correction,
)
from selfcard.payments.commands.deposits import ask_for_deposit, confirm_deposit, void_deposit
from selfcard.payments.commands.drawers import (
    close_drawer,
    count_drawer,
    define_drawer,
    open_drawer,
    retire_drawer,
    take_drawer_back,
)
from selfcard.payments.commands.invoices import issue_invoice, issue_red_letter
from selfcard.payments.commands.payouts import (
    OutlayGiven,
    PayeeGiven,
    confirm_payment,
    correct_payee,
    issue_payment,
    note_failure,
    void_payment,
)
from selfcard.payments.commands.receipts import (
    NEW_ACCOUNT,
    SurplusTo,
    confirm_receipt,
    issue_receipt,
    note_expected,
    void_receipt,
)
from selfcard.payments.commands.refunds import (
    ask_advance_refund,
    confirm_refund,
    correct_refund,
    note_refund_failed,
    void_refund,
)
from selfcard.payments.commands.tax_facts import note_tax_fact
from selfcard.payments.tendering import TenderGiven

__all__ = [
    "NEW_ACCOUNT",
    "OutlayGiven",
    "PayeeGiven",
    "SurplusTo",
    "TenderGiven",
    "ask_advance_refund",
    "ask_banking_correction",
    "ask_count_correction",
    "ask_for_deposit",
    "ask_tender_correction",
    "bank_takings",
    "close_drawer",
    "confirm_deposit",
    "confirm_payment",
    "confirm_receipt",
    "confirm_refund",
    "correct_payee",
    "correct_refund",
    "count_drawer",
    "define_drawer",
    "enter_advance",
    "fetch_cash",
    "grant_correction",
    "issue_invoice",
    "issue_payment",
    "issue_receipt",
    "issue_red_letter",
    "note_expected",
    "note_failure",
    "note_refund_failed",
    "note_tax_fact",
    "open_account",
    "open_advance_account",
    "open_drawer",
    "refuse_correction",
    "retire_drawer",
    "take_drawer_back",
    "void_deposit",
    "void_payment",
    "void_receipt",
    "void_refund",
    "withdraw_correction",
]
