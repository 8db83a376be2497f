from uuid import UUID

from selfcard.cards.models import DocumentType
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.numbering import document_number
from selfcard.core.serials import SerialRun, count_cards, distinct_runs, note_runs
from selfcard.custody.deeds import HAND_OVER
from selfcard.custody.locks import lock_custody, lock_holder
from selfcard.custody.models import Issue
from selfcard.custody.moving import Leg, move
from selfcard.custody.note_errors import CardsWithThemAlready, HandedOverToNobody, WorksElsewhere
from selfcard.custody.papers.freezing import freeze_issue_note
from selfcard.custody.parts import one_holder, read_parts, refuse_unusable
from selfcard.custody.recipients import acting, read_people, refuse_unfit_holder, staff_behind
from selfcard.custody.statuses import CardStatus, MovementKind
from selfcard.organisations.models import Party
from selfcard.organisations.queries import of_one_house


@command
def hand_over_cards(
    *,
    document_type: DocumentType,
    runs: tuple[SerialRun, ...],
    to: Party,
    remark: str = "",
    actor: Actor,
    request_id: UUID,
) -> Issue:
    """Pass cards from one individual to another of the same institution, who holds them at once.

    It is registered by whoever issues cards there; both sign the note. Cards that go back to the
    institution are recalled.

    Raises:
        NoSerialsGiven, RunsOverlapEachOther, NoSuchCards, CardsOfOtherType, CardsOnTheirWay,
        CardsNotHeld, CardsInOtherStatus, CardsFrozen, CardsOpened, CardsExpired, CardsPastUseBy:
            some of the cards are not with an individual of the actor's, or cannot be handed over.
        CardsOfSeveralHolders: they lie with several.
        HandedOverToNobody: the recipient is no individual.
        CardsWithThemAlready, WorksElsewhere: the recipient has them, or works somewhere else.
        HolderNotAuthorised, HoldingLimitExceeded: the recipient may not hold (so many) cards.
    """
    if not to.is_person:
        raise HandedOverToNobody
    runs = tuple(distinct_runs(runs))
    lock_custody(runs)
    lock_holder(to)
    parts = read_parts(runs)
    refuse_unusable(parts, HAND_OVER.use_by(actor, document_type, parts))
    giver = one_holder(parts)
    if giver == to:
        raise CardsWithThemAlready(name=to.name)
    people = read_people(actor, [giver, to], document_type)
    home = next(staff.organisation for staff in people if staff.party_id == giver.pk)
    recipient = staff_behind(to, people)
    if not of_one_house(home, recipient.organisation):
        raise WorksElsewhere(name=to.name, organisation=home.name)
    refuse_unfit_holder(recipient, parts)

    now = clock.now()
    issue = Issue.objects.create(
        number=document_number("IN", "custody_issue_number", digits=6),
        document_type=document_type,
        from_party=giver,
        to_party=to,
        for_organisation=recipient.organisation,
        count=count_cards(runs),
        remark=remark.strip(),
        state=Issue.State.CHECKED_IN,
        issued_by=acting(actor, people),
        issued_at=now,
        checked_in_at=now,
    )
    leg = Leg(tuple(parts), MovementKind.HAND_OVER, CardStatus.INVENTORY, to_holder=to)
    move([leg], reason=issue.reason, actor=actor)
    freeze_issue_note(issue, runs, parts)
    record(
        actor,
        "cards.handed_over",
        issue,
        serials=runs[0] if len(runs) == 1 else None,
        runs=note_runs(runs),
        giver=giver.code,
        to=to.code,
    )
    return issue
