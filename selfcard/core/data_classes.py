"""Of what kind the data of this room are; `core.held` says what the kinds mean."""

from selfcard.core.held import Held, held

HELD: dict[str, Held] = {
    "core.Request": held(key="digest", business="id command result at"),
    "core.AuditEvent": held(
        staff="actor_name",
        source="source",
        business="event actor_kind channel subject_kind subject_number facts",
    ),
    "core.NumberSeries": held(business="name"),
    "core.Paper": held(personal="facts", business="id kind number made_at"),
    "core.Work": held(business="kind subject said"),
}
