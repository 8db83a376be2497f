"""What a product asks beyond its people: each kind of answer, taken and refused."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from selfcard.core.papers.facts import Text
from selfcard.core.refusals import Refusal
from selfcard.products.codec import from_json, to_json
from selfcard.products.details import (
    USUAL_DETAILS,
    Detail,
    DetailKind,
    answered,
    of_insured,
    of_policy,
)
from selfcard.products.errors import (
    AddressTooShort,
    AnswerTooLong,
    ChoiceUnknown,
    DayImpossible,
    FigureImpossible,
    FigureOutOfBounds,
    PlateImpossible,
    VinImpossible,
)

EVERY = list(USUAL_DETAILS.values())


@pytest.mark.parametrize(
    ("code", "typed", "answer"),
    [
        ("vehicle_plate", "浙a·12345", "浙A12345"),
        ("vehicle_plate", " 沪 AD 12345 ", "沪AD12345"),  # new energy: one sign more
        ("vehicle_plate", "粤Z1234港", "粤Z1234港"),
        ("vehicle_plate", "使014578", "使014578"),
        ("vehicle_plate", "A12345", PlateImpossible),
        ("vehicle_plate", "浙AO1234", PlateImpossible),
        ("vehicle_plate", "浙A1234567", PlateImpossible),
        ("vehicle_vin", "lsvam4187c2184841", "LSVAM4187C2184841"),
        ("vehicle_vin", "LSVAM4187C218484", VinImpossible),
        ("vehicle_vin", "LSVAM4187C218484O", VinImpossible),
        ("vehicle_seats", "５", "5"),
        ("vehicle_seats", "1", "1"),
        ("vehicle_seats", "60", "60"),
        ("vehicle_seats", "0", FigureOutOfBounds),
        ("vehicle_seats", "61", FigureOutOfBounds),
        ("vehicle_seats", "five", FigureImpossible),
        ("vehicle_seats", "NaN", FigureImpossible),
        ("home_area", "89.50", "89.5"),
        ("home_area", "100", "100"),
        ("home_area", "89.555", FigureImpossible),
        ("vehicle_use", "private", "private"),
        ("vehicle_use", "Private", ChoiceUnknown),
        ("home_address", "文三路1号", "文三路1号"),
        ("home_address", "1号", AddressTooShort),
        ("return_day", "2026-12-01", "2026-12-01"),
        ("return_day", "2026-02-30", DayImpossible),
        ("nationality", "  中国  香港 ", "中国 香港"),
        ("nationality", "x" * 101, AnswerTooLong),
    ],
)
def test_an_answer_is_read_by_its_kind(code, typed, answer):
    if isinstance(answer, str):
        assert USUAL_DETAILS[code].read(typed) == answer
    else:
        with pytest.raises(answer):
            USUAL_DETAILS[code].read(typed)


@pytest.mark.parametrize(
    ("code", "answer", "said"),
    [
        ("vehicle_use", "private", Text(zh="家庭自用", en="Private")),
        ("home_area", "89.5", Text(zh="89.5平方米", en="89.5 square metres")),
        ("vehicle_plate", "浙A12345", Text(zh="浙A12345", en="浙A12345")),
        ("return_day", "2026-12-01", Text(zh="2026年12月1日", en="1 December 2026")),
    ],
)
def test_an_answer_is_said_in_both_languages(code, answer, said):
    assert USUAL_DETAILS[code].said(answer) == said
    with translation.override("en"):
        assert USUAL_DETAILS[code].shown(answer) == said.en


def test_the_usual_fields_are_whole_in_both_languages():
    assert {one.kind for one in EVERY} == set(DetailKind)
    for one in EVERY:
        names = [one.name, *(choice.name for choice in one.choices)]
        names += [one.unit] if one.unit else []
        assert all(name.zh.strip() and name.en.strip() for name in names)
        assert bool(one.choices) == (one.kind == DetailKind.CHOICE)
        assert (one.lowest is not None) == (one.kind == DetailKind.NUMBER)


def test_a_list_of_fields_is_data():
    assert [from_json(Detail, to_json(one)) for one in EVERY] == EVERY


def test_a_field_is_asked_once_or_of_everybody_who_is_insured():
    assert {*of_policy(EVERY), *of_insured(EVERY)} == set(EVERY)
    assert {one.code for one in of_insured(EVERY)} == {"height", "weight", "nationality", "school"}


def test_only_what_can_be_right_is_an_answer():
    given_ = {"vehicle_plate": "浙A12345", "vehicle_seats": "99", "home_area": "", "other": "1"}

    assert answered(EVERY, given_) == {"vehicle_plate"}


@given(figure=st.decimals(-10, 200, places=2), lowest=st.integers(0, 50), more=st.integers(0, 50))
def test_a_figure_is_taken_exactly_between_its_bounds(figure, lowest, more):
    field = replace(
        USUAL_DETAILS["home_area"], lowest=Decimal(lowest), highest=Decimal(lowest + more)
    )
    taken = lowest <= figure <= lowest + more

    try:
        assert Decimal(field.read(str(figure))) == figure
    except Refusal:
        assert not taken
    else:
        assert taken


@given(typed=st.text(max_size=30), detail=st.sampled_from(EVERY))
def test_what_was_read_reads_as_itself(typed, detail):
    try:
        answer = detail.read(typed)
    except Refusal:
        return
    assert detail.read(answer) == answer
