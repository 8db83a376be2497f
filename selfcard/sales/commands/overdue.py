"""Sales that were not paid in time: where the insurer wants it, their sellers get no more cards."""

from uuid import UUID

from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.locks import LockSpace, lock
from selfcard.custody.commands import block_holder
from selfcard.sales.queries import SALE_REASON, sales_to_block_for

AT_ONCE = 200


@command
def block_overdue_sellers(*, actor: Actor, request_id: UUID) -> int:
    """Whoever sold what is not paid in time gets no further cards; gives for how many sales.

    A block ends by itself when its sale is paid or has come back. At most so many sales are taken
    at once that nobody who settles one of them waits for long.
    """
    keys = list(sales_to_block_for().values_list("pk", flat=True)[:AT_ONCE])
    # Money that arrives at this moment lifts the blocks that it finds: what is still not paid is
    # asked for after the wait.
    lock(LockSpace.SALE, *keys)
    overdue = list(sales_to_block_for().filter(pk__in=keys))
    for sale in overdue:
        block_holder(holder=sale.seller, reason=(SALE_REASON, sale.number), actor=actor)
    record(actor, "sales.overdue_looked_through", sales=[sale.number for sale in overdue])
    return len(overdue)
