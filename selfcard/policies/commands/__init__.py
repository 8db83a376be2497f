"""What becomes of a policy: it is issued, changed, cancelled, and its papers are kept."""

from selfcard.policies.commands.cancelling import cancel_policy
from selfcard.policies.commands.contacts import change_contact, change_contact_in_office
from selfcard.policies.commands.endorsing import (
    ask_endorsement,
    grant_endorsement,
    refuse_endorsement,
    withdraw_endorsement,
)
from selfcard.policies.commands.issuing import issue_policy
from selfcard.policies.commands.keeping import keep_edition
from selfcard.policies.commands.reminding import remind_of_cover
from selfcard.policies.commands.showing import note_paper_opened, send_again, unmask

__all__ = [
    "ask_endorsement",
    "cancel_policy",
    "change_contact",
    "change_contact_in_office",
    "grant_endorsement",
    "issue_policy",
    "keep_edition",
    "note_paper_opened",
    "refuse_endorsement",
    "remind_of_cover",
    "send_again",
    "unmask",
    "withdraw_endorsement",
]
