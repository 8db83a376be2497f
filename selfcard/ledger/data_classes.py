"""Of what kind the data of this room are; `core.held` says what the kinds mean."""

from selfcard.core.held import Held, held

HELD: dict[str, Held] = {
    "ledger.Account": held(business="code name_zh name_en"),
    "ledger.ClosingBalance": held(business="currency"),
    "ledger.Entry": held(business="currency reason_kind reason_number"),
    "ledger.Posting": held(business="currency"),
}
