from uuid import UUID

from django.db.models import Max
from procrastinate.contrib.django import app

from selfcard.approvals.commands import ask, grant, refuse, withdraw
from selfcard.cards.access import asked_for, batch_in, type_row, waiting_request
from selfcard.cards.errors import (
    BatchInOtherState,
    BatchSizeOutOfBounds,
    NotYourOrder,
    OrderedByEarlierVersion,
    ReasonMissing,
    SerialsUsedUp,
)
from selfcard.cards.making import throw_away
from selfcard.cards.models import LARGEST_BATCH, Batch, DocumentType, Printer
from selfcard.cards.papers.words import freeze_card_words
from selfcard.cards.queries import current_version
from selfcard.cards.terms import days_fixed_by, refuse_near_deadline
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.numbering import next_number
from selfcard.core.refusals import Operation
from selfcard.core.serials import RUNNING, SerialRun
from selfcard.core.work import cancel_work, start_work
from selfcard.organisations.models import May
from selfcard.organisations.queries import acting_staff, head_office, require

APPROVE_BATCH = "cards.approve_batch"
# The job belongs to `custody`, which puts the cards into somebody's hands; here only its name is
# known, since imports point down.
MAKE_BATCH = "custody.make_batch"

State = Batch.State


@command
def order_batch(
    *,
    document_type: DocumentType,
    count: int,
    printer: Printer,
    actor: Actor,
    request_id: UUID,
) -> Batch:
    """Order a batch of cards, and ask a second person to approve it.

    Raises:
        NotAuthorised: the actor may not order batches at head office.
        BatchSizeOutOfBounds: no card at all, or too many for one batch.
        DeadlineTooNear: the type's fixed last day leaves less than a month to activate.
    """
    office = head_office()
    require(actor, May.ORDER_BATCHES, office)
    if not 1 <= count <= LARGEST_BATCH:
        raise BatchSizeOutOfBounds(most=f"{LARGEST_BATCH:,}")
    version = current_version(document_type)
    refuse_near_deadline(version)
    year = clock.today().year
    batch = Batch.objects.create(
        number=f"B-{year}-{next_number(f'batch:{year}'):03d}",
        type_version=version,
        organisation=office,
        printer=printer,
        count=count,
        ordered_by=acting_staff(actor),
        ordered_at=clock.now(),
    )
    _ask_for_approval(batch, actor)
    record(actor, "batch.ordered", batch, document_type=document_type.code, count=count)
    return batch


@command
def ask_batch_approval(*, batch: Batch, actor: Actor, request_id: UUID) -> Batch:
    """Ask again for the approval of an order, after the request has expired undecided.

    Only whoever ordered asks: whoever asks is the one who cannot approve.

    Raises:
        NotAuthorised: the actor may not order batches.
        BatchInOtherState: the order was cancelled, refused or approved before.
        NotYourOrder: somebody else ordered the batch.
        OrderedByEarlierVersion, DeadlineTooNear: it could not be approved any more.
        AlreadyAsked: the request has not expired.
    """
    require(actor, May.ORDER_BATCHES, batch.organisation)
    batch = batch_in(batch, State.ORDERED)
    if batch.ordered_by_id != actor.id:
        raise NotYourOrder(batch=batch.number, name=batch.ordered_by.name)
    _refuse_outdated(batch)
    _ask_for_approval(batch, actor)
    record(actor, "batch.approval_asked_again", batch)
    return batch


@command
def approve_batch(*, batch: Batch, actor: Actor, request_id: UUID) -> Batch:
    """Approve an order: its serials and its days are fixed, and it is made in the background.

    Serials follow on from the type's last batch. Deadline and use-by day are counted from today
    as the version of the type says (`terms.days_fixed_by`).

    Raises:
        NotAuthorised, NotYourOwnRequest, AlreadyDecided, ApprovalExpired: as for every approval.
        BatchInOtherState: the order was cancelled, refused or approved before.
        OrderedByEarlierVersion: the document type was revised since the order.
        DeadlineTooNear: its fixed last day has come too near while the order waited.
        SerialsUsedUp: the type's prefix has too few serials left.
    """
    batch = batch_in(batch, State.ORDERED)
    grant(approval=asked_for(APPROVE_BATCH, batch), actor=actor)
    document_type = type_row(batch.type_version.document_type_id)
    _refuse_outdated(batch)
    run = _next_serials(batch, document_type)
    batch.serials = run.range
    batch.deadline, batch.use_by = days_fixed_by(batch.type_version, clock.today())
    batch.state = State.APPROVED
    batch.decided_by, batch.decided_at = acting_staff(actor), clock.now()
    freeze_card_words(batch)
    _have_it_made(batch)
    record(actor, "batch.approved", batch, serials=run, deadline=batch.deadline.isoformat())
    return batch


