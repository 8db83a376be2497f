from uuid import UUID

from selfcard.cards.commands import finish_batch
from selfcard.cards.models import Batch, BatchKey
from selfcard.cards.print_file import WrittenFile
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.serials import SerialRun, count_cards, distinct_runs, note_runs
from selfcard.custody.errors import BatchAlreadyCheckedIn, BatchNotPrinted
from selfcard.custody.locks import lock_batches
from selfcard.custody.models import BATCH_REASON, DAMAGED_REASON, MISSING_REASON
from selfcard.custody.moving import Leg, move, place_printed
from selfcard.custody.papers.freezing import freeze_batch_check_in
from selfcard.custody.parts import parts_of, read_parts, refuse_strangers
from selfcard.custody.statuses import CardStatus, MovementKind
from selfcard.organisations.models import May
from selfcard.organisations.queries import require


@command
def take_in_batch(*, key: BatchKey, written: WrittenFile, actor: Actor, request_id: UUID) -> Batch:
    """Take a batch that has just been made into the books: its cards are *printed*.

    They are head office's from now on, though still at the printer's.

    Raises:
        BatchInOtherState: it was cancelled, or another making has begun or ended meanwhile.
    """
    lock_batches([key.batch_id])
    batch = finish_batch(key=key, written=written, actor=actor)
    reason = (BATCH_REASON, batch.number)
    place_printed(batch, batch.organisation.party, reason=reason, actor=actor)
    record(actor, "cards.printed", batch, serials=batch.run)
    return batch


@command
def check_in_printed(
    *,
    batch: Batch,
    missing: tuple[SerialRun, ...] = (),
    damaged: tuple[SerialRun, ...] = (),
    actor: Actor,
    request_id: UUID,
) -> Batch:
    """Check in the cards that came from the printer; missing and damaged ones become void.

    What is void here can never be handed out: a missing card may be anywhere, and its PIN with
    it.

    Raises:
        NotAuthorised: the actor may not check in cards at the office that ordered them.
        BatchNotPrinted: the print file has not left the house.
        BatchAlreadyCheckedIn: the cards were checked in before.
        RunsOverlapEachOther: a serial is named twice.
        CardsNotOnTheNote: a serial is not of this batch.
    """
    require(actor, May.CHECK_IN_CARDS, batch.organisation)
    lock_batches([batch.pk])
    batch = Batch.objects.select_related(
        "type_version__document_type", "printer", "print_file", "organisation__party"
    ).get(pk=batch.pk)
    _refuse_unprinted(batch)
    parts = read_parts([batch.run])
    if any(part.status != CardStatus.PRINTED for part in parts):
        raise BatchAlreadyCheckedIn(batch=batch.number)
    void = distinct_runs([*missing, *damaged]) if missing or damaged else []
    refuse_strangers(missing, [batch.run], "missing")
    refuse_strangers(damaged, [batch.run], "damaged")

    came = batch.run.without(void)
    lost_for = (
        (list(missing), (MISSING_REASON, batch.number)),
        (list(damaged), (DAMAGED_REASON, batch.number)),
    )
    legs = [Leg(parts_of(parts, came), MovementKind.CHECK_IN_PRINTED, CardStatus.INVENTORY)]
    legs += [
        Leg(
            parts_of(parts, runs),
            MovementKind.VOID_PRINTED,
            CardStatus.VOID,
            kept_reason=why,
        )
        for runs, why in lost_for
        if runs
    ]
    move(legs, reason=(BATCH_REASON, batch.number), actor=actor)
    freeze_batch_check_in(batch, came, missing, damaged, actor)
    record(
        actor,
        "cards.printed_checked_in",
        batch,
        serials=batch.run,
        came=count_cards(came),
        missing=note_runs(missing),
        damaged=note_runs(damaged),
    )
    return batch


def _refuse_unprinted(batch: Batch) -> None:
    print_file = getattr(batch, "print_file", None)
    if print_file is None or print_file.downloaded_at is None:
        raise BatchNotPrinted(batch=batch.number)
