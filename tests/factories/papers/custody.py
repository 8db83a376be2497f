"""One filled example of every paper of custody."""

from dataclasses import replace
from datetime import date

from selfcard.core.papers import Name
from selfcard.core.serials import SerialRun
from selfcard.custody.papers import CheckInFacts, IssueNoteFacts, RecallNoteFacts
from selfcard.custody.papers.counts import CountProtocolFacts, CountSheetFacts, FindingFacts
from selfcard.custody.papers.write_offs import GroundFacts, LossAnnouncementFacts, WriteOffFacts
from tests.factories.papers.names import BRANCH, CARD, CARDS, CASHIER, INSTITUTION, KEEPER, at


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
