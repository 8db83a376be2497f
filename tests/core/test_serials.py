import itertools

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from selfcard.core.serials import (
    NoSerialsGiven,
    NotACardNumber,
    NotASerial,
    RunReversed,
    RunsOverlapEachOther,
    SerialRun,
    WrongCheckDigit,
    card_number,
    count_cards,
    describe_runs,
    distinct_runs,
    merge_runs,
    note_runs,
    parse_serial,
    serial_of,
)

SERIAL = 620118_000_412_118
serials = st.integers(min_value=10**14, max_value=10**15 - 1)
small_runs = st.builds(
    lambda first, count: SerialRun(first, first + count),
    st.integers(1, 60),
    st.integers(0, 12),
)


def test_a_card_number_is_the_serial_with_a_check_digit():
    assert card_number(SERIAL) == "6201180004121186"


@pytest.mark.parametrize(
    "typed",
    [
        "6201 1800 0412 1186",
        "6201-1800-0412-1186",
        " 6201180004121186 ",
        "６２０１１８０００４１２１１８６",
    ],
)
def test_a_card_number_is_read_however_it_is_grouped(typed):
    assert serial_of(typed) == SERIAL


@given(serials)
def test_a_card_number_leads_back_to_its_serial(serial):
    assert serial_of(card_number(serial)) == serial


@given(serials, st.integers(0, 15), st.integers(1, 9))
def test_one_mistyped_digit_is_always_noticed(serial, place, shift):
    number = card_number(serial)
    wrong = str((int(number[place]) + shift) % 10)
    with pytest.raises(WrongCheckDigit):
        serial_of(number[:place] + wrong + number[place + 1 :])


@pytest.mark.parametrize("typed", ["", "12", "620118000412118", "62011800041211861", "abcd"])
def test_anything_but_sixteen_digits_is_no_card_number(typed):
    with pytest.raises(NotACardNumber):
        serial_of(typed)


def test_staff_may_type_the_serial_or_scan_the_card_number():
    assert parse_serial("620118 000 412 118") == SERIAL
    assert parse_serial("6201180004121186") == SERIAL
    with pytest.raises(NotASerial):
        parse_serial("412118")


def test_a_run_includes_both_ends():
    assert SerialRun(1, 100).count == 100
    assert SerialRun.of(SerialRun(1, 100).range) == SerialRun(1, 100)


def test_a_reversed_run_is_refused():
    with pytest.raises(RunReversed):
        SerialRun(100, 1)


def test_a_serial_named_twice_is_refused_and_named():
    with pytest.raises(RunsOverlapEachOther) as refusal:
        distinct_runs([SerialRun(1, 10), SerialRun(8, 20)])
    assert refusal.value.facts["serials"] == describe_runs([SerialRun(8, 10)])


def test_no_serials_are_refused():
    with pytest.raises(NoSerialsGiven):
        distinct_runs([])


@given(st.lists(small_runs, max_size=8))
def test_merging_keeps_every_serial_once(runs):
    merged = merge_runs(runs)
    every = {serial for run in runs for serial in range(run.first, run.last + 1)}
    assert count_cards(merged) == len(every)
    assert all(left.last + 1 < right.first for left, right in itertools.pairwise(merged))


@given(small_runs, st.lists(small_runs, max_size=6))
def test_what_is_taken_out_of_a_run_leaves_the_rest(run, others):
    left = run.without(others)
    taken = {serial for other in others for serial in range(other.first, other.last + 1)}
    assert {serial for part in left for serial in range(part.first, part.last + 1)} == {
        serial for serial in range(run.first, run.last + 1) if serial not in taken
    }


def test_many_runs_are_described_by_the_first_few():
    runs = [SerialRun(10 * n, 10 * n) for n in range(1, 12)]

    with translation.override("en"):
        assert describe_runs(runs).endswith("080 and 3 more runs")
    with translation.override("zh-hans"):
        assert describe_runs(runs[:2]) == "000000 000 000 010、000000 000 000 020"
        assert note_runs(runs, most=2) == "000000 000 000 010, 000000 000 000 020, … (+9)"
