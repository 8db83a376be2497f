"""What may be asked of custody."""

from selfcard.custody.queries.fitness import (
    RangePart,
    usable_parts,
)
from selfcard.custody.queries.notes import (
    batches_to_check_in,
    find_issue,
    is_checked_in,
    issues_seen_by,
    issues_to_check_in,
    movements_of,
    runs_of,
    shortage_of,
    still_missing,
    stock_of,
)
from selfcard.custody.queries.places import (
    CardState,
    Share,
    activations_within,
    distribution,
    find_card,
    find_serial_of_policy,
    history_of,
    holdings_within,
    is_activated,
)

__all__ = [
    "CardState",
    "RangePart",
    "Share",
    "activations_within",
    "batches_to_check_in",
    "distribution",
    "find_card",
    "find_issue",
    "find_serial_of_policy",
    "history_of",
    "holdings_within",
    "is_activated",
    "is_checked_in",
    "issues_seen_by",
    "issues_to_check_in",
    "movements_of",
    "runs_of",
    "shortage_of",
    "still_missing",
    "stock_of",
    "usable_parts",
]