@command
def refuse_batch(*, batch: Batch, reason: str, actor: Actor, request_id: UUID) -> Batch:
    """Refuse an order, with the reason. It has used no serials.

    Raises:
        ReasonMissing, NotAuthorised, NotYourOwnRequest, AlreadyDecided, ApprovalExpired.
        BatchInOtherState: the order was cancelled, refused or approved before.
    """
    batch = batch_in(batch, State.ORDERED)
    refuse(approval=asked_for(APPROVE_BATCH, batch), reason=reason, actor=actor)
    batch.state, batch.reason = State.REFUSED, reason.strip()
    batch.decided_by, batch.decided_at = acting_staff(actor), clock.now()
    batch.save()
    record(actor, "batch.refused", batch)
    return batch


@command
def cancel_batch(*, batch: Batch, reason: str, actor: Actor, request_id: UUID) -> Batch:
    """Cancel a batch before it is made. Serials that it had stay unused for ever.

    A request that still waits for its approval is withdrawn. A making that runs stops, and throws
    away what it has made; of one that broke off nothing is left either.

    Raises:
        NotAuthorised: the actor may not order batches.
        ReasonMissing: no reason is given.
        BatchInOtherState: it is made already, or has ended.
    """
    require(actor, May.ORDER_BATCHES, batch.organisation)
    if not reason.strip():
        raise ReasonMissing
    batch = batch_in(batch, State.ORDERED, State.APPROVED, State.GENERATING)
    batch.state, batch.reason = State.CANCELLED, reason.strip()
    batch.cancelled_by, batch.cancelled_at = acting_staff(actor), clock.now()
    batch.save()
    if waiting := waiting_request(APPROVE_BATCH, batch):
        withdraw(approval=waiting, actor=actor)
    if batch.work is not None and not batch.work.has_ended:
        cancel_work(batch.work)
    else:
        throw_away(batch)
    record(actor, "batch.cancelled", batch)
    return batch


@command
def make_batch_again(*, batch: Batch, actor: Actor, request_id: UUID) -> Batch:
    """Start the making of an approved batch anew after it has failed.

    Raises:
        NotAuthorised: the actor may not order batches.
        BatchInOtherState: it is made, it has ended, or it is being made right now.
    """
    require(actor, May.ORDER_BATCHES, batch.organisation)
    batch = batch_in(batch, State.APPROVED, State.GENERATING)
    if batch.work is not None and not batch.work.has_ended:
        raise BatchInOtherState(batch=batch.number, state=batch.get_state_display())
    _have_it_made(batch)
    record(actor, "batch.making_asked_again", batch)
    return batch


def _ask_for_approval(batch: Batch, actor: Actor) -> None:
    ask(
        kind=APPROVE_BATCH,
        subject_kind="batch",
        subject_number=batch.number,
        asked={
            "document_type": batch.type_version.document_type.code,
            "version": batch.type_version.number,
            "count": batch.count,
            "printer": batch.printer.code,
        },
        may=May.APPROVE_BATCHES,
        organisation=batch.organisation,
        actor=actor,
    )


def _refuse_outdated(batch: Batch) -> None:
    """Refuse to go on with an order whose terms are not those in force any more."""
    ordered = batch.type_version
    newest = current_version(ordered.document_type)
    if newest.pk != ordered.pk:
        raise OrderedByEarlierVersion(
            help=Operation.named("cards.order_batch"),
            batch=batch.number,
            code=ordered.document_type.code,
            ordered=ordered.number,
            newest=newest.number,
        )
    refuse_near_deadline(ordered)


def _next_serials(batch: Batch, document_type: DocumentType) -> SerialRun:
    """The run that follows the last one of the type, whose row is locked."""
    floor = int(document_type.prefix) * RUNNING
    used = Batch.objects.filter(type_version__document_type=document_type)
    end: int = used.aggregate(end=Max("serials__endswith"))["end"] or floor + 1
    if end + batch.count > floor + RUNNING:
        raise SerialsUsedUp(code=document_type.code, count=f"{batch.count:,}")
    return SerialRun(end, end + batch.count - 1)


def _have_it_made(batch: Batch) -> None:
    """Start the background work; it commits together with the command."""
    batch.work = start_work(kind=MAKE_BATCH, subject=batch.number, total=batch.count)
    batch.save()
    app.configure_task(MAKE_BATCH).defer(batch=batch.pk, work=str(batch.work.pk))
