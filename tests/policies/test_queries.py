"""Who finds a policy, what a stranger sees of it, and what counts against a person's limits."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.policies.application import Application, BeneficiaryGiven
from selfcard.policies.errors import NoSuchPolicy
from selfcard.policies.identity import IdentityKind
from selfcard.policies.models import Policy, SeenState
from selfcard.policies.queries import (
    InForce,
    access_policy,
    facts_for_rules,
    find_policy,
    in_force,
    is_of,
    live_policy_for,
    policies_in_reach,
    policy_view,
)
from selfcard.products.models import ProductVersion
from selfcard.products.people import Relationship
from selfcard.products.rules import broken_rules
from tests.factories.organisations import Insurer
from tests.factories.policies import (
    STUDENT,
    a_person,
    a_policy,
    an_application,
    an_insured,
    cancelled,
)
from tests.factories.products import a_product, a_published_version, some_rules

pytestmark = pytest.mark.django_db

SHANGHAI = ZoneInfo("Asia/Shanghai")
MOTHER = a_person("王芳", date(1986, 5, 17))
SON = a_person("欧阳小明", date(2019, 3, 1), order=7)


@pytest.fixture
def version(insurer: Insurer) -> ProductVersion:
    return a_published_version(insurer)


def for_the_son(**given: Any) -> Application:
    return an_application(an_insured(SON, Relationship.CHILD, STUDENT), applicant=MOTHER, **given)


def test_a_policy_is_found_however_its_number_is_typed(insurer, version):
    policy = a_policy(version, insurer.institution)

    assert find_policy(f" {policy.number[:5]} {policy.number[5:].lower()}") == policy
    assert find_policy("P9999999999994") is None


def test_the_live_policy_of_a_reason_is_found(insurer, version):
    policy = a_policy(version, insurer.institution, reason=("card", "620"))

    assert live_policy_for(("card", "620")) == policy
    cancelled(insurer, policy)
    assert live_policy_for(("card", "620")) is None


def test_staff_see_the_policies_that_their_organisations_sold(insurer, version):
    policy = a_policy(version, insurer.department)

    for who in ("chief", "auditor", "branch_keeper", "keeper"):
        assert access_policy(insurer.actor(who), policy.number) == policy
    for who in ("seller", "cashier", "other_keeper"):
        assert not policies_in_reach(insurer.actor(who)).exists()
        with pytest.raises(NoSuchPolicy):
            access_policy(insurer.actor(who), policy.number)
    assert not policies_in_reach(Actor.holder()).exists()


def test_a_document_of_the_applicant_or_an_insured_opens_the_policy(insurer, version):
    policy = a_policy(version, insurer.institution, for_the_son())
    card = IdentityKind.IDENTITY_CARD

    assert is_of(policy, card, MOTHER.identity_number)
    assert is_of(policy, card, f" {SON.identity_number.lower()} ")
    assert not is_of(policy, IdentityKind.PASSPORT, SON.identity_number)
    assert not is_of(policy, card, a_person("别人", date(1990, 1, 1)).identity_number)


def test_card_and_pin_alone_name_nobody(insurer, version):
    heir = BeneficiaryGiven(name="李华", relationship=Relationship.PARENT, share=Decimal(100))
    policy = a_policy(version, insurer.institution, for_the_son(beneficiaries=(heir,)))

    seen = policy_view(again(policy), masked=True)

    assert (seen.applicant.name, seen.insured[0].name) == ("王*", "欧阳**")
    assert seen.beneficiaries[0].name == "李*"
    assert seen.state == SeenState.ISSUED
    said = repr([seen.applicant, seen.insured, seen.beneficiaries, seen.phone, seen.address])
    for secret in ("王芳", "小明", "李华", SON.identity_number, "1986", "文三路", "1380"):
        assert secret not in said


def test_the_policys_own_people_see_the_whole(insurer, version):
    policy = a_policy(version, insurer.institution, for_the_son())

    seen = policy_view(again(policy), masked=False)

    assert seen.insured[0].name == "欧阳小明"
    assert seen.insured[0].identity_number == SON.identity_number
    assert (seen.phone, seen.applicant.birth_date) == ("+86 138 0013 8000", date(1986, 5, 17))


def test_what_counts_against_a_persons_limits(insurer, version):
    other_product = a_product(insurer, "OTH")
    other = a_published_version(insurer, other_product)
    a_policy(version, insurer.institution, for_the_son())
    a_policy(other, insurer.institution, for_the_son())
    gone = a_policy(version, insurer.institution, for_the_son())
    cancelled(insurer, gone)

    starts_at = clock.now() + timedelta(days=100)
    found = in_force(
        [SON.index, MOTHER.index], version.product, starts_at, starts_at + timedelta(days=365)
    )

    assert found == {
        SON.index: InForce(policies=1, death_cover=Decimal(200_000)),
        MOTHER.index: InForce(),
    }


def test_only_policies_that_share_a_moment_with_the_new_cover_count(insurer, version):
    with clock.frozen(datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)):
        policy = a_policy(version, insurer.institution, for_the_son())
    second = timedelta(seconds=1)

    def counted(starts_at: datetime, ends_at: datetime) -> int:
        return in_force([SON.index], version.product, starts_at, ends_at)[SON.index].policies

    assert counted(policy.ends_at - second, policy.ends_at) == 1
    assert counted(policy.ends_at, policy.ends_at + second) == 0
    assert counted(policy.starts_at - second, policy.starts_at) == 0
    assert counted(policy.starts_at - second, policy.starts_at + second) == 1


def test_the_minors_cap_holds_over_all_products(insurer):
    product = a_product(insurer)
    version = a_published_version(insurer, product, rules=some_rules(policies_per_insured=9))
    other = a_published_version(insurer, a_product(insurer, "OTH"))

    def refused() -> list[str]:
        application = for_the_son()
        already = in_force([SON.index], other.product, *_days(application.starts_on))
        facts = facts_for_rules(application, other, asked_on=clock.today(), already=already)
        return [broken.code for broken in broken_rules(other.bounds, facts)]

    a_policy(version, insurer.institution, for_the_son())
    assert refused() == []
    a_policy(version, insurer.institution, for_the_son())
    assert refused() == ["minors_death_cover_too_high"]


def again(policy: Policy) -> Policy:
    """The policy as it is read from the database."""
    found = find_policy(policy.number)
    assert found
    return found


def _days(starts_on: date) -> tuple[datetime, datetime]:
    return clock.day_start(starts_on), clock.day_end(starts_on + timedelta(days=364))


def test_what_is_declared_of_other_insurers_counts_too(insurer, version):
    declared = an_insured(SON, Relationship.CHILD, STUDENT, declared_death_cover=Decimal(100_001))
    application = an_application(declared, applicant=MOTHER)
    facts = facts_for_rules(application, version, asked_on=clock.today(), already={})

    assert [broken.code for broken in broken_rules(version.bounds, facts)] == [
        "minors_death_cover_too_high"
    ]


def test_a_list_of_policies_takes_as_many_statements_for_one_as_for_many(
    insurer, version, django_assert_num_queries
):
    for _ in range(3):
        a_policy(version, insurer.institution, for_the_son())

    with django_assert_num_queries(3):
        for policy in policies_in_reach(insurer.actor("keeper")):
            assert policy.product_version.product.name
            assert [one.masked_name for one in policy.insured.all()] == ["欧阳**"]
