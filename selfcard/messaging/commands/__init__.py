"""What is written into the outbox and sent from it, and by which words."""

from selfcard.messaging.commands.sending import (
    PAUSES,
    SEND,
    MessageGiven,
    send_again,
    send_message,
    write_messages,
)
from selfcard.messaging.commands.wording import change_template, withdraw_template

__all__ = [
    "PAUSES",
    "SEND",
    "MessageGiven",
    "change_template",
    "send_again",
    "send_message",
    "withdraw_template",
    "write_messages",
]
