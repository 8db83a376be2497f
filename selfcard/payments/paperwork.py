"""The facts of the papers of money, gathered at the moment of the deed."""

from decimal import Decimal

from selfcard.core.money import Money
from selfcard.core.papers.facts import Name, Text
from selfcard.organisations.models import Staff
from selfcard.payments.models import Invoice, Receipt, Tender
from selfcard.payments.papers import (
    ChargeLine,
    InvoiceFacts,
    InvoiceLine,
    ReceiptFacts,
    TenderLine,
)

_TENDERS = {
    Tender.Kind.CASH: Text(zh="现金", en="cash"),
    Tender.Kind.TRANSFER: Text(zh="银行转账", en="bank transfer"),
}


def staff_name(staff: Staff | None) -> Name:
    """A staff member as papers name them."""
    assert staff is not None
    return Name.of(staff.party)


def receipt_facts(receipt: Receipt, lines: tuple[ChargeLine, ...]) -> ReceiptFacts:
    return ReceiptFacts(
        number=receipt.number,
        issued_at=receipt.issued_at,
        payer=receipt.payer_name,
        organisation=Name.of(receipt.organisation.party),
        reference=receipt.reason_number,
        lines=lines,
        amount=_money(receipt, receipt.amount),
        issued_by=staff_name(receipt.issued_by),
    )


def invoice_facts(invoice: Invoice, lines: tuple[InvoiceLine, ...]) -> InvoiceFacts:
    receipt = invoice.receipt
    return InvoiceFacts(
        number=invoice.number,
        issued_at=invoice.issued_at,
        organisation=Name.of(invoice.organisation.party),
        receipt=receipt.number,
        reference=receipt.reason_number,
        lines=lines,
        tenders=tuple(
            TenderLine(
                kind=_TENDERS[Tender.Kind(tender.kind)],
                amount=_money(receipt, tender.amount),
                arrived_on=tender.arrived_on,
                reference=tender.reference,
            )
            for tender in receipt.tenders.order_by("id")
        ),
        net=_money(receipt, invoice.net),
        tax=_money(receipt, invoice.tax),
        gross=_money(receipt, invoice.gross),
        issued_by=staff_name(receipt.issued_by),
        confirmed_by=staff_name(receipt.confirmed_by),
        buyer=invoice.buyer_name,
        buyer_tax_number=invoice.buyer_tax_number,
    )


def _money(receipt: Receipt, amount: Decimal) -> Money:
    return Money(amount, receipt.currency)
