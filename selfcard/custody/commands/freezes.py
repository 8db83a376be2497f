from collections.abc import Sequence
from uuid import UUID

from selfcard.cards.models import Batch, DocumentType
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.numbering import document_number
from selfcard.core.refusals import Operation, ReasonMissing
from selfcard.core.serials import (
    SerialRun,
    count_cards,
    describe_runs,
    distinct_runs,
    merge_runs,
    note_runs,
)
from selfcard.custody.deeds import FREEZE
from selfcard.custody.errors import (
    BatchAlreadyFrozen,
    BatchNotFrozen,
    BatchNotMade,
    CardsNotFrozen,
    CardsNotHeld,
    FreezeAlreadyReleased,
)
from selfcard.custody.freezes import frozen_for, lay_freeze, lift_freezes
from selfcard.custody.locks import lock_batches, lock_custody
from selfcard.custody.models import BATCH_REASON, FREEZE_REASON
from selfcard.custody.parts import Part, read_parts, refuse_unusable
from selfcard.organisations.models import May
from selfcard.organisations.queries import acting_staff, require


@command
def freeze_cards(
    *,
    document_type: DocumentType,
    runs: tuple[SerialRun, ...],
    note: str,
    actor: Actor,
    request_id: UUID,
) -> str:
    """Stop cards for a while, whatever their status: under one number, which releases them.

    Whoever holds them, nobody hands them on, sells or activates them from this moment. What is
    under way still arrives, and money for sold cards is still taken.

    Returns:
        The number of the freeze, FZ-….

    Raises:
        ReasonMissing: no note says why.
        NoSerialsGiven, RunsOverlapEachOther, NoSuchCards, CardsOfOtherType: as for every range.
        CardsNotHeld: some are held where the actor may not freeze cards.
        CardsInOtherStatus: void, lost and destroyed cards go nowhere anyway.
    """
    note = _said(note)
    runs = tuple(distinct_runs(runs))
    lock_custody(runs)
    parts = read_parts(runs)
    refuse_unusable(parts, FREEZE.use_by(actor, document_type, parts))
    number = document_number("FZ", "custody_freeze_number", digits=6)
    lay_freeze(runs, (FREEZE_REASON, number), staff=acting_staff(actor), note=note)
    _write_down(actor, "cards.frozen", number, runs)
    return number


@command
def release_cards(
    *,
    number: str,
    runs: tuple[SerialRun, ...] = (),
    note: str,
    actor: Actor,
    request_id: UUID,
) -> str:
    """Let frozen cards go on: all that the number still stops, or the runs that are named.

    A card that something else stops as well, such as its batch, stays frozen by that.

    Raises:
        ReasonMissing: no note says why.
        FreezeAlreadyReleased: the number stops nothing any more.
        RunsOverlapEachOther: a serial is named twice.
        CardsNotFrozen: the number does not stop some of the cards.
        CardsNotHeld: some are held where the actor may not freeze cards.
    """
    note = _said(note)
    freezes = frozen_for((FREEZE_REASON, number))
    lock_custody([freeze.run for freeze in freezes])
    stopped = merge_runs(freeze.run for freeze in freezes.filter(released_at=None))
    if not stopped:
        raise FreezeAlreadyReleased(number=number)
    wanted = distinct_runs(runs) if runs else stopped
    if strangers := [rest for run in wanted for rest in run.without(stopped)]:
        raise CardsNotFrozen(serials=describe_runs(strangers), number=number)
    _refuse_unheld(read_parts(wanted), actor)
    lift_freezes(freezes, wanted, staff=acting_staff(actor), note=note)
    _write_down(actor, "cards.released", number, wanted)
    return number


@command
def freeze_batch(*, batch: Batch, note: str, actor: Actor, request_id: UUID) -> Batch:
    """Stop a whole batch: a card goes on only where the card and its batch both permit it.

    Raises:
        ReasonMissing: no note says why.
        NotAuthorised: the actor may not freeze cards where the batch was ordered.
        BatchNotMade: there are no cards yet that could be stopped.
        BatchAlreadyFrozen: it is.
    """
    note = _said(note)
    require(actor, May.FREEZE_CARDS, batch.organisation)
    lock_batches([batch.pk])
    batch = Batch.objects.get(pk=batch.pk)
    if batch.state != Batch.State.GENERATED:
        raise BatchNotMade(batch=batch.number)
    reason = (BATCH_REASON, batch.number)
    if frozen_for(reason).filter(released_at=None).exists():
        raise BatchAlreadyFrozen(
            batch=batch.number, help=Operation.named("open.batch", number=batch.number)
        )
    lay_freeze([batch.run], reason, staff=acting_staff(actor), note=note)
    record(actor, "batch.frozen", batch, serials=batch.run)
    return batch


@command
def release_batch(*, batch: Batch, note: str, actor: Actor, request_id: UUID) -> Batch:
    """Let a stopped batch go on. Cards that are frozen by themselves stay so.

    Raises:
        ReasonMissing: no note says why.
        NotAuthorised: the actor may not freeze cards where the batch was ordered.
        BatchNotFrozen: it is not.
    """
    note = _said(note)
    require(actor, May.FREEZE_CARDS, batch.organisation)
    lock_batches([batch.pk])
    released = lift_freezes(
        frozen_for((BATCH_REASON, batch.number)), staff=acting_staff(actor), note=note
    )
    if not released:
        raise BatchNotFrozen(batch=batch.number)
    record(actor, "batch.released", batch, serials=batch.run)
    return batch


def _said(note: str) -> str:
    if not note.strip():
        raise ReasonMissing(field="note")
    return note.strip()


def _refuse_unheld(parts: list[Part], actor: Actor) -> None:
    """Whoever lets cards go on may freeze them with those who hold them now."""
    reach = FREEZE.givers(actor, {part.holder.pk for part in parts if part.holder})
    if strays := [part.run for part in parts if part.holder and part.holder.pk not in reach]:
        raise CardsNotHeld(serials=describe_runs(strays))


def _write_down(actor: Actor, event: str, number: str, runs: Sequence[SerialRun]) -> None:
    record(
        actor,
        event,
        serials=runs[0] if len(runs) == 1 else None,
        number=number,
        runs=note_runs(runs),
        cards=count_cards(runs),
    )
