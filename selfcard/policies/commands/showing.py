"""What staff see of the people in a policy is written down, each time."""

from uuid import UUID

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.refusals import ReasonMissing
from selfcard.organisations.models import May
from selfcard.organisations.queries import acting_staff, require
from selfcard.policies.errors import PolicyCancelledAlready
from selfcard.policies.models import Policy, Unmasking
from selfcard.policies.telling import tell_issued


@command
def unmask(*, policy: Policy, what: str, reason: str, actor: Actor, request_id: UUID) -> Unmasking:
    """Show a member of staff what is masked of a policy's people, for a reason that is kept.

    Raises:
        NotAuthorised: the actor may not see policies of the selling organisation.
        ReasonMissing: nobody says why.
    """
    require(actor, May.SEE_POLICIES, policy.organisation)
    if not reason.strip():
        raise ReasonMissing
    return _seen(policy, Unmasking.What(what), reason.strip(), actor)


@command
def note_paper_opened(*, policy: Policy, edition: int, actor: Actor, request_id: UUID) -> Unmasking:
    """Note that a member of staff opens a policy's paper, which names its people in full.

    Raises:
        NotAuthorised: the actor may not see policies of the selling organisation.
    """
    require(actor, May.SEE_POLICIES, policy.organisation)
    return _seen(policy, Unmasking.What.PAPER, "", actor, edition=edition)


@command
def send_again(*, policy: Policy, actor: Actor, request_id: UUID) -> Policy:
    """Tell the applicant once more by which policy they are insured, and where to look it up.

    Raises:
        NotAuthorised: the actor may not change policies of the selling organisation.
        PolicyCancelledAlready: nobody is insured by it.
    """
    require(actor, May.CHANGE_POLICIES, policy.organisation)
    if policy.state == Policy.State.CANCELLED:
        raise PolicyCancelledAlready(number=policy.number)
    tell_issued(policy, actor)
    record(actor, "policy.sent_again", policy)
    return policy


def _seen(
    policy: Policy,
    what: Unmasking.What,
    reason: str,
    actor: Actor,
    **facts: int,
) -> Unmasking:
    seen = Unmasking.objects.create(
        policy=policy, what=what, reason=reason, seen_by=acting_staff(actor), seen_at=clock.now()
    )
    record(actor, "policy.unmasked", policy, what=str(what), reason=reason, **facts)
    return seen
