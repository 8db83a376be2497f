"""The papers of a sale: the charge list for the cashier, the notice for the customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from selfcard.core.money import Money
from selfcard.core.papers.facts import Name, Text
from selfcard.core.serials import SerialRun

CHARGE_LIST = "charge_list"
NOTICE = "notice"
RECOVERY_NOTE = "recovery_note"


@dataclass(frozen=True, kw_only=True)
class ChargeListFacts:
    """What was sold, by whom, and what is to be paid for it."""

    number: str  # the sales ID
    registered_at: datetime
    document_type: Name
    face_value: Money
    deadline: date | None  # None: the runs come from batches with different deadlines
    runs: tuple[SerialRun, ...]
    count: int
    amount: Money
    seller_organisation: Name
    seller: Name
    business_source: Name
    agency: Name | None
    registered_by: Name
    due_on: date
    agreement: str = ""
    customer_reference: str = ""
    remark: str = ""
    gift_reason: str = ""  # why the cards are free; empty where they are paid


@dataclass(frozen=True, kw_only=True)
class NoticePart:
    """An unbroken run of cards with one last day: a page of the notice."""

    cards: SerialRun
    deadline: date


@dataclass(frozen=True, kw_only=True)
class NoticeFacts:
    """Tells the customer that the cards are paid and that nobody is insured yet: a page for each
    range, to be handed over with its cards.

    `activate_address` is the portal's first page, without a card number in it: the
    notice may be copied, the cards may not.
    """

    number: str  # the sales ID
    paid_on: date
    document_type: Name
    products: tuple[Name, ...]  # what a card may become
    parts: tuple[NoticePart, ...]
    seller_organisation: Name
    seller: Name
    activate_address: str
    sms_number: str = ""  # where cards are activated by SMS, if they are
    sms_activation: Text | None = None  # what is sent there
    manual: str = ""  # where the manual of the card is read


@dataclass(frozen=True, kw_only=True)
class RecoveryFacts:
    """Which cards of a sale come back, and what is paid back for them, if they were paid."""

    number: str  # the recovery ID
    registered_at: datetime
    sale: str
    document_type: Name
    runs: tuple[SerialRun, ...]
    scratched: tuple[SerialRun, ...]
    opened: tuple[SerialRun, ...]  # void, since their PIN was accepted
    count: int
    amount: Money
    is_paid: bool
    reason: str
    seller_organisation: Name
    seller: Name
    registered_by: Name
