"""Transaction advisory locks, taken in one documented order.

These are a part of the one order over the whole system, between the request before them and the
gapless series after them; which rows are locked where is in `docs/locking.md`. Within a space the
keys are taken in ascending order. A lock is taken in a statement of its own *before* anything is
read: what is read earlier is a snapshot from before the wait.
"""

import hashlib
from enum import IntEnum
from typing import Any

from selfcard.core.compiled import prepared


class LockSpace(IntEnum):
    """What is locked; the numbers are also the order in which spaces are taken."""

    BATCH = 1
    HOLDER = 2
    PERSON = 3
    SALE = 4
    CODE = 5  # by what it is the code of: codes of one kind are given one after the other
    LEDGER_DAY = 6
    NOTICE = 7  # a card or policy for which a claim is reported: that deed takes nothing else


def lock(
    space: LockSpace,
    *keys: int | bytes | str,
    among: tuple[str, list[Any]] | None = None,
    shared: bool = False,
) -> None:
    """Wait for, and hold until the transaction ends, the lock of every key.

    Keys that are not whole numbers are hashed to 31 bits; two that collide merely wait for each
    other. `among`, a query for keys in ascending order and its values, finds and locks them in one
    statement: for what never changes about them.
    """
    function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    if among is not None:
        rows, params = among
        with prepared() as cursor:
            # A subquery that is sorted is read in its order, so the locks are taken ascending.
            cursor.execute(
                f"SELECT {function}(%s, (key & 2147483647)::int) FROM ({rows}) AS rows(key)",  # noqa: S608
                [int(space), *params],
            )
    if not keys:
        return
    numbers = sorted({_number(key) for key in keys})
    with prepared() as cursor:
        # unnest keeps the order of the array, so the locks are taken ascending.
        cursor.execute(
            f"SELECT {function}(%s, key) FROM unnest(%s::int[]) AS key",  # noqa: S608
            [int(space), numbers],
        )


def _number(key: int | bytes | str) -> int:
    if isinstance(key, int):
        return key & 0x7FFFFFFF
    data = key.encode() if isinstance(key, str) else key
    return int.from_bytes(hashlib.sha256(data).digest()[:4]) & 0x7FFFFFFF
