"""A product version: drafted by one person, published by another, and then for ever."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from selfcard.approvals.errors import AlreadyAsked, NotYourOwnRequest
from selfcard.approvals.queries import approval_of
from selfcard.core import clock
from selfcard.core.models import AuditEvent
from selfcard.core.papers.facts import Text
from selfcard.organisations.errors import NotAuthorised
from selfcard.organisations.queries import staff_actor
from selfcard.products.ages import Age, AgeRange
from selfcard.products.commands import (
    discard_draft,
    draft_version,
    publish_version,
    redraft_version,
    return_version,
    submit_version,
    withdraw_version,
)
from selfcard.products.errors import (
    ChangedMeanwhile,
    CoverageOutOfBounds,
    NoClaimPapers,
    NoCoverages,
    NoSuchVersion,
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
from selfcard.products.given import VersionGiven
from selfcard.products.models import Coverage, Product, ProductVersion
from selfcard.products.queries import (
    PUBLISH_VERSION,
    VERSION,
    claim_told,
    clauses_pdf,
    find_version,
    get_version,
    published_versions,
)
from selfcard.products.verify import violations
from tests.factories.organisations import a_staff_member
from tests.factories.postgresql import refused_by_postgresql
from tests.factories.products import (
    ACCIDENT,
    a_draft,
    a_product,
    a_published_version,
    a_version_given,
    published,
    some_rules,
    submitted,
)
from tests.factories.reading import words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(insurer):
    return a_draft(insurer)


def test_a_version_is_drafted_with_its_coverages_in_order(insurer):
    version = get_version(a_draft(insurer).pk)

    assert version.code == "ACC-1"
    assert version.state == "draft"
    assert [one.name_en for one in version.coverages.all()] == [
        "Death or disability by accident",
        "Medical treatment after an accident",
    ]
    assert version.death_cover == Decimal(100_000)
    assert version.bounds == some_rules()


def test_the_versions_of_a_product_are_numbered_on(insurer):
    product = a_product(insurer)

    assert [a_draft(insurer, product).number for _ in range(3)] == [1, 2, 3]


def test_a_second_person_publishes_what_was_submitted(insurer, draft):
    version = published(insurer, submitted(insurer, draft))

    assert version.is_published
    assert version.published_by == insurer.second
    assert [one.code for one in published_versions()] == ["ACC-1"]
    assert AuditEvent.objects.filter(event="product.published").count() == 1


def test_nobody_publishes_what_they_drafted(insurer, draft):
    both = a_staff_member("C09", insurer.head_office, "define_products", "publish_products")
    ProductVersion.objects.filter(pk=draft.pk).update(drafted_by=both)
    submitted(insurer, draft)

    insurer = insurer.__class__(**{**insurer.__dict__, "second": both})
    with pytest.raises(NotYourOwnVersion):
        published(insurer, draft)


def test_nobody_publishes_what_they_submitted(insurer, draft):
    both = staff_actor(
        a_staff_member("C09", insurer.head_office, "define_products", "publish_products")
    )
    submit_version(version=draft, actor=both, request_id=uuid4())

    with pytest.raises(NotYourOwnRequest):
        publish_version(
            version=draft, as_drafted_at=draft.drafted_at, actor=both, request_id=uuid4()
        )


def test_a_draft_is_published_only_once_it_is_submitted(insurer, draft):
    with pytest.raises(VersionNotSubmitted):
        published(insurer, draft)


def test_a_version_is_published_once(insurer):
    version = a_published_version(insurer)

    with pytest.raises(VersionAlreadyPublished):
        published(insurer, version)


def test_only_who_may_defines_and_publishes(insurer, draft):
    keeper = insurer.actor("keeper")
    submitted(insurer, draft)

    for deed in (
        lambda: publish_version(
            version=draft, as_drafted_at=draft.drafted_at, actor=keeper, request_id=uuid4()
        ),
        lambda: return_version(version=draft, reason="No", actor=keeper, request_id=uuid4()),
        lambda: withdraw_version(version=draft, actor=keeper, request_id=uuid4()),
        lambda: submit_version(version=draft, actor=keeper, request_id=uuid4()),
        lambda: discard_draft(version=draft, actor=keeper, request_id=uuid4()),
        lambda: draft_version(
            product=draft.product, given=a_version_given(), actor=keeper, request_id=uuid4()
        ),
        lambda: redraft_version(
            version=draft,
            given=a_version_given(),
            as_drafted_at=draft.drafted_at,
            actor=keeper,
            request_id=uuid4(),
        ),
    ):
        with pytest.raises(NotAuthorised):
            deed()


def redrafted(insurer, draft: ProductVersion, who: str = "chief", **said) -> ProductVersion:
    return redraft_version(
        version=draft,
        given=a_version_given(**said),
        as_drafted_at=draft.drafted_at,
        actor=insurer.actor(who),
        request_id=uuid4(),
    )


def test_a_draft_is_written_anew_as_a_whole(insurer, draft):
    redrafted(insurer, draft, coverages=ACCIDENT[1:], exclusions=(), tax_rate=None)

    version = get_version(draft.pk)
    assert version.code == "ACC-1"
    assert VersionGiven.of(version) == a_version_given(
        coverages=ACCIDENT[1:], exclusions=(), tax_rate=None
    )
    assert AuditEvent.objects.filter(event="product.redrafted").count() == 1


def test_two_who_write_the_same_draft_do_not_overwrite_each_other(insurer, draft):
    redrafted(insurer, draft, tax_rate=None)

    with pytest.raises(ChangedMeanwhile):
        redrafted(insurer, draft)


def test_a_submitted_version_waits_as_it_is(insurer, draft):
    submitted(insurer, draft)

    with pytest.raises(VersionSubmitted):
        redrafted(insurer, draft)
    with pytest.raises(VersionSubmitted):
        discard_draft(version=draft, actor=insurer.actor("chief"), request_id=uuid4())
    with pytest.raises(AlreadyAsked):
        submitted(insurer, draft)


def test_a_version_that_is_taken_back_is_a_draft_again(insurer, draft):
    submitted(insurer, draft)
    withdraw_version(version=draft, actor=insurer.actor("chief"), request_id=uuid4())

    with pytest.raises(VersionNotSubmitted):
        published(insurer, draft)
    redrafted(insurer, draft, tax_rate=None)


def test_a_version_comes_back_with_the_reason(insurer, draft):
    submitted(insurer, draft)
    return_version(
        version=draft, reason="The deductible.", actor=insurer.actor("second"), request_id=uuid4()
    )

    draft.refresh_from_db()
    assert draft.is_draft
    approval = approval_of(PUBLISH_VERSION, VERSION, "ACC-1")
    assert approval is not None
    assert approval.reason == "The deductible."
    published(insurer, submitted(insurer, draft))


def test_what_somebody_read_is_what_they_publish(insurer, draft):
    submitted(insurer, draft)
    read = get_version(draft.pk)
    withdraw_version(version=draft, actor=insurer.actor("chief"), request_id=uuid4())
    submitted(insurer, redrafted(insurer, draft, tax_rate=None))

    with pytest.raises(ChangedMeanwhile):
        published(insurer, read)


def test_a_draft_is_thrown_away_and_its_number_is_not_given_again(insurer, draft):
    discard_draft(version=draft, actor=insurer.actor("chief"), request_id=uuid4())

    assert find_version("ACC", 1) is None
    assert not Coverage.objects.exists()
    assert a_draft(insurer, draft.product).number == 2
    assert AuditEvent.objects.get(event="product.draft_discarded").facts == {"version": "ACC-1"}


def test_a_published_version_is_not_thrown_away(insurer):
    version = a_published_version(insurer)

    with pytest.raises(VersionAlreadyPublished):
        discard_draft(version=version, actor=insurer.actor("chief"), request_id=uuid4())


def test_a_code_is_given_once(insurer):
    a_product(insurer, "ACC")

    with pytest.raises(ProductCodeTaken):
        a_product(insurer, "acc")


def test_a_version_insures_something_by_rules_that_somebody_can_keep(insurer):
    product = a_product(insurer)

    with pytest.raises(NoCoverages):
        a_draft(insurer, product, coverages=())
    with pytest.raises(RulesContradict):
        a_draft(insurer, product, rules=some_rules(insured_age=AgeRange(Age(years=9), Age())))


def test_every_text_is_given_in_both_languages(insurer):
    product = a_product(insurer)
    half = Text(zh="身故", en=" ")

    for said in (
        {"coverages": (replace(ACCIDENT[0], name=half),)},
        {"coverages": (replace(ACCIDENT[0], terms=half),)},
        {"exclusions": (half,)},
        {"claim_papers": (half,)},
        {"name": half},
        {"summary": half},
        {"clauses": half},
    ):
        with pytest.raises(TextMissing):
            a_draft(insurer, product, **said)


@pytest.mark.parametrize(
    ("changes", "promise"),
    [
        ({"sum_insured": Decimal(0)}, "a_coverage_insures_a_sum"),
        ({"deductible": Decimal(100_000)}, "a_deductible_leaves_something_to_pay"),
        ({"deductible": Decimal(-1)}, "a_deductible_leaves_something_to_pay"),
        ({"paid_share": Decimal(0)}, "a_coverage_pays_a_share_and_never_more_than_all"),
        ({"paid_share": Decimal("1.01")}, "a_coverage_pays_a_share_and_never_more_than_all"),
    ],
)
def test_a_coverage_pays_something_and_never_more_than_the_loss(insurer, changes, promise):
    product = a_product(insurer)

    with pytest.raises(CoverageOutOfBounds):
        a_draft(insurer, product, coverages=(replace(ACCIDENT[0], **changes),))
    with refused_by_postgresql(promise):
        Coverage.objects.filter(version=a_draft(insurer, product), order=1).update(**changes)


@pytest.mark.parametrize("rate", ["0", "1", "-0.06"])
def test_a_tax_rate_is_a_part_of_the_premium(insurer, rate):
    with pytest.raises(TaxRateOutOfBounds):
        a_draft(insurer, tax_rate=Decimal(rate))


def test_everybody_learns_by_when_and_with_what_to_claim(insurer):
    product = a_product(insurer)

    with pytest.raises(NoClaimPapers):
        a_draft(insurer, product, claim_papers=())
    with pytest.raises(NoTimeToReport):
        a_draft(insurer, product, claim_hours=0)
    told = claim_told(a_draft(insurer, product))
    assert told.reporting == Text(zh="36小时内报案", en="Tell us within 36 hours")
    assert told.papers == Text(
        zh="我们需要：病历、事故证明。照片亦可。",
        en="We need: medical records, a report of the accident. Photos will do.",
    )


def other_than(value):
    """Some other value of the same kind."""
    match value:
        case str():
            return value[:-1] + "x"
        case Decimal() | int():
            return value + 1
        case datetime():
            return value + timedelta(days=1)
        case list() | dict():
            return [value]
    return 1


COLUMNS = [one.attname for one in ProductVersion._meta.concrete_fields if one.attname != "id"]
COVERAGE_COLUMNS = [one.attname for one in Coverage._meta.concrete_fields if one.attname != "id"]


@pytest.mark.parametrize("column", COLUMNS)
def test_no_column_of_a_published_version_ever_changes(insurer, column):
    version = a_published_version(insurer)
    change = {column: other_than(getattr(version, column))}

    with refused_by_postgresql("never changed"):
        ProductVersion.objects.filter(pk=version.pk).update(**change)


@pytest.mark.parametrize(
    "column", [one for one in COLUMNS if one not in ("state", "published_by_id", "published_at")]
)
def test_no_column_of_a_submitted_version_changes(insurer, draft, column):
    submitted(insurer, draft)
    change = {column: other_than(getattr(draft, column))}

    with refused_by_postgresql("never changed"):
        ProductVersion.objects.filter(pk=draft.pk).update(**change)


@pytest.mark.parametrize("column", COVERAGE_COLUMNS)
@pytest.mark.parametrize(
    "made", [a_published_version, lambda insurer: submitted(insurer, a_draft(insurer))]
)
def test_no_column_of_a_coverage_changes_once_its_version_is_submitted(insurer, made, column):
    coverage = made(insurer).coverages.all()[0]
    value = getattr(coverage, column)
    change = {column: not value if isinstance(value, bool) else other_than(value)}

    with refused_by_postgresql("only the coverages of a draft"):
        Coverage.objects.filter(pk=coverage.pk).update(**change)


def test_a_version_that_is_no_draft_keeps_its_coverages_and_is_not_deleted(insurer, draft):
    product = draft.product
    for version in (a_published_version(insurer, product), submitted(insurer, draft)):
        for change in (
            version.delete,
            Coverage.objects.filter(version=version).delete,
            lambda version=version: Coverage.objects.create(
                version=version, order=9, name_zh="甲", name_en="A", sum_insured=1
            ),
            lambda version=version: ProductVersion.objects.filter(pk=version.pk)._raw_delete(
                using="default"
            ),
        ):
            with refused_by_postgresql("never deleted|only the coverages of a draft"):
                change()


def test_a_version_goes_its_way_even_around_the_command(insurer, draft):
    rows = ProductVersion.objects.filter(pk=draft.pk)
    by_second = {"published_by": insurer.second, "published_at": clock.now()}

    with refused_by_postgresql("a_version_is_submitted_before_it_is_published"):
        rows.update(state="published", **by_second)
    with refused_by_postgresql("a_version_begins_as_a_draft"):
        ProductVersion.objects.bulk_create([copied(draft, state="submitted", number=2)])


def test_numbers_and_places_are_used_once_even_around_the_command(insurer, draft):
    with refused_by_postgresql("a_version_number_is_used_once_per_product"):
        ProductVersion.objects.bulk_create([copied(draft)])
    with refused_by_postgresql("coverages_stand_in_one_order"):
        Coverage.objects.filter(version=draft, order=2).update(order=1)


def copied(version: ProductVersion, **changes) -> ProductVersion:
    columns = {name: getattr(version, name) for name in COLUMNS}
    return ProductVersion(**columns | changes)


def test_a_product_stays_and_its_version_numbers_only_grow(insurer, draft):
    products = Product.objects.filter(pk=draft.product_id)

    for change in ({"code": "X"}, {"kind": "travel"}, {"name_en": "X"}, {"versions_drafted": 0}):
        with refused_by_postgresql("a_version_number_is_never_given_again|never changed"):
            products.update(**change)


def test_a_coverage_cannot_be_carried_into_a_published_version(insurer):
    product = a_product(insurer)
    version = a_published_version(insurer, product)
    draft = a_draft(insurer, product)

    with refused_by_postgresql("only the coverages of a draft"):
        Coverage.objects.filter(version=draft, order=1).update(version=version, order=9)


@pytest.mark.parametrize(
    ("changes", "promise"),
    [
        ({"state": "submitted", "published_at": datetime.now(UTC)}, "exactly_when_somebody_did"),
        ({"tax_rate": Decimal(1)}, "a_tax_rate_lies_between"),
        ({"tax_rate": Decimal(0)}, "a_tax_rate_lies_between"),
        ({"claim_hours": 0}, "there_is_time_to_report_a_claim"),
    ],
)
def test_postgresql_keeps_what_a_version_promises(insurer, changes, promise):
    draft = a_draft(insurer)

    with refused_by_postgresql(promise):
        ProductVersion.objects.filter(pk=draft.pk).update(**changes)


def test_postgresql_knows_two_people_apart(insurer):
    draft = submitted(insurer, a_draft(insurer))

    with refused_by_postgresql("nobody_publishes_their_own_draft"):
        ProductVersion.objects.filter(pk=draft.pk).update(
            state="published", published_by=insurer.chief, published_at=draft.drafted_at
        )


def test_an_exempt_premium_has_no_tax_rate(insurer):
    assert a_draft(insurer, tax_rate=None).tax_rate is None


def test_an_unknown_version_is_refused():
    assert find_version("ACC", 1) is None
    with pytest.raises(NoSuchVersion):
        get_version(1)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_clauses_of_a_published_version_are_always_the_same_pdf(insurer, language):
    version = a_published_version(insurer)
    pdf = clauses_pdf(version, language)

    assert pdf.startswith(b"%PDF-")
    assert pdf == clauses_pdf(get_version(version.pk), language)


def test_the_clauses_say_the_insurers_own_day_of_publication(insurer):
    with clock.frozen(datetime(2026, 11, 23, 6, 0, tzinfo=clock.zone())):
        version = a_published_version(insurer)

    said = words_of(clauses_pdf(get_version(version.pk), "en"))
    assert "23November2026" in said
    assert "22November2026" not in said


def test_products_that_commands_made_violate_nothing(insurer):
    product = a_product(insurer)
    a_published_version(insurer, product)
    submitted(insurer, a_draft(insurer, product))
    a_draft(insurer, product)

    assert list(violations()) == []


def test_a_submitted_version_that_nobody_was_asked_about_is_named(insurer, draft):
    ProductVersion.objects.filter(pk=draft.pk).update(state="submitted")

    assert [one.subject for one in violations()] == ["ACC-1"]
