"""Products as tests need them: published, with plain bounds that a test can narrow."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from selfcard.core.papers.facts import Text
from selfcard.products.ages import Age, AgeRange
from selfcard.products.commands import (
    define_product,
    draft_version,
    publish_version,
    submit_version,
)
from selfcard.products.given import CoverageGiven, VersionGiven
from selfcard.products.models import Product, ProductVersion
from selfcard.products.queries import get_version
from selfcard.products.rules import Rules
from tests.factories.organisations import Insurer

TAX_RATE = Decimal("0.06")
ACCIDENT = (
    CoverageGiven(
        name=Text(zh="意外身故、伤残", en="Death or disability by accident"),
        sum_insured=Decimal(100_000),
        terms=Text(zh="自事故之日起180日内。", en="Within 180 days of the accident."),
        counts_for_minors=True,
    ),
    CoverageGiven(
        name=Text(zh="意外医疗", en="Medical treatment after an accident"),
        sum_insured=Decimal(10_000),
    ),
)


def some_rules(**bounds: Any) -> Rules:
    """Rules that take everybody from birth to 80, narrowed by what is given."""
    return Rules(**{"insured_age": AgeRange(Age(), Age(years=80)), **bounds})


def a_product(insurer: Insurer, code: str = "ACC", kind: str = "accident") -> Product:
    return define_product(
        code=code,
        kind=kind,
        name=Text(zh="意外险", en="Accident insurance"),
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )


def a_version_given(**said: Any) -> VersionGiven:
    """What a version says, as far as a test does not say otherwise."""
    return VersionGiven(
        **{
            "name": Text(zh="意外险", en="Accident insurance"),
            "summary": Text(zh="意外身故、伤残和医疗。", en="Death, disability and treatment."),
            "tax_rate": TAX_RATE,
            "rules": some_rules(),
            "coverages": ACCIDENT,
            "exclusions": (Text(zh="酒后驾驶", en="Driving after drinking"),),
            "claim_hours": 36,
            "claim_papers": (
                Text(zh="病历", en="medical records"),
                Text(zh="事故证明", en="a report of the accident"),
            ),
            "clauses": Text(
                zh="# 总则\n本合同由条款和保险单构成。", en="# General\nThis is the contract."
            ),
            **said,
        }
    )


def a_draft(insurer: Insurer, product: Product | None = None, **said: Any) -> ProductVersion:
    return draft_version(
        product=product or a_product(insurer),
        given=a_version_given(**said),
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )


def submitted(insurer: Insurer, draft: ProductVersion) -> ProductVersion:
    """A draft that waits for a second person."""
    return submit_version(version=draft, actor=insurer.actor("chief"), request_id=uuid4())


def published(insurer: Insurer, version: ProductVersion) -> ProductVersion:
    """A submitted version, published by the second person."""
    return publish_version(
        version=version,
        as_drafted_at=version.drafted_at,
        actor=insurer.actor("second"),
        request_id=uuid4(),
    )


def a_published_version(
    insurer: Insurer, product: Product | None = None, **said: Any
) -> ProductVersion:
    """A version drafted by the chief and published by the second person."""
    version = published(insurer, submitted(insurer, a_draft(insurer, product, **said)))
    return get_version(version.pk)
