"""Of what kind the data of this room are; `core.held` says what the kinds mean."""

from selfcard.core.held import Held, held

HELD: dict[str, Held] = {
    "messaging.Message": held(
        personal="recipient subject words",
        business="id occasion channel language secret_until reason_kind reason_number organisation"
        " again_for written_at state tries next_try_at problem sent_at",
    ),
    "messaging.Template": held(business="occasion document_type language subject words"),
}
