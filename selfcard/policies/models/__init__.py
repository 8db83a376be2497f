"""The tables of policies: the contract and its people, what changed it since, its signed papers."""

from selfcard.policies.models.changes import (
    Cancellation,
    ContactChange,
    Endorsement,
    EndorsementRequest,
    Role,
)
from selfcard.policies.models.contracts import (
    CONTACT,
    PERSON,
    Beneficiary,
    InsuredPerson,
    Person,
    Policy,
    SeenState,
)
from selfcard.policies.models.reminders import CoverReminder
from selfcard.policies.models.signed import CodeKey, Edition
from selfcard.policies.models.unmaskings import Unmasking

__all__ = [
    "CONTACT",
    "PERSON",
    "Beneficiary",
    "Cancellation",
    "CodeKey",
    "ContactChange",
    "CoverReminder",
    "Edition",
    "Endorsement",
    "EndorsementRequest",
    "InsuredPerson",
    "Person",
    "Policy",
    "Role",
    "SeenState",
    "Unmasking",
]
