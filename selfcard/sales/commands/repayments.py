"""The money of cards that were taken back is paid: asked for, failed, corrected, confirmed."""

from uuid import UUID

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.refusals import Operation
from selfcard.custody.commands import return_refunded
from selfcard.ledger import chart
from selfcard.ledger.commands import post_entry
from selfcard.ledger.lines import debit
from selfcard.ledger.models import EntryKind
from selfcard.organisations.models import May
from selfcard.organisations.queries import acting_staff, require
from selfcard.payments.commands import (
    OutlayGiven,
    PayeeGiven,
    confirm_payment,
    correct_payee,
    issue_payment,
    issue_red_letter,
    note_failure,
    void_payment,
)
from selfcard.payments.models import PaymentReceipt, RedLetterInvoice
from selfcard.payments.paperwork import freeze_corrected
from selfcard.payments.queries import credits_of
from selfcard.sales.errors import PaymentIssuedBefore, PaymentOfNoRecovery
from selfcard.sales.locks import open_recovery
from selfcard.sales.models import Recovery
from selfcard.sales.notices import buyer_of
from selfcard.sales.paperwork import charge_line, invoice_line
from selfcard.sales.queries import live_payment, receipt_behind, recovery_of_payment
from selfcard.sales.telling import tell_refunded


@command
def issue_payment_receipt(
    *, recovery: Recovery, payee: PayeeGiven, actor: Actor, request_id: UUID
) -> PaymentReceipt:
    """Write the voucher by which the money of a recovery is paid back, gross, whoever sold.

    Raises:
        NotAuthorised: the actor may not issue payment receipts there.
        RecoveryNotOpen: there is nothing to pay back, or it is paid back.
        PaymentIssuedBefore: its payment receipt was issued.
        What `payments.issue_payment` raises.
    """
    require(actor, May.ISSUE_PAYMENTS, recovery.sale.seller_organisation)
    recovery, runs = open_recovery(recovery)
    if earlier := live_payment(recovery):
        raise PaymentIssuedBefore(
            number=recovery.number,
            payment=earlier.number,
            help=Operation.named("payments.payment", number=earlier.number),
        )
    payment = issue_payment(
        kind=PaymentReceipt.Kind.REFUND,
        organisation=recovery.sale.seller_organisation,
        payee=payee,
        lines=(charge_line(recovery.sale, runs),),
        reason=("recovery", recovery.number),
        came_by=recovery.receipt,
        actor=actor,
    )
    record(actor, "sales.payment_asked", recovery, payment=payment.number)
    return payment


@command
def note_payment_failed(
    *, payment: PaymentReceipt, reason: str, actor: Actor, request_id: UUID
) -> PaymentReceipt:
    """The money came back because of the payee's account: the cards stay frozen.

    Raises:
        NotAuthorised: the actor may not pay there.
        PaymentOfNoRecovery: it pays back an advance.
        What `payments.note_failure` raises.
    """
    require(actor, May.CONFIRM_PAYMENTS, payment.organisation)
    _refuse_advance(payment)
    return note_failure(payment=payment, reason=reason, actor=actor)


@command
def correct_payment(
    *, payment: PaymentReceipt, payee: PayeeGiven, actor: Actor, request_id: UUID
) -> PaymentReceipt:
    """Say anew where the money of a voucher is to go.

    Raises:
        NotAuthorised: the actor may not issue payment receipts there.
        PaymentOfNoRecovery: it pays back an advance.
        What `payments.correct_payee` raises.
    """
    require(actor, May.ISSUE_PAYMENTS, payment.organisation)
    _refuse_advance(payment)
    payment = correct_payee(
        payment=payment, payee=payee, came_by=receipt_behind(payment), actor=actor
    )
    freeze_corrected(payment, acting_staff(actor))
    return payment


@command
def void_payment_receipt(
    *, payment: PaymentReceipt, reason: str, actor: Actor, request_id: UUID
) -> PaymentReceipt:
    """Take a voucher back before it is paid. The cards stay frozen: their money is still owed.

    Raises:
        NotAuthorised: the actor may not issue payment receipts there.
        PaymentOfNoRecovery: it pays back an advance.
        What `payments.void_payment` raises.
    """
    require(actor, May.ISSUE_PAYMENTS, payment.organisation)
    _refuse_advance(payment)
    return void_payment(payment=payment, reason=reason, actor=actor)


@command
def settle_payment(
    *,
    payment: PaymentReceipt,
    outlays: tuple[OutlayGiven, ...],
    actor: Actor,
    request_id: UUID,
) -> RedLetterInvoice:
    """Confirm that the money of a recovery was paid back: the only door for it.

    All at once or not at all: the payment is confirmed, the cards are in inventory again or void,
    the books have the liability and the money gone, and the red-letter invoice has its number.

    Raises:
        NotAuthorised: the actor may not pay there.
        PaymentOfNoRecovery: the voucher pays something else back.
        RecoveryNotOpen: the recovery was withdrawn.
        What `payments.confirm_payment` raises.
    """
    require(actor, May.CONFIRM_PAYMENTS, payment.organisation)
    recovery, runs = open_recovery(recovery_of_payment(payment))
    sale, came_by = recovery.sale, recovery.receipt
    assert came_by is not None, "paid cards have the receipt that their money came by"
    payment = confirm_payment(payment=payment, outlays=outlays, came_by=came_by, actor=actor)
    scratched = tuple(run.run for run in recovery.runs.all() if run.is_scratched)
    return_refunded(
        runs=runs, scratched=scratched, reason=("recovery", recovery.number), actor=actor
    )
    recovery.state = Recovery.State.DONE
    recovery.done_at = clock.now()
    recovery.save(update_fields=["state", "done_at"])
    if buyer := buyer_of(sale):
        tell_refunded(buyer, payment, actor)
    line = invoice_line(sale, runs)
    post_entry(
        kind=EntryKind.REFUND_PAID,
        counts_from=clock.today(),
        reason=("payment", payment.number),
        lines=(
            debit(chart.CARD_PREMIUMS, line.net.amount),
            debit(chart.CARD_PREMIUM_TAX, line.tax.amount),
            *credits_of(payment),
        ),
        currency=payment.currency,
        actor=actor,
    )
    red_letter = issue_red_letter(
        invoice=came_by.invoice, payment=payment, lines=(line,), actor=actor
    )
    record(actor, "sales.refunded", recovery, payment=payment.number, red_letter=red_letter.number)
    return red_letter


def _refuse_advance(payment: PaymentReceipt) -> None:
    """What a payer left in advance is paid back by deeds of its own, which know the account."""
    if payment.kind == PaymentReceipt.Kind.ADVANCE:
        raise PaymentOfNoRecovery(number=payment.number)
