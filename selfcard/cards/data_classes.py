"""Of what kind the data of this room are; `core.held` says what the kinds mean."""

from selfcard.core.held import Held, held

HELD: dict[str, Held] = {
    "cards.DocumentType": held(business="code prefix name_zh name_en"),
    "cards.DocumentTypeVersion": held(business="name_zh name_en currency keyword_zh keyword_en"),
    "cards.Printer": held(business="code name_zh name_en public_key"),
    "cards.Batch": held(words="reason", business="number"),
    "cards.BatchKey": held(key="pin_key selector_key", business="id batch"),
    "cards.PinSheet": held(key="digests selectors", business="id key first_serial cards"),
    "cards.PrintFile": held(business="name recipient sha256"),
}
