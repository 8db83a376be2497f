"""The papers that go with boxes of cards: the issue note and the check-in note."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from selfcard.core.papers.facts import Name
from selfcard.core.serials import SerialRun

ISSUE_NOTE = "issue_note"
CHECK_IN = "check_in"
RECALL_NOTE = "recall_note"


@dataclass(frozen=True, kw_only=True)
class IssueNoteFacts:
    """What the sender puts into the box and both sides sign.

    `to_person` tells an issue registration to an individual, who holds the cards at
    once, from an issue to an organisation, which still has to check them in; `from_person`
    tells that it was another individual who handed them over.
    """

    number: str  # IN-2026-000001
    issued_at: datetime
    document_type: Name
    deadline: date | None  # None: the runs come from batches with different deadlines
    from_party: Name
    to_party: Name
    to_person: bool
    for_organisation: Name | None
    runs: tuple[SerialRun, ...]
    count: int
    issued_by: Name
    remark: str = ""
    from_person: bool = False
    requisition: str = ""  # RQ-2026-000001


@dataclass(frozen=True, kw_only=True)
class CheckInFacts:
    """What came, against what was sent; `from_party` is the printer for printed cards.

    With a refusal nothing was taken in: the whole shipment went back.
    """

    number: str  # of the issue note, or of the batch
    checked_in_at: datetime
    document_type: Name
    from_party: Name
    to_party: Name
    sent: tuple[SerialRun, ...]
    came: tuple[SerialRun, ...]
    missing: tuple[SerialRun, ...]
    damaged: tuple[SerialRun, ...]
    sent_count: int
    came_count: int
    checked_in_by: Name
    remark: str = ""
    refusal: str = ""


@dataclass(frozen=True, kw_only=True)
class RecallNoteFacts:
    """What goes back up the tree with cards, and both sides sign.

    `stopped` are those of the cards that are frozen, and stay so.
    """

    number: str  # RC-2026-000001
    recalled_at: datetime
    document_type: Name
    from_party: Name
    from_person: bool
    to_party: Name
    runs: tuple[SerialRun, ...]
    count: int
    stopped: tuple[SerialRun, ...]
    recalled_by: Name
    remark: str = ""
