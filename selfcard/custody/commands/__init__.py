"""What is done with cards that somebody holds."""

from selfcard.custody.commands.arrival import check_in_printed, take_in_batch
from selfcard.custody.commands.freezes import (
    freeze_batch,
    freeze_cards,
    release_batch,
    release_cards,
)
from selfcard.custody.commands.issues import check_in, issue_cards
from selfcard.custody.commands.onward import (
    activate_card,
    remember_opened,
    sell_cards,
    settle_cards,
)
from selfcard.custody.commands.shortages import explain_shortage
from selfcard.custody.commands.write_offs import (
    ask_write_off,
    ask_write_off_again,
    grant_write_off,
    lose_cards,
    record_announcement,
    refuse_write_off,
    withdraw_write_off,
)

__all__ = [
    "activate_card",
    "ask_write_off",
    "ask_write_off_again",
    "check_in",
    "check_in_printed",
    "explain_shortage",
    "freeze_batch",
    "freeze_cards",
    "grant_write_off",
    "issue_cards",
    "lose_cards",
    "record_announcement",
    "refuse_write_off",
    "release_batch",
    "release_cards",
    "remember_opened",
    "sell_cards",
    "settle_cards",
    "take_in_batch",
    "withdraw_write_off",
]
