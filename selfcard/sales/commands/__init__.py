"""From the sale to its money, and every way back."""

from selfcard.sales.commands.agencies import end_agreement, register_agency, register_agreement
from selfcard.sales.commands.receipts import (
    issue_charge_receipt,
    note_not_arrived,
    settle_receipt,
    void_charge_receipt,
)
from selfcard.sales.commands.recoveries import (
    correct_payment,
    issue_payment_receipt,
    note_payment_failed,
    register_recovery,
    settle_payment,
    withdraw_recovery,
)
from selfcard.sales.commands.registration import register_sale

__all__ = [
    "correct_payment",
    "end_agreement",
    "issue_charge_receipt",
    "issue_payment_receipt",
    "note_not_arrived",
    "note_payment_failed",
    "register_agency",
    "register_agreement",
    "register_recovery",
    "register_sale",
    "settle_payment",
    "settle_receipt",
    "void_charge_receipt",
    "withdraw_recovery",
]
