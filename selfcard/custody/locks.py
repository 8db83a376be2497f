"""Custody is locked by batch, and by whoever may hold only so many, before anything is read."""

from collections.abc import Collection, Iterable

from selfcard.core.compiled import Compiled
from selfcard.core.locks import LockSpace, lock
from selfcard.core.serials import SerialRun
from selfcard.custody.models import OpenedCard, Requisition, WriteOff
from selfcard.organisations.models import Party


def lock_custody(runs: Collection[SerialRun], *, shared: bool = False) -> None:
    """Wait for every batch that the runs touch, in ascending order, and hold it to the end.

    Exclusive for whatever moves cards; shared for an activation, which moves none. Which batch a
    serial belongs to never changes, so that may be read with the lock; nothing else may.
    """
    ends = [[run.first for run in runs], [run.last for run in runs]]
    named = (
        "SELECT int8range(first, last, '[]') AS serials"
        " FROM unnest(%s::bigint[], %s::bigint[]) AS run (first, last)"
    )
    lock(LockSpace.BATCH, among=(_TOUCHED.format(named), ends), shared=shared)


def lock_custody_of(write_off: WriteOff) -> None:
    """The same for the cards that a write-off named, which never change either."""
    named = "SELECT serials FROM custody_writeoffrun WHERE write_off_id = %s"
    lock(LockSpace.BATCH, among=(_TOUCHED.format(named), [write_off.pk]))


_TOUCHED = (
    "SELECT DISTINCT batch.id FROM ({}) named"
    " JOIN cards_batch batch ON batch.serials && named.serials ORDER BY batch.id"
)


def lock_batches(batches: Iterable[int], *, shared: bool = False) -> None:
    """The same for batches that are known already."""
    lock(LockSpace.BATCH, *batches, shared=shared)


def lock_holder(party: Party) -> None:
    """Wait for whoever else hands cards to the individual: their limit counts over all batches."""
    lock(LockSpace.HOLDER, party.pk)


def lock_requisition(requisition: Requisition) -> Requisition:
    """The requisition as it is now, and stays until the deed ends."""
    return (
        Requisition.objects.select_for_update(of=["self"])
        .select_related("organisation__party", "issuer__party", "document_type")
        .get(pk=requisition.pk)
    )


def lock_opened_card(serial: int) -> None:
    """Wait for whoever fills in or activates the same card, and hold it to the end.

    The row is there since the card's PIN was accepted, and it is never deleted.
    """
    (_,) = _for_update(None, serial)


_for_update = Compiled(
    lambda _, serial: OpenedCard.objects.select_for_update().filter(serial=serial)
)
