"""Of what kind the data of this room are; `core.held` says what the kinds mean."""

from selfcard.core.held import Held, held

HELD: dict[str, Held] = {
    "approvals.Approval": held(words="reason asked", business="kind subject_kind subject_number"),
}
