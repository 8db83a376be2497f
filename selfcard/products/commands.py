import re
from datetime import datetime
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from selfcard.approvals.commands import ask, grant, refuse, withdraw
from selfcard.approvals.locks import take_up
from selfcard.approvals.models import Approval
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.locks import LockSpace, lock
from selfcard.core.papers.facts import Text
from selfcard.organisations.models import May
from selfcard.organisations.queries import acting_staff, head_office, require
from selfcard.products.errors import (
    ChangedMeanwhile,
    CoverageOutOfBounds,
    NoClaimPapers,
    NoCoverages,
    NotAProductCode,
    NoTimeToReport,
    NotYourOwnVersion,
    ProductCodeTaken,
    RulesContradict,
    TaxRateOutOfBounds,
    TextMissing,
    VersionAlreadyPublished,
    VersionNotSubmitted,
    VersionSubmitted,
)
from selfcard.products.given import CoverageGiven, VersionGiven, columns_of, coverage_row
from selfcard.products.models import Coverage, Product, ProductVersion
from selfcard.products.queries import PUBLISH_VERSION, VERSION

State = ProductVersion.State
PRODUCT_CODE = re.compile(r"[A-Z][A-Z0-9-]{1,19}")


@command
def define_product(*, code: str, kind: str, name: Text, actor: Actor, request_id: UUID) -> Product:
    """Give a new product its code and its name; what it insures comes with its versions.

    Raises:
        NotAuthorised: the actor may not define products.
        TextMissing: the name lacks one of the languages.
        NotAProductCode: the code has other characters than letters, figures and hyphens.
        ProductCodeTaken: another product has the code.
    """
    require(actor, May.DEFINE_PRODUCTS, head_office())
    _require_both("name", _("name"), name)
    code = code.strip().upper()
    if not PRODUCT_CODE.fullmatch(code):
        raise NotAProductCode
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
    *, product: Product, given: VersionGiven, actor: Actor, request_id: UUID
) -> ProductVersion:
    """Draft the next version of a product. Nobody can choose it until it is published.

    Raises:
        NotAuthorised: the actor may not define products.
        TextMissing: a text lacks one of the languages.
        NoCoverages, CoverageOutOfBounds: nothing is insured, or a cover could pay nothing.
        NoClaimPapers, NoTimeToReport: nobody would know how to claim.
        TaxRateOutOfBounds: the rate is no part of a premium.
        RulesContradict: nobody could ever keep the rules.
    """
    require(actor, May.DEFINE_PRODUCTS, head_office())
    _check(given)

    # Whoever drafts at the same moment waits here, so that the numbers follow on.
    product = Product.objects.select_for_update().get(pk=product.pk)
    product.versions_drafted += 1
    product.save(update_fields=["versions_drafted"])
    version = ProductVersion.objects.create(
        product=product,
        number=product.versions_drafted,
        **columns_of(given),
        drafted_by=acting_staff(actor),
        drafted_at=clock.now(),
    )
    _lay_coverages(version, given.coverages)
    record(actor, "product.drafted", version, version=version.code)
    return version


@command
def redraft_version(
    *,
    version: ProductVersion,
    given: VersionGiven,
    as_drafted_at: datetime,
    actor: Actor,
    request_id: UUID,
) -> ProductVersion:
    """Write a draft anew, as a whole. Whoever does is its author from now on.

    `as_drafted_at` is when the draft was written that this one began from.

    Raises:
        NotAuthorised: the actor may not define products.
        VersionSubmitted, VersionAlreadyPublished: it is no draft any more.
        ChangedMeanwhile: somebody else has written it anew since.
        TextMissing, NoCoverages, …: as for a new draft.
    """
    require(actor, May.DEFINE_PRODUCTS, head_office())
    _check(given)
    version = _draft(version)
    _refuse_changed(version, as_drafted_at)
    for name, value in columns_of(given).items():
        setattr(version, name, value)
    version.drafted_by, version.drafted_at = acting_staff(actor), clock.now()
    version.save()
    version.coverages.all().delete()
    _lay_coverages(version, given.coverages)
    record(actor, "product.redrafted", version, version=version.code)
    return version


@command
def discard_draft(*, version: ProductVersion, actor: Actor, request_id: UUID) -> Product:
    """Throw a draft away. Its number is not given again.

    Raises:
        NotAuthorised: the actor may not define products.
        VersionSubmitted, VersionAlreadyPublished: it is no draft any more.
    """
    require(actor, May.DEFINE_PRODUCTS, head_office())
    version = _draft(version)
    record(actor, "product.draft_discarded", version.product, version=version.code)
    product: Product = version.product
    version.delete()
    return product


@command
def submit_version(*, version: ProductVersion, actor: Actor, request_id: UUID) -> ProductVersion:
    """Ask a second person to publish a draft. Until they decide, it stays as it is.

    Raises:
        NotAuthorised: the actor may not define products.
        VersionAlreadyPublished: it is published.
        AlreadyAsked: it waits for a second person already.
    """
    require(actor, May.DEFINE_PRODUCTS, head_office())
    version = _locked(version)
    if version.is_published:
        raise VersionAlreadyPublished
    ask(
        kind=PUBLISH_VERSION,
        subject_kind=VERSION,
        subject_number=version.code,
        asked={},
        may=May.PUBLISH_PRODUCTS,
        organisation=head_office(),
        actor=actor,
    )
    if version.is_draft:
        version.state = State.SUBMITTED
        version.save(update_fields=["state"])
    record(actor, "product.submitted", version, version=version.code)
    return version


