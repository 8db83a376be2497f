"""Charge receipts: money is asked for, waited for, and confirmed."""

from datetime import date
from decimal import Decimal
from typing import Final, Literal

from selfcard.core import clock, numbering
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import step
from selfcard.core.money import Money
from selfcard.core.papers import freeze_paper
from selfcard.core.papers.facts import plain
from selfcard.core.refusals import Operation, ReasonMissing
from selfcard.organisations.models import Organisation
from selfcard.organisations.queries import acting_staff
from selfcard.payments.commands.advances import enter_advance, open_account
from selfcard.payments.errors import (
    AdvanceOfOtherPayer,
    AdvanceOfOtherPlace,
    ConfirmedByItsMaker,
    NotIntoAdvance,
    OnlyWhatArrivesLater,
    ReceiptAlreadyConfirmed,
    ReceiptIsVoid,
    ReferenceMissing,
    TendersDoNotAddUp,
)
from selfcard.payments.models import AdvanceAccount, AdvanceEntry, Receipt, Tender, TenderKind
from selfcard.payments.models.tenders import ARRIVES_LATER, NO_NEW_MONEY
from selfcard.payments.papers import AN_INDIVIDUAL, CHARGE_RECEIPT, ChargeLine
from selfcard.payments.paperwork import receipt_facts
from selfcard.payments.queries import is_of_payer
from selfcard.payments.tax_numbers import checked_tax_number
from selfcard.payments.tendering import (
    Checked,
    TenderGiven,
    check_amount,
    check_tenders,
    hold_drawers,
    refuse_long_before,
    total,
)

NOTHING = Decimal("0.00")
# Where a surplus goes when the payer has no advance account yet.
NEW_ACCOUNT: Final = "new"
SurplusTo = AdvanceAccount | Literal["new"] | None


@step
def issue_receipt(
    *,
    organisation: Organisation,
    payer_name: str,
    buyer_tax_number: str,
    lines: tuple[ChargeLine, ...],
    reason: tuple[str, str],
    payer_account: AdvanceAccount | None = None,
    deposit_to: AdvanceAccount | None = None,
    actor: Actor,
) -> Receipt:
    """Ask for money: a numbered charge receipt over the sum of its lines.

    Who gives no name is 个人, an individual; a tax number is asked for only by a company. Whose
    advance account is named pays it, and may pay out of that. With an account to deposit to it is a
    deposit receipt, whose money goes there.

    Raises:
        TaxNumberNeedsACompany: a tax number without a name.
        WrongTaxNumber: it is not a unified social credit code (GB 32100-2015).
        AdvanceOfOtherPlace, AdvanceOfOtherPayer: the named account is not theirs, or not here.
    """
    amount = total(line.amount for line in lines)
    if payer_account:
        _require_account_of(payer_account, organisation, amount.currency)
        payer_name = _name_of(payer_account, payer_name.strip(), buyer_tax_number.strip())
    payer = payer_name.strip() or AN_INDIVIDUAL.zh
    receipt = Receipt.objects.create(
        number=numbering.document_number("R", "payments_receipt_number"),
        organisation=organisation,
        payer_name=payer,
        buyer_tax_number=checked_tax_number(buyer_tax_number, payer),
        payer_account=payer_account,
        amount=amount.amount,
        currency=amount.currency,
        lines=plain(lines),
        reason_kind=reason[0],
        reason_number=reason[1],
        kind=Receipt.Kind.DEPOSIT if deposit_to else Receipt.Kind.CHARGE,
        account=deposit_to,
        issued_by=acting_staff(actor),
        issued_at=clock.now(),
    )
    freeze_paper(kind=CHARGE_RECEIPT, number=receipt.number, facts=receipt_facts(receipt, lines))
    record(actor, "receipts.issued", receipt, amount=str(amount.amount), reason=list(reason))
    return receipt


