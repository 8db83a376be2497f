"""What a try at the gate costs once there were failures: some work for the device, or waiting.

The page carries a ticket: a riddle that is solved by trying numbers up to its size, about half of
them on average, and checked with one digest. It is signed, so nothing is kept until it comes back;
then PostgreSQL keeps that it is spent (`SpentTicket`). A ticket is good for one source and a few
minutes, and its age tells how long its page was open.

The riddle is the one of ALTCHA: of which number, below a known bound, is this the SHA-256?
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings

from selfcard.core.keys import key

_SALT_BYTES = 8
_TICKET = re.compile(
    r"(?P<said>(?P<made>[0-9]{1,11})\.(?P<size>[0-9]{1,10})\.(?P<salt>[0-9a-f]{16})"
    r"\.(?P<riddle>[0-9a-f]{64}))\.(?P<signature>[0-9a-f]{64})(\.(?P<number>[0-9]{1,10}))?"
)


@dataclass(frozen=True)
class Toll:
    """What the next try of a source costs: nothing, or so many seconds, unless work pays for it."""

    seconds: int = 0
    ticket: str = ""


@dataclass(frozen=True)
class Ticket:
    """A ticket that came back with a try: ours, for this source, and still in time."""

    riddle: bytes
    issued_at: datetime
    work: int  # the size of the riddle, if it was solved; else nothing

    @property
    def expires_at(self) -> datetime:
        return self.issued_at + settings.GATE_TICKET


def issue_ticket(*, source: str, size: int, now: datetime) -> str:
    """A new riddle for a source: when it was made, its size, salt, riddle and signature.

    Its solution comes back as a sixth part.
    """
    salt = secrets.token_hex(_SALT_BYTES)
    riddle = _digest(salt, str(secrets.randbelow(size) + 1))
    said = f"{int(now.timestamp())}.{size}.{salt}.{riddle}"
    return f"{said}.{_signature(said, source)}"


def read_ticket(text: str, *, source: str, now: datetime) -> Ticket | None:
    """The ticket that came back; none if it is not ours, of another source, or out of time."""
    parts = _TICKET.fullmatch(text)
    if not parts or not hmac.compare_digest(_signature(parts["said"], source), parts["signature"]):
        return None
    issued_at = datetime.fromtimestamp(int(parts["made"]), UTC)
    if not timedelta(0) <= now - issued_at < settings.GATE_TICKET:
        return None
    solved = bool(parts["number"]) and _digest(parts["salt"], parts["number"]) == parts["riddle"]
    return Ticket(bytes.fromhex(parts["riddle"]), issued_at, int(parts["size"]) if solved else 0)


def _digest(salt: str, number: str) -> str:
    return hashlib.sha256(f"{salt}.{number}".encode()).hexdigest()


def _signature(said: str, source: str) -> str:
    return hmac.digest(key("gate-ticket"), f"{said} {source}".encode(), "sha256").hex()
