"""The telephone of a demonstration: it takes every SMS, and anybody can look at it.

What it has got lies in a file a number, outside of the database: a code is legible on a telephone,
and nowhere in the books.
"""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from selfcard.core import clock
from selfcard.core.encryption import blind_index
from selfcard.messaging.models import Message


@dataclass(frozen=True)
class Received:
    """One message on the telephone."""

    at: datetime
    words: str


def deliver(message: Message) -> None:
    """Let the telephone of this number have the message."""
    path = _memory_of(message.recipient)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    line = json.dumps({"at": clock.now().isoformat(), "words": message.words}, ensure_ascii=False)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a") as memory:
        memory.write(line + "\n")


def received_by(number: str, most: int = 20) -> list[Received]:
    """The last messages on the telephone of a number, the newest first."""
    try:
        lines = _memory_of(number).read_text().splitlines()
    except FileNotFoundError:
        return []
    kept = (json.loads(line) for line in reversed(lines[-most:]))
    return [Received(datetime.fromisoformat(one["at"]), one["words"]) for one in kept]


def _memory_of(number: str) -> Path:
    name = blind_index("telephone", number).hex()
    return Path(settings.DEMO_MESSAGE_FOLDER) / "telephones" / f"{name}.jsonl"