@command
def withdraw_version(*, version: ProductVersion, actor: Actor, request_id: UUID) -> ProductVersion:
    """Take a submitted version back: it is a draft again, and nobody publishes it.

    Raises:
        NotAuthorised: the actor may not define products.
        VersionNotSubmitted, VersionAlreadyPublished: it does not wait for anybody.
    """
    require(actor, May.DEFINE_PRODUCTS, head_office())
    version = _submitted(version)
    withdraw(approval=_request_about(version), actor=actor)
    version.state = State.DRAFT
    version.save(update_fields=["state"])
    record(actor, "product.withdrawn", version, version=version.code)
    return version


@command
def return_version(
    *, version: ProductVersion, reason: str, actor: Actor, request_id: UUID
) -> ProductVersion:
    """Give a submitted version back to its author, with the reason. It is a draft again.

    Raises:
        ReasonMissing, NotAuthorised, NotYourOwnRequest, ApprovalExpired: as for every approval.
        VersionNotSubmitted, VersionAlreadyPublished: it does not wait for anybody.
    """
    version = _submitted(version)
    refuse(approval=_request_about(version), reason=reason, actor=actor)
    version.state = State.DRAFT
    version.save(update_fields=["state"])
    record(actor, "product.returned", version, version=version.code)
    return version


@command
def publish_version(
    *, version: ProductVersion, as_drafted_at: datetime, actor: Actor, request_id: UUID
) -> ProductVersion:
    """Publish a version, as a second person. From now on it never changes.

    `as_drafted_at` is when that was written which the actor has read.

    Raises:
        NotAuthorised, NotYourOwnRequest, ApprovalExpired: as for every approval.
        NotYourOwnVersion: the actor drafted it.
        VersionNotSubmitted: nobody has asked for it.
        VersionAlreadyPublished: somebody was first.
        ChangedMeanwhile: it was taken back, written anew and submitted again since.
    """
    require(actor, May.PUBLISH_PRODUCTS, head_office())
    version = _submitted(version)
    if version.drafted_by_id == actor.id:
        raise NotYourOwnVersion
    _refuse_changed(version, as_drafted_at)
    grant(approval=_request_about(version), actor=actor)
    version.state = State.PUBLISHED
    version.published_by = acting_staff(actor)
    version.published_at = clock.now()
    version.save(update_fields=["state", "published_by", "published_at"])
    record(actor, "product.published", version, version=version.code)
    return version


def _check(given: VersionGiven) -> None:
    _require_both("name", _("name"), given.name)
    _require_both("summary", _("summary"), given.summary)
    _require_both("clauses", _("clauses"), given.clauses)
    _require_both("exclusions", _("exclusions"), *given.exclusions)
    _require_both("claim_papers", _("papers of a claim"), *given.claim_papers)
    if not given.claim_papers:
        raise NoClaimPapers
    if given.claim_hours < 1:
        raise NoTimeToReport
    if not given.coverages:
        raise NoCoverages
    for place, one in enumerate(given.coverages):
        _require_both(f"coverages-{place}-name", _("name of a coverage"), one.name)
        if one.terms:
            _require_both(f"coverages-{place}-terms", _("conditions of a coverage"), one.terms)
        if not (0 <= one.deductible < one.sum_insured and 0 < one.paid_share <= 1):
            raise CoverageOutOfBounds(field=f"coverages-{place}-sum_insured")
    if given.tax_rate is not None and not 0 < given.tax_rate < 1:
        raise TaxRateOutOfBounds
    if bound := given.rules.contradiction:
        raise RulesContradict(field=bound)


def _require_both(field: str, label: str | Promise, *texts: Text) -> None:
    if not all(text.zh.strip() and text.en.strip() for text in texts):
        raise TextMissing(field=field, what=str(label))


def _lay_coverages(version: ProductVersion, given: tuple[CoverageGiven, ...]) -> None:
    Coverage.objects.bulk_create(
        coverage_row(version, order, one) for order, one in enumerate(given, 1)
    )


def _locked(version: ProductVersion) -> ProductVersion:
    """The version as it is now, its row locked: somebody else may have been first."""
    return (
        ProductVersion.objects.select_for_update(of=["self"])
        .select_related("product")
        .get(pk=version.pk)
    )


def _draft(version: ProductVersion) -> ProductVersion:
    version = _locked(version)
    if version.is_published:
        raise VersionAlreadyPublished
    if version.is_submitted:
        raise VersionSubmitted
    return version


def _submitted(version: ProductVersion) -> ProductVersion:
    version = _locked(version)
    if version.is_published:
        raise VersionAlreadyPublished
    if not version.is_submitted:
        raise VersionNotSubmitted
    return version


def _refuse_changed(version: ProductVersion, as_drafted_at: datetime) -> None:
    if version.drafted_at != as_drafted_at:
        raise ChangedMeanwhile(name=version.drafted_by.name)


def _request_about(version: ProductVersion) -> Approval:
    approval = take_up(PUBLISH_VERSION, VERSION, version.code)
    assert approval is not None, "a submitted version has its request"
    return approval
