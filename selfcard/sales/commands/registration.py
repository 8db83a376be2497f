"""A sale is registered: cards are sold together, and by whom, for whom, through whom."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings

from selfcard.cards.models import DocumentType, DocumentTypeVersion
from selfcard.cards.queries import batches_touching
from selfcard.core import clock, numbering
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.papers import freeze_paper
from selfcard.core.serials import SerialRun, count_cards, describe_runs, distinct_runs
from selfcard.custody.commands import sell_cards
from selfcard.organisations.models import May, Organisation, Party
from selfcard.organisations.queries import (
    acting_staff,
    organisation_of,
    organisations_below,
    require,
)
from selfcard.sales.errors import (
    AgencyMissing,
    AgencyNotAsked,
    AgencyOfOtherKind,
    CardsOfSeveralVersions,
    LargeSaleNotConfirmed,
    NoAgreementInForce,
    SellerOfOtherOrganisation,
)
from selfcard.sales.models import INDIRECT, Agency, Agreement, BusinessSource, Sale, SaleRun
from selfcard.sales.papers import CHARGE_LIST
from selfcard.sales.paperwork import charge_list_facts
from selfcard.sales.queries import agreement_in_force, holders_selling_for


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
        NoAgreementInForce: the agency has none today.
        LargeSaleNotConfirmed: so many cards that it could be a mistake.
        CardsOfSeveralVersions: the cards differ in their terms.
        NoSerialsGiven, RunsOverlapEachOther, and what custody refuses: the cards are not held,
            of another type, or in another status.
    """
    require(actor, May.REGISTER_SALES, seller_organisation)
    source = BusinessSource(business_source)
    _require_seller_of(seller, seller_organisation)
    agreement = _agreement(source, agency)
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
        agreement=agreement,
        customer_reference=customer_reference.strip(),
        remark=remark.strip(),
        count=count,
        face_value=version.face_value,
        amount=version.face_value * count,
        currency=version.currency,
        registered_by=acting_staff(actor),
        registered_at=clock.now(),
        registered_on=clock.today(),
        due_on=clock.today() + timedelta(days=settings.SALE_DUE_DAYS),
    )
    SaleRun.objects.bulk_create(SaleRun(sale=sale, serials=run.range) for run in runs)
    freeze_paper(kind=CHARGE_LIST, number=sale.number, facts=charge_list_facts(sale, runs))
    record(actor, "sales.registered", sale, count=count, amount=str(sale.amount))
    return sale


def _require_seller_of(seller: Party, organisation: Organisation) -> None:
    home = organisation_of(seller) if seller.is_person else None
    if home is None or not (
        home == organisation or organisations_below(organisation).filter(pk=home.pk).exists()
    ):
        raise SellerOfOtherOrganisation(seller=seller.name, organisation=organisation.name)


def _agreement(source: BusinessSource, agency: Agency | None) -> Agreement | None:
    """Under which agreement the agency sells today."""
    if source in INDIRECT and agency is None:
        raise AgencyMissing(source=source.label)
    if source not in INDIRECT and agency is not None:
        raise AgencyNotAsked(source=source.label)
    if agency is not None and agency.kind != source:
        raise AgencyOfOtherKind(
            agency=agency.name, kind=Agency.Kind(agency.kind).label, source=source.label
        )
    if agency is None:
        return None
    agreement = agreement_in_force(agency, clock.today())
    if agreement is None:
        raise NoAgreementInForce(agency=agency.name)
    return agreement


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
