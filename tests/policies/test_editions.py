"""A policy's signed papers: made once, kept to the byte, and one more for each change."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection

from selfcard.core import clock
from selfcard.core.models import AuditEvent
from selfcard.policies.application import BeneficiaryGiven, DetailGiven
from selfcard.policies.commands import keep_edition
from selfcard.policies.editions import (
    current_edition,
    find_edition,
    policy_card_pdf,
    policy_pdf,
)
from selfcard.policies.errors import EditionKeptAlready
from selfcard.policies.models import CodeKey, Edition, Policy
from selfcard.policies.paperwork import signed_paper
from selfcard.products.details import USUAL_DETAILS
from selfcard.products.models import ProductVersion
from selfcard.products.people import Relationship
from tests.factories.activation import holder
from tests.factories.organisations import Insurer, an_insurer
from tests.factories.policies import (
    STUDENT,
    a_person,
    a_policy,
    an_application,
    an_insured,
    cancelled,
)
from tests.factories.postgresql import refused_by_postgresql
from tests.factories.products import a_product, a_published_version, some_rules
from tests.factories.reading import words_of

pytestmark = pytest.mark.django_db

MOTHER = a_person("王芳", date(1986, 5, 17))
SON = a_person("欧阳𡛟", date(2019, 3, 1), order=7)


@pytest.fixture
def insurer() -> Insurer:
    return an_insurer()


@pytest.fixture
def version(insurer: Insurer) -> ProductVersion:
    return a_published_version(insurer)


@pytest.fixture
def policy(insurer: Insurer, version: ProductVersion) -> Policy:
    return a_policy(version, insurer.institution)


def again(policy: Policy) -> Policy:
    return Policy.objects.get(pk=policy.pk)


def test_a_policys_paper_is_always_the_same_to_the_byte(policy, settings):
    first = policy_pdf(policy, actor=holder())
    settings.INSURER_NAME = {"zh-hans": "别的公司", "en": "Another company"}

    with clock.frozen(date(2031, 1, 1)):
        assert policy_pdf(again(policy), actor=holder()) == first
    assert first.startswith(b"%PDF")


def test_whoever_opens_it_second_gets_the_paper_that_was_first(policy):
    late = signed_paper(policy)
    first = policy_pdf(policy, actor=holder())

    with pytest.raises(EditionKeptAlready):
        keep_edition(policy=policy, paper=late, actor=holder(), request_id=uuid4())
    assert late.pdf != first
    assert policy_pdf(again(policy), actor=holder()) == first


def test_its_signing_is_written_down_without_a_name(policy):
    edition = current_edition(policy, actor=holder())

    event = AuditEvent.objects.get(event="policy.signed")
    assert event.subject_number == policy.number
    assert event.facts == {"edition": 1, "certificate": bytes(edition.certificate).hex()}


def test_a_cancelled_policy_has_a_new_paper_and_the_old_one_is_found(insurer, policy):
    before = policy_pdf(policy, actor=holder())
    cancelled(insurer, policy)

    after = policy_pdf(again(policy), actor=holder())

    assert "Thispolicyiscancelled" not in words_of(before)
    assert "本保险单已退保" in words_of(after)
    assert "Thispolicyiscancelled" in words_of(after)
    assert bytes(find_edition(policy, 1).pdf) == before
    assert bytes(find_edition(policy, 2).pdf) == after


def test_a_policy_of_a_whole_family_is_in_both_languages_with_their_rare_names(insurer):
    heirs = tuple(
        BeneficiaryGiven(name=name, relationship=Relationship.FAMILY, share=Decimal(share))
        for name, share in (("李𬱖", "60"), ("Mary Smith", "40"))
    )
    application = an_application(
        an_insured(MOTHER, details=(DetailGiven(code="height", answer="168"),)),
        an_insured(SON, Relationship.CHILD, STUDENT),
        applicant=MOTHER,
        beneficiaries=heirs,
        details=(
            DetailGiven(code="vehicle_plate", answer="浙A12345"),
            DetailGiven(code="vehicle_use", answer="private"),
        ),
    )
    asked = ("vehicle_plate", "vehicle_use", "height")
    rules = some_rules(details=tuple(USUAL_DETAILS[code] for code in asked))
    version = a_published_version(insurer, a_product(insurer, "DRV"), rules=rules)
    policy = a_policy(version, insurer.institution, application)

    said = words_of(policy_pdf(policy, actor=holder()))

    for one in (
        "欧阳𡛟",
        "李𬱖",
        "MarySmith",
        "浙A12345",
        "家庭自用",
        "168厘米",
        "保险责任",
        "Suminsured",
    ):
        assert one in said
    assert "Wherethelanguagesdiffer,theChinesetextholds" in said
    assert "中英文不一致的，以中文为准" in said


def test_the_card_for_the_wallet_masks_the_number_and_says_whom_to_call(insurer, policy, settings):
    said = words_of(policy_card_pdf(policy, actor=holder()))

    assert policy.number in said
    assert settings.HELP_NUMBER.replace(" ", "") in said
    assert policy.masked_number in said
    assert policy.identity_number not in said

    cancelled(insurer, policy)
    assert "Cancelled" in words_of(policy_card_pdf(again(policy), actor=holder()))


def test_what_was_handed_out_is_sealed_in_the_database(policy):
    pdf = policy_pdf(policy, actor=holder())

    with connection.cursor() as cursor:
        cursor.execute("SELECT pdf FROM policies_edition")
        (stored,) = cursor.fetchone()
    assert b"%PDF" not in bytes(stored)
    assert len(bytes(stored)) > len(pdf)


def test_postgresql_keeps_every_edition_once_and_as_it_is(policy):
    edition = current_edition(policy, actor=holder())

    with refused_by_postgresql("is never changed"):
        Edition.objects.update(number=2)
    with refused_by_postgresql("is never deleted"):
        Edition.objects.all()._raw_delete("default")
    with refused_by_postgresql("a_policy_has_each_edition_once"):
        edition.pk = None
        edition.save(force_insert=True)
    with refused_by_postgresql("editions_count_from_one"):
        edition.number = 0
        edition.save(force_insert=True)


def test_a_key_of_codes_is_known_by_its_digest_and_stays_published(policy):
    current_edition(policy, actor=holder())

    with refused_by_postgresql("a_code_key_is_known_by_its_digest"):
        CodeKey.objects.create(key_id="00000000", public_key=b"1" * 32, since=clock.now())
    with refused_by_postgresql("is never changed"):
        CodeKey.objects.update(since=clock.now())
    with refused_by_postgresql("is never deleted"):
        CodeKey.objects.all()._raw_delete("default")
