"""What a payer left in advance is paid back: a voucher, and another person who pays it."""

from decimal import Decimal
from uuid import UUID

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.money import Money
from selfcard.core.papers.facts import Text
from selfcard.core.refusals import Operation
from selfcard.ledger import chart
from selfcard.ledger.commands import post_entry
from selfcard.ledger.lines import debit
from selfcard.ledger.models import EntryKind
from selfcard.organisations.models import May
from selfcard.organisations.queries import acting_staff, require
from selfcard.payments.commands.payouts import (
    OutlayGiven,
    PayeeGiven,
    confirm_payment,
    correct_payee,
    issue_payment,
    note_failure,
    void_payment,
)
from selfcard.payments.errors import PaymentOfNoAdvance, RefundAlreadyAsked, RefundIntoItself
from selfcard.payments.models import AdvanceAccount, PaymentReceipt
from selfcard.payments.papers import ChargeLine
from selfcard.payments.paperwork import freeze_corrected
from selfcard.payments.queries import credits_of, open_refund
from selfcard.payments.tendering import check_amount, refuse_above_balance

REFUND = Text(zh="退还预收保费", en="Premium received in advance, paid back")


@command
def ask_advance_refund(
    *, account: AdvanceAccount, amount: Decimal, payee: PayeeGiven, actor: Actor, request_id: UUID
) -> PaymentReceipt:
    """Write the voucher by which a payer gets back what is left of an advance, or a part of it.

    The money stays in the account until somebody pays it.

    Raises:
        NotAuthorised: the actor may not issue payment receipts there.
        NotAnAmount: nothing, less than nothing, or parts of a cent.
        RefundAlreadyAsked: another voucher of the account is still open.
        AdvanceDoesNotSuffice: the account has less.
        RefundIntoItself: into an advance account again.
        PayeeIncomplete, PayeeAccountWrong: see `issue_payment`.
    """
    require(actor, May.ISSUE_PAYMENTS, account.organisation)
    check_amount(amount, "amount")
    _refuse_into_itself(payee)
    account = AdvanceAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
    if earlier := open_refund(account):
        raise RefundAlreadyAsked(
            account=account.number,
            number=earlier.number,
            help=Operation.named("payments.payment", number=earlier.number),
        )
    refuse_above_balance(account, amount, "amount")
    money = Money(amount, account.currency)
    line = ChargeLine(
        description=REFUND, detail=account.number, quantity=1, unit_price=money, amount=money
    )
    return issue_payment(
        kind=PaymentReceipt.Kind.ADVANCE,
        organisation=account.organisation,
        payee=_from(account, payee),
        lines=(line,),
        reason=("advance", account.number),
        actor=actor,
    )


@command
def correct_refund(
    *, payment: PaymentReceipt, payee: PayeeGiven, actor: Actor, request_id: UUID
) -> PaymentReceipt:
    """Say anew where an advance that is paid back goes.

    Raises:
        NotAuthorised: the actor may not issue payment receipts there.
        PaymentOfNoAdvance: it pays back something else.
        RefundIntoItself: into an advance account again.
        What `correct_payee` raises.
    """
    require(actor, May.ISSUE_PAYMENTS, payment.organisation)
    account = _account_of(payment)
    _refuse_into_itself(payee)
    payment = correct_payee(payment=payment, payee=_from(account, payee), actor=actor)
    freeze_corrected(payment, acting_staff(actor))
    return payment


@command
def note_refund_failed(
    *, payment: PaymentReceipt, reason: str, actor: Actor, request_id: UUID
) -> PaymentReceipt:
    """The money came back because of the payee's account; it is still the payer's.

    Raises:
        NotAuthorised: the actor may not pay there.
        PaymentOfNoAdvance: it pays back something else.
        What `note_failure` raises.
    """
    require(actor, May.CONFIRM_PAYMENTS, payment.organisation)
    _account_of(payment)
    return note_failure(payment=payment, reason=reason, actor=actor)


@command
def void_refund(
    *, payment: PaymentReceipt, reason: str, actor: Actor, request_id: UUID
) -> PaymentReceipt:
    """Take the voucher back before it is paid, and say why.

    Raises:
        NotAuthorised: the actor may not issue payment receipts there.
        PaymentOfNoAdvance: it pays back something else.
        What `void_payment` raises.
    """
    require(actor, May.ISSUE_PAYMENTS, payment.organisation)
    _account_of(payment)
    return void_payment(payment=payment, reason=reason, actor=actor)


@command
def confirm_refund(
    *,
    payment: PaymentReceipt,
    outlays: tuple[OutlayGiven, ...],
    actor: Actor,
    request_id: UUID,
) -> PaymentReceipt:
    """Confirm that the payer has the money: the advance is less by it, and the books say so.

    Repeating a `request_id` returns the first result.

    Raises:
        NotAuthorised: the actor may not pay there.
        PaymentOfNoAdvance: it pays back something else.
        What `confirm_payment` raises.
    """
    require(actor, May.CONFIRM_PAYMENTS, payment.organisation)
    _account_of(payment)
    payment = confirm_payment(payment=payment, outlays=outlays, came_by=None, actor=actor)
    post_entry(
        kind=EntryKind.ADVANCE_REFUNDED,
        counts_from=clock.today(),
        reason=("payment", payment.number),
        lines=(debit(chart.PAYER_ADVANCES, payment.amount), *credits_of(payment)),
        currency=payment.currency,
        actor=actor,
    )
    record(actor, "advances.refunded", payment.account, payment=payment.number)
    return payment


def _account_of(payment: PaymentReceipt) -> AdvanceAccount:
    if payment.kind != PaymentReceipt.Kind.ADVANCE:
        raise PaymentOfNoAdvance(number=payment.number)
    assert payment.account is not None
    return payment.account


def _refuse_into_itself(payee: PayeeGiven) -> None:
    if payee.way == PaymentReceipt.Way.ADVANCE:
        raise RefundIntoItself


def _from(account: AdvanceAccount, payee: PayeeGiven) -> PayeeGiven:
    """Whom the money goes to, with the account that it comes from."""
    return PayeeGiven(
        way=payee.way,
        name=payee.name or account.payer_name,
        bank=payee.bank,
        bank_account=payee.bank_account,
        account=account,
    )
