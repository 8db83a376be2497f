"""What one says of a sale, the rules for it, and how it is kept while a second person is asked."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from selfcard.cards.models import DocumentType, DocumentTypeVersion
from selfcard.cards.queries import batches_touching
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.serials import SerialRun, count_cards, describe_runs
from selfcard.core.wording import told
from selfcard.organisations.models import May, Organisation, Party
from selfcard.organisations.queries import organisation_of, organisations_below, require
from selfcard.sales.errors import (
    AgencyMissing,
    AgencyNotAsked,
    AgencyOfOtherKind,
    CardsOfSeveralVersions,
    LargeSaleNotConfirmed,
    LargeSaleToBeAgreed,
    NoAgreementInForce,
    SellerOfOtherOrganisation,
)
from selfcard.sales.models import INDIRECT, Agency, Agreement, BusinessSource
from selfcard.sales.queries import agreement_in_force


@dataclass(frozen=True, kw_only=True)
class SaleTerms:
    """Which cards are sold, who sells them, through whom and to whom."""

    document_type: DocumentType
    runs: tuple[SerialRun, ...]
    seller_organisation: Organisation
    seller: Party
    business_source: str
    agency: Agency | None
    customer_reference: str
    remark: str
    gift_reason: str

    @property
    def count(self) -> int:
        return count_cards(self.runs)

    @property
    def source(self) -> BusinessSource:
        return BusinessSource(self.business_source)

    def written(self) -> dict[str, Any]:
        """As the request to a second person keeps them: codes and serials."""
        return {
            "document_type": self.document_type.code,
            "count": self.count,
            "runs": [[run.first, run.last] for run in self.runs],
            "seller_organisation": self.seller_organisation.code,
            "seller": self.seller.code,
            "business_source": self.business_source,
            "agency": self.agency.code if self.agency else None,
            "customer_reference": self.customer_reference,
            "remark": self.remark,
            "gift_reason": self.gift_reason,
        }

    @classmethod
    def read(cls, asked: dict[str, Any]) -> "SaleTerms":
        """What a request to a second person kept."""
        return cls(
            document_type=DocumentType.objects.get(code=asked["document_type"]),
            runs=tuple(SerialRun(first, last) for first, last in asked["runs"]),
            seller_organisation=Organisation.objects.select_related("party").get(
                party__code=asked["seller_organisation"]
            ),
            seller=Party.objects.get(code=asked["seller"]),
            business_source=asked["business_source"],
            agency=Agency.objects.get(code=asked["agency"]) if asked["agency"] else None,
            customer_reference=asked["customer_reference"],
            remark=asked["remark"],
            gift_reason=asked["gift_reason"],
        )


def is_large(count: int) -> bool:
    return count > settings.LARGE_SALE_CARDS


def needs_second_person(count: int) -> bool:
    """Whether another person has to agree before so many cards are one sale."""
    return settings.LARGE_SALE_NEEDS_SECOND_PERSON and is_large(count)


def refuse_unconfirmed(terms: SaleTerms, confirmed: bool) -> None:
    """Warn of so many cards that they could be a mistake, until they are said to be meant.

    Raises:
        LargeSaleNotConfirmed, LargeSaleToBeAgreed: nobody has said so.
    """
    if confirmed or not is_large(terms.count):
        return
    refusal = LargeSaleToBeAgreed if needs_second_person(terms.count) else LargeSaleNotConfirmed
    raise refusal(count=f"{terms.count:,}")


def require_may_sell(terms: SaleTerms, actor: Actor) -> None:
    """Refuse who may not register sales there, or not give cards away.

    Raises:
        NotAuthorised: the actor may not.
    """
    require(actor, May.REGISTER_SALES, terms.seller_organisation)
    if terms.gift_reason:
        require(actor, May.GIVE_AWAY, terms.seller_organisation)


def require_terms(terms: SaleTerms, actor: Actor) -> Agreement | None:
    """Refuse what nobody may sell like this; gives the agreement under which an agency sells.

    Raises:
        NotAuthorised, SellerOfOtherOrganisation, AgencyMissing, AgencyNotAsked, AgencyOfOtherKind,
        NoAgreementInForce: see `register_sale`.
    """
    require_may_sell(terms, actor)
    _require_seller_of(terms.seller, terms.seller_organisation)
    return _agreement(terms.source, terms.agency)


def version_of(runs: tuple[SerialRun, ...]) -> DocumentTypeVersion:
    """The terms under which all these cards were printed.

    Raises:
        CardsOfSeveralVersions: they differ.
    """
    by_version: dict[DocumentTypeVersion, list[SerialRun]] = {}
    for batch in batches_touching(runs):
        parts = [part for run in runs if (part := run.intersection(SerialRun.of(batch.serials)))]
        by_version.setdefault(batch.type_version, []).extend(parts)
    if len(by_version) > 1:
        raise CardsOfSeveralVersions(
            serials=told(describe_runs(parts) for parts in by_version.values())
        )
    return next(iter(by_version))


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
