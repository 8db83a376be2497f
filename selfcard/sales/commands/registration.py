"""A sale is registered: cards are sold together, and by whom, for whom, through whom."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings

from selfcard.cards.models import DocumentType
from selfcard.core import clock, numbering
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command, step
from selfcard.core.papers import freeze_paper
from selfcard.core.serials import SerialRun, distinct_runs
from selfcard.custody.commands import sell_cards
from selfcard.organisations.models import Organisation, Party, Staff
from selfcard.organisations.queries import acting_staff
from selfcard.sales.commands.buyers import keep_phone
from selfcard.sales.errors import LargeSaleNeedsSecondPerson
from selfcard.sales.models import Agency, Sale, SaleRun
from selfcard.sales.papers import CHARGE_LIST
from selfcard.sales.paperwork import charge_list_facts
from selfcard.sales.queries import holders_selling_for
from selfcard.sales.terms import (
    SaleTerms,
    needs_second_person,
    refuse_unconfirmed,
    require_terms,
    version_of,
)


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
    gift_reason: str = "",
    confirmed_large: bool = False,
    phone: str = "",
    language: str = "",
    actor: Actor,
    request_id: UUID,
) -> Sale:
    """Record that cards have been sold; gives the sales ID and the charge list.

    The cards are *sold*: they cannot be activated before their money has arrived. They come from
    the inventory of the seller's organisation, of one below it, or of a person who works there.
    With a `gift_reason` they are free: whoever may give cards away says why. A buyer who leaves a
    `phone` (E.164) is told there, in their `language`, from when and until when the cards can be
    activated.

    Raises:
        NotAuthorised: the actor may not register sales for the organisation, or give cards away.
        SellerOfOtherOrganisation: the seller works elsewhere.
        AgencyMissing, AgencyNotAsked, AgencyOfOtherKind: agency and business source disagree.
        NoAgreementInForce: the agency has none today.
        LargeSaleNotConfirmed: so many cards that it could be a mistake.
        LargeSaleNeedsSecondPerson: so many that another person has to agree.
        CardsOfSeveralVersions: the cards differ in their terms.
        NotAPhone: nobody can have this number.
        NoSerialsGiven, RunsOverlapEachOther, and what custody refuses: the cards are not held,
            of another type, or in another status.
    """
    terms = SaleTerms(
        document_type=document_type,
        runs=tuple(distinct_runs(runs)),
        seller_organisation=seller_organisation,
        seller=seller,
        business_source=business_source,
        agency=agency,
        customer_reference=customer_reference.strip(),
        remark=remark.strip(),
        gift_reason=gift_reason.strip(),
    )
    require_terms(terms, actor)
    refuse_unconfirmed(terms, confirmed_large)
    if needs_second_person(terms.count):
        raise LargeSaleNeedsSecondPerson(count=f"{terms.count:,}")
    number = numbering.document_number("S", "sales_sale_number")
    sale = enter_sale(number=number, terms=terms, registrar=actor, agreed_by=None, actor=actor)
    if phone:
        keep_phone(sale=sale, phone=phone, language=language, actor=actor)
    return sale


@step
def enter_sale(
    *, number: str, terms: SaleTerms, registrar: Actor, agreed_by: Staff | None, actor: Actor
) -> Sale:
    """Enter a sale under its sales ID; see `register_sale`.

    It is judged by what the registrar may sell; the actor is who acts now, the same or the second
    person who agreed.
    """
    agreement = require_terms(terms, registrar)
    sell_cards(
        runs=terms.runs,
        document_type=terms.document_type,
        holders=holders_selling_for(terms.seller_organisation, registrar),
        reason=("sale", number),
        actor=actor,
    )
    version = version_of(terms.runs)
    sale = Sale.objects.create(
        number=number,
        type_version=version,
        seller_organisation=terms.seller_organisation,
        seller=terms.seller,
        business_source=terms.source,
        agency=terms.agency,
        agreement=agreement,
        customer_reference=terms.customer_reference,
        remark=terms.remark,
        gift_reason=terms.gift_reason,
        count=terms.count,
        face_value=version.face_value,
        amount=version.face_value * terms.count,
        currency=version.currency,
        registered_by=acting_staff(registrar),
        registered_at=clock.now(),
        registered_on=clock.today(),
        due_on=clock.today() + timedelta(days=settings.SALE_DUE_DAYS),
        agreed_by=agreed_by,
    )
    SaleRun.objects.bulk_create(SaleRun(sale=sale, serials=run.range) for run in terms.runs)
    freeze_paper(kind=CHARGE_LIST, number=number, facts=charge_list_facts(sale, terms.runs))
    record(actor, "sales.registered", sale, count=sale.count, amount=str(sale.amount))
    return sale
