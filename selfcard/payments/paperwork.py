"""The facts of the papers of money, gathered at the moment of the deed."""

from dataclasses import replace
from decimal import Decimal

from selfcard.core import clock
from selfcard.core.models import Paper
from selfcard.core.money import Money
from selfcard.core.papers import freeze_paper
from selfcard.core.papers.facts import Name, Text
from selfcard.organisations.models import Staff
from selfcard.payments.models import (
    Invoice,
    PaymentReceipt,
    Receipt,
    RedLetterInvoice,
    TenderKind,
)
from selfcard.payments.papers import (
    PAYMENT_RECEIPT,
    ChargeLine,
    InvoiceFacts,
    InvoiceLine,
    PaymentFacts,
    ReceiptFacts,
    RedLetterFacts,
    TenderLine,
)

_TENDERS = {
    TenderKind.CASH: Text(zh="现金", en="cash"),
    TenderKind.TRANSFER: Text(zh="银行转账", en="bank transfer"),
    TenderKind.CARD: Text(zh="刷卡", en="card terminal"),
    TenderKind.CHEQUE: Text(zh="支票", en="cheque"),
    TenderKind.WALLET: Text(zh="移动支付", en="mobile wallet"),
    TenderKind.ADVANCE: Text(zh="预收核销", en="premium received in advance"),
    TenderKind.PROMOTION: Text(zh="促销费用", en="promotion expense"),
}
_WAYS = {
    PaymentReceipt.Way.ORIGINAL: Text(zh="原路退回", en="the way the money came"),
    PaymentReceipt.Way.ADVANCE: Text(zh="转入预收账户", en="to the payer's advance account"),
    PaymentReceipt.Way.PAYEE: Text(zh="付给指定收款人", en="to a named payee"),
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
        deposit_to=receipt.account.number if receipt.account else "",
        payer_account=receipt.payer_account.number if receipt.payer_account else "",
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
                kind=_TENDERS[TenderKind(tender.kind)],
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


def payment_facts(payment: PaymentReceipt, lines: tuple[ChargeLine, ...]) -> PaymentFacts:
    """The voucher as it is; to which account the money goes stays in the office."""
    return PaymentFacts(
        number=payment.number,
        issued_at=payment.issued_at,
        organisation=Name.of(payment.organisation.party),
        payee=payment.payee_name,
        way=_WAYS[PaymentReceipt.Way(payment.way)],
        reference=payment.reason_number,
        lines=lines,
        amount=Money(payment.amount, payment.currency),
        issued_by=staff_name(payment.issued_by),
    )


def freeze_corrected(payment: PaymentReceipt, corrected_by: Staff) -> None:
    """The voucher with its payee as corrected: its next edition, which says that it is one."""
    edition = (
        2
        + Paper.objects.filter(
            kind=PAYMENT_RECEIPT, number__startswith=f"{payment.number}-"
        ).count()
    )
    facts = replace(
        payment_facts(payment, payment.lines),
        edition=edition,
        corrected_at=clock.now(),
        corrected_by=staff_name(corrected_by),
    )
    freeze_paper(kind=PAYMENT_RECEIPT, number=f"{payment.number}-{edition}", facts=facts)


def red_letter_facts(
    red_letter: RedLetterInvoice, lines: tuple[InvoiceLine, ...]
) -> RedLetterFacts:
    payment, original = red_letter.payment, red_letter.invoice

    def money(amount: Decimal) -> Money:
        return Money(amount, red_letter.currency)

    return RedLetterFacts(
        number=red_letter.number,
        issued_at=red_letter.issued_at,
        organisation=Name.of(red_letter.organisation.party),
        original=original.number,
        original_issued_at=original.issued_at,
        payment=payment.number,
        reference=payment.reason_number,
        lines=lines,
        outlays=tuple(
            TenderLine(
                kind=_TENDERS[TenderKind(outlay.kind)],
                amount=money(outlay.amount),
                arrived_on=outlay.paid_on,
                reference=outlay.reference,
            )
            for outlay in payment.outlays.order_by("id")
        ),
        net=money(red_letter.net),
        tax=money(red_letter.tax),
        gross=money(red_letter.gross),
        issued_by=staff_name(payment.issued_by),
        confirmed_by=staff_name(payment.confirmed_by),
        buyer=red_letter.buyer_name,
        buyer_tax_number=red_letter.buyer_tax_number,
    )


def _money(receipt: Receipt, amount: Decimal) -> Money:
    return Money(amount, receipt.currency)
