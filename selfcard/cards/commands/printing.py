from uuid import UUID

from selfcard.approvals.commands import ask, grant, refuse
from selfcard.approvals.models import Approval
from selfcard.cards.access import asked_for, batch_in, is_still_theirs
from selfcard.cards.errors import (
    BatchInOtherState,
    PrintFileAlreadyDownloaded,
    PrintFileAlreadyReleased,
    PrintFileNotMade,
    PrintFileNotReleased,
)
from selfcard.cards.making import file_name, seal_keys, throw_away
from selfcard.cards.models import Batch, BatchKey, PrintFile
from selfcard.cards.papers.protocol import freeze_print_protocol
from selfcard.cards.pins import PinKeys
from selfcard.cards.print_file import WrittenFile
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command, step
from selfcard.organisations.models import May
from selfcard.organisations.queries import acting_staff, require

RELEASE_PRINT_FILE = "cards.release_print_file"
State = Batch.State


@command
def begin_batch(*, batch: Batch, actor: Actor, request_id: UUID) -> BatchKey:
    """Begin to make a batch, or begin anew: fresh keys, and nothing left of an earlier making.

    Raises:
        BatchInOtherState: it is made already, or has ended.
    """
    batch = batch_in(batch, State.APPROVED, State.GENERATING)
    throw_away(batch)
    key = seal_keys(batch, PinKeys.fresh())
    Batch.objects.filter(pk=batch.pk, state=State.APPROVED).update(state=State.GENERATING)
    record(actor, "batch.making_began", batch)
    return key


@step
def finish_batch(*, key: BatchKey, written: WrittenFile, actor: Actor) -> Batch:
    """Take a whole print file into the books; the batch is made.

    Raises:
        BatchInOtherState: it was cancelled, or another making has begun or ended meanwhile.
    """
    batch = batch_in(key.batch, State.GENERATING)
    if not BatchKey.objects.filter(pk=key.pk).exists():
        raise BatchInOtherState(batch=batch.number, state=batch.get_state_display())
    batch.state = State.GENERATED
    batch.save()
    print_file = PrintFile.objects.create(
        batch=batch,
        name=file_name(batch),
        recipient=batch.printer.public_key,
        sha256=written.sha256,
        size=written.size,
        cards=batch.count,
        made_at=clock.now(),
    )
    record(actor, "batch.made", batch, serials=batch.run, sha256=written.sha256)
    # A crash between this and the commit leaves a file that the next making overwrites; the other
    # order would leave a made batch whose PINs nobody has.
    written.keep(print_file.name)
    return batch


@command
def ask_print_release(*, batch: Batch, actor: Actor, request_id: UUID) -> Approval:
    """Ask a second person to release the print file to the printer.

    Raises:
        NotAuthorised: the actor may not order batches.
        PrintFileNotMade: there is no file yet.
        PrintFileAlreadyReleased: it was released before.
        AlreadyAsked: a second person has been asked already.
    """
    require(actor, May.ORDER_BATCHES, batch.organisation)
    print_file = _print_file(batch)
    if print_file.released_at is not None:
        raise PrintFileAlreadyReleased(batch=batch.number)
    approval = ask(
        kind=RELEASE_PRINT_FILE,
        subject_kind="batch",
        subject_number=batch.number,
        asked={"sha256": print_file.sha256, "recipient": print_file.recipient},
        may=May.RELEASE_PRINT,
        organisation=batch.organisation,
        actor=actor,
    )
    record(actor, "print_file.release_asked", batch)
    return approval


@command
def release_print_file(*, batch: Batch, actor: Actor, request_id: UUID) -> PrintFile:
    """Release the print file, as the second person. It can then be downloaded once.

    Raises:
        NobodyAskedForIt: nobody has asked for the release.
        PrintFileAlreadyReleased: it was released before.
        NotAuthorised, NotYourOwnRequest, AlreadyDecided, ApprovalExpired: as for every approval.
    """
    print_file = _print_file(batch)
    if print_file.released_at is not None:
        raise PrintFileAlreadyReleased(batch=batch.number)
    approval = grant(approval=asked_for(RELEASE_PRINT_FILE, batch), actor=actor)
    print_file.release_asked_by = approval.asked_by
    print_file.released_by, print_file.released_at = acting_staff(actor), clock.now()
    print_file.save()
    record(actor, "print_file.released", batch, key_ending=print_file.key_ending)
    return print_file


@command
def refuse_print_release(*, batch: Batch, reason: str, actor: Actor, request_id: UUID) -> PrintFile:
    """Refuse to release the print file, with the reason. It may be asked for again.

    Raises:
        NobodyAskedForIt: nobody has asked for the release.
        ReasonMissing, NotAuthorised, NotYourOwnRequest, AlreadyDecided, ApprovalExpired.
    """
    print_file = _print_file(batch)
    refuse(approval=asked_for(RELEASE_PRINT_FILE, batch), reason=reason, actor=actor)
    record(actor, "print_file.release_refused", batch)
    return print_file


@command
def download_print_file(*, batch: Batch, actor: Actor, request_id: UUID) -> PrintFile:
    """Let the print file go its one way out, and keep the protocol of it.

    The file itself is then taken with `print_file.take`, which gives it once. Whoever is in the
    books as having downloaded it may come again as long as it still lies in its folder: something
    broke off before it was taken.

    Raises:
        NotAuthorised: the actor may not order batches.
        PrintFileNotMade, PrintFileNotReleased: it is too early.
        PrintFileAlreadyDownloaded: somebody has it.
    """
    require(actor, May.ORDER_BATCHES, batch.organisation)
    print_file = _print_file(batch)
    if print_file.downloaded_at is not None:
        if not is_still_theirs(print_file, actor.id):
            raise PrintFileAlreadyDownloaded.of(print_file)
        record(actor, "print_file.fetched_again", batch, sha256=print_file.sha256)
        return print_file
    if print_file.released_at is None:
        raise PrintFileNotReleased(batch=batch.number)
    print_file.downloaded_by, print_file.downloaded_at = acting_staff(actor), clock.now()
    print_file.save()
    freeze_print_protocol(print_file)
    record(actor, "print_file.downloaded", batch, sha256=print_file.sha256)
    return print_file


def _print_file(batch: Batch) -> PrintFile:
    """The batch's print file, its row locked."""
    found = (
        PrintFile.objects.select_for_update(of=["self"])
        .select_related("batch__type_version__document_type", "batch__printer")
        .filter(batch=batch)
        .first()
    )
    if found is None:
        raise PrintFileNotMade(batch=batch.number)
    return found
