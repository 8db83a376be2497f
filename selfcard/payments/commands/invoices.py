"""Invoices and red-letter invoices, in series without gaps."""

from dataclasses import replace

from selfcard.core import clock, numbering
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import step
from selfcard.core.money import Money
from selfcard.core.papers import freeze_paper
from selfcard.core.papers.facts import plain
from selfcard.organisations.models import Organisation
from selfcard.organisations.queries import acting_staff
from selfcard.payments.models import Invoice, PaymentReceipt, Receipt, RedLetterInvoice
from selfcard.payments.papers import INVOICE, RED_LETTER, InvoiceLine
from selfcard.payments.paperwork import invoice_facts, red_letter_facts
from selfcard.payments.tendering import total


@step
def issue_invoice(*, receipt: Receipt, lines: tuple[InvoiceLine, ...], actor: Actor) -> Invoice:
    """Number the invoice for a receipt that was confirmed in the same command.

    The number is the last thing that is locked: whoever invoices next in this series waits until
    this command ends, and takes the same number if it fails.
    """
    net, tax = total(line.net for line in lines), total(line.tax for line in lines)
    organisation = receipt.organisation
    series, running, number = _next("invoice", organisation.code, organisation)
    invoice = Invoice.objects.create(
        number=number,
        series=series,
        running=running,
        receipt=receipt,
        organisation=organisation,
        buyer_name=receipt.payer_name,
        buyer_tax_number=receipt.buyer_tax_number,
        currency=receipt.currency,
        net=net.amount,
        tax=tax.amount,
        gross=(net + tax).amount,
        lines=plain(lines),
        issued_by=acting_staff(actor),
        issued_at=clock.now(),
    )
    freeze_paper(kind=INVOICE, number=invoice.number, facts=invoice_facts(invoice, lines))
    record(actor, "invoices.issued", invoice, receipt=receipt.number)
    return invoice


@step
def issue_red_letter(
    *, invoice: Invoice, payment: PaymentReceipt, lines: tuple[InvoiceLine, ...], actor: Actor
) -> RedLetterInvoice:
    """Number the red-letter invoice for money that was paid back in the same command.

    Its lines are what is cancelled of the original, their amounts positive; on the invoice they
    are negative. PostgreSQL refuses one that takes more than the original has left.
    """
    negative = tuple(_negative(line) for line in lines)
    net, tax = total(line.net for line in negative), total(line.tax for line in negative)
    organisation = invoice.organisation
    series, running, number = _next("red_letter", f"{organisation.code}-R", organisation)
    red_letter = RedLetterInvoice.objects.create(
        number=number,
        series=series,
        running=running,
        invoice=invoice,
        payment=payment,
        organisation=organisation,
        buyer_name=invoice.buyer_name,
        buyer_tax_number=invoice.buyer_tax_number,
        currency=invoice.currency,
        net=net.amount,
        tax=tax.amount,
        gross=(net + tax).amount,
        lines=plain(negative),
        issued_by=acting_staff(actor),
        issued_at=clock.now(),
    )
    freeze_paper(
        kind=RED_LETTER, number=red_letter.number, facts=red_letter_facts(red_letter, negative)
    )
    record(actor, "invoices.red_letter", red_letter, original=invoice.number)
    return red_letter


def _negative(line: InvoiceLine) -> InvoiceLine:
    return replace(
        line,
        quantity=-line.quantity,
        net=_minus(line.net),
        tax=_minus(line.tax),
        gross=_minus(line.gross),
    )


def _minus(money: Money) -> Money:
    return Money(-money.amount, money.currency)


def _next(kind: str, prefix: str, organisation: Organisation) -> tuple[str, int, str]:
    """Series, running number and number of the next paper of an organisation's year."""
    year = clock.today().year
    series = f"{kind}:{organisation.code}:{year}"
    running = numbering.next_number(series)
    return series, running, f"{prefix}-{year}-{running:08d}"
