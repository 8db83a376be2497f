"""The money of sales is asked for, waited for, and confirmed."""

from uuid import UUID

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command, step
from selfcard.core.locks import LockSpace, lock
from selfcard.core.papers import freeze_paper
from selfcard.core.refusals import Operation
from selfcard.core.serials import SerialRun
from selfcard.custody.commands import lift_blocks, settle_cards
from selfcard.custody.locks import lock_custody
from selfcard.ledger import chart
from selfcard.ledger.commands import post_entry
from selfcard.ledger.lines import credit
from selfcard.ledger.models import EntryKind
from selfcard.organisations.models import May
from selfcard.organisations.queries import require
from selfcard.payments.commands import (
    SurplusTo,
    TenderGiven,
    confirm_receipt,
    issue_invoice,
    issue_receipt,
    note_expected,
    void_receipt,
)
from selfcard.payments.models import AdvanceAccount, Invoice, Receipt, TenderKind
from selfcard.payments.queries import debits_of
from selfcard.sales.commands.buyers import tell_buyers
from selfcard.sales.errors import (
    ConfirmedByItsGiver,
    GiftsApart,
    GiftTakesNoMoney,
    NothingLeftToPay,
    PromotionOnlyForGifts,
    SaleAlreadyHasReceipt,
    SalesOfSeveralPlaces,
)
from selfcard.sales.models import Sale, SaleReceipt
from selfcard.sales.papers import NOTICE
from selfcard.sales.paperwork import charge_line, invoice_line, notice_facts
from selfcard.sales.queries import live_receipt, sales_of_receipt
from selfcard.sales.reckoning import remaining_of


@command
def issue_charge_receipt(
    *,
    sales: tuple[Sale, ...],
    payer_name: str = "",
    buyer_tax_number: str = "",
    payer_account: AdvanceAccount | None = None,
    actor: Actor,
    request_id: UUID,
) -> Receipt:
    """Ask one payer for the money of one or several sales: a numbered charge receipt.

    It asks for the cards that nobody has taken back. Who wants to pay out of an advance account has
    it named here.

    Raises:
        NotAuthorised: the actor may not issue receipts for the sellers' organisation.
        SalesOfSeveralPlaces: one receipt is of one organisation, in one currency.
        GiftsApart: free cards are not asked for together with paid ones.
        SaleAlreadyHasReceipt: nobody is asked twice.
        NothingLeftToPay: all cards of a sale were taken back.
        TaxNumberNeedsACompany, WrongTaxNumber, AdvanceOfOtherPlace, AdvanceOfOtherPayer: see
            `payments.issue_receipt`.
    """
    for sale in sales:
        require(actor, May.ISSUE_RECEIPTS, sale.seller_organisation)
    lock(LockSpace.SALE, *(sale.pk for sale in sales))
    return ask_for_money(
        sales=sales,
        payer_name=payer_name,
        buyer_tax_number=buyer_tax_number,
        payer_account=payer_account,
        actor=actor,
    )


@step
def ask_for_money(
    *,
    sales: tuple[Sale, ...],
    payer_name: str,
    buyer_tax_number: str,
    payer_account: AdvanceAccount | None,
    actor: Actor,
) -> Receipt:
    """Issue the receipt for sales that the caller has locked; see `issue_charge_receipt`."""
    if len({(sale.seller_organisation_id, sale.currency) for sale in sales}) != 1:
        raise SalesOfSeveralPlaces
    if len({sale.is_gift for sale in sales}) != 1:
        raise GiftsApart
    asked: dict[Sale, tuple[SerialRun, ...]] = {}
    for sale in sorted(set(sales), key=lambda sale: sale.pk):
        if earlier := live_receipt(sale):
            raise SaleAlreadyHasReceipt(
                number=sale.number,
                receipt=earlier.number,
                help=Operation.named("payments.receipt", number=earlier.number),
            )
        asked[sale] = remaining_of(sale)
        if not asked[sale]:
            raise NothingLeftToPay(number=sale.number)
    lines = {sale: charge_line(sale, runs) for sale, runs in asked.items()}
    first = next(iter(asked))
    receipt = issue_receipt(
        organisation=first.seller_organisation,
        payer_name=payer_name,
        buyer_tax_number=buyer_tax_number,
        payer_account=payer_account,
        lines=tuple(lines.values()),
        reason=("sale", first.number),
        actor=actor,
    )
    SaleReceipt.objects.bulk_create(
        SaleReceipt(sale=sale, receipt=receipt, count=line.quantity, amount=line.amount.amount)
        for sale, line in lines.items()
    )
    for sale in asked:
        record(actor, "sales.receipt_asked", sale, receipt=receipt.number)
    return receipt


@command
def void_charge_receipt(
    *, receipt: Receipt, reason: str, actor: Actor, request_id: UUID
) -> Receipt:
    """Take a charge receipt back before it is confirmed; its sales can be asked for again.

    Raises:
        NotAuthorised: the actor may not issue receipts there.
        ReasonMissing: nobody says why.
        ReceiptAlreadyConfirmed, ReceiptIsVoid: there is no open demand.
        ReceiptOfNoSale: it does not ask for a sale.
    """
    require(actor, May.ISSUE_RECEIPTS, receipt.organisation)
    lock(LockSpace.SALE, *(asked.sale_id for asked in sales_of_receipt(receipt)))
    return end_demand(receipt=receipt, reason=reason, actor=actor)


