"""Why cards are where they are: a kind and a number, kept without knowing what they stand for."""

from django.db.models import Q

Reason = tuple[str, str]
NO_REASON: Reason = ("", "")

BATCH_REASON = "batch"
ISSUE_REASON = "issue"
MISSING_REASON = "missing"
DAMAGED_REASON = "damaged"
SHORTAGE_REASON = "shortage"
RECALL_REASON = "recall"
FREEZE_REASON = "freeze"
WRITE_OFF_REASON = "write_off"
STOCK_COUNT_REASON = "stock_count"

# Whatever may stop cards for a while.
FREEZE_KINDS = frozenset(
    {FREEZE_REASON, BATCH_REASON, SHORTAGE_REASON, WRITE_OFF_REASON, STOCK_COUNT_REASON}
)
# What is said of just these cards: reported lost, missing, looked into. A batch is stopped by the
# insurer, whatever became of each of its cards.
SAID_OF_THE_CARDS = FREEZE_KINDS - {BATCH_REASON}
# Of these what is said of just these cards: reported lost, missing, or looked into. A batch is
# stopped by the insurer, whatever became of each of its cards.
SAID_OF_THE_CARDS = FREEZE_KINDS - {BATCH_REASON}


def bounded(field: str) -> Q:
    """A range that is neither empty nor open at an end."""
    return Q(
        **{f"{field}__isempty": False, f"{field}__lower_inf": False, f"{field}__upper_inf": False}
    )
