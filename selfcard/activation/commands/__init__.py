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
from selfcard.activation.commands.counter import add_copies, open_copy
from selfcard.activation.commands.desk import (
    ask_consent,
    begin_case,
    chase_case,
    close_case,
    confirm_consent,
    put_case_down,
    save_case,
    speak_in,
    take_case,
)
from selfcard.activation.commands.phones import (
    ask_code,
    ask_code_to_new_phone,
    change_contact,
    send_code,
    use_code,
)
from selfcard.activation.commands.pin_links import enter_pin_by_link, send_pin_link
from selfcard.activation.commands.reminding import remind_of_drafts
from selfcard.activation.commands.unlocking import unlock_card

__all__ = [
    "activate_card",
    "add_copies",
    "ask_code",
    "ask_code_to_new_phone",
    "ask_consent",
    "begin_case",
    "cancel_policy",
    "change_contact",
    "chase_case",
    "check_policy",
    "close_case",
    "confirm_consent",
    "discard_draft",
    "enter_pin_by_link",
    "issue_refund_payment",
    "open_copy",
    "open_gate",
    "open_policy",
    "put_case_down",
    "remind_of_drafts",
    "save_case",
    "save_draft",
    "send_code",
    "send_pin_link",
    "settle_refund",
    "speak_in",
    "take_case",
    "unlock_card",
    "use_code",
]
