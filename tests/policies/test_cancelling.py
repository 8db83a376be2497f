"""The end of a policy: what it says for ever, what its paper says, and what PostgreSQL keeps."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from selfcard.core import clock
from selfcard.core.models import AuditEvent
from selfcard.policies.errors import PolicyCancelledAlready
from selfcard.policies.models import Cancellation, Policy
from selfcard.products.models import ProductVersion
from tests.factories.organisations import Insurer
from tests.factories.policies import a_policy, cancelled
from tests.factories.postgresql import check_what_waits_for_the_commit, refused_by_postgresql
from tests.factories.products import a_published_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(insurer: Insurer) -> ProductVersion:
    return a_published_version(insurer)


def test_who_asked_is_kept_and_stands_in_no_audit_trail(
    insurer: Insurer, version: ProductVersion
) -> None:
    policy = cancelled(insurer, a_policy(version, insurer.institution))

    assert policy.cancellation.asker_name == policy.name
    event = AuditEvent.objects.get(event="policy.cancelled")
    assert event.facts["repayment"] == "whole"
    assert policy.name not in str(event.facts)
    assert policy.identity_number not in str(event.facts)


def test_a_policy_is_cancelled_once(insurer: Insurer, version: ProductVersion) -> None:
    policy = cancelled(insurer, a_policy(version, insurer.institution))

    with pytest.raises(PolicyCancelledAlready):
        cancelled(insurer, policy)


# Around the command.


def a_cancellation(insurer: Insurer, policy: Policy, **given: Any) -> Cancellation:
    facts: dict[str, Any] = {
        "policy": policy,
        "asked_on": clock.today(),
        "asker_name": policy.name,
        "asker_kind": policy.identity_kind,
        "asker_number": policy.identity_number,
        "by_authority": False,
        "reason": "moved away",
        "benefit_paid": False,
        "repayment": "pro_rata",
        "days": 365,
        "unearned": 265,
        "net": Decimal("68.49"),
        "tax": Decimal("4.11"),
        "gross": Decimal("72.60"),
        "cancelled_by": insurer.keeper,
        **given,
    }
    return Cancellation.objects.create(**facts)


def ended(policy: Policy) -> Policy:
    Policy.objects.filter(pk=policy.pk).update(
        state="cancelled", cancelled_at=clock.now(), edition=2
    )
    return policy


def test_no_policy_is_cancelled_without_its_cancellation(
    insurer: Insurer, version: ProductVersion
) -> None:
    policy = a_policy(version, insurer.institution)

    with refused_by_postgresql("nobody says why"):
        ended(policy)
        check_what_waits_for_the_commit()


def test_no_cancellation_is_of_a_live_policy(insurer: Insurer, version: ProductVersion) -> None:
    policy = a_policy(version, insurer.institution)

    with refused_by_postgresql("is not cancelled like this"):
        a_cancellation(insurer, policy)


@pytest.mark.parametrize(
    ("facts", "promise"),
    [
        ({"reason": ""}, "a_cancellation_has_its_reason"),
        ({"gross": Decimal("72.61")}, "what_is_given_back_is_net_and_tax"),
        ({"repayment": "nothing"}, "gives_back_what_it_says"),
        ({"benefit_paid": True}, "gives_back_what_it_says"),
        ({"repayment": "whole", "benefit_paid": True}, "gives_back_what_it_says"),
        ({"unearned": 366}, "no_more_days_are_unearned_than_there_are"),
        ({"repayment": "whole"}, "is_not_cancelled_like_this|is not cancelled like this"),
        (
            {"net": Decimal("94.35"), "tax": Decimal("5.66"), "gross": Decimal("100.01")},
            "is not cancelled like this",
        ),
    ],
)
def test_postgresql_keeps_what_a_cancellation_promises(
    insurer: Insurer, version: ProductVersion, facts: dict[str, Any], promise: str
) -> None:
    policy = a_policy(version, insurer.institution)

    with refused_by_postgresql(promise):
        a_cancellation(insurer, ended(policy), **facts)


def test_a_cancellation_stays_what_it_is(insurer: Insurer, version: ProductVersion) -> None:
    cancelled(insurer, a_policy(version, insurer.institution))

    with refused_by_postgresql("is never changed"):
        Cancellation.objects.update(asked_on=clock.today() - timedelta(days=1))
    with refused_by_postgresql("is never deleted"):
        Cancellation.objects.all()._raw_delete("default")
