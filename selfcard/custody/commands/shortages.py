from uuid import UUID

from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.serials import SerialRun, count_cards, describe_runs, distinct_runs, note_runs
from selfcard.custody.errors import CardsNotMissing
from selfcard.custody.freezes import frozen_for, lift_freezes
from selfcard.custody.locks import lock_custody
from selfcard.custody.models import SHORTAGE_REASON, Issue
from selfcard.custody.note_errors import MissedByYourself
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
        MissedByYourself: the actor said themself that cards of this note did not come.
        CardsNotMissing: cards are not frozen as missing from this note.
    """
    found = distinct_runs(runs)
    lock_custody(found)
    issue = Issue.objects.select_related("from_party__organisation__party").get(pk=issue.pk)
    require(actor, May.CHECK_IN_CARDS, issue.from_party.organisation)
    if issue.checked_in_by_id == actor.id:
        raise MissedByYourself
    missing = still_missing(issue)
    if strangers := [rest for run in found for rest in run.without(missing)]:
        raise CardsNotMissing(serials=describe_runs(strangers), issue=issue.number)
    lift_freezes(frozen_for((SHORTAGE_REASON, issue.number)), found, staff=acting_staff(actor))
    record(
        actor,
        "cards.found_again",
        issue,
        serials=found[0] if len(found) == 1 else None,
        runs=note_runs(found),
        cards=count_cards(found),
    )
    return issue
