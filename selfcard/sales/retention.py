"""How long what this room holds is kept; `core.kept` says what the reasons mean."""

from django.conf import settings

from selfcard.core.kept import Reason, Retentions, kept, swept

KEPT: Retentions = {
    # As long as cards of the sale may be activated, or paid back, at the longest.
    "sales.BuyerPhone": [swept(Reason.TOLD, "left_at", settings.BUYER_PHONE_MEMORY)],
    "sales.Recovery": [kept(Reason.BOOKS)],
    "sales.Sale": [kept(Reason.BOOKS)],
}
