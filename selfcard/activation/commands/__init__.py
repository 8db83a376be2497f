"""From a card to its policy, and back again: the only doors both ways."""

from selfcard.activation.commands.activating import (
    activate_card,
    discard_draft,
    open_gate,
    open_policy,
    save_draft,
)
from selfcard.activation.commands.cancelling import (
    cancel_policy,
    issue_refund_payment,
    settle_refund,
)
from selfcard.activation.commands.checking import check_policy
from selfcard.activation.commands.phones import (
    ask_code,
    ask_code_to_new_phone,
    change_contact,
    send_code,
    use_code,
)
from selfcard.activation.commands.unlocking import unlock_card

__all__ = [
    "activate_card",
    "ask_code",
    "ask_code_to_new_phone",
    "cancel_policy",
    "change_contact",
    "check_policy",
    "discard_draft",
    "issue_refund_payment",
    "open_gate",
    "open_policy",
    "save_draft",
    "send_code",
    "settle_refund",
    "unlock_card",
    "use_code",
]
