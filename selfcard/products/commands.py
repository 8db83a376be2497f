from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Max
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.locks import LockSpace, lock
from selfcard.core.papers.facts import Text
from selfcard.organisations.models import May
from selfcard.organisations.queries import acting_staff, head_office, require
from selfcard.products.codec import to_json
from selfcard.products.errors import (
    NoCoverages,
    NotYourOwnVersion,
    ProductCodeTaken,
    RulesContradict,
    TextMissing,
    VersionAlreadyPublished,
)
from selfcard.products.models import Coverage, Product, ProductVersion
from selfcard.products.rules import Rules


@dataclass(frozen=True, kw_only=True)
class CoverageGiven:
    """A cover as it is drafted: its name, the most it pays, and on what conditions."""

    name: Text
    sum_insured: Decimal
    conditions: Text | None = None
    counts_for_minors: bool = False


@command
def define_product(*, code: str, kind: str, name: Text, actor: Actor, request_id: UUID) -> Product:
    """Give a new product its code and its name; what it insures comes with its versions.

    Raises:
        NotAuthorised: the actor may not define products.
        TextMissing: the name lacks one of the languages.
        ProductCodeTaken: another product has the code.
    """
    require(actor, May.DEFINE_PRODUCTS, head_office())
    _require_both("name", _("name"), name)
    code = code.strip().upper()
    lock(LockSpace.CODE, "product")
    if Product.objects.filter(code=code).exists():
        raise ProductCodeTaken(code=code)
    product = Product.objects.create(
        code=code, kind=Product.Kind(kind), name_zh=name.zh, name_en=name.en
    )
    record(actor, "product.defined", product, kind=product.kind)
    return product


@command
def draft_version(
    *,
    product: Product,
    name: Text,
    summary: Text,
    tax_rate: Decimal | None,
    rules: Rules,
    coverages: tuple[CoverageGiven, ...],
    exclusions: tuple[Text, ...],
    clauses: Text,
    currency: str = "CNY",
    actor: Actor,
    request_id: UUID,
) -> ProductVersion:
    """Draft the next version of a product. Nobody can choose it until it is published.

    No tax rate means that the premium is exempt.

    Raises:
        NotAuthorised: the actor may not define products.
        TextMissing: a text lacks one of the languages.
        NoCoverages: nothing is insured.
        RulesContradict: nobody could ever keep the rules.
    """
    require(actor, May.DEFINE_PRODUCTS, head_office())
    _require_both("name", _("name"), name)
    _require_both("summary", _("summary"), summary)
    _require_both("clauses", _("clauses"), clauses)
    _require_both("exclusions", _("exclusions"), *exclusions)
    _require_both("coverages", _("name of a coverage"), *(one.name for one in coverages))
    if not coverages:
        raise NoCoverages
    if rules.contradict:
        raise RulesContradict

    # Whoever drafts at the same moment waits here, so that the numbers follow on.
    Product.objects.select_for_update().get(pk=product.pk)
    last = product.versions.aggregate(last=Max("number"))["last"] or 0
    version = ProductVersion.objects.create(
        product=product,
        number=last + 1,
        name_zh=name.zh,
        name_en=name.en,
        summary_zh=summary.zh,
        summary_en=summary.en,
        tax_rate=tax_rate,
        currency=currency,
        rules=rules.to_json(),
        exclusions=to_json(exclusions),
        clauses_zh=clauses.zh,
        clauses_en=clauses.en,
        drafted_by=acting_staff(actor),
        drafted_at=clock.now(),
    )
    Coverage.objects.bulk_create(
        Coverage(
            version=version,
            order=order,
            name_zh=one.name.zh,
            name_en=one.name.en,
            sum_insured=one.sum_insured,
            currency=currency,
            conditions_zh=one.conditions.zh if one.conditions else "",
            conditions_en=one.conditions.en if one.conditions else "",
            counts_for_minors=one.counts_for_minors,
        )
        for order, one in enumerate(coverages, 1)
    )
    record(actor, "product.drafted", version, version=version.code)
    return version


@command
def publish_version(*, version: ProductVersion, actor: Actor, request_id: UUID) -> ProductVersion:
    """Publish a version, as a second person. From now on it never changes.

    Raises:
        NotAuthorised: the actor may not publish products.
        NotYourOwnVersion: the actor drafted it.
        VersionAlreadyPublished: somebody was first.
    """
    require(actor, May.PUBLISH_PRODUCTS, head_office())
    version = (
        ProductVersion.objects.select_for_update(of=["self"])
        .select_related("product")
        .get(pk=version.pk)
    )
    if version.is_published:
        raise VersionAlreadyPublished
    if version.drafted_by_id == actor.id:
        raise NotYourOwnVersion
    version.state = ProductVersion.State.PUBLISHED
    version.published_by = acting_staff(actor)
    version.published_at = clock.now()
    version.save()
    record(actor, "product.published", version, version=version.code)
    return version


def _require_both(field: str, label: str | Promise, *texts: Text) -> None:
    if not all(text.zh.strip() and text.en.strip() for text in texts):
        raise TextMissing(field=field, what=str(label))
