"""Of what kind the data of this room are; `core.held` says what the kinds mean."""

from selfcard.core.held import Held, held

HELD: dict[str, Held] = {
    "custody.HolderBlock": held(business="reason_kind reason_number"),
    "custody.Freeze": held(words="note release_note", business="reason_kind reason_number"),
    "custody.ActivatedCard": held(business="policy_number"),
    "custody.WriteOff": held(words="note place method announced_in", business="number"),
    "custody.StockCount": held(
        staff="witness",
        words="remark cancelled_because",
        business="number",
    ),
    "custody.CountFinding": held(words="note", business="reason_kind reason_number"),
    "custody.Extension": held(words="reason", business="number"),
    "custody.Issue": held(words="remark refusal", business="number"),
    "custody.Requisition": held(words="reason answer", business="number"),
    "custody.Recall": held(words="remark", business="number"),
    "custody.Holding": held(business="reason_kind reason_number"),
    "custody.HoldingPast": held(business="reason_kind reason_number"),
    "custody.Movement": held(
        staff="actor_name",
        business="reason_kind reason_number kept_reason_kind kept_reason_number channel",
    ),
}
