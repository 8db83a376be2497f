"""One filled example of every paper of money that comes in."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from selfcard.core.papers import Name, Text
from selfcard.payments.papers import ChargeLine, InvoiceFacts, InvoiceLine, ReceiptFacts, TenderLine
from selfcard.payments.papers.statements import (
    DrawerDayFacts,
    EntryFacts,
    KindFacts,
    MovementFacts,
    StatementFacts,
)
from tests.factories.papers.names import CASHIER, INSTITUTION, KEEPER, at, yuan


def a_receipt() -> ReceiptFacts:
    return ReceiptFacts(
        number="R-2026-0051120",
        issued_at=at(2, 15, 20),
        payer="杭州绿源物业服务有限公司",
        organisation=INSTITUTION,
        reference="S-2026-0048213",
        lines=(
            ChargeLine(
                description=Text(zh="安心意外卡 100 元", en="Accident card ¥100"),
                detail="620118 000 412 001–620118 000 412 200",
                quantity=200,
                unit_price=yuan("100.00"),
                amount=yuan("20000.00"),
            ),
        ),
        amount=yuan("20000.00"),
        issued_by=KEEPER,
    )


def a_deposit_receipt() -> ReceiptFacts:
    """A receipt that asks for money in advance."""
    line = ChargeLine(
        description=Text(zh="预收保费", en="Premium received in advance"),
        detail="A-2026-0000012",
        quantity=1,
        unit_price=yuan("5000.00"),
        amount=yuan("5000.00"),
    )
    return replace(
        a_receipt(),
        reference="A-2026-0000012",
        lines=(line,),
        amount=yuan("5000.00"),
        deposit_to="A-2026-0000012",
    )


def a_statement() -> StatementFacts:
    def entry(day: int, zh: str, en: str, paper: str, amount: str, balance: str) -> EntryFacts:
        return EntryFacts(
            at=at(day, 10, 12),
            kind=Text(zh=zh, en=en),
            paper=paper,
            amount=yuan(amount),
            balance=yuan(balance),
        )

    return StatementFacts(
        number="A-2026-0000012",
        payer="杭州启明教育科技有限公司",
        tax_number="91110000600037341L",
        organisation=INSTITUTION,
        opened_at=at(1, 9, 30),
        entries=(
            entry(1, "预收存入", "deposit", "R-2026-0051001", "5000.00", "5000.00"),
            entry(
                9,
                "核销收费单",
                "write-off against a receipt",
                "R-2026-0051120",
                "-3200.00",
                "1800.00",
            ),
            entry(
                15, "退还付款人", "paid back to the payer", "P-2026-0000007", "-300.00", "1500.00"
            ),
        ),
        balance=yuan("1500.00"),
        printed_by=CASHIER,
        printed_at=at(23, 16, 0),
    )


def a_drawer_day() -> DrawerDayFacts:
    def kind(zh: str, en: str, came: str, expected: str, counted: str, **more: str) -> KindFacts:
        difference = Decimal(counted) - Decimal(expected)
        return KindFacts(
            kind=Text(zh=zh, en=en),
            opening=yuan(more.get("opening", "0.00")),
            came=yuan(came),
            went=yuan(more.get("went", "0.00")),
            banked=yuan(more.get("banked", "0.00")),
            expected=yuan(expected),
            counted=yuan(counted),
            difference=yuan(f"{difference:.2f}"),
        )

    return DrawerDayFacts(
        drawer=Name(zh="一号柜台", en="Desk 1", code="DESK-1"),
        day=date(2026, 11, 20),
        organisation=INSTITUTION,
        state=Text(zh="已关闭", en="closed"),
        kinds=(
            kind("现金", "Cash", "2300.00", "500.00", "490.00", opening="500.00", banked="2300.00"),
            kind("刷卡", "Card terminal", "1200.00", "1200.00", "1200.00"),
            kind("支票", "Cheque", "0.00", "0.00", "0.00"),
            kind("移动支付", "Mobile wallet", "360.00", "360.00", "360.00"),
        ),
        counting=2,
        explanation="找零多付 10 元，已复点一次",
        movements=(
            MovementFacts(
                at=at(20, 9, 14),
                what=Text(zh="收费单", en="charge receipt"),
                kind=Text(zh="现金", en="Cash"),
                number="R-2026-0051120",
                reference="",
                amount=yuan("2300.00"),
            ),
            MovementFacts(
                at=at(20, 10, 2),
                what=Text(zh="收费单", en="charge receipt"),
                kind=Text(zh="刷卡", en="Card terminal"),
                number="R-2026-0051121",
                reference="POS 004417",
                amount=yuan("1200.00"),
            ),
            MovementFacts(
                at=at(20, 16, 30),
                what=Text(zh="送存银行", en="brought to the bank"),
                kind=Text(zh="现金", en="Cash"),
                number="BK-2026-0000031",
                reference="缴款单 0031",
                amount=yuan("-2300.00"),
            ),
        ),
        opened_by=CASHIER,
        opened_at=at(20, 8, 30),
        counted_by=CASHIER,
        counted_at=at(20, 17, 40),
        closed_by=Name(zh="周婷", en="Zhou Ting", code="E1003"),
        closed_at=at(21, 8, 55),
        printed_by=CASHIER,
        printed_at=at(21, 9, 0),
    )


def an_invoice() -> InvoiceFacts:
    return InvoiceFacts(
        number="330106-2026-00081245",
        issued_at=at(4, 10, 32),
        organisation=INSTITUTION,
        receipt="R-2026-0051120",
        reference="S-2026-0048213",
        lines=(
            InvoiceLine(
                description=Text(
                    zh="待激活卡保费：安心意外卡 100 元",
                    en="Card premiums awaiting activation: Accident card ¥100",
                ),
                detail="620118 000 412 001–620118 000 412 200",
                quantity=200,
                net=yuan("18867.92"),
                tax_rate=Decimal("0.0600"),
                tax=yuan("1132.08"),
                gross=yuan("20000.00"),
            ),
        ),
        tenders=(
            TenderLine(
                kind=Text(zh="银行转账", en="Bank transfer"),
                amount=yuan("20000.00"),
                arrived_on=date(2026, 11, 3),
                reference="2026110300817",
            ),
        ),
        net=yuan("18867.92"),
        tax=yuan("1132.08"),
        gross=yuan("20000.00"),
        issued_by=KEEPER,
        confirmed_by=CASHIER,
    )
