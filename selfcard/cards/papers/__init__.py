"""The paper of a print order: who asked for the secrets, and to whom they went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from selfcard.core.money import Money
from selfcard.core.papers.facts import Name
from selfcard.core.serials import SerialRun

PRINT_PROTOCOL = "print_protocol"


@dataclass(frozen=True, kw_only=True)
class PrintProtocolFacts:
    """Everything about a print file except what is in it.

    The printer compares the SHA-256 before opening the file; the recipient is the
    printer's public key, without which nobody reads it.
    """

    number: str  # of the batch, B-2026-001
    document_type: Name  # as it is printed on the card
    version: int  # of the document type
    face_value: Money
    cards: SerialRun
    deadline: date
    use_by: date | None
    printer: Name
    recipient: str  # age1…
    file_name: str
    file_size: int  # bytes, encrypted
    sha256: str  # hexadecimal, of the encrypted file
    ordered_by: Name
    ordered_at: datetime
    approved_by: Name
    approved_at: datetime
    release_asked_by: Name
    released_by: Name
    released_at: datetime
    downloaded_by: Name | None = None
    downloaded_at: datetime | None = None
