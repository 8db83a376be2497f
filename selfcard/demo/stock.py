"""The demo company's stock work: asked for, called back, stopped, written off, counted.

A few of each, so that every list has something in it and people's home pages show work that waits:
a requisition without an answer, a loss that nobody has agreed to, a count with a hole in it.
"""

from typing import Any

from selfcard.cards.models import DocumentType
from selfcard.core import clock
from selfcard.core.serials import SerialRun
from selfcard.custody.commands import (
    agree_adjustment,
    answer_requisition,
    ask_adjustment,
    ask_for_cards,
    ask_write_off,
    check_in,
    close_stock_count,
    compare_stock_count,
    enter_stacks,
    freeze_cards,
    grant_write_off,
    hand_over_cards,
    issue_cards,
    open_stock_count,
    recall_cards,
    record_announcement,
)
from selfcard.custody.counting import Remedied
from selfcard.custody.models import CountFinding, Holding, WriteOff
from selfcard.custody.statuses import CardStatus
from selfcard.demo.cast import MANAGERS, as_, days_ago, organisation, party, staff

Kind = WriteOff.Kind
Cause = WriteOff.Cause


def _type(code: str) -> DocumentType:
    return DocumentType.objects.get(code=code)


def _stock(holder: str, code: str) -> tuple[SerialRun, ...]:
    """All that a holder has of a type in inventory."""
    holdings = Holding.objects.filter(
        holder=party(holder),
        status=CardStatus.INVENTORY,
        batch__type_version__document_type__code=code,
    )
    return tuple(holding.run for holding in holdings.order_by("serials"))


def _held(holder: str, code: str) -> SerialRun:
    """The first unbroken run of it."""
    return _stock(holder, code)[0]


def _some(holder: str, code: str, first: int, count: int) -> SerialRun:
    """Cards out of the middle of what a holder has, counted from 1."""
    run = _held(holder, code)
    return SerialRun(run.first + first - 1, run.first + first + count - 2)


def do_stock_work() -> None:
    """Play some months of it, the oldest first."""
    ask_for_stock()
    call_back()
    write_off()
    count_stock()


def ask_for_stock() -> None:
    travel, accident = _type("TR-100"), _type("AC-050")
    with days_ago(34):
        requisition = ask_for_cards(
            organisation=organisation("1103"),
            document_type=travel,
            count=100,
            reason="国庆出游团队增多",
            wanted_by=clock.today(),
            **as_("S110301"),
        )
    with days_ago(33):
        answer_requisition(
            requisition=requisition, granted=60, answer="先发 60 张，其余下月再报", **as_("B1101")
        )
        issue = issue_cards(
            document_type=travel,
            runs=(_some("11", "TR-100", 1, 60),),
            to=party("1103"),
            for_organisation=organisation("1103"),
            requisition=requisition,
            remark="",
            **as_("B1101"),
        )
    with days_ago(31):
        check_in(issue=issue, **as_("S110301"))
    with days_ago(3):
        ask_for_cards(
            organisation=organisation("1102"),
            document_type=accident,
            count=300,
            reason="机场柜台备货",
            wanted_by=clock.today(),
            **as_("S110201"),
        )


def call_back() -> None:
    accident, family = _type("AC-050"), _type("FA-150")
    with days_ago(60):
        hand_over_cards(
            document_type=accident,
            runs=(_some("S110102", "AC-050", 81, 20),),
            to=party("S110104"),
            remark="周婷休假",
            **as_("S110101"),
        )
    with days_ago(40):
        recall_cards(
            document_type=accident,
            runs=(_some("S110103", "AC-050", 71, 30),),
            remark="季末交回",
            **as_("S110101"),
        )
    with days_ago(25):
        recall_cards(
            document_type=family,
            runs=(_some("1202", "FA-150", 1, 50),),
            remark="调往玄武",
            **as_("B1201"),
        )


