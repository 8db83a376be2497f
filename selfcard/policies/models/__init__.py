"""The tables of policies: the contract and its people, what changed it since, its signed papers."""

from selfcard.policies.models.changes import Cancellation, ContactChange
from selfcard.policies.models.contracts import (
    CONTACT,
    Beneficiary,
    InsuredPerson,
    Person,
    Policy,
    SeenState,
)
from selfcard.policies.models.signed import CodeKey, Edition

__all__ = [
    "CONTACT",
    "Beneficiary",
    "Cancellation",
    "CodeKey",
    "ContactChange",
    "Edition",
    "InsuredPerson",
    "Person",
    "Policy",
    "SeenState",
]
