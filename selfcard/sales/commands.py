"""From the sale to its money."""

from uuid import UUID

from django.conf import settings

from selfcard.cards.models import DocumentType, DocumentTypeVersion
from selfcard.cards.queries import batches_touching
from selfcard.core import clock, numbering
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.locks import LockSpace, lock
from selfcard.core.papers import freeze_paper
from selfcard.core.refusals import Operation
from selfcard.core.serials import SerialRun, count_cards, describe_runs, distinct_runs
from selfcard.custody.commands import sell_cards, settle_cards
from selfcard.custody.locks import lock_custody
from selfcard.ledger import chart
from selfcard.ledger.commands import post_entry
from selfcard.ledger.lines import credit
from selfcard.ledger.models import EntryKind
from selfcard.organisations.models import May, Organisation, Party
from selfcard.organisations.queries import (
    acting_staff,
    head_office,
    organisation_of,
    organisations_below,
    require,
)
from selfcard.payments.commands import (
    TenderGiven,
    confirm_receipt,
    issue_invoice,
    issue_receipt,
    void_receipt,
)
from selfcard.payments.models import Invoice, Receipt
from selfcard.payments.queries import debits_of
from selfcard.sales.errors import (
    AgencyCodeTaken,
    AgencyMissing,
    AgencyNotAsked,
    AgencyOfOtherKind,
    CardsOfSeveralVersions,
    LargeSaleNotConfirmed,
    SaleAlreadyHasReceipt,
    SellerOfOtherOrganisation,
)
from selfcard.sales.models import INDIRECT, Agency, BusinessSource, Sale, SaleReceipt, SaleRun
from selfcard.sales.papers import CHARGE_LIST, NOTICE
from selfcard.sales.paperwork import charge_line, charge_list_facts, invoice_line, notice_facts
from selfcard.sales.queries import (
    holders_selling_for,
    live_receipt,
    runs_of,
    sale_of_receipt,
)


@command
def register_agency(
    *,
    code: str,
    name_zh: str,
    name_en: str,
    kind: str,
    licence: str,
    actor: Actor,
    request_id: UUID,
) -> Agency:
    """Enter a firm that sells for the insurer, so that sales can name it.

    Raises:
        NotAuthorised: agencies are the whole insurer's, and entered at its top.
        AgencyCodeTaken: another agency has the code.
    """
    require(actor, May.ADMINISTER, head_office())
    code = code.strip().upper()
    if Agency.objects.filter(code=code).exists():
        raise AgencyCodeTaken(code=code)
    agency = Agency.objects.create(
        code=code,
        name_zh=name_zh,
        name_en=name_en,
        kind=Agency.Kind(kind),
        licence=licence,
        registered_at=clock.now(),
    )
    record(actor, "agencies.registered", agency, kind=agency.kind)
    return agency


@command
def register_sale(
    *,
    document_type: DocumentType,
    runs: tuple[SerialRun, ...],
    seller_organisation: Organisation,
    seller: Party,
    business_source: str,
    agency: Agency | None = None,
    customer_reference: str = "",
    remark: str = "",
    confirmed_large: bool = False,
    actor: Actor,
    request_id: UUID,
) -> Sale:
    """Record that cards have been sold; gives the sales ID and the charge list.

    The cards are *sold*: they cannot be activated before their money has arrived. They come from
    the inventory of the seller's organisation, of one below it, or of a person who works there.

    Raises:
        NotAuthorised: the actor may not register sales for the organisation.
        SellerOfOtherOrganisation: the seller works elsewhere.
        AgencyMissing, AgencyNotAsked, AgencyOfOtherKind: agency and business source disagree.
        LargeSaleNotConfirmed: so many cards that it could be a mistake.
        CardsOfSeveralVersions: the cards differ in their terms.
        NoSerialsGiven, RunsOverlapEachOther, and what custody refuses: the cards are not held,
            of another type, or in another status.
    """
    require(actor, May.REGISTER_SALES, seller_organisation)
    source = BusinessSource(business_source)
    _require_seller_of(seller, seller_organisation)
    _require_agency(source, agency)
    runs = tuple(distinct_runs(runs))
    count = count_cards(runs)
    if count > settings.LARGE_SALE_CARDS and not confirmed_large:
        raise LargeSaleNotConfirmed(count=f"{count:,}")

    number = numbering.document_number("S", "sales_sale_number")
    sell_cards(
        runs=runs,
        document_type=document_type,
        holders=holders_selling_for(seller_organisation, actor),
        reason=("sale", number),
        actor=actor,
    )
    version = _version_of(runs)
    sale = Sale.objects.create(
        number=number,
        type_version=version,
        seller_organisation=seller_organisation,
        seller=seller,
        business_source=source,
        agency=agency,
        customer_reference=customer_reference.strip(),
        remark=remark.strip(),
        count=count,
        face_value=version.face_value,
        amount=version.face_value * count,
        currency=version.currency,
        registered_by=acting_staff(actor),
        registered_at=clock.now(),
    )
    SaleRun.objects.bulk_create(SaleRun(sale=sale, serials=run.range) for run in runs)
    freeze_paper(kind=CHARGE_LIST, number=sale.number, facts=charge_list_facts(sale, runs))
    record(actor, "sales.registered", sale, count=count, amount=str(sale.amount))
    return sale


