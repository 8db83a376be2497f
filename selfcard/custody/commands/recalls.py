from uuid import UUID

from selfcard.cards.models import DocumentType
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.numbering import document_number
from selfcard.core.serials import SerialRun, count_cards, distinct_runs, note_runs
from selfcard.custody.deeds import RECALL
from selfcard.custody.locks import lock_custody
from selfcard.custody.models import Recall
from selfcard.custody.moving import Leg, move
from selfcard.custody.origins import who_takes_back
from selfcard.custody.papers.freezing import freeze_recall_note
from selfcard.custody.parts import one_holder, read_parts, refuse_unusable
from selfcard.custody.statuses import CardStatus, MovementKind
from selfcard.organisations.models import Organisation
from selfcard.organisations.queries import acting_staff


@command
def recall_cards(
    *,
    document_type: DocumentType,
    runs: tuple[SerialRun, ...],
    to: Organisation | None = None,
    remark: str = "",
    actor: Actor,
    request_id: UUID,
) -> Recall:
    """Take cards back up the tree: into the inventory of the organisation that issued them.

    From an individual that is mostly their institution, from an institution its branch, from a
    branch head office; `to` names another one above that had the cards before. Whoever has the
    cards in hand there registers it. They may be out of date or stopped, which is mostly why they
    are recalled, and stay so.

    Raises:
        NotAuthorised: the actor may not recall cards to the organisation.
        NoSerialsGiven, RunsOverlapEachOther, NoSuchCards, CardsOfOtherType, CardsOnTheirWay,
        CardsNotHeld, CardsInOtherStatus, CardsFrozen, CardsOpened: some of the cards cannot be
            recalled; the refusal names the operation that they need next.
        CardsOfSeveralHolders: they lie with several.
        RecallGoesUp, CardsNotIssuedFrom: `to` is not above the holder, or never had the cards.
        CardsOfSeveralIssuers, CardsIssuedByNobody: without `to`, it is not plain where they go.
    """
    runs = tuple(distinct_runs(runs))
    lock_custody(runs)
    parts = read_parts(runs)
    refuse_unusable(parts, RECALL.use_by(actor, document_type, parts))
    giver = one_holder(parts)
    receiver = who_takes_back(runs, giver, to, actor)

    recall = Recall.objects.create(
        number=document_number("RC", "custody_recall_number", digits=6),
        document_type=document_type,
        from_party=giver,
        to_party=receiver,
        count=count_cards(runs),
        remark=remark.strip(),
        recalled_by=acting_staff(actor),
        recalled_at=clock.now(),
    )
    leg = Leg(tuple(parts), MovementKind.RECALL, CardStatus.INVENTORY, to_holder=receiver)
    move([leg], reason=recall.reason, actor=actor)
    freeze_recall_note(recall, runs, parts)
    record(
        actor,
        "cards.recalled",
        recall,
        serials=runs[0] if len(runs) == 1 else None,
        runs=note_runs(runs),
        giver=giver.code,
        to=receiver.code,
    )
    return recall
