"""Of what kind the data of this room are; `core.held` says what the kinds mean."""

from selfcard.core.held import Held, held

HELD: dict[str, Held] = {
    "claims.Notice": held(
        personal="place story hurt reporter phone",
        attribute="harm region",
        business=(
            "id number policy serial card_status organisation happened_at hour_known cover "
            "reported_at channel taken_down_by state handler"
        ),
    ),
    "claims.Entry": held(personal="words", business="id notice place kind by channel at"),
    "claims.KeptAttachment": held(personal="name content", business="id entry place kind size"),
}
