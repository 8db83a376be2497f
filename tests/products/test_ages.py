"""Birthdays, leap days and the ends of months, counted as the Civil Code counts them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfcard.products.ages import (
    Age,
    Length,
    LengthUnit,
    exact_age,
    is_older,
    is_younger,
    last_day,
    years_old,
)

DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("born", "on", "years"),
    [
        (date(2000, 6, 15), date(2026, 6, 14), 25),
        (date(2000, 6, 15), date(2026, 6, 15), 26),
        (date(2000, 6, 15), date(2000, 6, 15), 0),
        (date(2026, 12, 1), date(2026, 11, 30), -1),
        # Born on a leap day: the birthday of a common year is the last of February.
        (date(2008, 2, 29), date(2026, 2, 27), 17),
        (date(2008, 2, 29), date(2026, 2, 28), 18),
        (date(2008, 2, 29), date(2028, 2, 28), 19),
        (date(2008, 2, 29), date(2028, 2, 29), 20),
        (date(1999, 12, 31), date(2027, 1, 1), 27),
        (date(2000, 1, 1), date(2025, 12, 31), 25),
    ],
)
def test_a_birthday_completes_a_year(born, on, years):
    assert years_old(born, on) == years


def test_infants_are_counted_in_days_and_both_bounds_are_accepted():
    born, bound = date(2026, 2, 15), Age(days=28)

    assert is_younger(born, bound, date(2026, 3, 14))
    assert not is_younger(born, bound, date(2026, 3, 15))
    assert not is_older(born, bound, date(2026, 3, 15))
    assert is_older(born, bound, date(2026, 3, 16))


def test_of_65_one_stays_until_the_day_before_the_66th_birthday():
    born, bound = date(1961, 12, 1), Age(years=65)

    assert is_younger(born, bound, date(2026, 11, 30))
    assert not is_younger(born, bound, date(2026, 12, 1))
    assert not is_older(born, bound, date(2027, 11, 30))
    assert is_older(born, bound, date(2027, 12, 1))


def test_an_age_is_said_in_days_up_to_the_first_birthday():
    assert exact_age(date(2026, 1, 10), date(2026, 2, 10)) == Age(days=31)
    assert exact_age(date(2026, 1, 10), date(2027, 1, 10)) == Age(years=1)


@pytest.mark.parametrize(
    ("starts", "length", "ends"),
    [
        (date(2026, 12, 1), Length(1), date(2027, 11, 30)),
        (date(2027, 1, 1), Length(1), date(2027, 12, 31)),
        (date(2027, 3, 1), Length(1), date(2028, 2, 29)),
        (date(2028, 2, 29), Length(1), date(2029, 2, 28)),
        (date(2028, 2, 29), Length(4), date(2032, 2, 28)),
        (date(2027, 1, 31), Length(1, LengthUnit.MONTHS), date(2027, 2, 28)),
        (date(2027, 2, 28), Length(1, LengthUnit.MONTHS), date(2027, 3, 27)),
        (date(2028, 1, 30), Length(1, LengthUnit.MONTHS), date(2028, 2, 29)),
        (date(2026, 11, 24), Length(7, LengthUnit.DAYS), date(2026, 11, 30)),
        (date(2026, 11, 24), Length(1, LengthUnit.DAYS), date(2026, 11, 24)),
    ],
)
def test_a_cover_ends_the_day_before_its_corresponding_day(starts, length, ends):
    assert last_day(starts, length) == ends


@given(born=DAYS, on=DAYS)
def test_age_grows_by_one_a_year_and_never_falls(born, on):
    assert years_old(born, on) <= years_old(born, on + timedelta(days=1))
    assert 0 <= years_old(born, on + timedelta(days=366)) - years_old(born, on) <= 2
    assert years_old(born, born) == 0


@given(starts=DAYS, years=st.integers(1, 5))
def test_covers_that_follow_on_leave_no_day_out_and_none_twice(starts, years):
    length = Length(years)
    ends = last_day(starts, length)

    assert 365 * years <= (ends - starts).days + 1 <= 366 * years
    assert last_day(starts + timedelta(days=1), length) >= ends
