"""Periods of calendar days, as reports are asked for: a month, a quarter, a year, from–to."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

MONTHS_OF_A_QUARTER = 3
MONTHS_OF_A_YEAR = 12


@dataclass(frozen=True)
class Period:
    """Some days on end, the first and the last included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        assert self.first <= self.last, f"{self.first} is after {self.last}"

    @classmethod
    def month_of(cls, day: date) -> "Period":
        return cls._months(day.year, day.month, 1)

    @classmethod
    def quarter_of(cls, day: date) -> "Period":
        begins = (day.month - 1) // MONTHS_OF_A_QUARTER * MONTHS_OF_A_QUARTER + 1
        return cls._months(day.year, begins, MONTHS_OF_A_QUARTER)

    @classmethod
    def year_of(cls, day: date) -> "Period":
        return cls._months(day.year, 1, MONTHS_OF_A_YEAR)

    @classmethod
    def _months(cls, year: int, month: int, count: int) -> "Period":
        """So many whole months; months beyond the year are of the next, or of the one before."""
        first = _month(year, month)
        end = _month(first.year, first.month + count - 1)
        return cls(first, end.replace(day=monthrange(end.year, end.month)[1]))

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def whole_months(self) -> int:
        """How many calendar months it is, if it is nothing but whole ones; otherwise none."""
        if self.first.day != 1 or (self.last + timedelta(1)).day != 1:
            return 0
        years = self.last.year - self.first.year
        return years * MONTHS_OF_A_YEAR + self.last.month - self.first.month + 1

    def moved(self, periods: int) -> "Period":
        """The one that is so many periods of its kind later, or earlier."""
        if count := self.whole_months:
            return self._months(self.first.year, self.first.month + periods * count, count)
        step = timedelta(periods * self.days)
        return Period(self.first + step, self.last + step)

    def up_to(self, day: date) -> "Period":
        """The part of it that is not after a day; all of it, if it only begins then."""
        return Period(self.first, min(self.last, day)) if self.first <= day else self

    def each_day(self) -> list[date]:
        return [self.first + timedelta(day) for day in range(self.days)]

    def each_month(self) -> list[date]:
        """The first day of every month that it touches."""
        months = (self.last.year - self.first.year) * MONTHS_OF_A_YEAR
        months += self.last.month - self.first.month
        return [_month(self.first.year, self.first.month + n) for n in range(months + 1)]


def _month(year: int, month: int) -> date:
    more, month = divmod(month - 1, MONTHS_OF_A_YEAR)
    return date(year + more, month + 1, 1)
