"""Ages and spans counted on the calendar, as the Civil Code counts them.

Where a month has no corresponding day, its last day takes that place (Civil Code of
the People's Republic of China, article 202): whoever was born on 29 February has the
birthday on 28 February in a common year.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import models
from django.utils.translation import gettext_lazy, ngettext, npgettext, pgettext

ADULT_AT = 18


class LengthUnit(models.TextChoices):
    """What the length of a cover is counted in."""

    DAYS = "days", gettext_lazy("days")
    MONTHS = "months", gettext_lazy("months")
    YEARS = "years", gettext_lazy("years")


class EndOfCover(models.TextChoices):
    """The moment of its last day at which a cover is over."""

    LAST_SECOND = "last_second", gettext_lazy("23:59:59 of the last day")
    MIDNIGHT = "midnight", gettext_lazy("24:00 of the last day")
    SAME_TIME = "same_time", gettext_lazy("the same time of day as it started")


@dataclass(frozen=True)
class Age:
    """An age in completed years, or for infants in days since birth; never both."""

    years: int = 0
    days: int = 0

    def __post_init__(self) -> None:
        if self.years < 0 or self.days < 0 or (self.years and self.days):
            raise ValueError("an age is counted in years or in days, from zero up")

    def __str__(self) -> str:
        if self.days:
            return npgettext("age", "%(count)d day", "%(count)d days", self.days) % {
                "count": self.days
            }
        return npgettext("age", "%(count)d year", "%(count)d years", self.years) % {
            "count": self.years
        }


@dataclass(frozen=True)
class AgeRange:
    """The youngest and the oldest age that is accepted; both are accepted themselves."""

    lowest: Age
    highest: Age

    def __str__(self) -> str:
        if self.lowest.days or self.highest.days:
            return pgettext("age", "%(lowest)s to %(highest)s") % {
                "lowest": self.lowest,
                "highest": self.highest,
            }
        return pgettext("age", "%(lowest)d to %(highest)d years") % {
            "lowest": self.lowest.years,
            "highest": self.highest.years,
        }


@dataclass(frozen=True)
class Length:
    """How long a cover lasts."""

    count: int
    unit: LengthUnit = LengthUnit.YEARS

    def __str__(self) -> str:
        texts = {
            LengthUnit.DAYS: ngettext("%(count)d day", "%(count)d days", self.count),
            LengthUnit.MONTHS: ngettext("%(count)d month", "%(count)d months", self.count),
            LengthUnit.YEARS: ngettext("%(count)d year", "%(count)d years", self.count),
        }
        return texts[self.unit] % {"count": self.count}


def months_later(day: date, months: int) -> date:
    """The corresponding day so many months later, or the last day of a month without one."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, min(day.day, monthrange(years, month + 1)[1]))


def years_old(birth_date: date, on: date) -> int:
    """Completed years on a day; the birthday itself completes a year. Negative before birth."""
    years = on.year - birth_date.year
    return years if on >= months_later(birth_date, years * 12) else years - 1


def is_younger(birth_date: date, than: Age, on: date) -> bool:
    """Whether a person has not yet reached an age on a day."""
    if than.days:
        return on < birth_date + timedelta(days=than.days)
    return years_old(birth_date, on) < than.years


def is_older(birth_date: date, than: Age, on: date) -> bool:
    """Whether a person has left an age behind: of 65 years one is older from 66 on."""
    if than.days:
        return on > birth_date + timedelta(days=than.days)
    return years_old(birth_date, on) > than.years


def is_minor(birth_date: date, on: date) -> bool:
    """Whether a person is under 18 on a day."""
    return years_old(birth_date, on) < ADULT_AT


def exact_age(birth_date: date, on: date) -> Age:
    """The age on a day as one says it: in days up to the first birthday, then in years."""
    years = years_old(birth_date, on)
    return Age(years=years) if years > 0 else Age(days=max((on - birth_date).days, 0))


def last_day(first_day: date, length: Length) -> date:
    """The last day of a span that starts at the beginning of its first day.

    It is the day before the corresponding day. A month without that day closes the
    span with its own last day, so that 29 February and one year end on 28 February.
    """
    if length.unit == LengthUnit.DAYS:
        return first_day + timedelta(days=length.count - 1)
    months = length.count * (12 if length.unit == LengthUnit.YEARS else 1)
    corresponding = months_later(first_day, months)
    if corresponding.day < first_day.day:
        return corresponding
    return corresponding - timedelta(days=1)
