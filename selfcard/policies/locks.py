"""Whoever changes what a policy says locks its row: each change makes an edition."""

from selfcard.policies.errors import PolicyCancelledAlready
from selfcard.policies.models import Policy


def lock_live(policy: Policy) -> None:
    """Let nobody else change a policy at this moment, and have it as it is now.

    Raises:
        PolicyCancelledAlready: nobody is insured by it any more.
    """
    policy.refresh_from_db(from_queryset=Policy.objects.select_for_update(no_key=True))
    if policy.state == Policy.State.CANCELLED:
        raise PolicyCancelledAlready(number=policy.number)
