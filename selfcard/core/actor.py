"""Who acts, and through which channel: the closing argument of every command."""

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    STAFF = "staff"
    HOLDER = "holder"
    SYSTEM = "system"


class Channel(StrEnum):
    OFFICE = "office"
    PORTAL = "portal"
    SMS = "sms"
    DESK = "desk"
    API = "api"
    COMMAND_LINE = "command-line"
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    """Somebody who does a deed: a staff member, a card's anonymous holder, or the system itself.

    `id` is the staff member's key and is empty for the others. `source` is where the deed came
    from (a network address, a phone number); it goes into the audit trail.
    """

    kind: ActorKind
    id: int | None
    name: str
    channel: Channel
    source: str = ""

    @classmethod
    def system(cls, name: str = "system") -> "Actor":
        return cls(ActorKind.SYSTEM, None, name, Channel.SYSTEM)

    @classmethod
    def holder(cls, channel: Channel = Channel.PORTAL, source: str = "") -> "Actor":
        return cls(ActorKind.HOLDER, None, "holder", channel, source)
