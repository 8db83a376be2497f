"""What commands begin with: the batch or its type as it is now, locked, and who was asked."""

from selfcard.approvals.locks import take_up
from selfcard.approvals.models import Approval
from selfcard.cards.errors import BatchInOtherState, NobodyAskedForIt
from selfcard.cards.models import Batch, DocumentType, PrintFile
from selfcard.cards.print_file import is_waiting


def batch_in(batch: Batch, *states: str) -> Batch:
    """The batch as it is now, its row locked, if it is in one of the states."""
    found = (
        Batch.objects.select_for_update(of=["self"])
        .select_related("type_version__document_type", "printer", "organisation__party", "work")
        .get(pk=batch.pk)
    )
    if found.state not in states:
        raise BatchInOtherState(batch=found.number, state=found.get_state_display())
    return found


def type_row(document_type_id: int) -> DocumentType:
    """A document type, its row locked: its versions and its serials are counted under it."""
    return DocumentType.objects.select_for_update().get(pk=document_type_id)


def asked_for(kind: str, batch: Batch) -> Approval:
    approval = take_up(kind, "batch", batch.number)
    if approval is None:
        raise NobodyAskedForIt(batch=batch.number)
    return approval


def waiting_request(kind: str, batch: Batch) -> Approval | None:
    """The request about a batch that nobody has decided, expired or not."""
    approval = take_up(kind, "batch", batch.number)
    return approval if approval and approval.state == Approval.State.ASKED else None


def is_still_theirs(print_file: PrintFile, staff_id: int | None) -> bool:
    """Whether somebody is in the books as having downloaded a file that was never taken."""
    return print_file.downloaded_by_id == staff_id and is_waiting(print_file.name)
