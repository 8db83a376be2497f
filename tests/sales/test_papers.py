"""The charge list, and the notice for the customer."""

from __future__ import annotations

from dataclasses import replace

from selfcard.sales.papers import CHARGE_LIST, NOTICE, RECOVERY_NOTE
from tests.factories.papers.names import PORTAL
from tests.factories.papers.sales import a_charge_list, a_notice
from tests.factories.papers.ways_back import a_recovery_note
from tests.factories.reading import words_on


def test_a_charge_list_names_serials_counts_and_the_total_in_figures_and_words():
    said = words_on(CHARGE_LIST, a_charge_list())

    assert "620118000412001" in said
    assert "合计201¥20,100.00" in said
    assert "人民币贰万零壹佰元整" in said
    assert "Twentythousandonehundredyuanonly" in said
    assert "浙江恒信保险代理有限公司" in said


def test_the_notice_says_that_nobody_is_insured_until_when_and_which_way():
    said = words_on(NOTICE, a_notice(), "en")

    assert "Notyetinsured" in said
    assert "31December2027" in said
    assert PORTAL in said
    assert "SeniorCareAccident" in said


def test_the_notice_has_a_page_for_each_range_with_its_own_last_day():
    said = words_on(NOTICE, a_notice(), "en")

    for first, day in (("620118000412001", "31December2027"), ("620118000412301", "30June2028")):
        assert first in said
        assert day in said
    assert said.count("Notyetinsured") == 2
    assert "Page2of2" in said


def test_the_notice_names_every_way_to_activate():
    said = words_on(NOTICE, a_notice(), "en")

    for way in ("Onthewebsite", "BySMS", "Bytelephone", "Atacounter"):
        assert said.count(way) == 2
    assert "ACT#cardnumber#PIN#name#identitynumberto10690000" in said
    without = replace(a_notice(), sms_number="")
    assert "BySMS" not in words_on(NOTICE, without, "en")


def test_the_notice_carries_no_card_number():
    assert "6201180004120018" not in words_on(NOTICE, a_notice())


def test_a_recovery_note_names_what_comes_back_and_what_was_scratched():
    said = words_on(RECOVERY_NOTE, a_recovery_note(), "en")

    assert "RV-2026-0000031" in said
    assert "S-2026-0048213" in said
    assert "scratchedpanel" in said
    assert "¥5,000.00" in said
    assert "cannotbeactivated" in said


def test_cards_that_were_never_paid_come_back_without_a_promise_of_money():
    said = words_on(RECOVERY_NOTE, a_recovery_note(is_paid=False), "en")

    assert "Neverpaid" in said
    assert "Tobepaidback" not in said
