"""What the ledger refuses. Its callers are other rooms, so these are faults, not refusals."""


class EntryOutOfBalance(ValueError):
    """The lines of an entry do not sum to zero, or there are none."""
