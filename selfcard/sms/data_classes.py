"""Of what kind the data of this room are; `core.held` says what the kinds mean."""

from selfcard.core.held import Held, held

HELD: dict[str, Held] = {
    "sms.Sender": held(index="index", business="since messages without_keyword ticket"),
    "sms.Budget": held(),
    "sms.Part": held(
        key="sealed", index="sender", business="id gateway reference count number came_at"
    ),
    "sms.InboundMessage": held(
        personal="sender words",
        index="sender_index digest",
        business="id gateway language serial came_at same_until state outcome reply",
    ),
    "sms.Nonce": held(business="nonce"),
    "sms.Delivery": held(business="gateway number"),
    "sms.Submission": held(business="gateway number"),
}
