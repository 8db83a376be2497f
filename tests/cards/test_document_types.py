"""Document types: what a card is before anybody prints it."""

from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest

from selfcard.cards.commands import define_document_type, register_printer
from selfcard.cards.commands.types import CARDS_OF_A_TYPE
from selfcard.cards.errors import (
    DocumentTypeCodeTaken,
    FaceValueOutOfBounds,
    HoldingLimitOutOfBounds,
    NoProducts,
    NotAPrefix,
    NotAPrinterKey,
    PinLengthOutOfBounds,
    PrefixTaken,
    ProductNotPublished,
    TaxRatesDiffer,
)
from selfcard.cards.models import (
    LARGEST_BATCH,
    LARGEST_FACE_VALUE,
    DocumentType,
    DocumentTypeVersion,
    TypeProduct,
)
from selfcard.organisations.errors import NotAuthorised
from selfcard.payments.models import Receipt
from selfcard.sales.models import Sale
from tests.factories.activation import sell
from tests.factories.cards import a_document_type, a_printer
from tests.factories.custody import cards_at_institution
from tests.factories.organisations import an_insurer
from tests.factories.postgresql import refused_by_postgresql
from tests.factories.products import a_draft, a_product, a_published_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def insurer():
    return an_insurer()


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
        ({"pin_length": 7}, PinLengthOutOfBounds),
        ({"pin_length": 17}, PinLengthOutOfBounds),
    ],
)
def test_terms_out_of_their_bounds_are_refused_at_their_field(insurer, terms, refusal):
    with pytest.raises(refusal) as refused:
        a_document_type(insurer, "AC-100", "620118", a_published_version(insurer), **terms)

    assert refused.value.field == next(iter(terms))


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
            name_zh="意外卡",
            name_en="Accident card",
            face_value=Decimal(100),
            currency="CNY",
            deadline_months=24,
            pin_length=12,
            holding_limit=500,
            product_versions=(),
            actor=insurer.actor("chief"),
            request_id=uuid4(),
        )


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
