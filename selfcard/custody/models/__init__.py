"""Custody's tables: places and movements, what stands beside a card, and the papers of stock."""

from selfcard.custody.models.blocks import HolderBlock
from selfcard.custody.models.cards import (
    ActivatedCard,
    ActivatedTally,
    Freeze,
    OpenedCard,
)
from selfcard.custody.models.counts import (
    CountedStack,
    CountFinding,
    StockCount,
)
from selfcard.custody.models.extensions import Extension, ExtensionRun
from selfcard.custody.models.notes import (
    Issue,
    Recall,
    Requisition,
)
from selfcard.custody.models.places import (
    BatchTally,
    Holding,
    HoldingPast,
    Movement,
    PlaceTally,
    StockFlow,
)
from selfcard.custody.models.reasons import (
    BATCH_REASON,
    DAMAGED_REASON,
    FREEZE_KINDS,
    FREEZE_REASON,
    ISSUE_REASON,
    MISSING_REASON,
    NO_REASON,
    RECALL_REASON,
    SAID_OF_THE_CARDS,
    SHORTAGE_REASON,
    STOCK_COUNT_REASON,
    WRITE_OFF_REASON,
    Reason,
)
from selfcard.custody.models.write_offs import (
    WriteOff,
    WriteOffRun,
)

__all__ = [
    "BATCH_REASON",
    "DAMAGED_REASON",
    "FREEZE_KINDS",
    "FREEZE_REASON",
    "ISSUE_REASON",
    "MISSING_REASON",
    "NO_REASON",
    "RECALL_REASON",
    "SAID_OF_THE_CARDS",
    "SHORTAGE_REASON",
    "STOCK_COUNT_REASON",
    "WRITE_OFF_REASON",
    "ActivatedCard",
    "ActivatedTally",
    "BatchTally",
    "CountFinding",
    "CountedStack",
    "Extension",
    "ExtensionRun",
    "Freeze",
    "HolderBlock",
    "Holding",
    "HoldingPast",
    "Issue",
    "Movement",
    "OpenedCard",
    "PlaceTally",
    "Reason",
    "Recall",
    "Requisition",
    "StockCount",
    "StockFlow",
    "WriteOff",
    "WriteOffRun",
]
