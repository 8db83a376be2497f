"""The classification of occupations: complete, in both languages, and found by what people type."""

import pytest
from django.utils import translation

from selfcard.products.occupations import CLASSES, classification, find_occupation, occupations

TREE = classification()
LAST = list(occupations().values())


def found(typed: str, most: int = 8) -> list[str]:
    return [one.name_en for one in TREE.search(typed, most).entries]


def test_every_sector_of_the_trade_is_there_with_its_trades_and_occupations():
    sectors = TREE.below()

    assert len(sectors) == 23
    assert len(LAST) > 800
    for sector in sectors:
        assert TREE.below(sector.code)
        for trade in TREE.below(sector.code):
            assert len(TREE.below(trade.code)) > 3, trade.name_en


def test_codes_say_where_an_occupation_belongs_and_are_used_once():
    assert len({one.code for one in LAST}) == len(LAST)
    for one in LAST:
        assert len(one.code) == 7
        assert [len(each.code) for each in TREE.path(one.code)] == [2, 4, 7]


@pytest.mark.parametrize(
    ("code", "name", "risk_class"),
    [
        ("0101001", "Child before school", 1),
        ("0101002", "Student", 1),
        ("0101003", "Retired person", 1),
        ("0102001", "Office worker", 1),
        ("0501004", "Underground miner", 6),
        ("0603001", "Parcel courier", 4),
        ("0603002", "Food delivery rider", 4),
        ("1301001", "Teacher", 1),
        ("2304003", None, None),
        ("2301011", "Weapons tester", None),
    ],
)
def test_a_code_keeps_its_meaning(code, name, risk_class):
    one = find_occupation(code)

    assert (one and one.name_en, one and one.risk_class) == (name, risk_class)


def test_every_occupation_has_a_class_or_is_insured_by_nobody():
    assert {one.risk_class for one in LAST} == {*CLASSES, None}
    assert 10 <= sum(one.risk_class is None for one in LAST) <= 40


def test_both_languages_are_everywhere_and_no_name_stands_twice_in_a_trade():
    for one in TREE.entries.values():
        assert one.name_zh == one.name_zh.strip() != ""
        assert one.name_en == one.name_en.strip() != ""
        assert one.name_en.isascii() or "ç" in one.name_en or "é" in one.name_en
        assert not one.name_zh.isascii()
        below = TREE.below(one.code)
        assert len({each.name_zh for each in below}) == len(below)
        assert len({each.name_en for each in below}) == len(below)


def test_a_name_is_said_in_the_readers_language():
    teacher = find_occupation("1301001")

    with translation.override("zh-hans"):
        assert str(teacher) == "教师"
    with translation.override("en"):
        assert str(teacher) == "Teacher"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("外卖", "Food delivery rider"),
        ("waimai", "Food delivery rider"),
        ("wmqs", "Food delivery rider"),
        ("delivery rid", "Food delivery rider"),
        ("程序员", "Software engineer, programmer"),
        ("Ｔａｘｉ", "Taxi driver"),
        ("网约 司机", "Ride-hailing driver"),
        ("网约司机", "Ride-hailing driver"),
        ("建筑", "Construction"),
        ("0501004", "Underground miner"),
    ],
)
def test_an_occupation_is_found_by_characters_pinyin_initials_english_and_code(typed, name):
    assert name in found(typed)


def test_what_is_called_so_stands_first_and_the_rest_is_counted():
    few = TREE.search("司机", 5)

    assert found("教师")[0] == found("teacher")[0] == "Teacher"
    assert len(few.entries) == 5
    assert few.more == len(TREE.search("司机", 999).entries) - 5 > 10


def test_what_is_found_stands_for_all_below_it():
    codes = [one.code for one in TREE.search("制造业", 99).entries]

    assert codes == ["09"]
    assert TREE.fits("0902005", "制造业")
    assert not TREE.fits("1301001", "制造业")


@pytest.mark.parametrize(
    ("typed", "code"),
    [("教师", "1301001"), ("Teacher", "1301001"), ("外卖", "0603002"), ("1301001", "1301001"),
     ("司机", None), ("制造业", None), ("zzzz", None), ("", None), ("。", None)],
)  # fmt: skip
def test_what_can_mean_one_thing_only_is_taken(typed, code):
    meant = TREE.meant(typed)

    assert (meant and meant.code) == code
