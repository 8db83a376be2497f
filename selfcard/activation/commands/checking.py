"""Whether a policy is genuine, asked by whoever holds it and has no code to scan."""

from uuid import UUID

from django.conf import settings

from selfcard.activation import gate
from selfcard.activation.errors import SourceMustWait, TooManyTries
from selfcard.activation.tolls import read_ticket
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.policies.authenticity import last_signs_of, policy_ending_with
from selfcard.policies.models import Policy
from selfcard.policies.numbers import read_policy_number


@command
def check_policy(
    *,
    number: str,
    last_signs: str,
    source: str,
    ticket: str = "",
    actor: Actor,
    request_id: UUID,
) -> Policy | None:
    """Show that one holds a policy, by its number and the end of an insured's identity number.

    Whoever does learns whether it is genuine and in force, and nobody's name. The answer to a wrong
    end is nothing, whether or not there is such a policy, and its counters are its own: being right
    here opens no further try at the policy's details.

    Raises:
        NotAPolicyNumber, NotTheLastSigns: mistyped in a way that anybody can see; not counted.
        SourceMustWait: this source, or very many, failed too often just now; nothing was compared
            or counted.
        TooManyTries: this number was tried too often; whether or not there is such a policy.
    """
    now = clock.now()
    plain, signs = read_policy_number(number), last_signs_of(last_signs)
    target = _target(plain, source)
    charged = gate.charge(
        source=source,
        target=target,
        counts=True,
        ticket=read_ticket(ticket, source=source, now=now),
        now=now,
    )
    if not charged.admitted:
        raise SourceMustWait(seconds=charged.seconds_left(now))
    if not charged.compared:
        raise TooManyTries
    policy = policy_ending_with(plain, signs)
    if policy is None:
        gate.count_failure(source=source, charged=charged, now=now)
        record(actor, "policy.not_checked", number=plain)
        return None
    gate.forgive(source=source, target=target)
    record(actor, "policy.checked", policy)
    return policy


def _target(number: str, source: str) -> gate.Target:
    """As at the gate of a policy's details, and apart from it."""
    return {
        f"check {number}": settings.GATE_POLICY_CAP,
        f"check {number} {source}": settings.GATE_TARGET_CAP,
    }
