"""One filled example of every paper, for tests and for looking at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from selfcard.cards.papers import PRINT_PROTOCOL, PrintProtocolFacts
from selfcard.core.clock import zone
from selfcard.core.money import Money
from selfcard.core.papers import Name, Text
from selfcard.core.serials import SerialRun
from selfcard.custody.papers import (
    CHECK_IN,
    ISSUE_NOTE,
    RECALL_NOTE,
    CheckInFacts,
    IssueNoteFacts,
    RecallNoteFacts,
)
from selfcard.custody.papers.counts import (
    COUNT_PROTOCOL,
    COUNT_SHEET,
    CountProtocolFacts,
    CountSheetFacts,
    FindingFacts,
)
from selfcard.custody.papers.write_offs import (
    LOSS_ANNOUNCEMENT,
    WRITE_OFF,
    GroundFacts,
    LossAnnouncementFacts,
    WriteOffFacts,
)
from selfcard.payments.papers import (
    CHARGE_RECEIPT,
    INVOICE,
    ChargeLine,
    InvoiceFacts,
    InvoiceLine,
    ReceiptFacts,
    TenderLine,
)
from selfcard.payments.papers.statements import (
    DRAWER_DAY,
    STATEMENT,
    DrawerDayFacts,
    EntryFacts,
    KindFacts,
    MovementFacts,
    StatementFacts,
)
from selfcard.policies.papers import (
    POLICY,
    POLICY_CARD,
    BeneficiaryFacts,
    CoverageFacts,
    DetailFacts,
    InsuredFacts,
    InsuredOnCard,
    PersonFacts,
    PolicyCardFacts,
    PolicyFacts,
)
from selfcard.products.papers import CLAUSES, ClausesCoverage, ClausesFacts
from selfcard.sales.papers import CHARGE_LIST, NOTICE, ChargeListFacts, NoticeFacts

BRANCH = Name(zh="杭州中心支公司", en="Hangzhou branch", code="3301")
INSTITUTION = Name(zh="西湖营业部", en="Xihu institution", code="330106")
KEEPER = Name(zh="陈静", en="Chen Jing", code="E1042")
CASHIER = Name(zh="王磊", en="Wang Lei", code="E1007")
CARD = Name(zh="安心意外卡 100 元", en="Accident card ¥100", code="AC-100")
CARDS = SerialRun(620118_000_412_001, 620118_000_412_200)
PORTAL = "https://cards.lantern.example/"


def yuan(amount: str) -> Money:
    return Money(Decimal(amount), "CNY")


def at(day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=zone())


def an_issue_note() -> IssueNoteFacts:
    return IssueNoteFacts(
        number="IN-2026-000017",
        issued_at=at(19, 11, 30),
        document_type=CARD,
        deadline=date(2027, 12, 31),
        from_party=BRANCH,
        to_party=INSTITUTION,
        to_person=False,
        for_organisation=Name(zh="西湖营业部车险部", en="Xihu motor department", code="33010602"),
        runs=(CARDS, SerialRun(620118_000_413_001, 620118_000_413_500)),
        count=700,
        issued_by=CASHIER,
        remark="节前备货 / stock before the holidays",
    )


def a_check_in() -> CheckInFacts:
    return CheckInFacts(
        number="IN-2026-000017",
        checked_in_at=at(21, 14, 5),
        document_type=CARD,
        from_party=BRANCH,
        to_party=INSTITUTION,
        sent=(CARDS,),
        came=(
            SerialRun(620118_000_412_001, 620118_000_412_044),
            SerialRun(620118_000_412_046, 620118_000_412_200),
        ),
        missing=(SerialRun(620118_000_412_045, 620118_000_412_045),),
        damaged=(),
        sent_count=200,
        came_count=199,
        checked_in_by=KEEPER,
    )


def a_refusal() -> CheckInFacts:
    """The note of a delivery that was refused whole."""
    return replace(a_check_in(), came=(), came_count=0, missing=(), refusal="封条已破")


def a_recall_note() -> RecallNoteFacts:
    return RecallNoteFacts(
        number="RC-2026-000003",
        recalled_at=at(21, 16, 40),
        document_type=CARD,
        from_party=KEEPER,
        from_person=True,
        to_party=INSTITUTION,
        runs=(CARDS,),
        count=200,
        stopped=(SerialRun(620118_000_412_045, 620118_000_412_049),),
        recalled_by=CASHIER,
        remark="调岗交回 / changes to another post",
    )


def a_write_off() -> WriteOffFacts:
    """Void cards that were destroyed."""
    return WriteOffFacts(
        number="W-2026-000021",
        kind="destruction",
        document_type=CARD,
        holder=INSTITUTION,
        organisation=None,
        cause="void",
        note="监销人在场 / two witnesses",
        runs=(CARDS,),
        count=200,
        grounds=(
            GroundFacts(
                cause="damaged",
                number="W-2026-000014",
                runs=(SerialRun(620118_000_412_001, 620118_000_412_150),),
            ),
            GroundFacts(
                cause="stolen",
                number="W-2026-000016",
                runs=(SerialRun(620118_000_412_151, 620118_000_412_200),),
            ),
        ),
        asked_by=KEEPER,
        asked_at=at(12, 9, 30),
        decided_by=CASHIER,
        decided_at=at(13, 16, 5),
        place="三楼档案室 / archive",
        method="碎纸机粉碎 / shredder",
        destroyed_on=date(2026, 11, 12),
        announce_by=None,
    )


def a_loss_announcement() -> LossAnnouncementFacts:
    return LossAnnouncementFacts(
        number="W-2026-000019",
        cause="lost",
        document_type=CARD,
        runs=(CARDS, SerialRun(620118_000_412_301, 620118_000_412_301)),
        count=201,
        announced_on=date(2026, 11, 18),
        announced_in="《钱江晚报》遗失声明栏",
    )


def a_count_sheet() -> CountSheetFacts:
    return CountSheetFacts(
        number="SC-2026-000007",
        opened_at=at(20, 8, 40),
        document_type=CARD,
        prefix="620118",
        holder=KEEPER,
        organisation=INSTITUTION,
        opened_by=CASHIER,
        witness="周婷 Zhou Ting (E1003)",
        remark="季末盘点 / end of the quarter",
    )


def a_count_protocol() -> CountProtocolFacts:
    sheet = a_count_sheet()
    return CountProtocolFacts(
        number=sheet.number,
        opened_at=sheet.opened_at,
        document_type=CARD,
        holder=KEEPER,
        organisation=INSTITUTION,
        opened_by=CASHIER,
        witness=sheet.witness,
        remark=sheet.remark,
        compared_at=at(20, 10, 15),
        compared_by=CASHIER,
        asked_by=CASHIER,
        closed_at=at(20, 15, 0),
        closed_by=Name(zh="周婷", en="Zhou Ting", code="E1003"),
        expected=200,
        counted=201,
        stacks=(SerialRun(620118_000_412_002, 620118_000_412_202),),
        findings=(
            FindingFacts(
                kind="gap",
                cards=SerialRun(620118_000_412_001, 620118_000_412_001),
                holder=KEEPER,
                status="inventory",
                reason="",
                remedy="loss",
                note="已查找现场 / not found",
            ),
            FindingFacts(
                kind="surplus",
                cards=SerialRun(620118_000_412_201, 620118_000_412_202),
                holder=INSTITUTION,
                status="inventory",
                reason="",
                remedy="taken_over",
                note="误放 / put there by mistake",
            ),
        ),
        write_off="W-2026-000022",
    )


def a_print_protocol() -> PrintProtocolFacts:
    return PrintProtocolFacts(
        number="B-2026-017",
        document_type=CARD,
        version=2,
        face_value=yuan("100.00"),
        cards=SerialRun(620118_000_400_001, 620118_000_500_000),
        deadline=date(2027, 12, 31),
        use_by=date(2027, 6, 30),
        printer=Name(zh="浙江印通安全印务", en="Yintong Security Printing", code="YT"),
        recipient="age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq",
        file_name="B-2026-017.csv.age",
        file_size=9_412_884,
        sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        ordered_by=CASHIER,
        ordered_at=at(2, 9, 12),
        approved_by=Name(zh="周婷", en="Zhou Ting", code="E1003"),
        approved_at=at(2, 15, 40),
        release_asked_by=CASHIER,
        released_by=Name(zh="周婷", en="Zhou Ting", code="E1003"),
        released_at=at(3, 9, 5),
        downloaded_by=CASHIER,
        downloaded_at=at(3, 9, 20),
    )


def a_charge_list() -> ChargeListFacts:
    return ChargeListFacts(
        number="S-2026-0048213",
        registered_at=at(2, 15, 18),
        document_type=CARD,
        face_value=yuan("100.00"),
        deadline=date(2027, 12, 31),
        runs=(CARDS, SerialRun(620118_000_412_301, 620118_000_412_301)),
        count=201,
        amount=yuan("20100.00"),
        seller_organisation=INSTITUTION,
        seller=Name(zh="刘洋", en="Liu Yang", code="E1077"),
        due_on=date(2026, 12, 2),
        agreement="AG-03-2026",
        business_source=Name(zh="专业代理", en="Agency", code="agency"),
        agency=Name(zh="浙江恒信保险代理有限公司", en="Hengxin Insurance Agency", code="AG-03"),
        registered_by=KEEPER,
        customer_reference="绿源物业 2026-11",
    )


def a_notice() -> NoticeFacts:
    return NoticeFacts(
        number="S-2026-0048213",
        paid_on=date(2026, 11, 4),
        document_type=CARD,
        products=(
            Name(zh="安心意外险", en="Steady Accident"),
            Name(zh="长者关爱意外险", en="Senior Care Accident"),
        ),
        runs=(CARDS,),
        count=200,
        deadline=date(2027, 12, 31),
        seller_organisation=INSTITUTION,
        seller=Name(zh="刘洋", en="Liu Yang", code="E1077"),
        activate_address=PORTAL,
    )


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


def a_policy() -> PolicyFacts:
    return PolicyFacts(
        number="P0000481237462",
        product=Name(zh="长者关爱意外险", en="Senior Care Accident", code="AC-SEN"),
        product_version=3,
        issued_at=at(22, 14, 32),
        starts_at=datetime(2026, 11, 23, 0, 0, tzinfo=zone()),
        ends_at=datetime(2027, 11, 22, 23, 59, 59, tzinfo=zone()),
        applicant=PersonFacts(
            name="王建国",
            id_kind=Text(zh="居民身份证", en="Resident identity card"),
            id_number="330106195503124419",
            birth_date=date(1955, 3, 12),
            sex=Text(zh="男", en="male"),
            phone="138 0013 8000",
            email="wang@example.com",
            address="浙江省杭州市西湖区文三路18号",
        ),
        insured=(
            InsuredFacts(
                person=PersonFacts(
                    name="王建国",
                    id_kind=Text(zh="居民身份证", en="Resident identity card"),
                    id_number="330106195503124419",
                    birth_date=date(1955, 3, 12),
                    sex=Text(zh="男", en="male"),
                ),
                relationship=Text(zh="本人", en="the applicant"),
                occupation=Text(zh="退休人员（1 类）", en="Retired (class 1)"),
                beneficiaries=(
                    BeneficiaryFacts(
                        name="李𬱖",
                        relationship=Text(zh="配偶", en="spouse"),
                        share=Decimal("60.00"),
                    ),
                    BeneficiaryFacts(
                        name="王喆",
                        relationship=Text(zh="子女", en="child"),
                        share=Decimal("40.00"),
                    ),
                ),
            ),
        ),
        coverages=(
            CoverageFacts(
                name=Name(zh="意外身故或伤残", en="Death or disability by accident"),
                sum_insured=yuan("50000.00"),
                conditions=Text(
                    zh="伤残按《人身保险伤残评定标准》比例给付",
                    en="Disability is paid by the share that its grade sets",
                ),
            ),
            CoverageFacts(
                name=Name(zh="意外骨折", en="Broken bones"), sum_insured=yuan("10000.00")
            ),
            CoverageFacts(
                name=Name(zh="意外医疗费用", en="Medical costs after an accident"),
                sum_insured=yuan("10000.00"),
                conditions=Text(zh="90%，无免赔额", en="90%, from the first yuan"),
            ),
            CoverageFacts(
                name=Name(zh="救护车费用", en="Ambulance"),
                sum_insured=yuan("500.00"),
                conditions=Text(zh="每次事故", en="each accident"),
            ),
        ),
        exclusions=(
            Text(zh="疾病、药物过敏、医疗事故", en="Illness, allergy to medicines, medical error"),
            Text(zh="酒后驾驶、无证驾驶", en="Driving after drinking or without a licence"),
            Text(
                zh="潜水、跳伞、攀岩等高风险运动",
                en="Diving, parachuting, climbing and other dangerous sports",
            ),
        ),
        premium=yuan("100.00"),
        net=yuan("94.34"),
        tax=yuan("5.66"),
        source=Text(zh="自助保险卡 6201 1800 0412 1186", en="Card 6201 1800 0412 1186"),
        channel=Text(zh="网上激活", en="activated on the website"),
        edition=1,
        signer="DEMONSTRATION policy signing 演示签名",
        code_address=f"HTTPS://CARDS.LANTERN.EXAMPLE/CHECK/{'A7' * 88}",
        check_page="https://cards.lantern.example/check/P0000481237462",
        details=(
            DetailFacts(
                label=Text(zh="常住地区", en="Region of residence"),
                value=Text(zh="浙江", en="Zhejiang"),
            ),
        ),
    )


def a_policy_card() -> PolicyCardFacts:
    policy = a_policy()
    return PolicyCardFacts(
        number=policy.number,
        product=policy.product,
        starts_at=policy.starts_at,
        ends_at=policy.ends_at,
        insured=(InsuredOnCard(name="王𡛟", id_number="330*************19"),),
        coverages=policy.coverages,
        code_address=policy.code_address,
        check_page=policy.check_page,
    )


def some_clauses() -> ClausesFacts:
    return ClausesFacts(
        number="AC-SEN-3",
        product=Name(zh="长者关爱意外险", en="Senior Care Accident", code="AC-SEN"),
        version=3,
        published_on=date(2026, 10, 8),
        summary=Text(
            zh="为 66 至 80 周岁人士提供意外身故、伤残、骨折与医疗保障。",
            en="Cover for accidents, for people from 66 to 80: death, disability, fractures, care.",
        ),
        coverages=tuple(
            ClausesCoverage(
                name=item.name, sum_insured=item.sum_insured, conditions=item.conditions
            )
            for item in a_policy().coverages
        ),
        conditions=(
            Text(zh="被保险人年龄 66 至 80 周岁", en="The insured is 66 to 80 years old"),
            Text(zh="最早次日零时起保", en="Cover starts the next day at the earliest"),
        ),
        exclusions=a_policy().exclusions,
        clauses=Text(
            zh="# 总则\n\n第一条 本保险合同由保险条款、保险单、批单组成。"
            "\n凡涉及本合同的约定，均应采用书面形式。"
            "\n\n第二条 身体健康、能正常生活的自然人可作为被保险人。\n\n# 保险责任\n\n"
            "第三条 在保险期间内，被保险人遭受意外伤害，保险人按下列约定给付保险金：\n\n"
            "- 意外身故：按保险金额给付；\n- 意外伤残：按伤残等级对应的比例给付。",
            en="# General\n\nArticle 1. The contract consists of these clauses, the policy and any "
            "endorsement.\n\nArticle 2. Anybody in ordinary health may be insured.\n\n# What is "
            "paid\n\nArticle 3. After an accident within the insured period the insurer pays:\n\n"
            "- for death, the sum insured;\n- for disability, the share that its grade sets.",
        ),
    )


ALL: dict[str, Callable[[], object]] = {
    ISSUE_NOTE: an_issue_note,
    CHECK_IN: a_check_in,
    RECALL_NOTE: a_recall_note,
    WRITE_OFF: a_write_off,
    LOSS_ANNOUNCEMENT: a_loss_announcement,
    COUNT_SHEET: a_count_sheet,
    COUNT_PROTOCOL: a_count_protocol,
    PRINT_PROTOCOL: a_print_protocol,
    CHARGE_LIST: a_charge_list,
    NOTICE: a_notice,
    CHARGE_RECEIPT: a_receipt,
    INVOICE: an_invoice,
    STATEMENT: a_statement,
    DRAWER_DAY: a_drawer_day,
    POLICY: a_policy,
    POLICY_CARD: a_policy_card,
    CLAUSES: some_clauses,
}
