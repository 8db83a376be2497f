"""What the commands on batches begin with: the batch as it is now, locked, and who was asked."""

from selfcard.approvals.models import Approval
from selfcard.approvals.queries import approval_of
from selfcard.cards.errors import BatchInOtherState, NobodyAskedForIt
from selfcard.cards.models import Batch


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


def asked_for(kind: str, batch: Batch) -> Approval:
    approval = approval_of(kind, "batch", batch.number)
    if approval is None:
        raise NobodyAskedForIt(batch=batch.number)
    return approval
