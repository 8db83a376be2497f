"""Whose cover ends is reminded of it in time."""

from uuid import UUID

from django.db import connection

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.policies.models import Policy
from selfcard.policies.queries import covers_to_remind_of
from selfcard.policies.telling import tell_cover_ends

AT_ONCE = 200
_REMINDED = """
    INSERT INTO policies_coverreminder (policy_id, days, at)
    SELECT policy, %s, %s FROM unnest(%s::bigint[]) policy
    ON CONFLICT (policy_id, days) DO NOTHING RETURNING policy_id
"""


@command
def remind_of_cover(*, days: int, actor: Actor, request_id: UUID) -> int:
    """Remind applicants whose cover ends in so many days, or fewer if it was missed; gives how many
    were found, some at once.

    Nobody is reminded twice by the same count of days, whoever else is at work: the reminder's own
    row keeps it. Covers that are so short that they begin later than that are left alone.
    """
    found = covers_to_remind_of(days, AT_ONCE)
    for policy in _first_to_remind(found, days):
        tell_cover_ends(policy, actor)
    record(actor, "policies.covers_looked_through", days=days, policies=len(found))
    return len(found)


def _first_to_remind(found: list[Policy], days: int) -> list[Policy]:
    """Those that nobody else reminds; who comes second waits for the first, and finds none."""
    if not found:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_REMINDED, [days, clock.now(), sorted(one.pk for one in found)])
        first = {key for (key,) in cursor.fetchall()}
    return [one for one in found if one.pk in first]
