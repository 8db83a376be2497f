"""Of what kind the data of this room are; `core.held` says what the kinds mean."""

from selfcard.core.held import Held, held

HELD: dict[str, Held] = {
    "activation.SourceCounter": held(source="source"),
    "activation.TargetCounter": held(source="target"),
    "activation.SpentTicket": held(business="riddle"),
    "activation.Unlocking": held(words="reason"),
    "activation.PinProof": held(source="source", business="policy_number"),
    "activation.OneTimeCode": held(
        key="digest",
        personal="contact phone",
        source="source",
        business="id number purpose language asked_at expires_at used_at",
    ),
    "activation.DeskCase": held(
        key="device link",
        personal="phone consent",
        words="reason",
        business="id number way serial organisation operator language proof link_until step"
        " begun_at touched_at chased_at state ended_at policy_number",
    ),
    "activation.CaseCopy": held(
        personal="name content", business="id case place kind size added_at"
    ),
    "activation.Draft": held(
        key="device",
        personal="answers",
        business="serial language begun_at saved_at looked_at",
    ),
}
