"""Steps of the money's way. The room that asked for the money calls them within its commands."""

from selfcard.payments.commands.advances import enter_advance
from selfcard.payments.commands.drawers import (
    bank_takings,
    close_drawer,
    count_drawer,
    define_drawer,
    open_drawer,
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
    confirm_receipt,
    issue_receipt,
    note_expected,
    void_receipt,
)
from selfcard.payments.commands.tenders import TenderGiven

__all__ = [
    "OutlayGiven",
    "PayeeGiven",
    "TenderGiven",
    "bank_takings",
    "close_drawer",
    "confirm_payment",
    "confirm_receipt",
    "correct_payee",
    "count_drawer",
    "define_drawer",
    "enter_advance",
    "issue_invoice",
    "issue_payment",
    "issue_receipt",
    "issue_red_letter",
    "note_expected",
    "note_failure",
    "open_drawer",
    "void_payment",
    "void_receipt",
]