@command
def issue_charge_receipt(
    *,
    sale: Sale,
    payer_name: str = "",
    buyer_tax_number: str = "",
    actor: Actor,
    request_id: UUID,
) -> Receipt:
    """Ask for the money of a sale: a numbered charge receipt.

    Raises:
        NotAuthorised: the actor may not issue receipts for the seller's organisation.
        SaleAlreadyHasReceipt: nobody is asked twice.
        TaxNumberNeedsACompany, WrongTaxNumber: see `payments.issue_receipt`.
    """
    require(actor, May.ISSUE_RECEIPTS, sale.seller_organisation)
    lock(LockSpace.SALE, sale.pk)
    if earlier := live_receipt(sale):
        raise SaleAlreadyHasReceipt(
            number=sale.number,
            receipt=earlier.number,
            help=Operation.named("payments.receipt", number=earlier.number),
        )
    receipt = issue_receipt(
        organisation=sale.seller_organisation,
        payer_name=payer_name,
        buyer_tax_number=buyer_tax_number,
        lines=(charge_line(sale, runs_of(sale)),),
        reason=("sale", sale.number),
        actor=actor,
    )
    SaleReceipt.objects.create(sale=sale, receipt=receipt)
    record(actor, "sales.receipt_asked", sale, receipt=receipt.number)
    return receipt


@command
def void_charge_receipt(
    *, receipt: Receipt, reason: str, actor: Actor, request_id: UUID
) -> Receipt:
    """Take a charge receipt back before it is confirmed; the sale can be asked for again.

    Raises:
        NotAuthorised: the actor may not issue receipts there.
        ReasonMissing: nobody says why.
        ReceiptAlreadyConfirmed, ReceiptIsVoid: there is no open demand.
        ReceiptOfNoSale: it does not ask for a sale.
    """
    require(actor, May.ISSUE_RECEIPTS, receipt.organisation)
    sale = sale_of_receipt(receipt)
    receipt = void_receipt(receipt=receipt, reason=reason, actor=actor)
    SaleReceipt.objects.filter(receipt=receipt).update(ended_at=receipt.voided_at)
    record(actor, "sales.receipt_voided", sale, receipt=receipt.number)
    return receipt


@command
def settle_receipt(
    *, receipt: Receipt, tenders: tuple[TenderGiven, ...], actor: Actor, request_id: UUID
) -> Invoice:
    """Confirm that the money of a sale has arrived: the only door for it.

    All at once or not at all: the receipt is confirmed, the cards are *to be activated*, the books
    have the money against *card premiums awaiting activation* and their tax, the invoice has its
    number, and invoice and notice can be printed. Repeating a `request_id` returns the first
    invoice.

    Raises:
        NotAuthorised: the actor may not confirm receipts there.
        ReceiptOfNoSale: the receipt asks for something else.
        ConfirmedByItsMaker, ReceiptAlreadyConfirmed, ReceiptIsVoid, TendersDoNotAddUp, and what a
            tender must say: see `payments.confirm_receipt`.
    """
    require(actor, May.CONFIRM_RECEIPTS, receipt.organisation)
    sale = sale_of_receipt(receipt)
    runs = runs_of(sale)
    lock_custody(runs)  # batches come before receipts in the order of locks
    receipt = confirm_receipt(receipt=receipt, tenders=tenders, actor=actor)
    settle_cards(runs=runs, reason=("sale", sale.number), actor=actor)
    line = invoice_line(sale, runs)
    post_entry(
        kind=EntryKind.RECEIPT_CONFIRMED,
        counts_from=clock.today(),
        reason=("receipt", receipt.number),
        lines=(
            *debits_of(receipt),
            credit(chart.CARD_PREMIUMS, line.net.amount),
            credit(chart.CARD_PREMIUM_TAX, line.tax.amount),
        ),
        currency=receipt.currency,
        actor=actor,
    )
    freeze_paper(kind=NOTICE, number=sale.number, facts=notice_facts(sale, runs))
    invoice = issue_invoice(receipt=receipt, lines=(line,), actor=actor)
    record(actor, "sales.settled", sale, receipt=receipt.number, invoice=invoice.number)
    return invoice


def _require_seller_of(seller: Party, organisation: Organisation) -> None:
    home = organisation_of(seller) if seller.is_person else None
    if home is None or not (
        home == organisation or organisations_below(organisation).filter(pk=home.pk).exists()
    ):
        raise SellerOfOtherOrganisation(seller=seller.name, organisation=organisation.name)


def _require_agency(source: BusinessSource, agency: Agency | None) -> None:
    if source in INDIRECT and agency is None:
        raise AgencyMissing(source=source.label)
    if source not in INDIRECT and agency is not None:
        raise AgencyNotAsked(source=source.label)
    if agency is not None and agency.kind != source:
        raise AgencyOfOtherKind(
            agency=agency.name, kind=Agency.Kind(agency.kind).label, source=source.label
        )


def _version_of(runs: tuple[SerialRun, ...]) -> DocumentTypeVersion:
    """The terms under which all these cards were printed."""
    by_version: dict[DocumentTypeVersion, list[SerialRun]] = {}
    for batch in batches_touching(runs):
        parts = [part for run in runs if (part := run.intersection(SerialRun.of(batch.serials)))]
        by_version.setdefault(batch.type_version, []).extend(parts)
    if len(by_version) > 1:
        raise CardsOfSeveralVersions(
            serials="; ".join(describe_runs(parts) for parts in by_version.values())
        )
    return next(iter(by_version))
