"""Steps of the money's way. The room that asked for the money calls them within its commands."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from stdnum.cn import uscc

from selfcard.core import clock, numbering
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import step
from selfcard.core.money import CENT, Money
from selfcard.core.papers import freeze_paper
from selfcard.core.papers.facts import plain
from selfcard.core.refusals import Operation, ReasonMissing
from selfcard.organisations.models import Organisation, Staff
from selfcard.organisations.queries import acting_staff
from selfcard.payments.errors import (
    ArrivalDateMissing,
    ArrivalInTheFuture,
    ConfirmedByItsMaker,
    NotAnAmount,
    ReceiptAlreadyConfirmed,
    ReceiptIsVoid,
    TaxNumberNeedsACompany,
    TendersDoNotAddUp,
    TransferReferenceMissing,
    WrongTaxNumber,
)
from selfcard.payments.models import Invoice, Receipt, Tender
from selfcard.payments.papers import (
    AN_INDIVIDUAL,
    CHARGE_RECEIPT,
    INVOICE,
    ChargeLine,
    InvoiceLine,
)
from selfcard.payments.paperwork import invoice_facts, receipt_facts


@dataclass(frozen=True)
class TenderGiven:
    """A part of the money as the cashier enters it. Cash arrives today; a transfer says when."""

    kind: str
    amount: Decimal
    arrived_on: date | None = None
    reference: str = ""


@step
def issue_receipt(
    *,
    organisation: Organisation,
    payer_name: str,
    buyer_tax_number: str,
    lines: tuple[ChargeLine, ...],
    reason: tuple[str, str],
    actor: Actor,
) -> Receipt:
    """Ask for money: a numbered charge receipt over the sum of its lines.

    Who gives no name is 个人, an individual; a tax number is asked for only by a company.

    Raises:
        TaxNumberNeedsACompany: a tax number without a name.
        WrongTaxNumber: it is not a unified social credit code (GB 32100-2015).
    """
    payer = payer_name.strip() or AN_INDIVIDUAL.zh
    amount = _total(line.amount for line in lines)
    receipt = Receipt.objects.create(
        number=numbering.document_number("R", "payments_receipt_number"),
        organisation=organisation,
        payer_name=payer,
        buyer_tax_number=_checked_tax_number(buyer_tax_number, payer),
        amount=amount.amount,
        currency=amount.currency,
        lines=plain(lines),
        reason_kind=reason[0],
        reason_number=reason[1],
        issued_by=acting_staff(actor),
        issued_at=clock.now(),
    )
    freeze_paper(kind=CHARGE_RECEIPT, number=receipt.number, facts=receipt_facts(receipt, lines))
    record(actor, "receipts.issued", receipt, amount=str(amount.amount), reason=list(reason))
    return receipt


@step
def confirm_receipt(*, receipt: Receipt, tenders: tuple[TenderGiven, ...], actor: Actor) -> Receipt:
    """Say that the money of a receipt has arrived, by these tenders, to the cent.

    The caller goes on to `issue_invoice` in the same command: PostgreSQL refuses a confirmed
    receipt without one.

    Raises:
        ReceiptAlreadyConfirmed: somebody was faster.
        ReceiptIsVoid: nobody is asked for this money any more.
        ConfirmedByItsMaker: the second person is missing.
        TendersDoNotAddUp: another amount than the receipt's.
        NotAnAmount, ArrivalDateMissing, ArrivalInTheFuture, TransferReferenceMissing: a tender
            does not say what it must.
    """
    receipt = _open_receipt(receipt)
    confirmer = acting_staff(actor)
    if confirmer.pk == receipt.issued_by_id:
        raise ConfirmedByItsMaker(number=receipt.number)
    arrived = [_checked_tender(place, tender) for place, tender in enumerate(tenders)]
    given = sum((tender.amount for tender in arrived), Decimal("0.00"))
    if given != receipt.amount:
        raise TendersDoNotAddUp(given=f"{given:,.2f}", amount=f"{receipt.amount:,.2f}")

    for tender in arrived:
        tender.receipt = receipt
    Tender.objects.bulk_create(arrived)
    receipt.state = Receipt.State.CONFIRMED
    receipt.confirmed_by = confirmer
    receipt.confirmed_at = clock.now()
    receipt.save(update_fields=["state", "confirmed_by", "confirmed_at"])
    record(actor, "receipts.confirmed", receipt, tenders=[tender.kind for tender in arrived])
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


@step
def issue_invoice(*, receipt: Receipt, lines: tuple[InvoiceLine, ...], actor: Actor) -> Invoice:
    """Number the invoice for a receipt that was confirmed in the same command.

    The number is the last thing that is locked: whoever invoices next in this series waits until
    this command ends, and takes the same number if it fails.
    """
    net, tax = _total(line.net for line in lines), _total(line.tax for line in lines)
    organisation = receipt.organisation
    year = clock.today().year
    series = f"invoice:{organisation.code}:{year}"
    running = numbering.next_number(series)
    invoice = Invoice.objects.create(
        number=f"{organisation.code}-{year}-{running:08d}",
        series=series,
        running=running,
        receipt=receipt,
        organisation=organisation,
        buyer_name=receipt.payer_name,
        buyer_tax_number=receipt.buyer_tax_number,
        currency=receipt.currency,
        net=net.amount,
        tax=tax.amount,
        gross=(net + tax).amount,
        lines=plain(lines),
        issued_by=_confirmer(receipt),
        issued_at=clock.now(),
    )
    freeze_paper(kind=INVOICE, number=invoice.number, facts=invoice_facts(invoice, lines))
    record(actor, "invoices.issued", invoice, receipt=receipt.number)
    return invoice


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


def _checked_tender(place: int, given: TenderGiven) -> Tender:
    """A tender that says what its kind must. A refusal names the field of that tender's row."""
    if given.amount <= 0 or given.amount != given.amount.quantize(CENT):
        raise NotAnAmount(field=f"tenders-{place}-amount")
    reference = given.reference.strip()
    arrived_on = given.arrived_on
    if given.kind == Tender.Kind.CASH:
        arrived_on = arrived_on or clock.today()
    elif not reference:
        raise TransferReferenceMissing(field=f"tenders-{place}-reference")
    if arrived_on is None:
        raise ArrivalDateMissing(field=f"tenders-{place}-arrived_on")
    if arrived_on > clock.today():
        raise ArrivalInTheFuture(field=f"tenders-{place}-arrived_on")
    return Tender(
        kind=Tender.Kind(given.kind),
        amount=given.amount,
        arrived_on=arrived_on,
        reference=reference,
    )


def _checked_tax_number(tax_number: str, payer: str) -> str:
    number = uscc.compact(tax_number)
    if not number:
        return ""
    if payer == AN_INDIVIDUAL.zh:
        raise TaxNumberNeedsACompany
    if not uscc.is_valid(number):
        raise WrongTaxNumber
    return number


def _total(parts: Any) -> Money:
    first, *others = parts
    return sum(others, first)


def _confirmer(receipt: Receipt) -> Staff:
    assert receipt.confirmed_by is not None
    return receipt.confirmed_by
