"""Document types: what a card is before anybody prints it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from selfcard.cards.commands import (
    define_document_type,
    register_printer,
    revise_document_type,
)
from selfcard.cards.errors import (
    DeadlineDayOutOfBounds,
    DeadlineNotOneOfTwo,
    DeadlineOutOfBounds,
    DocumentTypeCodeTaken,
    FaceValueOutOfBounds,
    HoldingLimitOutOfBounds,
    KeywordForAllCards,
    KeywordTaken,
    NameMissing,
    NoProducts,
    NotAKeyword,
    NotAPrefix,
    NotAPrinterKey,
    NothingRevised,
    PinLengthOutOfBounds,
    PrefixTaken,
    ProductNotPublished,
    RevisedMeanwhile,
    TaxRatesDiffer,
    UseByOutOfBounds,
)
from selfcard.cards.models import (
    LARGEST_BATCH,
    LARGEST_FACE_VALUE,
    DocumentType,
    DocumentTypeVersion,
    TypeProduct,
)
from selfcard.cards.queries import current_version
from selfcard.cards.terms import CARDS_OF_A_TYPE, TermsGiven
from selfcard.cards.verify import violations
from selfcard.core import clock
from selfcard.core.models import AuditEvent
from selfcard.organisations.errors import NotAuthorised
from selfcard.payments.models import Receipt
from selfcard.sales.models import Sale
from tests.factories.activation import sell
from tests.factories.cards import a_document_type, a_printer, revise, some_terms
from tests.factories.custody import cards_at_institution
from tests.factories.postgresql import refused_by_postgresql, triggers_at_rest
from tests.factories.products import a_draft, a_product, a_published_version

pytestmark = pytest.mark.django_db


def test_a_document_type_has_the_tax_rate_of_its_products(insurer):
    version = a_document_type(insurer).versions.get()

    assert version.tax_rate == Decimal("0.06")
    assert version.number == 1


def test_products_of_one_type_have_the_same_tax_rate(insurer):
    taxed = a_published_version(insurer)
    exempt = a_published_version(insurer, a_product(insurer, "EXE"), tax_rate=None)

    with pytest.raises(TaxRatesDiffer, match=r"6\.00%"):
        a_document_type(insurer, "AC-100", "620118", taxed, exempt)


def test_a_draft_is_no_product_that_a_card_may_become(insurer):
    with pytest.raises(ProductNotPublished):
        a_document_type(insurer, "AC-100", "620118", a_draft(insurer))


def test_a_code_and_a_prefix_belong_to_one_type(insurer):
    product = a_published_version(insurer)
    a_document_type(insurer, "AC-100", "620118", product)

    with pytest.raises(DocumentTypeCodeTaken):
        a_document_type(insurer, "ac-100", "620119", product)
    with pytest.raises(PrefixTaken, match="AC-100"):
        a_document_type(insurer, "AC-200", "620118", product)


@pytest.mark.parametrize(
    ("terms", "refusal"),
    [
        ({"face_value": Decimal(0)}, FaceValueOutOfBounds),
        ({"face_value": Decimal("1.005")}, FaceValueOutOfBounds),
        ({"face_value": Decimal("100000.00")}, FaceValueOutOfBounds),
        ({"holding_limit": 0}, HoldingLimitOutOfBounds),
        ({"holding_limit": 10**9}, HoldingLimitOutOfBounds),
        ({"administrator_limit": 0}, HoldingLimitOutOfBounds),
        ({"administrator_limit": 10**9}, HoldingLimitOutOfBounds),
        ({"deadline_months": 0}, DeadlineOutOfBounds),
        ({"deadline_months": 121}, DeadlineOutOfBounds),
        ({"deadline_months": None}, DeadlineNotOneOfTwo),
        ({"deadline_months": 12, "deadline_day": date(2030, 1, 1)}, DeadlineNotOneOfTwo),
        ({"deadline_day": date(2020, 1, 1)}, DeadlineDayOutOfBounds),
        ({"deadline_day": date(2099, 1, 1)}, DeadlineDayOutOfBounds),
        ({"use_by_months": 0}, UseByOutOfBounds),
        ({"use_by_months": 121}, UseByOutOfBounds),
        ({"name_zh": " "}, NameMissing),
        ({"pin_length": 7}, PinLengthOutOfBounds),
        ({"pin_length": 17}, PinLengthOutOfBounds),
        ({"keyword_zh": "安"}, NotAKeyword),
        ({"keyword_zh": "SAFE"}, NotAKeyword),
        ({"keyword_zh": "安心 卡"}, NotAKeyword),
        ({"keyword_en": "A1"}, NotAKeyword),
        ({"keyword_en": "安心"}, NotAKeyword),
        ({"keyword_zh": "查询"}, KeywordForAllCards),
        ({"keyword_en": "act"}, KeywordForAllCards),
    ],
)
def test_terms_out_of_their_bounds_are_refused_at_their_field(insurer, terms, refusal):
    with pytest.raises(refusal) as refused:
        a_document_type(insurer, "AC-100", "620118", a_published_version(insurer), **terms)

    assert refused.value.field in terms


def test_a_keyword_is_one_document_types_also_after_it_has_printed_another(insurer):
    product = a_published_version(insurer)
    first = a_document_type(insurer, "AC-100", "620118", product, keyword_en="safe")
    revise(insurer, first, keyword_en="SAFER", keyword_zh="安心")

    for word in ("SAFE", "SAFER"):
        with pytest.raises(KeywordTaken, match="AC-100") as refused:
            a_document_type(insurer, "AC-200", "620119", product, keyword_en=word)
        assert refused.value.field == "keyword_en"
    second = a_document_type(insurer, "AC-200", "620119", product, keyword_en="SURE")
    with pytest.raises(KeywordTaken, match="AC-100"):
        revise(insurer, second, keyword_zh="安心")
    assert revise(insurer, first, keyword_en="SAFE").keyword_en == "SAFE"


def test_a_whole_batch_of_the_dearest_card_can_be_paid_for(insurer):
    largest = LARGEST_BATCH * LARGEST_FACE_VALUE
    for field in (Sale._meta.get_field("amount"), Receipt._meta.get_field("amount")):
        assert largest == field.clean(largest, None)

    dear = a_document_type(insurer, face_value=LARGEST_FACE_VALUE, holding_limit=CARDS_OF_A_TYPE)
    cards = cards_at_institution(insurer, 3, dear)[1]
    assert sell(insurer, cards).amount == 3 * LARGEST_FACE_VALUE


@pytest.mark.parametrize("prefix", ["62011", "6201188", "012345", "６２０１１８", "62O118", ""])
def test_a_prefix_has_six_plain_digits(insurer, prefix):
    with pytest.raises(NotAPrefix):
        a_document_type(insurer, "AC-100", prefix, a_published_version(insurer))


def test_a_type_without_products_is_refused(insurer):
    with pytest.raises(NoProducts):
        define_document_type(
            code="AC-100",
            prefix="620118",
            terms=some_terms(()),
            actor=insurer.actor("chief"),
            request_id=uuid4(),
        )


@pytest.mark.parametrize("near", [True, False])
def test_a_fixed_last_day_is_at_least_a_month_away(insurer, near):
    with clock.frozen(date(2026, 11, 30)):
        if near:
            with pytest.raises(DeadlineDayOutOfBounds, match="2026年12月30日"):
                a_document_type(insurer, deadline_day=date(2026, 12, 29))
        else:
            version = a_document_type(insurer, deadline_day=date(2026, 12, 30)).versions.get()
            assert (version.deadline_months, version.deadline_day) == (None, date(2026, 12, 30))


def test_whoever_only_keeps_cards_defines_no_types(insurer):
    product = a_published_version(insurer)

    with pytest.raises(NotAuthorised):
        a_document_type(replace(insurer, chief=insurer.keeper), "AC-100", "620118", product)


def test_what_was_defined_never_changes(insurer):
    version = a_document_type(insurer).versions.get()

    with refused_by_postgresql("never changed"):
        DocumentTypeVersion.objects.filter(pk=version.pk).update(face_value=1)
    with refused_by_postgresql("never deleted"):
        TypeProduct.objects.filter(type_version=version).delete()
    with refused_by_postgresql("never changed"):
        DocumentType.objects.update(prefix="620999")


# What is changed for later batches


def test_a_change_makes_the_next_version_and_leaves_the_first_as_it_was(insurer):
    document_type = a_document_type(insurer)
    first = current_version(document_type)
    before = TermsGiven.of(first)

    second = revise(insurer, document_type, deadline_months=12, use_by_months=9)

    assert (second.number, second.deadline_months, second.use_by_months) == (2, 12, 9)
    assert second.face_value == first.face_value
    assert list(second.product_versions.all()) == list(first.product_versions.all())
    assert current_version(document_type) == second
    first.refresh_from_db()
    assert TermsGiven.of(first) == before
    assert AuditEvent.objects.get(event="document_type.revised").facts == {
        "version": 2,
        "changed": ["deadline_months", "use_by_months"],
    }


def test_a_corrected_name_is_printed_from_the_next_version_on(insurer):
    document_type = a_document_type(insurer)
    revise(insurer, document_type, name_zh="意外保险卡", name_en="Accident insurance card ")

    document_type.refresh_from_db()
    assert document_type.name_en == "Accident insurance card"
    assert list(document_type.versions.values_list("number", "name_zh", "name_en")) == [
        (1, "意外卡", "Accident card"),
        (2, "意外保险卡", "Accident insurance card"),
    ]


def test_other_products_make_another_version(insurer):
    document_type = a_document_type(insurer)
    other = a_published_version(insurer, a_product(insurer, "FAM"))

    version = revise(insurer, document_type, product_versions=(other,))

    assert list(version.product_versions.all()) == [other]


def test_a_revision_that_changes_nothing_is_refused(insurer):
    document_type = a_document_type(insurer)

    with pytest.raises(NothingRevised, match="AC-100"):
        revise(insurer, document_type, name_en=" Accident card", face_value=Decimal(100))

    assert document_type.versions.count() == 1


def test_a_revision_keeps_to_the_bounds_of_a_definition(insurer):
    document_type = a_document_type(insurer)

    with pytest.raises(HoldingLimitOutOfBounds) as refused:
        revise(insurer, document_type, administrator_limit=0)
    with pytest.raises(ProductNotPublished):
        revise(
            insurer,
            document_type,
            product_versions=(a_draft(insurer, a_product(insurer, "FAM")),),
        )

    assert refused.value.field == "administrator_limit"


def test_whoever_begins_from_an_earlier_version_is_told_who_was_quicker(insurer):
    first = current_version(a_document_type(insurer))
    revise(insurer, first.document_type, holding_limit=1000)

    with pytest.raises(RevisedMeanwhile, match="C01") as refused:
        revise_from(insurer, first, holding_limit=200)

    assert refused.value.facts["version"] == 2


def test_a_repeated_revision_makes_one_version(insurer):
    first, request_id = current_version(a_document_type(insurer)), uuid4()

    made = [revise_from(insurer, first, request_id, holding_limit=200) for _ in range(2)]

    assert made[0] == made[1]
    assert first.document_type.versions.count() == 2


def revise_from(insurer, version, request_id=None, **terms):
    return revise_document_type(
        version=version,
        terms=replace(TermsGiven.of(version), **terms),
        actor=insurer.actor("chief"),
        request_id=request_id or uuid4(),
    )


def test_whoever_only_keeps_cards_revises_no_types(insurer):
    document_type = a_document_type(insurer)

    with pytest.raises(NotAuthorised):
        revise(replace(insurer, chief=insurer.keeper), document_type, holding_limit=1)


# What PostgreSQL keeps


def another_version(version, **changed):
    """A second version, written around the command."""
    terms = {
        field.attname: getattr(version, field.attname)
        for field in DocumentTypeVersion._meta.concrete_fields
        if field.attname != "id"
    }
    return DocumentTypeVersion.objects.create(**terms | {"number": 2} | changed)


@pytest.mark.parametrize(
    ("changed", "promise"),
    [
        ({"deadline_months": None}, "a_deadline_is_so_many_months_or_a_fixed_day"),
        ({"deadline_day": date(2030, 1, 1)}, "a_deadline_is_so_many_months_or_a_fixed_day"),
        ({"deadline_months": 0}, "a_card_can_be_activated_for_a_month"),
        ({"use_by_months": 0}, "stock_may_be_sold_for_a_month"),
        ({"holding_limit": 0}, "a_person_may_hold_at_least_one_card"),
        ({"administrator_limit": 0}, "an_administrator_may_hold_at_least_one_card"),
        ({"number": 1}, "document_type_version_has_its_own_number"),
        ({"face_value": 0}, "a_card_has_a_face_value"),
        ({"pin_length": 6}, "a_pin_has_8_to_16_digits"),
        ({"keyword_zh": "安"}, "a_keyword_is_letters_or_characters_alone"),
        ({"keyword_en": "safe"}, "a_keyword_is_letters_or_characters_alone"),
    ],
)
def test_terms_out_of_their_bounds_are_refused_by_postgresql(insurer, changed, promise):
    version = a_document_type(insurer).versions.get()

    with refused_by_postgresql(promise):
        another_version(version, **changed)


@pytest.mark.parametrize(
    ("given", "promise"),
    [
        ({"keyword_zh": "安心"}, "a_keyword_in_chinese_is_one_document_types"),
        ({"keyword_en": "SAFE"}, "a_keyword_in_english_is_one_document_types"),
    ],
)
def test_a_keyword_is_one_types_whatever_a_program_does(insurer, given, promise):
    product = a_published_version(insurer)
    a_document_type(insurer, "AC-100", "620118", product, **given)
    other = a_document_type(insurer, "AC-200", "620119", product).versions.get()

    with refused_by_postgresql(promise):
        another_version(other, **given)


def test_a_version_offers_a_product_once(insurer):
    offered = TypeProduct.objects.get(type_version=a_document_type(insurer).versions.get())

    offered.pk = None
    with refused_by_postgresql("a_type_offers_a_product_once"):
        offered.save()


@pytest.mark.parametrize("prefix", ["012345", "12345", "12345x"])
def test_a_prefix_has_six_digits_whatever_a_program_does(prefix):
    with refused_by_postgresql("document_type_prefix_has_six_digits"):
        DocumentType.objects.create(code="X", prefix=prefix, name_zh="卡", name_en="Card")


def test_a_type_is_called_as_its_newest_version_and_otherwise_not(insurer):
    version = a_document_type(insurer).versions.get()

    with refused_by_postgresql("is called as its newest version says"):
        DocumentType.objects.update(name_zh="旅行卡")
    another_version(version, name_zh="旅行卡")
    with refused_by_postgresql("is called as its newest version says"):
        DocumentType.objects.update(name_zh=version.name_zh)
    DocumentType.objects.update(name_zh="旅行卡")


def test_verify_names_a_type_that_is_not_called_as_it_is_printed(insurer):
    document_type = a_document_type(insurer)
    revise(insurer, document_type, name_en="Accident insurance card")
    assert list(violations()) == []

    with triggers_at_rest():
        DocumentType.objects.update(name_en="Accident card")

    assert [found.subject for found in violations()] == ["AC-100"]


@pytest.mark.parametrize("key", ["", "age1wrong", "ssh-ed25519 AAAA", "AGE-SECRET-KEY-1"])
def test_a_printer_is_known_by_a_key_that_files_can_be_encrypted_to(insurer, key):
    assert a_printer(insurer).public_key.startswith("age1")

    with pytest.raises(NotAPrinterKey):
        register_printer(
            code="P02",
            name_zh="印务",
            name_en="Printing",
            public_key=key,
            actor=insurer.actor("chief"),
            request_id=uuid4(),
        )
