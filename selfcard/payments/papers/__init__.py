"""The papers of money: the charge receipt that asks for it, the invoice that follows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from selfcard.core.money import Money
from selfcard.core.papers.facts import Name, Text

CHARGE_RECEIPT = "charge_receipt"
INVOICE = "invoice"
PAYMENT_RECEIPT = "payment_receipt"
RED_LETTER = "red_letter"

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
    reference: str = ""  # the sales ID


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
    deposit_to: str = ""  # the advance account of a deposit
    payer_account: str = ""  # whose payer pays, and may pay out of it


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
    reference: str = ""  # the sales ID


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


@dataclass(frozen=True, kw_only=True)
class PaymentFacts:
    """A voucher by which money is to be paid back: it proves nothing until it is confirmed."""

    number: str  # P-2026-0000001
    issued_at: datetime
    organisation: Name
    payee: str
    way: Text
    reference: str  # what is paid back: the recovery ID, or the advance account
    lines: tuple[ChargeLine, ...]
    amount: Money
    issued_by: Name
    edition: int = 1  # each correction of the payee makes the next; the earlier ones are kept
    corrected_at: datetime | None = None
    corrected_by: Name | None = None


@dataclass(frozen=True, kw_only=True)
class RedLetterFacts:
    """A negative invoice for money that was paid back; amounts and quantities are negative."""

    number: str
    issued_at: datetime
    organisation: Name
    original: str  # the number of the invoice that it cancels, whole or in part
    original_issued_at: datetime
    payment: str
    reference: str  # the recovery ID
    lines: tuple[InvoiceLine, ...]
    outlays: tuple[TenderLine, ...]
    net: Money
    tax: Money
    gross: Money
    issued_by: Name  # who wrote the payment receipt
    confirmed_by: Name  # who confirmed that the money was paid
    buyer: str = AN_INDIVIDUAL.zh
    buyer_tax_number: str = ""