@step
def end_demand(*, receipt: Receipt, reason: str, actor: Actor) -> Receipt:
    """Make the receipt of sales that the caller has locked void; see `void_charge_receipt`."""
    asked = sales_of_receipt(receipt)
    receipt = void_receipt(receipt=receipt, reason=reason, actor=actor)
    SaleReceipt.objects.filter(receipt=receipt).update(ended_at=receipt.voided_at)
    for one in asked:
        record(actor, "sales.receipt_voided", one.sale, receipt=receipt.number)
    return receipt


@command
def note_not_arrived(
    *, receipt: Receipt, expected: tuple[TenderGiven, ...], actor: Actor, request_id: UUID
) -> Receipt:
    """The payer sent a transfer or a cheque that has not arrived: the receipt goes on waiting.

    Raises:
        NotAuthorised: the actor may not confirm receipts there.
        GiftTakesNoMoney: nobody pays for free cards.
        What `payments.note_expected` raises.
    """
    require(actor, May.CONFIRM_RECEIPTS, receipt.organisation)
    # Whoever takes the cards back meanwhile must know of the money, or come first. A deposit asks
    # for no sale.
    asked = list(SaleReceipt.objects.filter(receipt=receipt).select_related("sale"))
    lock(LockSpace.SALE, *(one.sale_id for one in asked))
    _refuse_money_for_gifts(receipt, asked, expected)
    return note_expected(receipt=receipt, expected=expected, actor=actor)


@command
def settle_receipt(
    *,
    receipt: Receipt,
    tenders: tuple[TenderGiven, ...],
    surplus_to: SurplusTo = None,
    actor: Actor,
    request_id: UUID,
) -> Invoice:
    """Confirm that the money of sales has arrived: the only door for it.

    All at once or not at all: the receipt is confirmed, the cards are *to be activated*, the books
    have the money against *card premiums awaiting activation* and their tax, the invoice has its
    number, invoice and notices can be printed, and buyers are told. Repeating a `request_id`
    returns the first invoice.

    Raises:
        NotAuthorised: the actor may not confirm receipts there.
        ReceiptOfNoSale: the receipt asks for something else.
        GiftTakesNoMoney, PromotionOnlyForGifts: free cards are settled by promotion expense, and
            nothing else is.
        ConfirmedByItsGiver: whoever gave the cards away does not confirm it.
        ConfirmedByItsMaker, ReceiptAlreadyConfirmed, ReceiptIsVoid, TendersDoNotAddUp, and what a
            tender must say: see `payments.confirm_receipt`.
    """
    require(actor, May.CONFIRM_RECEIPTS, receipt.organisation)
    asked = sales_of_receipt(receipt)
    # Batches come before sales and receipts in the order of locks, and cards may be taken back
    # while this waits: what is asked for is read after it.
    lock_custody([run.run for one in asked for run in one.sale.runs.all()])
    lock(LockSpace.SALE, *(one.sale_id for one in asked))
    _refuse_money_for_gifts(receipt, asked, tenders)
    if any(one.sale.is_gift and one.sale.registered_by_id == actor.id for one in asked):
        raise ConfirmedByItsGiver(number=receipt.number)
    receipt = confirm_receipt(
        receipt=receipt,
        tenders=tenders,
        surplus_to=surplus_to,
        owed_since=min(one.sale.registered_on for one in asked),
        actor=actor,
    )
    lines = []
    for one in asked:
        runs = remaining_of(one.sale)
        reason = ("sale", one.sale.number)
        settle_cards(runs=runs, reason=reason, actor=actor)
        lift_blocks(reason=reason, actor=actor)
        freeze_paper(kind=NOTICE, number=one.sale.number, facts=notice_facts(one.sale, runs))
        lines.append(invoice_line(one.sale, runs))
    tell_buyers(sales=tuple(one.sale for one in asked), actor=actor)
    post_entry(
        kind=EntryKind.RECEIPT_CONFIRMED,
        counts_from=clock.today(),
        reason=("receipt", receipt.number),
        lines=(
            *debits_of(receipt),
            *(credit(chart.CARD_PREMIUMS, line.net.amount) for line in lines),
            *(credit(chart.CARD_PREMIUM_TAX, line.tax.amount) for line in lines),
        ),
        currency=receipt.currency,
        actor=actor,
    )
    invoice = issue_invoice(receipt=receipt, lines=tuple(lines), actor=actor)
    for one in asked:
        record(actor, "sales.settled", one.sale, receipt=receipt.number, invoice=invoice.number)
    return invoice


def _refuse_money_for_gifts(
    receipt: Receipt, asked: list[SaleReceipt], given: tuple[TenderGiven, ...]
) -> None:
    """Nobody pays for free cards, and what was sold is not free.

    Raises:
        GiftTakesNoMoney, PromotionOnlyForGifts: a part of the money says otherwise.
    """
    is_gift = any(one.sale.is_gift for one in asked)
    for at, one in enumerate(given):
        if asked and (one.kind == TenderKind.PROMOTION) != is_gift:
            refusal = GiftTakesNoMoney if is_gift else PromotionOnlyForGifts
            raise refusal(field=f"tenders-{at}-kind", number=receipt.number)
