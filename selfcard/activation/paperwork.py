"""What the payment receipt and the red-letter invoice of a cancelled policy say, and the receipt of
hand-over at a counter.
"""

from datetime import datetime

from selfcard.activation.models import DeskCase
from selfcard.activation.papers import HandOverFacts
from selfcard.core import clock
from selfcard.core.money import Money
from selfcard.core.papers.facts import Name, Text
from selfcard.core.serials import card_number, group_digits
from selfcard.organisations.models import Staff
from selfcard.payments.papers import ChargeLine, InvoiceLine
from selfcard.policies.models import Cancellation, Policy
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


def hand_over_facts(
    case: DeskCase, policy: Policy, operator: Staff, now: datetime
) -> HandOverFacts:
    """What a customer signs for who leaves a counter with a policy."""
    return HandOverFacts(
        number=case.number,
        handed_over_at=now,
        policy=policy.number,
        product=Name.of(policy.product_version),
        starts_at=policy.starts_at,
        last_day=clock.last_day_before(policy.ends_at),
        card=group_digits(card_number(case.serial)),
        organisation=Name.of(case.organisation.party),
        operator=Name.of(operator),
    )


def _description(sale: Sale) -> Text:
    name = Name.of(sale.type_version)
    return Text(zh=f"退还未满期保险费：{name.zh}", en=f"Unearned premium: {name.en}")
