from django.db.models import QuerySet

from selfcard.core import clock
from selfcard.core.papers import frozen_facts
from selfcard.core.papers.engine import render
from selfcard.core.papers.facts import Name, Text
from selfcard.products.errors import NoSuchVersion
from selfcard.products.models import Product, ProductVersion
from selfcard.products.papers import (
    CLAUSES,
    ClaimTold,
    ClausesCoverage,
    ClausesFacts,
    ProductTold,
)
from selfcard.products.words import (
    cancelling_in_words,
    in_both_languages,
    people_in_words,
    rules_in_words,
    time_in_words,
)

# What a second person is asked, and about what.
PUBLISH_VERSION = "products.publish_version"
VERSION = "version"


def get_version(version_id: int) -> ProductVersion:
    """A version with its product and coverages.

    Raises:
        NoSuchVersion: there is none with this key.
    """
    version = versions().filter(pk=version_id).first()
    if version is None:
        raise NoSuchVersion
    return version


def find_version(product_code: str, number: int) -> ProductVersion | None:
    return versions().filter(product__code=product_code, number=number).first()


def versions() -> QuerySet[ProductVersion]:
    """All versions with product, coverages and the people who made them."""
    return ProductVersion.objects.select_related(
        "product", "drafted_by__party", "published_by__party"
    ).prefetch_related("coverages")


def published_versions() -> QuerySet[ProductVersion]:
    return versions().filter(state=ProductVersion.State.PUBLISHED)


def find_product(code: str) -> Product | None:
    return Product.objects.filter(code=code).first()


def products_without_versions() -> QuerySet[Product]:
    """Products that were defined, and of which nobody has drafted a version that is still there."""
    return Product.objects.filter(versions__isnull=True)


def version_before(version: ProductVersion) -> ProductVersion | None:
    """The published version that this one follows, or is to follow."""
    return (
        published_versions()
        .filter(product=version.product_id, number__lt=version.number)
        .order_by("-number")
        .first()
    )


def products() -> QuerySet[Product]:
    """All products with their versions, the newest first."""
    return Product.objects.prefetch_related("versions")


def clauses_pdf(version: ProductVersion, language: str) -> bytes:
    """The clauses of a published version as PDF; made when asked for, since it never changes."""
    assert version.published_at is not None
    published_at = version.published_at.astimezone(clock.zone())
    facts = ClausesFacts(
        number=version.code,
        product=Name(zh=version.name_zh, en=version.name_en, code=version.product.code),
        version=version.number,
        published_on=published_at.date(),
        summary=Text(zh=version.summary_zh, en=version.summary_en),
        coverages=_coverages_told(version),
        conditions=in_both_languages(rules_in_words, version.bounds),
        exclusions=version.exclusion_texts,
        clauses=Text(zh=version.clauses_zh, en=version.clauses_en),
    )
    kept = frozen_facts(facts) | {"made_at": published_at.isoformat(timespec="seconds")}
    return render(CLAUSES, kept, language)


def product_told(version: ProductVersion) -> ProductTold:
    """What whoever holds a card wants to know of a product, in both languages."""
    rules = version.bounds
    (cancelling,) = in_both_languages(lambda one: [cancelling_in_words(one)], rules)
    return ProductTold(
        name=Name(zh=version.name_zh, en=version.name_en, code=version.product.code),
        version=version.number,
        summary=Text(zh=version.summary_zh, en=version.summary_en),
        coverages=_coverages_told(version),
        who=in_both_languages(people_in_words, rules),
        when=in_both_languages(time_in_words, rules),
        exclusions=version.exclusion_texts,
        cancelling=cancelling,
        claim=claim_told(version),
    )


def claim_told(version: ProductVersion) -> ClaimTold:
    """How to claim by a version, in both languages."""
    reporting, papers = in_both_languages(lambda one: [one.reporting, one.papers_needed], version)
    return ClaimTold(reporting=reporting, papers=papers)


def _coverages_told(version: ProductVersion) -> tuple[ClausesCoverage, ...]:
    return tuple(
        ClausesCoverage(
            name=Name(zh=one.name_zh, en=one.name_en),
            sum_insured=one.money,
            conditions=Text(zh=one.conditions_zh, en=one.conditions_en) if one.conditions else None,
        )
        for one in version.coverages.all()
    )
