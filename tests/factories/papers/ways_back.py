"""One filled example of each paper of the way back, for tests and for looking at."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from selfcard.core.papers import Name, Text
from selfcard.core.serials import SerialRun
from selfcard.payments.papers import (
    PAYMENT_RECEIPT,
    RED_LETTER,
    ChargeLine,
    InvoiceLine,
    PaymentFacts,
    RedLetterFacts,
    TenderLine,
)
from selfcard.sales.papers import RECOVERY_NOTE, RecoveryFacts
from tests.factories.papers.names import CARD, CARDS, CASHIER, INSTITUTION, KEEPER, at, yuan

BACK = SerialRun(CARDS.first, CARDS.first + 49)
DETAIL = "620118 000 412 001–620118 000 412 050"


def a_recovery_note(*, is_paid: bool = True) -> RecoveryFacts:
    return RecoveryFacts(
        number="RV-2026-0000031",
        registered_at=at(20, 9, 5),
        sale="S-2026-0048213",
        document_type=CARD,
        runs=(BACK,),
        scratched=(SerialRun(BACK.last - 1, BACK.last),),
        opened=(SerialRun(BACK.first + 4, BACK.first + 4),),
        count=50,
        amount=yuan("5000.00"),
        is_paid=is_paid,
        reason="客户退回未使用的卡",
        seller_organisation=INSTITUTION,
        seller=Name(zh="刘洋", en="Liu Yang", code="E1077"),
        registered_by=KEEPER,
    )


def a_payment_receipt() -> PaymentFacts:
    return PaymentFacts(
        number="P-2026-0000012",
        issued_at=at(20, 9, 30),
        organisation=INSTITUTION,
        payee="杭州绿源物业服务有限公司",
        way=Text(zh="付给指定收款人", en="to a named payee"),
        reference="RV-2026-0000031",
        lines=(
            ChargeLine(
                description=Text(zh="保险费：安心意外卡 100 元", en="Premium: Accident card ¥100"),
                detail=DETAIL,
                quantity=50,
                unit_price=yuan("100.00"),
                amount=yuan("5000.00"),
                reference="S-2026-0048213",
            ),
        ),
        amount=yuan("5000.00"),
        issued_by=KEEPER,
    )


def a_red_letter_invoice() -> RedLetterFacts:
    return RedLetterFacts(
        number="330106-R-2026-00000007",
        issued_at=at(20, 14, 10),
        organisation=INSTITUTION,
        original="330106-2026-00081245",
        original_issued_at=at(4, 10, 32),
        payment="P-2026-0000012",
        reference="RV-2026-0000031",
        lines=(
            InvoiceLine(
                description=Text(zh="保险费：安心意外卡 100 元", en="Premium: Accident card ¥100"),
                detail=DETAIL,
                quantity=-50,
                net=yuan("-4717.00"),
                tax_rate=Decimal("0.0600"),
                tax=yuan("-283.00"),
                gross=yuan("-5000.00"),
                reference="S-2026-0048213",
            ),
        ),
        outlays=(
            TenderLine(
                kind=Text(zh="银行转账", en="bank transfer"),
                amount=yuan("5000.00"),
                arrived_on=date(2026, 11, 20),
                reference="2026112000113",
            ),
        ),
        net=yuan("-4717.00"),
        tax=yuan("-283.00"),
        gross=yuan("-5000.00"),
        issued_by=KEEPER,
        confirmed_by=CASHIER,
        buyer="杭州绿源物业服务有限公司",
        buyer_tax_number="91330100MA27XXXX0T",
    )


WAYS_BACK: dict[str, Callable[[], object]] = {
    RECOVERY_NOTE: a_recovery_note,
    PAYMENT_RECEIPT: a_payment_receipt,
    RED_LETTER: a_red_letter_invoice,
}
