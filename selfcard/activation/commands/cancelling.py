"""Cancelling a policy that came from a card, and paying the unearned part of its premium back."""

from datetime import date
from uuid import UUID

from selfcard.activation.errors import (
    NothingToPayBack,
    PaymentOfNoPolicy,
    PolicyOfNoCard,
    RefundIssuedAlready,
)
from selfcard.activation.paperwork import refund_charge_line, refund_invoice_line
from selfcard.activation.queries import live_refund, paid_by, policy_of_payment
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.money import Money
from selfcard.core.refusals import Operation
from selfcard.core.serials import SerialRun
from selfcard.custody.commands import reverse_activation
from selfcard.custody.locks import lock_custody
from selfcard.custody.queries import find_serial_of_policy
from selfcard.ledger import chart
from selfcard.ledger.commands import post_entry, reverse_entry
from selfcard.ledger.lines import credit, debit
from selfcard.ledger.models import EntryKind
from selfcard.ledger.queries import entries_for
from selfcard.organisations.models import May
from selfcard.organisations.queries import require
from selfcard.payments.commands import (
    OutlayGiven,
    PayeeGiven,
    confirm_payment,
    issue_payment,
    issue_red_letter,
)
from selfcard.payments.models import PaymentReceipt, RedLetterInvoice
from selfcard.payments.queries import credits_of
from selfcard.policies import commands as policies
from selfcard.policies.cancelling import AskerGiven, lock_cancellation
from selfcard.policies.models import Cancellation, Policy
from selfcard.policies.telling import tell_refunded
from selfcard.products.cancelling import Repayment


@command
def cancel_policy(
    *,
    policy: Policy,
    asker: AskerGiven,
    asked_on: date,
    reason: str,
    benefit_paid: bool = False,
    actor: Actor,
    request_id: UUID,
) -> Policy:
    """Cancel a policy that a card has become: the only door for it.

    Where the whole premium is given back, the card is *to be activated* again, for a new
    activation or for the way back; the books have the premium as they had it before. Otherwise
    the card is *void*: the unearned part of the premium becomes a refund that is payable, or
    nothing is given back.

    Raises:
        NotAuthorised: the actor may not cancel policies of the selling organisation.
        PolicyOfNoCard: it came from something else.
        What `policies.cancel_policy` raises.
    """
    require(actor, May.CANCEL_POLICIES, policy.organisation)
    serial = find_serial_of_policy(policy.number)
    if serial is None:
        raise PolicyOfNoCard(number=policy.number)
    card = SerialRun(serial, serial)
    lock_custody([card])
    cancellation = policies.cancel_policy(
        policy=policy,
        asker=asker,
        asked_on=asked_on,
        reason=reason,
        benefit_paid=benefit_paid,
        actor=actor,
    )
    is_whole = cancellation.repayment == Repayment.WHOLE
    reverse_activation(
        serial=serial,
        policy_number=policy.number,
        is_void=not is_whole,
        reason=("policy", policy.number),
        actor=actor,
    )
    if is_whole:
        _unwrite(policy, actor)
    elif cancellation.gross:
        _owe(cancellation, actor)
    record(actor, "card.policy_cancelled", policy, serials=card, repayment=cancellation.repayment)
    return policy


@command
def issue_refund_payment(
    *, policy: Policy, payee: PayeeGiven, actor: Actor, request_id: UUID
) -> PaymentReceipt:
    """Write the voucher by which the unearned premium of a cancelled policy is paid back.

    Raises:
        NotAuthorised: the actor may not issue payment receipts there.
        NothingToPayBack: the policy is not cancelled, or nothing is paid back for it.
        RefundIssuedAlready: it is paid, or waits to be.
        What `payments.issue_payment` raises.
    """
    require(actor, May.ISSUE_PAYMENTS, policy.organisation)
    cancellation = lock_cancellation(policy)
    if cancellation is None or cancellation.repayment != Repayment.PRO_RATA:
        raise NothingToPayBack(number=policy.number)
    if earlier := live_refund(policy):
        raise RefundIssuedAlready(
            number=earlier.number, help=Operation.named("payments.payment", number=earlier.number)
        )
    sale, receipt = paid_by(policy)
    payment = issue_payment(
        kind=PaymentReceipt.Kind.REFUND,
        organisation=receipt.organisation,
        payee=payee,
        lines=(refund_charge_line(cancellation, sale),),
        reason=("policy", policy.number),
        came_by=receipt,
        actor=actor,
    )
    record(actor, "policy.refund_asked", policy, payment=payment.number)
    return payment


@command
def settle_refund(
    *,
    payment: PaymentReceipt,
    outlays: tuple[OutlayGiven, ...],
    actor: Actor,
    request_id: UUID,
) -> RedLetterInvoice:
    """Confirm that the unearned premium of a cancelled policy was paid back: the only door for it.

    All at once or not at all: the payment is confirmed, the books have the debt and the money
    gone, and a red-letter invoice over just this part names the invoice of the card's sale.

    Raises:
        NotAuthorised: the actor may not pay there.
        PaymentOfNoPolicy: the voucher pays something else back.
        What `payments.confirm_payment` raises.
    """
    require(actor, May.CONFIRM_PAYMENTS, payment.organisation)
    policy = policy_of_payment(payment)
    if policy is None:
        raise PaymentOfNoPolicy(number=payment.number)
    cancellation = lock_cancellation(policy)
    assert cancellation is not None, "a voucher is written for a policy that is cancelled"
    sale, receipt = paid_by(policy)
    payment = confirm_payment(payment=payment, outlays=outlays, came_by=receipt, actor=actor)
    tell_refunded(policy, Money(payment.amount, payment.currency), payment.number, actor)
    post_entry(
        kind=EntryKind.REFUND_PAID,
        counts_from=clock.today(),
        reason=("payment", payment.number),
        lines=(debit(chart.REFUNDS_PAYABLE, payment.amount), *credits_of(payment)),
        currency=payment.currency,
        actor=actor,
    )
    red_letter = issue_red_letter(
        invoice=receipt.invoice,
        payment=payment,
        lines=(refund_invoice_line(cancellation, sale),),
        actor=actor,
    )
    record(actor, "policy.refunded", policy, payment=payment.number, red_letter=red_letter.number)
    return red_letter


def _unwrite(policy: Policy, actor: Actor) -> None:
    """The premium awaits an activation again, from the day from which it was written."""
    written = entries_for("policy", policy.number).get(kind=EntryKind.CARD_ACTIVATED)
    reverse_entry(
        entry=written,
        counts_from=max(clock.today(), written.counts_from),
        reason=("policy", policy.number),
        actor=actor,
    )


def _owe(cancellation: Cancellation, actor: Actor) -> None:
    """What is unearned is no premium any more: we owe it."""
    policy = cancellation.policy
    post_entry(
        kind=EntryKind.POLICY_CANCELLED,
        counts_from=clock.today(),
        reason=("policy", policy.number),
        lines=(
            debit(chart.WRITTEN_PREMIUM, cancellation.net),
            debit(chart.OUTPUT_TAX, cancellation.tax),
            credit(chart.REFUNDS_PAYABLE, cancellation.gross),
        ),
        currency=policy.currency,
        actor=actor,
    )