@step
def note_expected(*, receipt: Receipt, expected: tuple[TenderGiven, ...], actor: Actor) -> Receipt:
    """Money was sent and has not arrived: the receipt goes on waiting, and says for what.

    It may be noted again, with other parts. What the cashier has in hand is not noted: until the
    rest is there it belongs into the payer's advance account.

    Raises:
        ReceiptAlreadyConfirmed, ReceiptIsVoid: nothing is waited for any more.
        OnlyWhatArrivesLater: a kind that is here or is not.
        TendersDoNotAddUp: it is not the receipt's amount.
        NotAnAmount, ReferenceMissing: a part does not say what it must.
    """
    receipt = _open_receipt(receipt)
    rows = []
    for at, given in enumerate(expected):
        kind = TenderKind(given.kind)
        if kind not in ARRIVES_LATER:
            raise OnlyWhatArrivesLater(field=f"tenders-{at}-kind", kind=kind.label)
        check_amount(given.amount, f"tenders-{at}-amount")
        reference = given.reference.strip()
        if kind == TenderKind.CHEQUE and not reference:
            raise ReferenceMissing(field=f"tenders-{at}-reference", kind=kind.label)
        rows.append({"kind": kind, "amount": str(given.amount), "reference": reference})
    _refuse_other_sum(receipt, sum((one.amount for one in expected), NOTHING))
    receipt.state = Receipt.State.WAITING
    receipt.expected = rows
    receipt.waiting_since = receipt.waiting_since or clock.now()
    receipt.save(update_fields=["state", "expected", "waiting_since"])
    record(actor, "receipts.expected", receipt, expected=rows)
    return receipt


@step
def confirm_receipt(
    *,
    receipt: Receipt,
    tenders: tuple[TenderGiven, ...],
    surplus_to: SurplusTo = None,
    owed_since: date | None = None,
    actor: Actor,
) -> Receipt:
    """Say that the money of a receipt has arrived, by these tenders, to the cent.

    It was owed since the receipt was issued, or since the earlier day that the caller knows.

    What a transfer brings over the amount goes to an advance account of the payer, if the actor
    says which, or that one is opened. An advance is written off its account. The caller of a
    charge receipt goes on to `issue_invoice` in the same command: PostgreSQL refuses a confirmed
    one without.

    Raises:
        ReceiptAlreadyConfirmed: somebody was faster.
        ReceiptIsVoid: nobody is asked for this money any more.
        ConfirmedByItsMaker: the second person is missing.
        TendersDoNotAddUp: another amount than the receipt's.
        NotIntoAdvance: a deposit is money that comes, and of its own amount.
        AdvanceOfOtherPayer: money of somebody else.
        AdvanceDoesNotSuffice: the account has less.
        PayerNotNamed, AdvanceAccountExists: no account can be opened for the surplus.
        ArrivedLongBefore: a day long before the money was owed.
        What `check_tenders` raises: a tender does not say what it must.
    """
    receipt = _open_receipt(receipt)
    confirmer = acting_staff(actor)
    if confirmer.pk == receipt.issued_by_id:
        raise ConfirmedByItsMaker(number=receipt.number)
    arrived = check_tenders(tenders, receipt.organisation, receipt.currency, actor)
    refuse_long_before(arrived, owed_since or clock.day_of(receipt.issued_at))
    surplus = _surplus(receipt, arrived, surplus_to)
    if surplus:
        receipt.account, receipt.surplus = _for_surplus(receipt, surplus_to, actor), surplus
    _move_advances(receipt, arrived, actor)
    hold_drawers(arrived, receipt.organisation)
    Tender.objects.bulk_create(
        Tender(
            receipt=receipt,
            kind=one.kind,
            amount=one.amount,
            arrived_on=one.day,
            reference=one.reference,
            drawer_day=one.drawer_day,
            account=one.account,
        )
        for one in arrived
    )
    receipt.state = Receipt.State.CONFIRMED
    receipt.confirmed_by = confirmer
    receipt.confirmed_at = clock.now()
    changed = ["state", "confirmed_by", "confirmed_at"]
    receipt.save(update_fields=[*changed, "account", "surplus"] if surplus else changed)
    record(actor, "receipts.confirmed", receipt, tenders=[one.kind for one in arrived])
    return receipt


@step
def void_receipt(*, receipt: Receipt, reason: str, actor: Actor) -> Receipt:
    """Take back the demand for money, before it is confirmed, and say why.

    Raises:
        ReasonMissing: nobody says why.
        ReceiptAlreadyConfirmed, ReceiptIsVoid: there is no open demand.
    """
    if not reason.strip():
        raise ReasonMissing
    receipt = _open_receipt(receipt)
    receipt.state = Receipt.State.VOID
    receipt.voided_by = acting_staff(actor)
    receipt.voided_at = clock.now()
    receipt.void_reason = reason.strip()
    receipt.save(update_fields=["state", "voided_by", "voided_at", "void_reason"])
    record(actor, "receipts.voided", receipt)
    return receipt


def _require_account_of(account: AdvanceAccount, organisation: Organisation, currency: str) -> None:
    if (account.organisation_id, account.currency) != (organisation.pk, currency):
        raise AdvanceOfOtherPlace(field="payer_account", number=account.number)


