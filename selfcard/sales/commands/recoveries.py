"""Sold cards come back: of one sale or of several, whole or in part, unpaid or paid."""

from collections.abc import Iterable
from dataclasses import dataclass
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
    take_back_sold,
)
from selfcard.custody.locks import lock_custody
from selfcard.organisations.models import May
from selfcard.organisations.queries import acting_staff, require
from selfcard.payments.commands import void_payment
from selfcard.payments.models import Receipt
from selfcard.sales.commands.receipts import ask_for_money, end_demand
from selfcard.sales.errors import (
    CardsNotOfTheSale,
    MoneyOnItsWay,
    NothingLeftToTakeBack,
    SaleChangedMeanwhile,
    ScratchedNotTakenBack,
)
from selfcard.sales.locks import open_recovery
from selfcard.sales.models import Recovery, RecoveryRun, Sale
from selfcard.sales.papers import RECOVERY_NOTE
from selfcard.sales.paperwork import recovery_facts
from selfcard.sales.queries import (
    live_payment,
    live_receipt,
    sales_asked_together,
    sales_of_receipt,
)
from selfcard.sales.reckoning import remaining_of

# So many recoveries are named in the reason of the receipt that they make void.
RECOVERIES_NAMED = 8


@dataclass(frozen=True)
class Return:
    """Cards of a sale that come back: these, or all that are left.

    `scratched` are those whose panel the inspection found scratched. Whoever looked at the sale
    before says whether they found it paid (`is_paid`): what follows differs, and it may have been
    paid meanwhile.
    """

    sale: Sale
    runs: tuple[SerialRun, ...] = ()
    scratched: tuple[SerialRun, ...] = ()
    is_paid: bool | None = None


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
    """Take cards of one sale back: see `register_recoveries`."""
    returns = (Return(sale, runs, scratched),)
    (recovery,) = _take_back(returns, reason, asks_for_the_rest, actor)
    return recovery


@command
def register_recoveries(
    *,
    returns: tuple[Return, ...],
    reason: str,
    asks_for_the_rest: bool = True,
    actor: Actor,
    request_id: UUID,
) -> tuple[Recovery, ...]:
    """Take cards of sales back, all of them or none. Each sale gets a recovery ID of its own.

    Of a sale that is not paid they are in inventory again at once; its charge receipt is made void,
    and a new one asks the same payer for the rest, if there is one and it is wanted. Paid cards
    *await their refund*: frozen, until their money is paid back. `scratched` are those whose panel
    the inspection found scratched: they will be void.

    Raises:
        NotAuthorised: the actor may not take sales back there.
        ReasonMissing: nobody says why.
        SaleChangedMeanwhile: it was paid, or asked for anew, while somebody looked at it.
        NothingLeftToTakeBack: all its cards were taken back before.
        CardsNotOfTheSale: some are not, or were taken back before.
        ScratchedNotTakenBack: the inspection names cards that do not come back.
        MoneyOnItsWay: a transfer or a cheque for them was sent, and has to arrive or be called off.
        CardsActivated: some are; it names them, and leads to cancelling their policies.
        CardsInOtherStatus: some are neither sold nor to be activated with this sale.
    """
    return _take_back(returns, reason, asks_for_the_rest, actor)


def _take_back(
    returns: tuple[Return, ...], reason: str, asks_for_the_rest: bool, actor: Actor
) -> tuple[Recovery, ...]:
    for one in returns:
        require(actor, May.RECALL_SALES, one.sale.seller_organisation)
    if not reason.strip():
        raise ReasonMissing
    _lock_with_their_receipts([one.sale for one in returns])
    recoveries = tuple(_taken_back(one, reason, actor) for one in returns)
    unpaid = [one for one in recoveries if one.kind == Recovery.Kind.UNPAID]
    _ask_anew(unpaid, asks_for_the_rest, actor)
    for recovery in unpaid:
        if not remaining_of(recovery.sale):
            lift_blocks(reason=("sale", recovery.sale.number), actor=actor)
    return recoveries


def _taken_back(one: Return, reason: str, actor: Actor) -> Recovery:
    sale = one.sale
    runs = _left_of(sale, one.runs)
    scratched = _among(one.scratched, runs)
    receipt = live_receipt(sale)
    is_paid = receipt is not None and receipt.state == Receipt.State.CONFIRMED
    if one.is_paid is not None and one.is_paid != is_paid:
        raise SaleChangedMeanwhile(
            number=sale.number, help=Operation.named("open.sale", number=sale.number)
        )
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
    recovery, runs = open_recovery(recovery)
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


def _lock_with_their_receipts(sales: list[Sale]) -> None:
    """The cards' batches, then the sales and whatever sales their charge receipts ask for, too.

    Raises:
        SaleChangedMeanwhile: while this waited, a receipt for more sales was issued.
    """
    lock_custody([run.run for sale in sales for run in sale.runs.all()])
    together = sales_asked_together(sales)
    lock(LockSpace.SALE, *together)
    if sales_asked_together(sales) - together:
        number = sales[0].number
        raise SaleChangedMeanwhile(number=number, help=Operation.named("open.sale", number=number))


def _left_of(sale: Sale, runs: tuple[SerialRun, ...]) -> tuple[SerialRun, ...]:
    """The named cards, or all, of those that are still out.

    Raises:
        NothingLeftToTakeBack: all were taken back before.
        CardsNotOfTheSale: these are not.
    """
    left = remaining_of(sale)
    if not runs:
        if not left:
            raise NothingLeftToTakeBack(
                number=sale.number, help=Operation.named("open.sale", number=sale.number)
            )
        return left
    named = tuple(merge_runs(distinct_runs(runs)))
    if strange := [part for run in named for part in run.without(left)]:
        raise CardsNotOfTheSale(
            number=sale.number,
            serials=describe_runs(strange),
            help=Operation.named("open.sale", number=sale.number),
        )
    return named


def _among(scratched: tuple[SerialRun, ...], runs: tuple[SerialRun, ...]) -> tuple[SerialRun, ...]:
    if not scratched:
        return ()
    named = tuple(distinct_runs(scratched))
    if strange := [part for run in named for part in run.without(runs)]:
        raise ScratchedNotTakenBack(serials=describe_runs(strange))
    return named


def _ask_anew(recoveries: Iterable[Recovery], asks: bool, actor: Actor) -> None:
    """The receipts asked for too much: each is void, and the rest is asked for anew.

    Raises:
        MoneyOnItsWay: its money was sent.
    """
    named: dict[Receipt, list[str]] = {}
    for recovery in recoveries:
        if receipt := live_receipt(recovery.sale):
            named.setdefault(receipt, []).append(recovery.number)
    for receipt, numbers in named.items():
        if receipt.state == Receipt.State.WAITING:
            raise MoneyOnItsWay(
                number=receipt.number,
                help=Operation.named("payments.receipt", number=receipt.number),
            )
        asked = [one.sale for one in sales_of_receipt(receipt)]
        said = ", ".join(numbers[:RECOVERIES_NAMED])
        more = " …" if len(numbers) > RECOVERIES_NAMED else ""
        end_demand(receipt=receipt, reason=said + more, actor=actor)
        left = tuple(sale for sale in asked if remaining_of(sale))
        if asks and left:
            ask_for_money(
                sales=left,
                payer_name=receipt.payer_name,
                buyer_tax_number=receipt.buyer_tax_number,
                payer_account=receipt.payer_account,
                actor=actor,
            )
