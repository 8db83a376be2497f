"""The papers of money: the charge receipt that asks for it, the invoice that follows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from selfcard.core.money import Money
from selfcard.core.papers.facts import Name, Text

CHARGE_RECEIPT = "charge_receipt"
INVOICE = "invoice"

# Who buys without giving a name is an individual.
AN_INDIVIDUAL = Text(zh="个人", en="Individual")


@dataclass(frozen=True, kw_only=True)
class ChargeLine:
    """One thing that is charged for; the detail names the cards as runs."""

    description: Text
    detail: str
    quantity: int
    unit_price: Money
    amount: Money


@dataclass(frozen=True, kw_only=True)
class ReceiptFacts:
    """A demand for money: it proves nothing until the receipt is confirmed."""

    number: str  # R-2026-0000001
    issued_at: datetime
    payer: str
    organisation: Name
    reference: str  # what is paid for: the sales ID
    lines: tuple[ChargeLine, ...]
    amount: Money
    issued_by: Name


@dataclass(frozen=True, kw_only=True)
class InvoiceLine:
    """A line of an invoice; `tax_rate` is a fraction (0.06), None where exempt."""

    description: Text
    detail: str
    quantity: int
    net: Money
    tax_rate: Decimal | None
    tax: Money
    gross: Money


@dataclass(frozen=True, kw_only=True)
class TenderLine:
    """How a part of the money came."""

    kind: Text
    amount: Money
    arrived_on: date
    reference: str = ""


@dataclass(frozen=True, kw_only=True)
class InvoiceFacts:
    """A numbered invoice for money that has arrived, to the cent."""

    number: str
    issued_at: datetime
    organisation: Name
    receipt: str
    reference: str  # what was paid for: the sales ID
    lines: tuple[InvoiceLine, ...]
    tenders: tuple[TenderLine, ...]
    net: Money
    tax: Money
    gross: Money
    issued_by: Name  # who made the charge receipt
    confirmed_by: Name  # who confirmed that the money arrived
    buyer: str = AN_INDIVIDUAL.zh
    buyer_tax_number: str = ""
