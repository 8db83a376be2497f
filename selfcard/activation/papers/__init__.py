"""The paper of a counter: what the customer signs for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from selfcard.core.papers.facts import Name

HAND_OVER = "hand_over"


@dataclass(frozen=True, kw_only=True)
class HandOverFacts:
    """What was handed over to a customer at a counter. It names nobody but the staff: the customer
    signs it, and writes their name.
    """

    number: str  # of the case
    handed_over_at: datetime
    policy: str
    product: Name
    starts_at: datetime
    last_day: date
    card: str
    organisation: Name
    operator: Name
