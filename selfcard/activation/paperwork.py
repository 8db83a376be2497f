"""What the payment receipt and the red-letter invoice of a cancelled policy say."""

from selfcard.core.money import Money
from selfcard.core.papers.facts import Name, Text
from selfcard.payments.papers import ChargeLine, InvoiceLine
from selfcard.policies.models import Cancellation
from selfcard.sales.models import Sale


def refund_charge_line(cancellation: Cancellation, sale: Sale) -> ChargeLine:
    """The unearned part of one card's premium."""
    return ChargeLine(
        description=_description(sale),
        detail=cancellation.policy.number,
        quantity=1,
        unit_price=cancellation.amount,
        amount=cancellation.amount,
        reference=sale.number,
    )


def refund_invoice_line(cancellation: Cancellation, sale: Sale) -> InvoiceLine:
    """The same with its tax, by the rate at which it was invoiced."""
    currency = cancellation.policy.currency
    return InvoiceLine(
        description=_description(sale),
        detail=cancellation.policy.number,
        quantity=1,
        net=Money(cancellation.net, currency),
        tax_rate=sale.type_version.tax_rate,
        tax=Money(cancellation.tax, currency),
        gross=cancellation.amount,
        reference=sale.number,
    )


def _description(sale: Sale) -> Text:
    name = Name.of(sale.type_version)
    return Text(zh=f"退还未满期保险费：{name.zh}", en=f"Unearned premium: {name.en}")
