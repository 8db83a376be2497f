"""Sold cards come back: a whole sale or a part of it, unpaid or paid."""

from uuid import UUID

from selfcard.core import clock, numbering
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.locks import LockSpace, lock
from selfcard.core.papers import freeze_paper
from selfcard.core.refusals import Operation, ReasonMissing
from selfcard.core.serials import SerialRun, count_cards, describe_runs, distinct_runs, merge_runs
from selfcard.custody.commands import (
    hold_for_refund,
    lift_blocks,
    resume_after_withdrawal,
    return_refunded,
    take_back_sold,
)
from selfcard.custody.locks import lock_custody
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
from selfcard.payments.models import PaymentReceipt, Receipt, RedLetterInvoice
from selfcard.payments.queries import credits_of
from selfcard.sales.commands.receipts import ask_for_money, end_demand
from selfcard.sales.errors import (
    CardsNotOfTheSale,
    MoneyOnItsWay,
    RecoveryNotOpen,
    ScratchedNotTakenBack,
)
from selfcard.sales.models import Recovery, RecoveryRun, Sale
from selfcard.sales.papers import RECOVERY_NOTE
from selfcard.sales.paperwork import charge_line, invoice_line, recovery_facts
from selfcard.sales.queries import (
    live_payment,
    live_receipt,
    recovery_of_payment,
    remaining_of,
    runs_taken_back,
    sales_of_receipt,
)


@command
def register_recovery(
    *,
    sale: Sale,
    runs: tuple[SerialRun, ...] = (),
    scratched: tuple[SerialRun, ...] = (),
    reason: str,
    asks_for_the_rest: bool = True,
    actor: Actor,
    request_id: UUID,
) -> Recovery:
    """Take cards of a sale back: these, or all that are left. Gives the recovery ID.

    Of a sale that is not paid they are in inventory again at once; its charge receipt is made void,
    and a new one asks the same payer for the rest, if there is one and it is wanted. Paid cards
    *await their refund*: frozen, until their money is paid back. `scratched` are those whose panel
    the inspection found scratched: they will be void.

    Raises:
        NotAuthorised: the actor may not take sales back there.
        ReasonMissing: nobody says why.
        CardsNotOfTheSale: some are not, or were taken back before; or nothing is left.
        ScratchedNotTakenBack: the inspection names cards that do not come back.
        MoneyOnItsWay: a transfer or a cheque for them was sent, and has to arrive or be called off.
        CardsInOtherStatus: some are activated; it names them and opens the policy.
    """
    require(actor, May.RECALL_SALES, sale.seller_organisation)
    if not reason.strip():
        raise ReasonMissing
    lock_custody([run.run for run in sale.runs.all()])
    lock(LockSpace.SALE, sale.pk)
    runs = _left_of(sale, runs)
    scratched = _among(scratched, runs)
    receipt = live_receipt(sale)
    is_paid = receipt is not None and receipt.state == Receipt.State.CONFIRMED
    now = clock.now()
    count = count_cards(runs)
    recovery = Recovery.objects.create(
        number=numbering.document_number("RV", "sales_recovery_number"),
        sale=sale,
        kind=Recovery.Kind.PAID if is_paid else Recovery.Kind.UNPAID,
        state=Recovery.State.REGISTERED if is_paid else Recovery.State.DONE,
        receipt=receipt if is_paid else None,
        count=count,
        amount=sale.face_value * count,
        reason=reason.strip(),
        registered_by=acting_staff(actor),
        registered_at=now,
        done_at=None if is_paid else now,
    )
    RecoveryRun.objects.bulk_create(
        RecoveryRun(
            recovery=recovery,
            sale=sale,
            serials=piece.range,
            is_scratched=any(piece.overlaps(one) for one in scratched),
        )
        for run in runs
        for piece in run.cut_at(scratched)
    )
    why, sold = ("recovery", recovery.number), ("sale", sale.number)
    if is_paid:
        hold_for_refund(runs=runs, sale=sold, reason=why, actor=actor)
    else:
        take_back_sold(runs=runs, scratched=scratched, sale=sold, reason=why, actor=actor)
        if receipt:
            _ask_anew(receipt, recovery, asks_for_the_rest, actor)
        if not remaining_of(sale):
            lift_blocks(reason=sold, actor=actor)
    freeze_paper(
        kind=RECOVERY_NOTE, number=recovery.number, facts=recovery_facts(recovery, runs, scratched)
    )
    record(actor, "sales.recovered", recovery, sale=sale.number, count=count)
    return recovery


