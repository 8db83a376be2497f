"""The manual of a document type as a leaflet, from its product versions."""

from django.conf import settings

from selfcard.cards.models import DocumentTypeVersion
from selfcard.cards.papers import MANUAL, ManualFacts
from selfcard.cards.papers.words import (
    activation_by_sms,
    deadline_told,
    facts_since,
    manual_address,
    named,
)
from selfcard.core.papers.engine import render
from selfcard.products.models import ProductVersion
from selfcard.products.queries import product_told


def manual_facts(version: DocumentTypeVersion, products: tuple[ProductVersion, ...]) -> ManualFacts:
    return ManualFacts(
        number=f"{version.code}-{version.number}",
        document_type=named(version),
        version=version.number,
        face_value=version.value,
        deadline=deadline_told(version),
        products=tuple(product_told(one) for one in products),
        activate_address=settings.PUBLIC_ADDRESS,
        manual_address=manual_address(version),
        claim_address=f"{settings.PUBLIC_ADDRESS}/claim/",
        sms_number=settings.SMS_NUMBER,
        sms_activation=activation_by_sms(version, products),
    )


def manual_pdf(
    version: DocumentTypeVersion, products: tuple[ProductVersion, ...], language: str
) -> bytes:
    """The leaflet of a type version; made when asked for, since what it tells never changes."""
    return render(MANUAL, facts_since(version, manual_facts(version, products)), language)
