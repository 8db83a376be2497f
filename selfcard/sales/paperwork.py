"""The facts of a sale's papers, and what its receipt and invoice say, gathered at the deed."""

from django.conf import settings

from selfcard.cards.papers.words import activation_by_sms, manual_address
from selfcard.cards.queries import batches_touching, product_versions_of
from selfcard.core import clock
from selfcard.core.money import Money, split_tax
from selfcard.core.papers.facts import Name, Text
from selfcard.core.serials import SerialRun, count_cards, note_runs
from selfcard.custody.queries import opened_within
from selfcard.payments.papers import ChargeLine, InvoiceLine
from selfcard.payments.paperwork import staff_name
from selfcard.sales.models import BusinessSource, Recovery, Sale
from selfcard.sales.papers import ChargeListFacts, NoticeFacts, NoticePart, RecoveryFacts

_SOURCES = {
    BusinessSource.DIRECT: Name(zh="直销", en="Direct"),
    BusinessSource.INDIVIDUAL_AGENT: Name(zh="个人代理", en="Individual agent"),
    BusinessSource.AGENCY: Name(zh="专业代理", en="Agency"),
    BusinessSource.CONCURRENT_AGENCY: Name(zh="兼业代理", en="Concurrent agency"),
    BusinessSource.BROKER: Name(zh="经纪", en="Broker"),
}


def charge_list_facts(sale: Sale, runs: tuple[SerialRun, ...]) -> ChargeListFacts:
    deadlines = {batch.last_day for batch in batches_touching(runs)}
    return ChargeListFacts(
        number=sale.number,
        registered_at=sale.registered_at,
        document_type=Name.of(sale.type_version),
        face_value=Money(sale.face_value, sale.currency),
        deadline=deadlines.pop() if len(deadlines) == 1 else None,
        runs=runs,
        count=sale.count,
        amount=Money(sale.amount, sale.currency),
        seller_organisation=Name.of(sale.seller_organisation.party),
        seller=Name.of(sale.seller),
        business_source=_SOURCES[BusinessSource(sale.business_source)],
        agency=Name.of(sale.agency) if sale.agency else None,
        agreement=sale.agreement.number if sale.agreement else "",
        due_on=sale.due_on,
        registered_by=staff_name(sale.registered_by),
        customer_reference=sale.customer_reference,
        remark=sale.remark,
        gift_reason=sale.gift_reason,
    )


def notice_facts(sale: Sale, runs: tuple[SerialRun, ...]) -> NoticeFacts:
    """What the customer is told: paid, and for each range until when and how to activate."""
    batches = batches_touching(runs)
    products = product_versions_of(batches[0])
    return NoticeFacts(
        number=sale.number,
        paid_on=clock.today(),
        document_type=Name.of(sale.type_version),
        products=tuple(
            Name(zh=version.name_zh, en=version.name_en, code=version.product.code)
            for version in products
        ),
        parts=tuple(
            NoticePart(cards=cards, deadline=batch.last_day)
            for run in runs
            for batch in batches
            if (cards := run.intersection(batch.run))
        ),
        seller_organisation=Name.of(sale.seller_organisation.party),
        seller=Name.of(sale.seller),
        activate_address=settings.PUBLIC_ADDRESS,
        sms_number=settings.SMS_NUMBER,
        sms_activation=activation_by_sms(sale.type_version, products),
        manual=manual_address(sale.type_version),
    )


def charge_line(sale: Sale, runs: tuple[SerialRun, ...]) -> ChargeLine:
    """What these cards of a sale cost."""
    count = count_cards(runs)
    return ChargeLine(
        description=_description(sale),
        detail=note_runs(runs),
        quantity=count,
        unit_price=Money(sale.face_value, sale.currency),
        amount=Money(sale.face_value, sale.currency) * count,
        reference=sale.number,
    )


def invoice_line(sale: Sale, runs: tuple[SerialRun, ...]) -> InvoiceLine:
    """Net and tax are split on one card and multiplied: so each card that is activated, or comes
    back, takes its own part of the sum, and the last one leaves nothing over."""
    rate = sale.type_version.tax_rate
    net, tax = split_tax(sale.face_value, rate)
    count = count_cards(runs)
    return InvoiceLine(
        description=_description(sale),
        detail=note_runs(runs),
        quantity=count,
        net=Money(net, sale.currency) * count,
        tax_rate=rate,
        tax=Money(tax, sale.currency) * count,
        gross=Money(sale.face_value, sale.currency) * count,
        reference=sale.number,
    )


def recovery_facts(
    recovery: Recovery, runs: tuple[SerialRun, ...], scratched: tuple[SerialRun, ...]
) -> RecoveryFacts:
    sale = recovery.sale
    return RecoveryFacts(
        number=recovery.number,
        registered_at=recovery.registered_at,
        sale=sale.number,
        document_type=Name.of(sale.type_version),
        runs=runs,
        scratched=scratched,
        opened=tuple(opened_within(runs)),
        count=recovery.count,
        amount=Money(recovery.amount, sale.currency),
        is_paid=recovery.kind == Recovery.Kind.PAID,
        reason=recovery.reason,
        seller_organisation=Name.of(sale.seller_organisation.party),
        seller=Name.of(sale.seller),
        registered_by=staff_name(recovery.registered_by),
    )


def _description(sale: Sale) -> Text:
    name = Name.of(sale.type_version)
    if sale.is_gift:
        return Text(zh=f"保险费（赠卡）：{name.zh}", en=f"Premium of free cards: {name.en}")
    return Text(zh=f"保险费：{name.zh}", en=f"Premium: {name.en}")
