"""A policy from the moment of issue: whole, frozen, encrypted, at most one for a reason."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cryptography.exceptions import InvalidTag
from django.db import connection
from django.db.models.expressions import RawSQL
from stdnum import luhn

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.command import NotWithinCommand
from selfcard.core.models import AuditEvent
from selfcard.core.papers import MissingGlyph
from selfcard.core.papers.facts import Text
from selfcard.policies.application import BeneficiaryGiven
from selfcard.policies.commands import issue_policy
from selfcard.policies.errors import (
    ApplicationNotComplete,
    NotAPolicyNumber,
    PolicyAlreadyLive,
    VersionNotPublished,
)
from selfcard.policies.models import Beneficiary, InsuredPerson, Policy, SeenState
from selfcard.policies.numbers import policy_number, read_policy_number
from selfcard.policies.queries import find_policy
from selfcard.policies.verify import violations
from selfcard.products.models import ProductVersion
from selfcard.products.people import Relationship
from tests.factories.organisations import Insurer
from tests.factories.policies import (
    PREMIUM,
    STUDENT,
    a_person,
    a_policy,
    an_application,
    an_insured,
    cancelled,
)
from tests.factories.postgresql import refused_by_postgresql, triggers_at_rest
from tests.factories.products import a_draft, a_published_version

pytestmark = pytest.mark.django_db

SHANGHAI = ZoneInfo("Asia/Shanghai")
MOTHER = a_person("王芳", date(1986, 5, 17))
SON = a_person("王小明", date(2016, 3, 1), order=7)


@pytest.fixture
def version(insurer: Insurer) -> ProductVersion:
    return a_published_version(insurer)


def a_family() -> Any:
    return an_application(
        an_insured(MOTHER),
        an_insured(SON, Relationship.CHILD, STUDENT, declared_death_cover=Decimal(50_000)),
        applicant=MOTHER,
        beneficiaries=(
            BeneficiaryGiven(name="李𬱖", relationship=Relationship.SPOUSE, share=Decimal(100)),
        ),
    )


def test_a_policy_keeps_people_cover_money_and_consents(insurer, version):
    with clock.frozen(datetime(2026, 11, 23, 14, 32, tzinfo=SHANGHAI)):
        policy = a_policy(version, insurer.institution, a_family(), reason=("card", "620"))
    policy = Policy.objects.get(pk=policy.pk)

    assert (policy.name, policy.birth_date) == ("王芳", date(1986, 5, 17))
    assert [(one.name, one.relationship) for one in policy.insured.all()] == [
        ("王芳", "self"),
        ("王小明", "child"),
    ]
    assert [(one.name, one.share) for one in policy.beneficiaries.all()] == [("李𬱖", Decimal(100))]
    assert policy.starts_at == datetime(2026, 11, 24, tzinfo=SHANGHAI)
    assert policy.ends_at == datetime(2027, 11, 23, 23, 59, 59, tzinfo=SHANGHAI)
    assert (policy.net.amount, policy.tax.amount) == (Decimal("94.34"), Decimal("5.66"))
    assert policy.premium == PREMIUM
    assert policy.coverages[0]["sum_insured"] == "100000.00"
    assert [one["kind"] for one in policy.consents] == ["terms", "privacy", "guardian"]
    assert policy.evidence["source"] == "203.0.113.7"
    assert policy.reason == ("card", "620")


def test_an_exempt_premium_is_all_net(insurer):
    policy = a_policy(a_published_version(insurer, tax_rate=None), insurer.institution)

    assert (policy.net.amount, policy.tax.amount) == (Decimal("100.00"), Decimal("0.00"))


def test_policy_numbers_follow_on_and_notice_a_slip(insurer, version):
    first, second = (a_policy(version, insurer.institution).number for _ in range(2))

    assert int(second[1:-1]) == int(first[1:-1]) + 1
    assert luhn.is_valid(first[1:])
    assert policy_number(48123746) == "P0000481237469"


@pytest.mark.parametrize(
    "typed",
    ["P0000481237469", "p 0000 4812 3746 9", "0000481237469"],
)
def test_a_policy_number_is_read_however_it_is_typed(typed):
    assert read_policy_number(typed) == "P0000481237469"


@pytest.mark.parametrize("typed", ["P0000481237462", "P000048123746", "", "S0000481237469"])
def test_what_is_no_policy_number_is_refused(typed):
    with pytest.raises(NotAPolicyNumber):
        read_policy_number(typed)
    assert find_policy(typed) is None


def test_what_issues_a_policy_is_a_command(insurer, version):
    application = an_application()
    with pytest.raises(NotWithinCommand):
        issue_policy(
            version=version,
            application=application,
            starts_at=clock.day_start(application.starts_on),
            ends_at=clock.day_end(application.starts_on),
            premium=PREMIUM,
            reason=("card", "1"),
            source=Text(zh="卡", en="Card"),
            source_type="",
            organisation=insurer.institution,
            evidence={},
            actor=Actor.system(),
        )


def test_nobody_is_insured_by_a_draft(insurer):
    with pytest.raises(VersionNotPublished):
        a_policy(a_draft(insurer), insurer.institution)


def test_an_application_with_problems_becomes_no_policy(insurer, version):
    broken = replace(an_application(), consents=())

    with pytest.raises(ApplicationNotComplete) as refused:
        a_policy(version, insurer.institution, broken)

    assert [one.field for one in refused.value.problems] == ["consents.terms", "consents.privacy"]
    assert not Policy.objects.exists()


def test_a_name_that_cannot_be_printed_becomes_no_policy(insurer, version):
    unprintable = a_person("王\U000323af")

    with pytest.raises(MissingGlyph):
        a_policy(version, insurer.institution, an_application(applicant=unprintable))


def test_a_reason_has_at_most_one_live_policy(insurer, version):
    first = a_policy(version, insurer.institution, reason=("card", "620"))

    with pytest.raises(PolicyAlreadyLive) as refused:
        a_policy(version, insurer.institution, reason=("card", "620"))
    assert refused.value.facts["number"] == first.number

    cancelled(insurer, first)
    assert a_policy(version, insurer.institution, reason=("card", "620")).number != first.number


def test_the_audit_trail_names_nobody(insurer, version):
    policy = a_policy(version, insurer.institution, a_family())
    event = AuditEvent.objects.get(event="policy.issued")

    assert event.subject_number == policy.number
    written = str(event.facts) + event.actor_name
    assert not any(secret in written for secret in ("王", SON.identity_number, "13800138000"))


def test_no_personal_data_lies_in_the_database_in_clear(insurer, version):
    a_policy(version, insurer.institution, a_family())
    stored = []
    with connection.cursor() as cursor:
        for model in (Policy, InsuredPerson, Beneficiary):
            cursor.execute(f"SELECT row.*::text FROM {model._meta.db_table} row")
            stored += [str(row[0]) for row in cursor]

    def hidden(secret: str) -> bool:
        clear = (secret, secret.encode().hex())
        return not any(text in row for row in stored for text in clear)

    assert len(stored) == 4
    for secret in ("王芳", "王小明", "李𬱖", SON.identity_number, "13800138000", "文三路",
                   "wang@example.cn", "1986-05-17", "203.0.113.7"):  # fmt: skip
        assert hidden(secret), secret


def test_a_sealed_value_opens_in_its_own_column_only(insurer, version):
    policy = a_policy(version, insurer.institution)
    with triggers_at_rest():
        Policy.objects.update(name=RawSQL("phone", ()))

    with pytest.raises(InvalidTag):
        Policy.objects.get(pk=policy.pk)


def test_a_policy_seen_on_a_day_is_begun_in_force_or_over(insurer, version):
    policy = a_policy(version, insurer.institution)
    second = timedelta(seconds=1)

    assert policy.seen_state(policy.starts_at - second) == SeenState.ISSUED
    assert policy.seen_state(policy.starts_at) == SeenState.IN_FORCE
    assert policy.seen_state(policy.ends_at) == SeenState.IN_FORCE
    assert policy.seen_state(policy.ends_at + second) == SeenState.EXPIRED
    policy.state = Policy.State.CANCELLED
    assert policy.seen_state(policy.starts_at) == SeenState.CANCELLED


@pytest.mark.parametrize(
    "change",
    [
        {"details_text": "{}"},
        {"ends_at": datetime(2030, 1, 1, tzinfo=SHANGHAI)},
        {"premium_gross": 1},
        {"coverages": []},
        {"reason_number": "other"},
        {"number": "P0000481237469"},
    ],
)
def test_an_issued_policy_keeps_its_facts(insurer, version, change):
    policy = a_policy(version, insurer.institution)

    with refused_by_postgresql("an_issued_policy_keeps_its_facts"):
        Policy.objects.filter(pk=policy.pk).update(edition=2, **change)


def test_a_cancelled_policy_stays_cancelled(insurer, version):
    policy = a_policy(version, insurer.institution)
    cancelled(insurer, policy)

    with refused_by_postgresql("a_cancelled_policy_stays_cancelled"):
        Policy.objects.filter(pk=policy.pk).update(state="issued", cancelled_at=None, edition=3)


def test_policies_and_their_people_are_never_deleted(insurer, version):
    a_policy(version, insurer.institution, a_family())

    for rows in (InsuredPerson.objects.all(), Beneficiary.objects.all()):
        with refused_by_postgresql("is never deleted"):
            rows.delete()
        with refused_by_postgresql("is never changed"):
            rows.update(place=9)
    with refused_by_postgresql("is never deleted"):
        Policy.objects.all()._raw_delete("default")


@pytest.mark.parametrize(
    ("change", "promise"),
    [
        ({"state": "cancelled"}, "cancelled_exactly_when_it_has_the_moment"),
        ({"ends_at": datetime(2020, 1, 1, tzinfo=SHANGHAI)}, "ends_after_its_start"),
        ({"starts_at": datetime(2020, 1, 1, tzinfo=SHANGHAI)}, "cover_starts_after_issue"),
        ({"premium_tax": 1}, "premium_and_tax_make_the_amount_paid"),
        ({"consents": [{"kind": "terms"}]}, "no_policy_without_consent"),
    ],
)
def test_postgresql_keeps_what_a_policy_promises(insurer, version, change, promise):
    policy = a_policy(version, insurer.institution)
    policy.pk, policy.number, policy.reason_number = None, "P0000481237469", "another"
    policy._state.adding = True
    for name, value in change.items():
        setattr(policy, name, value)

    with refused_by_postgresql(promise):
        policy.save(force_insert=True)


def test_postgresql_gives_a_reason_one_live_policy_only(insurer, version):
    policy = a_policy(version, insurer.institution)
    policy.pk, policy.number = None, "P0000481237469"

    with refused_by_postgresql("at_most_one_live_policy_for_one_reason"):
        policy.save(force_insert=True)


def test_a_person_stands_in_a_policy_once(insurer, version):
    policy = a_policy(version, insurer.institution)
    one = policy.insured.get()
    one.pk, one.place = None, 2

    with refused_by_postgresql("a_policy_insures_a_person_once"):
        one.save(force_insert=True)


def test_what_commands_made_violates_nothing_and_what_they_did_not_is_found(insurer, version):
    policy = a_policy(version, insurer.institution, a_family())
    assert list(violations()) == []

    with triggers_at_rest():
        InsuredPerson.objects.all().delete()
        Beneficiary.objects.update(share=50)
        Policy.objects.update(
            premium_net=100,
            premium_tax=0,
            organisation=0,
            consents=[{"kind": "terms"}, {"kind": "privacy"}],
        )

    found = {violation.promise for violation in violations()}
    assert found == {
        "A policy insures at least one person",
        "The shares of named beneficiaries make the whole",
        "Each consent is kept with its version and its moment",
        "A policy rests on a published version and was sold by an organisation",
        "Premium and tax of a policy follow its product's rate to the cent",
    }
    assert {violation.subject for violation in violations()} == {policy.number}


def test_more_policies_than_a_product_allows_are_found(insurer, version):
    a_policy(version, insurer.institution)
    second = a_policy(version, insurer.institution)

    assert [(one.subject, one.message) for one in violations()] == [(second.number, "2 policies")]
