"""From the sale to its money, and every way back."""

from selfcard.sales.commands.agencies import end_agreement, register_agency, register_agreement
from selfcard.sales.commands.buyers import (
    forget_phone,
    leave_phone,
    note_notice_given,
    remind_of_deadlines,
)
from selfcard.sales.commands.large_sales import (
    ask_large_sale,
    ask_large_sale_again,
    grant_large_sale,
    refuse_large_sale,
    withdraw_large_sale,
)
from selfcard.sales.commands.overdue import block_overdue_sellers
from selfcard.sales.commands.receipts import (
    issue_charge_receipt,
    note_not_arrived,
    settle_receipt,
    void_charge_receipt,
)
from selfcard.sales.commands.recoveries import (
    Return,
    register_recoveries,
    register_recovery,
    withdraw_recovery,
)
from selfcard.sales.commands.registration import register_sale
from selfcard.sales.commands.repayments import (
    correct_payment,
    issue_payment_receipt,
    note_payment_failed,
    settle_payment,
    void_payment_receipt,
)

__all__ = [
    "Return",
    "ask_large_sale",
    "ask_large_sale_again",
    "block_overdue_sellers",
    "correct_payment",
    "end_agreement",
    "forget_phone",
    "grant_large_sale",
    "issue_charge_receipt",
    "issue_payment_receipt",
    "leave_phone",
    "note_not_arrived",
    "note_notice_given",
    "note_payment_failed",
    "refuse_large_sale",
    "register_agency",
    "register_agreement",
    "register_recoveries",
    "register_recovery",
    "register_sale",
    "remind_of_deadlines",
    "settle_payment",
    "settle_receipt",
    "void_charge_receipt",
    "void_payment_receipt",
    "withdraw_large_sale",
    "withdraw_recovery",
]
