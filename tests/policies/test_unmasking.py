"""Whoever sees in full what is masked elsewhere says why; what PostgreSQL keeps of it."""

from typing import Any
from uuid import uuid4

import pytest

from selfcard.core import clock
from selfcard.core.models import AuditEvent
from selfcard.core.refusals import ReasonMissing, Refusal
from selfcard.organisations.errors import NotAuthorised
from selfcard.policies.commands import note_paper_opened, send_again, unmask
from selfcard.policies.errors import PolicyCancelledAlready
from selfcard.policies.models import Policy, Unmasking
from selfcard.policies.queries import find_unmasking, policies_of_person, unmaskings_in_reach
from selfcard.products.people import Relationship
from tests.factories.organisations import Insurer
from tests.factories.policies import (
    a_person,
    a_policy,
    an_application,
    an_insured,
    cancelled,
    endorsed,
    named_as,
)
from tests.factories.postgresql import refused_by_postgresql
from tests.factories.products import a_published_version

pytestmark = pytest.mark.django_db
MOTHER, FATHER = a_person(), a_person("李强", order=3)


@pytest.fixture
def policy(insurer: Insurer) -> Policy:
    version = a_published_version(insurer)
    application = an_application(an_insured(FATHER, Relationship.SPOUSE), applicant=MOTHER)
    return a_policy(version, insurer.institution, application)


def seen(insurer: Insurer, policy: Policy, by: str = "keeper", **given: str) -> Unmasking:
    facts = {"what": "people", "reason": "hospital asks", **given}
    return unmask(policy=policy, actor=insurer.actor(by), request_id=uuid4(), **facts)


def test_each_unmasking_is_kept_with_who_what_and_why(insurer: Insurer, policy: Policy) -> None:
    kept = seen(insurer, policy)

    assert (kept.what, kept.reason, kept.seen_by) == ("people", "hospital asks", insurer.keeper)
    event = AuditEvent.objects.get(event="policy.unmasked")
    assert (event.subject_number, event.actor_id) == (policy.number, insurer.keeper.pk)
    assert find_unmasking(insurer.actor("keeper"), policy, kept.pk) == kept
    assert find_unmasking(insurer.actor("branch_keeper"), policy, kept.pk) is None


@pytest.mark.parametrize(
    ("by", "reason", "refusal"),
    [
        ("keeper", " ", ReasonMissing),
        ("seller", "why not", NotAuthorised),
        ("other_keeper", "why not", NotAuthorised),
    ],
)
def test_nobody_looks_without_cause(
    insurer: Insurer, policy: Policy, by: str, reason: str, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        seen(insurer, policy, by, reason=reason)
    assert not Unmasking.objects.exists()


def test_opening_a_paper_is_kept_as_well(insurer: Insurer, policy: Policy) -> None:
    kept = note_paper_opened(
        policy=policy, edition=1, actor=insurer.actor("auditor"), request_id=uuid4()
    )

    assert (kept.what, kept.reason) == ("paper", "")
    assert list(unmaskings_in_reach(insurer.actor("auditor"))) == [kept]
    assert not unmaskings_in_reach(insurer.actor("keeper")).exists()


def test_policies_are_found_by_the_number_of_the_applicant_or_of_an_insured(
    insurer: Insurer, policy: Policy
) -> None:
    keeper, stranger = insurer.actor("keeper"), insurer.actor("other_keeper")
    for person in (MOTHER, FATHER):
        assert list(policies_of_person(keeper, f" {person.identity_number} ")) == [policy]
        assert not policies_of_person(stranger, person.identity_number).exists()
    assert not policies_of_person(keeper, "330106199001010011").exists()

    right = a_person("王芳", order=9)
    endorsed(insurer, policy, after=named_as(right))
    assert not policies_of_person(keeper, MOTHER.identity_number).exists()
    assert list(policies_of_person(keeper, right.identity_number)) == [policy]


def test_only_who_is_insured_is_told_again(insurer: Insurer, policy: Policy) -> None:
    cancelled(insurer, policy)

    with pytest.raises(PolicyCancelledAlready):
        send_again(policy=policy, actor=insurer.actor("keeper"), request_id=uuid4())


# Around the command.


@pytest.mark.parametrize(
    "given", [{"reason": ""}, {"what": "paper"}, {"what": "contact", "reason": ""}]
)
def test_whoever_sees_somebody_unmasked_says_why(
    insurer: Insurer, policy: Policy, given: dict[str, Any]
) -> None:
    facts: dict[str, Any] = {"what": "people", "reason": "hospital asks", **given}
    with refused_by_postgresql("whoever_sees_somebody_unmasked_says_why"):
        Unmasking.objects.create(
            policy=policy, seen_by=insurer.keeper, seen_at=clock.now(), **facts
        )


def test_who_has_seen_whom_stays_known(insurer: Insurer, policy: Policy) -> None:
    seen(insurer, policy)

    with refused_by_postgresql("unmasking_is_never_changed"):
        Unmasking.objects.update(reason="another")
    with refused_by_postgresql("unmasking_is_never_changed"):
        Unmasking.objects.all()._raw_delete("default")
