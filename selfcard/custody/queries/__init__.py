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
from selfcard.custody.queries.write_offs import (
    find_write_off,
    losses_to_announce,
    runs_written_off,
    still_lost,
    write_offs_seen_by,
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
    "find_write_off",
    "history_of",
    "holdings_within",
    "is_activated",
    "is_checked_in",
    "issues_seen_by",
    "issues_to_check_in",
    "losses_to_announce",
    "movements_of",
    "runs_of",
    "runs_written_off",
    "shortage_of",
    "still_lost",
    "still_missing",
    "stock_of",
    "usable_parts",
    "write_offs_seen_by",
]
