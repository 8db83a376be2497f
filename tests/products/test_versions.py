"""A product version: drafted by one person, published by another, and then for ever."""

from datetime import datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from selfcard.core import clock
from selfcard.core.models import AuditEvent
from selfcard.core.papers.facts import Text
from selfcard.organisations.errors import NotAuthorised
from selfcard.products.ages import Age, AgeRange
from selfcard.products.commands import draft_version, publish_version
from selfcard.products.errors import (
    NoCoverages,
    NoSuchVersion,
    NotYourOwnVersion,
    ProductCodeTaken,
    RulesContradict,
    TextMissing,
    VersionAlreadyPublished,
)
from selfcard.products.models import ProductVersion
from selfcard.products.queries import clauses_pdf, find_version, get_version, published_versions
from selfcard.products.verify import violations
from tests.factories.organisations import a_staff_member
from tests.factories.postgresql import refused_by_postgresql
from tests.factories.products import ACCIDENT, a_draft, a_product, a_published_version, some_rules
from tests.factories.reading import words_of

pytestmark = pytest.mark.django_db


def publish(version: ProductVersion, insurer, who: str = "second") -> ProductVersion:
    return publish_version(version=version, actor=insurer.actor(who), request_id=uuid4())


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


def test_a_second_person_publishes(insurer):
    version = publish(a_draft(insurer), insurer)

    assert version.is_published
    assert version.published_by == insurer.second
    assert [one.code for one in published_versions()] == ["ACC-1"]
    assert AuditEvent.objects.filter(event="product.published").count() == 1


def test_nobody_publishes_their_own_draft(insurer):
    draft = a_draft(insurer)
    both = a_staff_member("C09", insurer.head_office, "define_products", "publish_products")
    ProductVersion.objects.filter(pk=draft.pk).update(drafted_by=both)

    insurer = insurer.__class__(**{**insurer.__dict__, "second": both})
    with pytest.raises(NotYourOwnVersion):
        publish(draft, insurer)


def test_a_version_is_published_once(insurer):
    draft = a_draft(insurer)
    publish(draft, insurer)

    with pytest.raises(VersionAlreadyPublished):
        publish(draft, insurer)


def test_only_who_may_defines_and_publishes(insurer):
    draft = a_draft(insurer)

    with pytest.raises(NotAuthorised):
        publish(draft, insurer, "keeper")
    with pytest.raises(NotAuthorised):
        draft_version(
            product=draft.product,
            name=Text(zh="甲", en="A"),
            summary=Text(zh="甲", en="A"),
            tax_rate=None,
            rules=some_rules(),
            coverages=ACCIDENT,
            exclusions=(),
            clauses=Text(zh="甲", en="A"),
            actor=insurer.actor("keeper"),
            request_id=uuid4(),
        )


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
    half = (ACCIDENT[0].__class__(name=Text(zh="身故", en=" "), sum_insured=Decimal(1)),)

    with pytest.raises(TextMissing):
        a_draft(insurer, product, coverages=half)


def test_a_published_version_never_changes_even_around_the_command(insurer):
    version = a_published_version(insurer)
    published = ProductVersion.objects.filter(pk=version.pk)

    for change in ({"name_en": "Other"}, {"state": "draft"}):
        with refused_by_postgresql("a_published_version_never_changes"):
            published.update(**change)
    with refused_by_postgresql("a_published_version_never_changes"):
        published._raw_delete("default")


def test_the_coverages_of_a_published_version_never_change_either(insurer):
    version = a_published_version(insurer)

    with refused_by_postgresql("a_published_coverage_never_changes"):
        version.coverages.update(sum_insured=1)
    with refused_by_postgresql("a_published_coverage_never_changes"):
        version.coverages.all().delete()
    with refused_by_postgresql("a_published_coverage_never_changes"):
        version.coverages.create(order=9, name_zh="甲", name_en="A", sum_insured=1)


def test_a_coverage_cannot_be_carried_into_a_published_version(insurer):
    product = a_product(insurer)
    published = a_published_version(insurer, product)
    draft = a_draft(insurer, product)

    with refused_by_postgresql("a_published_coverage_never_changes"):
        draft.coverages.filter(order=1).update(version=published, order=9)


@pytest.mark.parametrize(
    ("changes", "promise"),
    [
        ({"state": "published"}, "a_version_is_published_exactly_when_somebody_did"),
        ({"tax_rate": Decimal(1)}, "a_tax_rate_lies_between_nothing_and_everything"),
        ({"tax_rate": Decimal(0)}, "a_tax_rate_lies_between_nothing_and_everything"),
    ],
)
def test_postgresql_keeps_what_a_version_promises(insurer, changes, promise):
    draft = a_draft(insurer)

    with refused_by_postgresql(promise):
        ProductVersion.objects.filter(pk=draft.pk).update(**changes)


def test_postgresql_tells_versions_and_coverages_apart(insurer):
    draft = a_draft(insurer)
    other = a_draft(insurer, draft.product)

    with refused_by_postgresql("a_version_number_is_used_once_per_product"):
        ProductVersion.objects.filter(pk=other.pk).update(number=draft.number)
    with refused_by_postgresql("coverages_stand_in_one_order"):
        draft.coverages.update(order=1)
    with refused_by_postgresql("a_coverage_insures_a_sum"):
        draft.coverages.update(sum_insured=0)


def test_postgresql_knows_two_people_apart(insurer):
    draft = a_draft(insurer)

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
    a_published_version(insurer)

    assert list(violations()) == []
