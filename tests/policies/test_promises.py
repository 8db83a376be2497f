"""What PostgreSQL keeps of the people in a policy, tried around the commands."""

from decimal import Decimal

import pytest

from selfcard.core import clock
from selfcard.policies.application import BeneficiaryGiven
from selfcard.policies.models import Beneficiary, InsuredPerson, Policy
from selfcard.products.people import Relationship
from tests.factories.organisations import an_insurer
from tests.factories.policies import a_person, a_policy, an_application, an_insured
from tests.factories.postgresql import refused_by_postgresql, triggers_at_rest
from tests.factories.products import a_published_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def policy() -> Policy:
    """Of two insured people and two beneficiaries."""
    insurer = an_insurer()
    mother, other = a_person(), a_person("李强", order=2)
    half = Decimal(50)
    application = an_application(
        an_insured(mother),
        an_insured(other, Relationship.SPOUSE),
        applicant=mother,
        beneficiaries=tuple(
            BeneficiaryGiven(name=name, relationship=Relationship.CHILD, share=half)
            for name in ("王小明", "王小红")
        ),
    )
    return a_policy(a_published_version(insurer), insurer.institution, application)


def test_people_stand_in_one_order(policy: Policy) -> None:
    with refused_by_postgresql("insured_people_stand_in_one_order"), triggers_at_rest():
        policy.insured.update(place=1)
    with refused_by_postgresql("beneficiaries_stand_in_one_order"), triggers_at_rest():
        policy.beneficiaries.update(place=1)


@pytest.mark.parametrize("column", ["death_cover", "declared_death_cover"])
def test_cover_on_death_is_never_negative(policy: Policy, column: str) -> None:
    with refused_by_postgresql("cover_on_death_is_never_negative"), triggers_at_rest():
        InsuredPerson.objects.update(**{column: Decimal("-0.01")})


@pytest.mark.parametrize("share", ["0", "100.01"])
def test_a_share_is_a_part_of_the_whole(policy: Policy, share: str) -> None:
    with refused_by_postgresql("a_share_is_a_part_of_the_whole"), triggers_at_rest():
        Beneficiary.objects.update(share=Decimal(share))


def test_nobody_cancels_a_policy_without_saying_why(policy: Policy) -> None:
    with refused_by_postgresql("nobody says why"):
        Policy.objects.filter(pk=policy.pk).update(
            state="cancelled", cancelled_at=clock.now(), edition=2
        )