def _name_of(account: AdvanceAccount, payer: str, tax_number: str) -> str:
    """Who pays: whose account it is. What else was said of them must agree.

    Raises:
        AdvanceOfOtherPayer: another name, or another tax number.
    """
    others = {account.tax_number, tax_number.upper()} - {""}
    if payer not in ("", account.payer_name) or len(others) > 1:
        raise AdvanceOfOtherPayer(field="payer_account", number=account.number, payer=payer)
    return account.payer_name


def _open_receipt(receipt: Receipt) -> Receipt:
    """The receipt as it is now, locked, if it still waits for its money."""
    locked = Receipt.objects.select_for_update(no_key=True).get(pk=receipt.pk)
    if locked.state == Receipt.State.CONFIRMED:
        raise ReceiptAlreadyConfirmed(
            number=locked.number, help=Operation.named("payments.receipt", number=locked.number)
        )
    if locked.state == Receipt.State.VOID:
        raise ReceiptIsVoid(number=locked.number)
    return locked


def _surplus(receipt: Receipt, arrived: list[Checked], surplus_to: SurplusTo) -> Decimal:
    """What came over the amount: of a transfer, and with somewhere to go, else there is none.

    Raises:
        TendersDoNotAddUp: too little, or too much and nowhere to go.
        NotIntoAdvance: a deposit from an advance, or from nobody, or over its amount.
    """
    given = sum((one.amount for one in arrived), NOTHING)
    over = given - receipt.amount
    if receipt.kind == Receipt.Kind.DEPOSIT:
        for at, one in enumerate(arrived):
            if one.kind in NO_NEW_MONEY:
                raise NotIntoAdvance(field=f"tenders-{at}-kind", kind=one.kind.label)
        surplus_to = None  # what came over is another deposit
    by_transfer = sum((one.amount for one in arrived if one.kind == TenderKind.TRANSFER), NOTHING)
    if over <= 0 or surplus_to is None or over > by_transfer:
        _refuse_other_sum(receipt, given)
        return NOTHING
    return over


def _for_surplus(receipt: Receipt, surplus_to: SurplusTo, actor: Actor) -> AdvanceAccount:
    """The payer's account that the surplus goes to; a new one, where that was said.

    Raises:
        PayerNotNamed, AdvanceAccountExists: none can be opened.
        AdvanceOfOtherPayer, AdvanceOfOtherPlace: it cannot go there.
    """
    if not isinstance(surplus_to, AdvanceAccount):
        return open_account(
            organisation=receipt.organisation,
            payer_name=receipt.payer_name,
            tax_number=receipt.buyer_tax_number,
            currency=receipt.currency,
            actor=actor,
        )
    place = (surplus_to.organisation_id, surplus_to.currency)
    if place != (receipt.organisation_id, receipt.currency):
        raise AdvanceOfOtherPlace(field="surplus_to", number=surplus_to.number)
    _require_own(surplus_to, receipt, "surplus_to")
    return surplus_to


def _move_advances(receipt: Receipt, arrived: list[Checked], actor: Actor) -> None:
    """Enter what a receipt takes out of advances and brings into one, account by account."""
    kinds = AdvanceEntry.Kind
    moves = []
    for at, one in enumerate(arrived):
        if one.account:
            _require_own(one.account, receipt, f"tenders-{at}-account")
            moves.append((one.account, kinds.WRITE_OFF, -one.amount))
    if receipt.account:
        is_deposit = receipt.kind == Receipt.Kind.DEPOSIT
        kind = kinds.DEPOSIT if is_deposit else kinds.SURPLUS
        moves.append((receipt.account, kind, receipt.amount if is_deposit else receipt.surplus))
    for account, kind, amount in sorted(moves, key=lambda move: move[0].pk):
        enter_advance(
            account=account,
            kind=kind,
            amount=amount,
            reason=("receipt", receipt.number),
            actor=actor,
        )


def _refuse_other_sum(receipt: Receipt, given: Decimal) -> None:
    if given != receipt.amount:
        raise TendersDoNotAddUp(
            given=Money(given, receipt.currency), amount=Money(receipt.amount, receipt.currency)
        )


def _require_own(account: AdvanceAccount, receipt: Receipt, field: str) -> None:
    """The money of one payer does not pay for another, nor is it kept for another."""
    if not is_of_payer(account, receipt):
        raise AdvanceOfOtherPayer(field=field, number=account.number, payer=receipt.payer)
