from uuid import UUID

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.serials import SerialRun, count_cards, describe_runs, distinct_runs
from selfcard.custody.errors import CardsNotMissing
from selfcard.custody.locks import lock_custody
from selfcard.custody.models import SHORTAGE_REASON, Freeze, Issue
from selfcard.custody.queries import still_missing
from selfcard.organisations.models import May
from selfcard.organisations.queries import acting_staff, require


@command
def explain_shortage(
    *, issue: Issue, runs: tuple[SerialRun, ...], actor: Actor, request_id: UUID
) -> Issue:
    """Release missing cards of a check-in that were found with the sender: they never left.

    They are the sender's inventory, as they were before the issue. What is not named stays frozen.

    Raises:
        NotAuthorised: the actor may not check in cards for the sender.
        NoSerialsGiven, RunsOverlapEachOther: no serial is named, or one twice.
        CardsNotMissing: cards are not frozen as missing from this note.
    """
    found = distinct_runs(runs)
    lock_custody(found)
    require(actor, May.CHECK_IN_CARDS, issue.from_party.organisation)
    missing = still_missing(issue)
    if strangers := [rest for run in found for rest in run.without(missing)]:
        raise CardsNotMissing(serials=describe_runs(strangers), issue=issue.number)
    for freeze in Freeze.objects.filter(
        reason_kind=SHORTAGE_REASON, reason_number=issue.number, released_at=None
    ):
        _release(freeze, found, actor)
    record(
        actor,
        "cards.found_again",
        issue,
        serials=found[0] if len(found) == 1 else None,
        runs=describe_runs(found, most=1000),
        cards=count_cards(found),
    )
    return issue


def _release(freeze: Freeze, found: list[SerialRun], actor: Actor) -> None:
    """End a freeze, and freeze anew what of it was not found."""
    run = SerialRun.of(freeze.serials)
    left = run.without(found)
    if left == [run]:
        return
    freeze.released_by, freeze.released_at = acting_staff(actor), clock.now()
    freeze.save(update_fields=["released_by", "released_at"])
    Freeze.objects.bulk_create(
        Freeze(
            serials=rest.range,
            reason_kind=freeze.reason_kind,
            reason_number=freeze.reason_number,
            frozen_by=freeze.frozen_by,
            frozen_at=freeze.frozen_at,
        )
        for rest in left
    )
