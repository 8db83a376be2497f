"""Issue notes and check-in notes."""

from __future__ import annotations

from dataclasses import replace

from selfcard.custody.papers import CHECK_IN, ISSUE_NOTE, RECALL_NOTE
from selfcard.custody.papers.counts import COUNT_PROTOCOL, COUNT_SHEET
from selfcard.custody.papers.write_offs import LOSS_ANNOUNCEMENT, WRITE_OFF
from tests.factories.papers.custody import (
    a_check_in,
    a_count_protocol,
    a_count_sheet,
    a_loss_announcement,
    a_recall_note,
    a_refusal,
    a_write_off,
    an_issue_note,
)
from tests.factories.reading import words_on


def test_an_issue_note_names_both_sides_the_runs_and_whom_they_are_for():
    said = words_on(ISSUE_NOTE, an_issue_note())

    for expected in ("发放单", "杭州中心支公司", "西湖营业部", "西湖营业部车险部", "王磊"):
        assert expected in said
    assert "620118000412001" in said
    assert "620118000413500" in said
    assert "合计700" in said


def test_a_note_to_an_individual_says_that_they_hold_the_cards_at_once():
    said = words_on(ISSUE_NOTE, replace(an_issue_note(), to_person=True), "en")

    assert "whoholdsthecardsatonce" in said
    assert "intransit" not in said


def test_a_note_of_a_hand_over_says_that_both_are_individuals():
    said = words_on(ISSUE_NOTE, replace(an_issue_note(), to_person=True, from_person=True), "en")

    assert "Handedoverfromoneindividualtoanother" in said


def test_a_note_names_the_requisition_that_it_is_for():
    note = replace(an_issue_note(), requisition="RQ-2026-000005")

    assert "RQ-2026-000005" in words_on(ISSUE_NOTE, note)
    assert "领用申请" not in words_on(ISSUE_NOTE, an_issue_note())


def test_a_refused_delivery_has_a_note_of_refusal_that_says_why_and_adds_up():
    said = words_on(CHECK_IN, a_refusal())
    english = words_on(CHECK_IN, a_refusal(), "en")

    for expected in ("拒收单", "整批拒收", "封条已破", "发出200", "拒收200", "620118000412001"):
        assert expected in said
    assert "签收" not in said
    assert "Noteofrefusal" in english
    assert "Sent200Refused200" in english
    assert "Checkedin" not in english


def test_a_recall_note_names_both_sides_and_the_cards_that_stay_frozen():
    said = words_on(RECALL_NOTE, a_recall_note())

    for expected in ("回收单", "陈静", "西湖营业部", "合计200", "其中冻结", "620118000412049"):
        assert expected in said
    assert "Ofthese,frozen" not in words_on(RECALL_NOTE, replace(a_recall_note(), stopped=()), "en")


def test_a_check_in_note_names_what_is_missing():
    said = words_on(CHECK_IN, a_check_in(), "en")

    assert "Missingcards" in said
    assert "620118000412045" in said
    assert "Damagedcards" not in said


def test_a_note_of_many_runs_goes_on_over_as_many_pages_as_it_needs():
    run = an_issue_note().runs[0]
    many = tuple(type(run)(run.first + 10 * n, run.first + 10 * n + 4) for n in range(200))

    said = words_on(ISSUE_NOTE, replace(an_issue_note(), runs=many, count=1000), "en")

    assert "Page1of7" in said
    assert said.count("Firstserial") >= 6, "each page repeats the head of the table"


def test_a_destruction_protocol_says_where_how_and_why_each_card_was_void():
    said = words_on(WRITE_OFF, a_write_off())

    for expected in ("单证销毁记录", "三楼档案室", "碎纸机粉碎", "作废原因", "被盗", "陈静"):
        assert expected in said
    assert "W-2026-000014" in said


def test_a_declaration_of_invalidity_names_the_cards_and_nobody_who_lost_them():
    said = words_on(LOSS_ANNOUNCEMENT, a_loss_announcement())

    for expected in ("遗失声明", "共201张", "620118000412001至620118000412200", "钱江晚报"):
        assert expected in said
    assert "陈静" not in said


def test_a_count_sheet_is_blank_and_says_nothing_of_the_books():
    said = words_on(COUNT_SHEET, a_count_sheet())

    for expected in ("盘点表", "620118", "陈静", "周婷", "季末盘点"):
        assert expected in said
    assert "620118000412" not in said


def test_a_count_protocol_adds_up_and_names_what_was_agreed_about_each_difference():
    said = words_on(COUNT_PROTOCOL, a_count_protocol())

    for expected in ("账面在库200", "盘亏1", "盘盈2", "实盘201", "登记遗失", "由责任人处转入"):
        assert expected in said
    assert "W-2026-000022" in said