@command
def withdraw_recovery(
    *, recovery: Recovery, reason: str, actor: Actor, request_id: UUID
) -> Recovery:
    """Call the return of paid cards off before they are paid back: they are *to be activated*
    again, and a payment receipt that was issued for them is void.

    Raises:
        NotAuthorised: the actor may not take sales back there.
        ReasonMissing: nobody says why.
        RecoveryNotOpen: it is done, or was withdrawn before.
    """
    require(actor, May.RECALL_SALES, recovery.sale.seller_organisation)
    if not reason.strip():
        raise ReasonMissing
    recovery, runs = _locked(recovery)
    if payment := live_payment(recovery):
        void_payment(payment=payment, reason=reason, actor=actor)
    recovery.state = Recovery.State.WITHDRAWN
    recovery.withdrawn_by = acting_staff(actor)
    recovery.withdrawn_at = clock.now()
    recovery.withdrawal_reason = reason.strip()
    recovery.save(update_fields=["state", "withdrawn_by", "withdrawn_at", "withdrawal_reason"])
    recovery.runs.update(is_live=False)
    resume_after_withdrawal(
        runs=runs,
        sale=("sale", recovery.sale.number),
        reason=("recovery", recovery.number),
        actor=actor,
    )
    record(actor, "sales.recovery_withdrawn", recovery)
    return recovery


@command
def issue_payment_receipt(
    *, recovery: Recovery, payee: PayeeGiven, actor: Actor, request_id: UUID
) -> PaymentReceipt:
    """Write the voucher by which the money of a recovery is paid back, gross, whoever sold.

    Raises:
        NotAuthorised: the actor may not issue payment receipts there.
        RecoveryNotOpen: there is nothing to pay back, or it is paid or was issued before.
        What `payments.issue_payment` raises.
    """
    require(actor, May.ISSUE_PAYMENTS, recovery.sale.seller_organisation)
    recovery, runs = _locked(recovery)
    if earlier := live_payment(recovery):
        raise RecoveryNotOpen(
            number=recovery.number, help=Operation.named("payments.payment", number=earlier.number)
        )
    payment = issue_payment(
        kind=PaymentReceipt.Kind.REFUND,
        organisation=recovery.sale.seller_organisation,
        payee=payee,
        lines=(charge_line(recovery.sale, runs),),
        reason=("recovery", recovery.number),
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
        What `payments.note_failure` raises.
    """
    require(actor, May.CONFIRM_PAYMENTS, payment.organisation)
    return note_failure(payment=payment, reason=reason, actor=actor)


@command
def correct_payment(
    *, payment: PaymentReceipt, payee: PayeeGiven, actor: Actor, request_id: UUID
) -> PaymentReceipt:
    """Say anew where the money of a voucher is to go.

    Raises:
        NotAuthorised: the actor may not issue payment receipts there.
        What `payments.correct_payee` raises.
    """
    require(actor, May.ISSUE_PAYMENTS, payment.organisation)
    return correct_payee(payment=payment, payee=payee, actor=actor)


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
    recovery, runs = _locked(recovery_of_payment(payment))
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


def _left_of(sale: Sale, runs: tuple[SerialRun, ...]) -> tuple[SerialRun, ...]:
    """The named cards, or all, of those that are still out.

    Raises:
        CardsNotOfTheSale: these are not.
    """
    left = remaining_of(sale)
    if not runs:
        if not left:
            raise CardsNotOfTheSale(number=sale.number, serials="–")
        return left
    named = tuple(merge_runs(distinct_runs(runs)))
    if strange := [part for run in named for part in run.without(left)]:
        raise CardsNotOfTheSale(number=sale.number, serials=describe_runs(strange))
    return named


def _among(scratched: tuple[SerialRun, ...], runs: tuple[SerialRun, ...]) -> tuple[SerialRun, ...]:
    if not scratched:
        return ()
    named = tuple(distinct_runs(scratched))
    if strange := [part for run in named for part in run.without(runs)]:
        raise ScratchedNotTakenBack(serials=describe_runs(strange))
    return named


def _ask_anew(receipt: Receipt, recovery: Recovery, asks: bool, actor: Actor) -> None:
    """The receipt asked for too much: it is void, and the rest is asked for anew.

    Raises:
        MoneyOnItsWay: its money was sent.
    """
    if receipt.state == Receipt.State.WAITING:
        raise MoneyOnItsWay(
            number=receipt.number, help=Operation.named("payments.receipt", number=receipt.number)
        )
    asked = [one.sale for one in sales_of_receipt(receipt)]
    end_demand(receipt=receipt, reason=recovery.number, actor=actor)
    left = tuple(sale for sale in asked if remaining_of(sale))
    if asks and left:
        ask_for_money(
            sales=left,
            payer_name=receipt.payer_name,
            buyer_tax_number=receipt.buyer_tax_number,
            actor=actor,
        )


def _locked(recovery: Recovery) -> tuple[Recovery, tuple[SerialRun, ...]]:
    """The open recovery with its cards; their batches, then the sale, are locked.

    Raises:
        RecoveryNotOpen: it is done, or was withdrawn.
    """
    runs = runs_taken_back(recovery)
    lock_custody(runs)
    lock(LockSpace.SALE, recovery.sale_id)
    recovery = Recovery.objects.select_related(
        "sale__type_version__document_type",
        "sale__seller_organisation__party",
        "receipt__invoice",
    ).get(pk=recovery.pk)
    if recovery.state != Recovery.State.REGISTERED:
        raise RecoveryNotOpen(
            number=recovery.number, help=Operation.named("sales.recovery", number=recovery.number)
        )
    return recovery, runs
