"""Receipts for tests. Payments has only steps, so small commands stand for the room above."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.command import command
from selfcard.core.money import Money, split_tax
from selfcard.core.papers.facts import Text
from selfcard.organisations.models import Organisation
from selfcard.payments.commands import (
    TenderGiven,
    confirm_receipt,
    issue_invoice,
    issue_receipt,
    void_receipt,
)
from selfcard.payments.models import AdvanceAccount, Invoice, Receipt
from selfcard.payments.papers import ChargeLine, InvoiceLine
from tests.factories.drawers import open_a_drawer
from tests.factories.organisations import Insurer, an_insurer

CARDS = Text(zh="意外卡", en="Accident card")
RATE = Decimal("0.06")
YESTERDAY = date.min  # of whatever day it is when it is asked for


@command
def _ask(
    *,
    organisation: Organisation,
    payer_name: str,
    buyer_tax_number: str,
    payer_account: AdvanceAccount | None,
    price: Decimal,
    actor: Actor,
    request_id: UUID,
) -> Receipt:
    each = Money(price, "CNY")
    line = ChargeLine(description=CARDS, detail="1", quantity=1, unit_price=each, amount=each)
    return issue_receipt(
        organisation=organisation,
        payer_name=payer_name,
        buyer_tax_number=buyer_tax_number,
        payer_account=payer_account,
        lines=(line,),
        reason=("sale", "S-1"),
        actor=actor,
    )


@command
def _confirm(
    *, receipt: Receipt, tenders: tuple[TenderGiven, ...], actor: Actor, request_id: UUID
) -> Invoice:
    receipt = confirm_receipt(receipt=receipt, tenders=tenders, actor=actor)
    net, tax = split_tax(receipt.amount, RATE)
    line = InvoiceLine(
        description=CARDS,
        detail="1",
        quantity=1,
        net=Money(net, "CNY"),
        tax_rate=RATE,
        tax=Money(tax, "CNY"),
        gross=Money(receipt.amount, "CNY"),
    )
    return issue_invoice(receipt=receipt, lines=(line,), actor=actor)


@command
def _confirm_only(
    *, receipt: Receipt, tenders: tuple[TenderGiven, ...], actor: Actor, request_id: UUID
) -> Receipt:
    return confirm_receipt(receipt=receipt, tenders=tenders, actor=actor)


@command
def _void(*, receipt: Receipt, reason: str, actor: Actor, request_id: UUID) -> Receipt:
    return void_receipt(receipt=receipt, reason=reason, actor=actor)


def cash(amount: str) -> TenderGiven:
    return TenderGiven("cash", Decimal(amount))


def transfer(
    amount: str, arrived_on: date | None = YESTERDAY, reference: str = "2026 0093"
) -> TenderGiven:
    if arrived_on is YESTERDAY:
        arrived_on = clock.today() - timedelta(days=1)
    return TenderGiven("transfer", Decimal(amount), arrived_on, reference)


@dataclass(frozen=True)
class Till:
    """A keeper who asks for money and a cashier who confirms it, in one institution."""

    insurer: Insurer

    def receipt(
        self,
        price: str = "100.00",
        payer_name: str = "",
        buyer_tax_number: str = "",
        payer_account: AdvanceAccount | None = None,
    ) -> Receipt:
        return _ask(
            organisation=self.insurer.institution,
            payer_name=payer_name,
            buyer_tax_number=buyer_tax_number,
            payer_account=payer_account,
            price=Decimal(price),
            actor=self.insurer.actor("keeper"),
            request_id=uuid4(),
        )

    def confirm(self, receipt: Receipt, *tenders: TenderGiven, by: str = "cashier") -> Invoice:
        open_a_drawer(self.insurer)
        return _confirm(
            receipt=receipt,
            tenders=tenders,
            actor=self.insurer.actor(by),
            request_id=uuid4(),
        )

    def confirm_without_invoice(self, receipt: Receipt, *tenders: TenderGiven) -> Receipt:
        open_a_drawer(self.insurer)
        return _confirm_only(
            receipt=receipt,
            tenders=tenders,
            actor=self.insurer.actor("cashier"),
            request_id=uuid4(),
        )

    def void(self, receipt: Receipt, reason: str = "wrong payer") -> Receipt:
        return _void(
            receipt=receipt,
            reason=reason,
            actor=self.insurer.actor("keeper"),
            request_id=uuid4(),
        )


def a_till() -> Till:
    return Till(an_insurer())
