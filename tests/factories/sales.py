"""A shop: cards in an institution's inventory, and everybody who sells and cashes them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from selfcard.cards.models import Batch, DocumentType
from selfcard.core import clock
from selfcard.core.serials import SerialRun
from selfcard.payments.commands import TenderGiven
from selfcard.payments.models import Invoice, Receipt
from selfcard.sales.commands import (
    issue_charge_receipt,
    register_agency,
    register_agreement,
    register_sale,
    settle_receipt,
    void_charge_receipt,
)
from selfcard.sales.models import Agency, Sale
from tests.factories.cards import PrintedCard
from tests.factories.custody import cards_at_institution, cards_of
from tests.factories.drawers import open_a_drawer
from tests.factories.organisations import Insurer, an_insurer


@dataclass(frozen=True)
class Shop:
    """An institution with a batch of cards; the keeper sells, the cashier confirms."""

    insurer: Insurer
    batch: Batch
    cards: list[PrintedCard]

    @property
    def document_type(self) -> DocumentType:
        return self.batch.type_version.document_type

    def run(self, first: int, last: int) -> SerialRun:
        """Cards of the batch, counted from 1."""
        return cards_of(self.batch, first, last)

    def sell(self, *runs: tuple[int, int], by: str = "keeper", **terms: Any) -> Sale:
        """Sell cards of the batch, counted from 1, directly through the seller."""
        given = {
            "document_type": self.document_type,
            "runs": tuple(self.run(*run) for run in runs),
            "seller_organisation": self.insurer.institution,
            "seller": self.insurer.seller.party,
            "business_source": "direct",
            "request_id": uuid4(),
            **terms,
        }
        return register_sale(actor=self.insurer.actor(by), **given)

    def ask(self, *sales: Sale, by: str = "keeper", **buyer: Any) -> Receipt:
        return issue_charge_receipt(
            sales=sales, actor=self.insurer.actor(by), request_id=uuid4(), **buyer
        )

    def settle(
        self,
        receipt: Receipt,
        *tenders: TenderGiven,
        by: str = "cashier",
        request_id: UUID | None = None,
    ) -> Invoice:
        """Confirm a receipt; in cash unless tenders are given."""
        open_a_drawer(self.insurer)
        return settle_receipt(
            receipt=receipt,
            tenders=tenders or (TenderGiven("cash", receipt.amount),),
            actor=self.insurer.actor(by),
            request_id=request_id or uuid4(),
        )

    def sell_and_settle(self, *runs: tuple[int, int]) -> Invoice:
        return self.settle(self.ask(self.sell(*runs)))

    def void(self, receipt: Receipt, reason: str = "wrong payer") -> Receipt:
        return void_charge_receipt(
            receipt=receipt,
            reason=reason,
            actor=self.insurer.actor("keeper"),
            request_id=uuid4(),
        )


def a_shop(count: int = 100, document_type: DocumentType | None = None) -> Shop:
    insurer = an_insurer()
    return Shop(insurer, *cards_at_institution(insurer, count, document_type))


def an_agency(insurer: Insurer, code: str = "AG-01", kind: str = "agency") -> Agency:
    agency = register_agency(
        code=code,
        name_zh="恒信保险代理有限公司",
        name_en="Hengxin Insurance Agency",
        kind=kind,
        licence="260330000800",
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )
    register_agreement(
        agency=agency,
        number=f"{code}-2026",
        valid_from=clock.today() - timedelta(days=30),
        valid_to=clock.today() + timedelta(days=335),
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )
    return agency
