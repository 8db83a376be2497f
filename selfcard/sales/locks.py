"""A recovery is locked by whoever pays it back or calls it off, so that only one of them does."""

from selfcard.core.locks import LockSpace, lock
from selfcard.core.refusals import Operation
from selfcard.core.serials import SerialRun
from selfcard.custody.locks import lock_custody
from selfcard.sales.errors import RecoveryNotOpen
from selfcard.sales.models import Recovery
from selfcard.sales.queries import runs_taken_back


def open_recovery(recovery: Recovery) -> tuple[Recovery, tuple[SerialRun, ...]]:
    """The open recovery with its cards; their batches, then the sale, are locked.

    Raises:
        RecoveryNotOpen: it is done, or was withdrawn.
    """
    runs = runs_taken_back(recovery)
    lock_custody(runs)
    lock(LockSpace.SALE, recovery.sale_id)
    recovery = Recovery.objects.select_related(
        "sale__type_version__document_type",
        "sale__seller_organisation__party",
        "receipt__invoice",
    ).get(pk=recovery.pk)
    if recovery.state != Recovery.State.REGISTERED:
        raise RecoveryNotOpen(
            number=recovery.number, help=Operation.named("sales.recovery", number=recovery.number)
        )
    return recovery, runs
