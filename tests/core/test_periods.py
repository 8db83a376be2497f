"""Periods as reports are asked for."""

from datetime import date

import pytest

from selfcard.core.periods import Period


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        (Period.month_of(date(2028, 2, 17)), date(2028, 2, 1), date(2028, 2, 29)),
        (Period.quarter_of(date(2026, 11, 23)), date(2026, 10, 1), date(2026, 12, 31)),
        (Period.quarter_of(date(2026, 1, 1)), date(2026, 1, 1), date(2026, 3, 31)),
        (Period.year_of(date(2026, 11, 23)), date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_a_day_lies_in_a_month_a_quarter_and_a_year(period, first, last):
    assert period == Period(first, last)


@pytest.mark.parametrize(
    ("period", "before", "after"),
    [
        (
            Period.month_of(date(2026, 1, 5)),
            Period.month_of(date(2025, 12, 5)),
            Period.month_of(date(2026, 2, 5)),
        ),
        (
            Period.quarter_of(date(2026, 12, 5)),
            Period.quarter_of(date(2026, 7, 5)),
            Period.quarter_of(date(2027, 1, 5)),
        ),
        (
            Period.year_of(date(2028, 2, 29)),
            Period.year_of(date(2027, 1, 1)),
            Period.year_of(date(2029, 1, 1)),
        ),
        (
            Period(date(2026, 3, 10), date(2026, 3, 16)),
            Period(date(2026, 3, 3), date(2026, 3, 9)),
            Period(date(2026, 3, 17), date(2026, 3, 23)),
        ),
    ],
)
def test_the_one_before_and_the_one_after_are_of_the_same_kind(period, before, after):
    assert (period.moved(-1), period.moved(1)) == (before, after)


def test_a_period_that_goes_on_ends_today_for_now():
    month = Period.month_of(date(2026, 11, 23))

    assert month.up_to(date(2026, 11, 23)) == Period(date(2026, 11, 1), date(2026, 11, 23))
    assert month.up_to(date(2026, 12, 1)) == month
    assert month.up_to(date(2026, 10, 1)) == month


def test_days_and_months_of_a_period():
    period = Period(date(2025, 11, 29), date(2026, 1, 2))

    assert period.days == len(period.each_day()) == 35
    assert period.each_day()[3] == date(2025, 12, 2)
    assert period.each_month() == [date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1)]
    assert period.whole_months == 0
    assert Period(date(2025, 11, 1), date(2026, 1, 31)).whole_months == 3
