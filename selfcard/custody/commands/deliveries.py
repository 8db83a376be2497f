from uuid import UUID

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.compiled import Compiled
from selfcard.core.refusals import ReasonMissing
from selfcard.core.serials import SerialRun, count_cards, distinct_runs, note_runs
from selfcard.custody.errors import IssueAlreadyCheckedIn, IssuedByYourself
from selfcard.custody.freezes import lay_freeze
from selfcard.custody.locks import lock_batches
from selfcard.custody.models import SHORTAGE_REASON, Issue, Movement
from selfcard.custody.moving import Leg, move
from selfcard.custody.papers.freezing import freeze_issue_check_in
from selfcard.custody.parts import parts_of, read_parts, refuse_strangers
from selfcard.custody.statuses import CardStatus, MovementKind
from selfcard.organisations.models import May, Staff
from selfcard.organisations.queries import acting_staff, require


@command
def check_in(
    *, issue: Issue, missing: tuple[SerialRun, ...] = (), actor: Actor, request_id: UUID
) -> Issue:
    """Confirm what came: those cards are the receiver's inventory from now on.

    Missing serials go back into the sender's inventory as a named shortage. They are frozen: as
    long as nobody has explained where they are, nobody can hand them on or sell them.

    Raises:
        NotAuthorised: the actor may not check in cards for the receiver.
        IssueAlreadyCheckedIn: that was done before, or there was nothing to check in.
        IssuedByYourself: whoever sent the cards does not say what came.
        RunsOverlapEachOther: a serial is named twice.
        CardsNotOnTheNote: a serial was not sent.
    """
    issue, runs = _lock_delivery(issue, actor)
    short = distinct_runs(missing) if missing else []
    refuse_strangers(short, runs, "missing")

    parts = read_parts(runs)
    came = [part for run in runs for part in run.without(short)]
    arrived = Leg(
        parts_of(parts, came), MovementKind.CHECK_IN, CardStatus.INVENTORY, issue.to_party
    )
    lacking = Leg(
        parts_of(parts, short),
        MovementKind.SHORTAGE,
        CardStatus.INVENTORY,
        kept_reason=(SHORTAGE_REASON, issue.number),
    )
    move([leg for leg in (arrived, lacking) if leg.parts], reason=issue.reason, actor=actor)
    staff = acting_staff(actor)
    if short:
        lay_freeze(short, (SHORTAGE_REASON, issue.number), staff=staff)
    _end_transit(issue, Issue.State.CHECKED_IN, staff)
    freeze_issue_check_in(issue, runs, came, short)
    record(
        actor,
        "cards.checked_in",
        issue,
        serials=runs[0] if len(runs) == 1 else None,
        came=count_cards(came),
        missing=note_runs(short),
    )
    return issue


@command
def refuse_delivery(*, issue: Issue, reason: str, actor: Actor, request_id: UUID) -> Issue:
    """Refuse a whole shipment: nothing of it was taken in, and the sender answers for all of it.

    The cards are in the sender's inventory again, frozen as a shortage until somebody there has
    found them. A requisition that the issue was for waits for them again.

    Raises:
        NotAuthorised: the actor may not check in cards for the receiver.
        ReasonMissing: nobody says why.
        IssueAlreadyCheckedIn: it was checked in or refused before.
        IssuedByYourself: whoever sent the cards does not refuse them either.
    """
    if not reason.strip():
        raise ReasonMissing
    issue, runs = _lock_delivery(issue, actor)
    back = Leg(
        tuple(read_parts(runs)),
        MovementKind.DELIVERY_REFUSED,
        CardStatus.INVENTORY,
        kept_reason=(SHORTAGE_REASON, issue.number),
    )
    move([back], reason=issue.reason, actor=actor)
    staff = acting_staff(actor)
    lay_freeze(runs, (SHORTAGE_REASON, issue.number), staff=staff, note=reason.strip())
    _end_transit(issue, Issue.State.REFUSED, staff, reason.strip())
    freeze_issue_check_in(issue, runs, [], [])
    record(
        actor,
        "cards.delivery_refused",
        issue,
        serials=runs[0] if len(runs) == 1 else None,
        runs=note_runs(runs),
        reason=reason.strip(),
    )
    return issue


def _lock_delivery(issue: Issue, actor: Actor) -> tuple[Issue, list[SerialRun]]:
    """The issue note as it is now, and what was sent with it, for whoever says what came."""
    kind, number = issue.reason
    sent = _sent_with(kind, number)
    lock_batches({movement.batch_id for movement in sent})
    (issue,) = _for_update(None, issue.pk)
    if issue.state != Issue.State.IN_TRANSIT:
        raise IssueAlreadyCheckedIn(issue=issue.number)
    require(actor, May.CHECK_IN_CARDS, issue.to_party.organisation)
    if issue.issued_by_id == actor.id:
        raise IssuedByYourself
    return issue, [movement.run for movement in sent]


_sent_with = Compiled(
    lambda kind, number: Movement.objects.filter(
        kind=MovementKind.ISSUE, reason_kind=kind, reason_number=number
    ).order_by("serials")
)
_for_update = Compiled(
    lambda _, key: (
        Issue.objects.select_for_update(of=["self"])
        .select_related("document_type", "from_party", "to_party__organisation__party")
        .filter(pk=key)
    )
)


def _end_transit(issue: Issue, state: Issue.State, staff: Staff, refusal: str = "") -> None:
    issue.state, issue.refusal = state, refusal
    issue.checked_in_by, issue.checked_in_at = staff, clock.now()
    issue.save(update_fields=["state", "refusal", "checked_in_by", "checked_in_at"])