def write_off() -> None:
    wet = _some("1201", "AC-050", 201, 12)
    with days_ago(15):
        _agreed(
            Kind.VOID, "AC-050", wet, "库房漏水，卡面起泡", cause=Cause.DAMAGED, keeper="S120101"
        )
    with days_ago(9):
        _agreed(
            Kind.DESTRUCTION,
            "AC-050",
            wet,
            "受潮作废卡",
            keeper="S120101",
            place="南京中心支公司三楼档案室",
            method="碎纸机粉碎",
            destroyed_on=clock.today(),
        )
    with days_ago(20):
        lost = _agreed(
            Kind.LOSS,
            "AC-050",
            _some("1103", "AC-050", 301, 100),
            "韩雪来电：展会结束后少一盒 100 张，已查找现场",
            cause=Cause.LOST,
            keeper="S110301",
        )
    with days_ago(18):
        record_announcement(
            write_off=lost,
            announced_on=clock.today(),
            announced_in="《钱江晚报》遗失声明栏",
            **as_("S110301"),
        )
    with days_ago(1):
        ask_write_off(
            kind=Kind.LOSS,
            document_type=_type("FA-150"),
            runs=(_some("1302", "FA-150", 31, 20),),
            cause=Cause.STOLEN,
            note="外勤包被盗，已报警",
            **as_("S130201"),
        )
    with days_ago(4):
        freeze_cards(
            document_type=_type("DR-200"),
            runs=(_some("1301", "DR-200", 41, 40),),
            note="客户反映涂层易脱落，待印厂答复",
            **as_("B1301"),
        )


def _agreed(
    kind: Kind,
    code: str,
    run: SerialRun,
    note: str,
    *,
    keeper: str,
    cause: str = "",
    **destruction: Any,
) -> WriteOff:
    """Reported by a document administrator, and agreed to by the branch manager."""
    asked = ask_write_off(
        kind=kind,
        document_type=_type(code),
        runs=(run,),
        cause=cause,
        note=note,
        **destruction,
        **as_(keeper),
    )
    return grant_write_off(write_off=asked, **as_(MANAGERS[asked.holder.code[:2]]))


def count_stock() -> None:
    with days_ago(28):
        complete = open_stock_count(
            holder=party("1201"), document_type=_type("FA-150"), **as_("B1201")
        )
        enter_stacks(stock_count=complete, runs=(_held("1201", "FA-150"),), **as_("B1201"))
        compare_stock_count(stock_count=complete, **as_("B1201"))
        close_stock_count(stock_count=complete, **as_("B1201"))
    _count_with_surplus()
    with days_ago(1):
        travel = _held("1102", "TR-100")
        gap = SerialRun(travel.first + 119, travel.first + 119)
        short = open_stock_count(
            holder=party("1102"), document_type=_type("TR-100"), **as_("B1101")
        )
        enter_stacks(stock_count=short, runs=tuple(travel.without([gap])), **as_("B1101"))
        compare_stock_count(stock_count=short, **as_("B1101"))


def _count_with_surplus() -> None:
    """A person's cards lay in the institution's cabinet: it takes them over."""
    with days_ago(6):
        mislaid = _some("S110103", "AC-050", 1, 8)
        count = open_stock_count(
            holder=party("1101"),
            document_type=_type("AC-050"),
            colleague=staff("S110101"),
            **as_("B1101"),
        )
        enter_stacks(stock_count=count, runs=(*_stock("1101", "AC-050"), mislaid), **as_("B1101"))
        compare_stock_count(stock_count=count, **as_("B1101"))
        taken_over = Remedied(
            mislaid, CountFinding.Remedy.TAKEN_OVER, "柜台交接时误放入机构保险柜，本人确认"
        )
        ask_adjustment(stock_count=count, remedies=(taken_over,), **as_("B1101"))
    with days_ago(5):
        agree_adjustment(stock_count=count, **as_("B1103"))
