"""Working days where the insurer is: without weekends and public holidays.

Where the days between two holidays are moved, as in China, a weekend that is worked counts as the
working day that it is. The State Council announces those moves each year for the next, so that
days further ahead are counted by the weekends and holidays alone.
"""

from datetime import date
from functools import cache

import holidays
from django.conf import settings


def working_days_after(day: date, days: int) -> date:
    """The so many-th working day after a day, which does not count itself."""
    calendar = _calendar(settings.INSURER_COUNTRY)
    return calendar.get_nth_working_day(day, days)


@cache
def _calendar(country: str) -> holidays.HolidayBase:
    return holidays.country_holidays(country)
