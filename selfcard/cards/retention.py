"""How long what this room holds is kept; `core.kept` says what the reasons mean."""

from selfcard.core.kept import Reason, Retentions, kept

KEPT: Retentions = {
    "cards.Batch": [kept(Reason.BOOKS)],
    "cards.BatchKey": [kept(Reason.CARDS)],
    "cards.PinSheet": [kept(Reason.CARDS)],
}
