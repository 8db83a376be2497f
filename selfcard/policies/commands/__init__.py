"""What becomes of a policy: it is issued, changed, cancelled, and its papers are kept."""

from selfcard.policies.commands.cancelling import cancel_policy
from selfcard.policies.commands.contacts import change_contact, change_contact_in_office
from selfcard.policies.commands.issuing import issue_policy
from selfcard.policies.commands.keeping import keep_edition

__all__ = [
    "cancel_policy",
    "change_contact",
    "change_contact_in_office",
    "issue_policy",
    "keep_edition",
]
