"""What is done with cards that somebody holds."""

from selfcard.custody.commands.arrival import check_in_printed, take_in_batch
from selfcard.custody.commands.deliveries import check_in, refuse_delivery
from selfcard.custody.commands.extensions import (
    ask_extension,
    ask_extension_again,
    grant_extension,
    refuse_extension,
    withdraw_extension,
)
from selfcard.custody.commands.freezes import (
    freeze_batch,
    freeze_cards,
    release_batch,
    release_cards,
)
from selfcard.custody.commands.hand_overs import hand_over_cards
from selfcard.custody.commands.issues import issue_cards
from selfcard.custody.commands.onward import (
    activate_card,
    remember_opened,
    require_sellable,
    sell_cards,
    settle_cards,
)
from selfcard.custody.commands.recalls import recall_cards
from selfcard.custody.commands.requisitions import (
    answer_requisition,
    ask_for_cards,
    withdraw_requisition,
)
from selfcard.custody.commands.shortages import explain_shortage
from selfcard.custody.commands.stock_counts import (
    agree_adjustment,
    ask_adjustment,
    cancel_stock_count,
    close_stock_count,
    compare_stock_count,
    enter_stacks,
    open_stock_count,
    refuse_adjustment,
    remove_stack,
    reopen_stock_count,
    withdraw_adjustment,
)
from selfcard.custody.commands.ways_back import (
    block_holder,
    hold_for_refund,
    lift_blocks,
    resume_after_withdrawal,
    return_refunded,
    reverse_activation,
    take_back_sold,
)
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
    "agree_adjustment",
    "answer_requisition",
    "ask_adjustment",
    "ask_extension",
    "ask_extension_again",
    "ask_for_cards",
    "ask_write_off",
    "ask_write_off_again",
    "block_holder",
    "cancel_stock_count",
    "check_in",
    "check_in_printed",
    "close_stock_count",
    "compare_stock_count",
    "enter_stacks",
    "explain_shortage",
    "freeze_batch",
    "freeze_cards",
    "grant_extension",
    "grant_write_off",
    "hand_over_cards",
    "hold_for_refund",
    "issue_cards",
    "lift_blocks",
    "lose_cards",
    "open_stock_count",
    "recall_cards",
    "record_announcement",
    "refuse_adjustment",
    "refuse_delivery",
    "refuse_extension",
    "refuse_write_off",
    "release_batch",
    "release_cards",
    "remember_opened",
    "remove_stack",
    "reopen_stock_count",
    "require_sellable",
    "resume_after_withdrawal",
    "return_refunded",
    "reverse_activation",
    "sell_cards",
    "settle_cards",
    "take_back_sold",
    "take_in_batch",
    "withdraw_adjustment",
    "withdraw_extension",
    "withdraw_requisition",
    "withdraw_write_off",
]
