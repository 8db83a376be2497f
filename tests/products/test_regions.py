"""Administrative divisions: all of them, in both languages, and found by what people type."""

import pytest
from django.utils import translation

from selfcard.products.regions import divisions, find_region, lies_in, provinces, region_in_full

TREE = divisions()


def test_the_list_goes_down_to_counties():
    counties = [one for one in TREE.entries.values() if len(one.code) == 6]

    assert len(provinces()) == 34
    assert len(counties) > 2800
    assert all(len(one.code) in (2, 4, 6) and one.code.isdigit() for one in TREE.entries.values())


def test_a_county_lies_in_its_city_and_a_citys_code_begins_with_its_provinces():
    assert [one.code for one in TREE.path("330106")] == ["33", "3301", "330106"]
    # Counties of a municipality, and those that no city governs, belong to the province at once.
    assert [one.code for one in TREE.path("310101")] == ["31", "310101"]
    assert [one.code for one in TREE.path("429004")] == ["42", "429004"]
    for code in TREE.entries:
        assert all(code.startswith(one.code) for one in TREE.path(code))


def test_cities_without_counties_are_answers_themselves():
    last = {code for code in TREE.entries if TREE.is_last(code) and len(code) < 6}

    assert last == {"4419", "4420", "4604", "6202", "71"}


def test_both_languages_are_everywhere_and_no_name_stands_twice_in_a_city():
    for one in TREE.entries.values():
        assert one.name_zh
        assert one.name_en
        below = TREE.below(one.code)
        assert len({each.name_zh for each in below}) == len(below)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("杭州 西湖", "330106"),
        ("杭州西湖", "330106"),
        ("浙江省杭州市西湖区", "330106"),
        ("hangzhou xihu", "330106"),
        ("Wan Chai", "810002"),
        ("东莞", "4419"),
        ("330106", "330106"),
        ("西湖", None),
        ("浙江", None),
    ],
)
def test_a_division_is_found_as_people_write_it(typed, code):
    meant = TREE.meant(typed)

    assert (meant and meant.code) == code


def test_the_larger_division_comes_first():
    assert [one.code for one in TREE.search("hz", 3).entries] == ["3301", "3305", "3717"]
    assert {"330106", "360103"} <= {one.code for one in TREE.search("xihu", 20).entries}


def test_a_division_is_said_in_the_order_of_the_readers_language():
    with translation.override("zh-hans"):
        assert region_in_full("330106") == "浙江省杭州市西湖区"
    with translation.override("en"):
        assert region_in_full("330106") == "Xihu District, Hangzhou, Zhejiang"
        assert region_in_full("31") == "Shanghai"
        assert region_in_full("999999") == region_in_full("") == ""


@pytest.mark.parametrize("named", ["33", "3301", "330106"])
def test_whoever_names_a_division_names_all_of_it(named):
    assert lies_in("330106", ("44", named))
    assert not lies_in("360103", ("44", named))
    assert find_region(named)
