"""What payment receipts pay back: each kind of debt with its commands and the page it comes from.

A voucher is the same whatever it is for. What its confirmation sets in motion is not: cards that
come back, the unearned part of a policy, or what a payer left in advance.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from selfcard.activation.commands import settle_refund
from selfcard.payments.commands import (
    confirm_refund,
    correct_refund,
    note_refund_failed,
    void_refund,
)
from selfcard.payments.models import PaymentReceipt
from selfcard.sales.commands import (
    correct_payment,
    note_payment_failed,
    settle_payment,
    void_payment_receipt,
)
from selfcard.web.office.deeds import Deed

VOIDED = _("Payment receipt %(number)s is void.")
FAILED = _("It is noted that %(number)s did not reach the payee.")
MAKE_VOID = _("Make the payment receipt void")
IT_FAILED = _("The payment failed")


@dataclass(frozen=True)
class Debt:
    """One kind of what is owed: how it is settled, corrected, noted as failed and made void."""

    what: Promise  # the number that the voucher names
    url_name: str  # its page
    settle: Callable[..., Any]
    correct: Callable[..., Any]
    failed: Deed
    void: Deed


_OF_RECOVERY = Debt(
    _("Recovery ID"),
    "office:ways_back:recovery",
    settle_payment,
    correct_payment,
    Deed(
        note_payment_failed,
        FAILED,
        IT_FAILED,
        _(
            "The money came back because of the payee's account. The cards stay frozen, and the"
            " voucher waits until the payee is corrected."
        ),
    ),
    Deed(
        void_payment_receipt,
        VOIDED,
        MAKE_VOID,
        _(
            "Nothing is paid back by it. The cards stay frozen: issue another payment receipt, or"
            " withdraw the recovery."
        ),
    ),
)
_OF_POLICY = Debt(
    _("Policy"),
    "office:policies:policy",
    settle_refund,
    correct_payment,
    Deed(
        note_payment_failed,
        FAILED,
        IT_FAILED,
        _(
            "The money came back because of the payee's account. It is still owed, and the voucher"
            " waits until the payee is corrected."
        ),
    ),
    Deed(
        void_payment_receipt,
        VOIDED,
        MAKE_VOID,
        _("Nothing is paid back by it, and the money is still owed."),
    ),
)
_OF_ADVANCE = Debt(
    _("Advance account"),
    "office:payments:advance",
    confirm_refund,
    correct_refund,
    Deed(
        note_refund_failed,
        FAILED,
        IT_FAILED,
        _(
            "The money came back because of the payee's account. It is still the payer's, and the"
            " voucher waits until the payee is corrected."
        ),
    ),
    Deed(
        void_refund,
        VOIDED,
        MAKE_VOID,
        _("Nothing is paid back by it, and the money stays in the advance account."),
    ),
)
_DEBTS = {"recovery": _OF_RECOVERY, "policy": _OF_POLICY, "advance": _OF_ADVANCE}


def debt_of(payment: PaymentReceipt) -> Debt:
    """What a voucher pays back."""
    return _DEBTS[payment.reason_kind]
