"""Deposits: money that a payer leaves in advance, asked for and confirmed by two people."""

from decimal import Decimal
from uuid import UUID

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.money import Money
from selfcard.core.papers.facts import Text
from selfcard.ledger import chart
from selfcard.ledger.commands import post_entry
from selfcard.ledger.lines import credit
from selfcard.ledger.models import EntryKind
from selfcard.organisations.models import May
from selfcard.organisations.queries import require
from selfcard.payments.commands.receipts import confirm_receipt, issue_receipt, void_receipt
from selfcard.payments.errors import ReceiptOfNoDeposit
from selfcard.payments.models import AdvanceAccount, Receipt
from selfcard.payments.papers import ChargeLine
from selfcard.payments.queries import debits_of
from selfcard.payments.tendering import TenderGiven, check_amount

DEPOSIT = Text(zh="预收保费", en="Premium received in advance")


@command
def ask_for_deposit(
    *, account: AdvanceAccount, amount: Decimal, actor: Actor, request_id: UUID
) -> Receipt:
    """Ask a payer for money in advance: a numbered deposit receipt.

    Raises:
        NotAuthorised: the actor may not issue receipts there.
        NotAnAmount: nothing, less than nothing, or parts of a cent.
    """
    require(actor, May.ISSUE_RECEIPTS, account.organisation)
    check_amount(amount, "amount")
    money = Money(amount, account.currency)
    line = ChargeLine(
        description=DEPOSIT, detail=account.number, quantity=1, unit_price=money, amount=money
    )
    return issue_receipt(
        organisation=account.organisation,
        payer_name=account.payer_name,
        buyer_tax_number=account.tax_number,
        lines=(line,),
        reason=("advance", account.number),
        deposit_to=account,
        actor=actor,
    )


@command
def confirm_deposit(
    *, receipt: Receipt, tenders: tuple[TenderGiven, ...], actor: Actor, request_id: UUID
) -> Receipt:
    """Confirm that a deposit has arrived: it is the payer's, and no invoice follows it.

    Repeating a `request_id` returns the first result.

    Raises:
        NotAuthorised: the actor may not confirm receipts there.
        ReceiptOfNoDeposit: the receipt asks for something else.
        What `confirm_receipt` raises.
    """
    _require_deposit(receipt)
    require(actor, May.CONFIRM_RECEIPTS, receipt.organisation)
    receipt = confirm_receipt(receipt=receipt, tenders=tenders, actor=actor)
    post_entry(
        kind=EntryKind.DEPOSIT_CONFIRMED,
        counts_from=clock.today(),
        reason=("receipt", receipt.number),
        lines=(*debits_of(receipt), credit(chart.PAYER_ADVANCES, receipt.amount)),
        currency=receipt.currency,
        actor=actor,
    )
    record(actor, "advances.deposited", receipt.account, receipt=receipt.number)
    return receipt


@command
def void_deposit(*, receipt: Receipt, reason: str, actor: Actor, request_id: UUID) -> Receipt:
    """Take a deposit receipt back before it is confirmed, and say why.

    Raises:
        NotAuthorised: the actor may not issue receipts there.
        ReceiptOfNoDeposit: the receipt asks for something else.
        ReasonMissing, ReceiptAlreadyConfirmed, ReceiptIsVoid: see `void_receipt`.
    """
    _require_deposit(receipt)
    require(actor, May.ISSUE_RECEIPTS, receipt.organisation)
    return void_receipt(receipt=receipt, reason=reason, actor=actor)


def _require_deposit(receipt: Receipt) -> None:
    if receipt.kind != Receipt.Kind.DEPOSIT:
        raise ReceiptOfNoDeposit(number=receipt.number)
