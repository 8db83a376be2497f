"""How long what this room holds is kept; `core.kept` says what the reasons mean."""

from selfcard.core.kept import Reason, Retentions, kept

KEPT: Retentions = {
    "sales.Recovery": [kept(Reason.BOOKS)],
    "sales.Sale": [kept(Reason.BOOKS)],
}
