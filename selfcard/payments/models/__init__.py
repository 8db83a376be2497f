"""Payments' tables: demands for money and how it came, what is kept for payers, and invoices."""

from selfcard.payments.models.advances import AdvanceAccount, AdvanceEntry
from selfcard.payments.models.bankings import Banking, Takings
from selfcard.payments.models.drawers import Drawer, DrawerCount, DrawerDay
from selfcard.payments.models.invoices import Invoice, RedLetterInvoice, TaxFact
from selfcard.payments.models.payouts import Outlay, PaymentFailure, PaymentReceipt
from selfcard.payments.models.receipts import Receipt, Tender
from selfcard.payments.models.tenders import TenderKind

__all__ = [
    "AdvanceAccount",
    "AdvanceEntry",
    "Banking",
    "Drawer",
    "DrawerCount",
    "DrawerDay",
    "Invoice",
    "Outlay",
    "PaymentFailure",
    "PaymentReceipt",
    "Receipt",
    "RedLetterInvoice",
    "Takings",
    "TaxFact",
    "Tender",
    "TenderKind",
]
