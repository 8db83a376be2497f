"""The papers of cards: a print order's protocol, the words on the card, and the manual."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from selfcard.core.money import Money
from selfcard.core.papers.facts import Name, Text
from selfcard.core.serials import SerialRun
from selfcard.products.papers import ProductTold

PRINT_PROTOCOL = "print_protocol"
CARD_WORDS = "card_words"
MANUAL = "manual"


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


@dataclass(frozen=True, kw_only=True)
class CardWordsFacts:
    """What is printed on a card, for whoever sets it: each line in both languages.

    Card number, PIN and code are not in it: they come with the encrypted print file.
    """

    number: str  # of the batch, or of the type's version where no batch is ordered
    document_type: Name
    version: int
    face_value: Money
    deadline: date | None
    front: tuple[Text, ...]
    back: tuple[Text, ...]


@dataclass(frozen=True, kw_only=True)
class ManualFacts:
    """How a card of a type is used, and what it may become.

    `manual_address` is where the same can be read on the website, `claim_address` where a claim is
    reported; neither holds a card number.
    """

    number: str  # of the type's version, AC-050-1
    document_type: Name
    version: int
    face_value: Money
    deadline: Text
    products: tuple[ProductTold, ...]
    activate_address: str
    manual_address: str
    claim_address: str
    sms_number: str
    sms_activation: Text  # what is sent there
