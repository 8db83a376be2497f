"""What is done with cards that somebody holds."""

from selfcard.custody.commands.arrival import check_in_printed, take_in_batch
from selfcard.custody.commands.issues import check_in, issue_cards
from selfcard.custody.commands.onward import (
    activate_card,
    remember_opened,
    sell_cards,
    settle_cards,
)
from selfcard.custody.commands.shortages import explain_shortage

__all__ = [
    "activate_card",
    "check_in",
    "check_in_printed",
    "explain_shortage",
    "issue_cards",
    "remember_opened",
    "sell_cards",
    "settle_cards",
    "take_in_batch",
]
