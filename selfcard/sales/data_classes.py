"""Of what kind the data of this room are; `core.held` says what the kinds mean."""

from selfcard.core.held import Held, held

HELD: dict[str, Held] = {
    "sales.Agency": held(business="code name_zh name_en licence"),
    "sales.Agreement": held(business="number"),
    "sales.Sale": held(words="customer_reference remark gift_reason", business="number currency"),
    "sales.BuyerPhone": held(
        personal="phone",
        business="id sale language left_by left_at told_at due_on looked_at",
    ),
    "sales.Recovery": held(words="reason withdrawal_reason", business="number"),
}
