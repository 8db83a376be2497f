"""When people are reminded of a day that comes: how long before it, and at which hours."""

from datetime import date, timedelta

from django.conf import settings

from selfcard.core import clock


def is_waking_hour() -> bool:
    """Whether somebody may be told what could wait: not at night, as it is at the insurer's."""
    first, end = settings.REMINDER_HOURS
    return first <= clock.now().hour < end


def reminder_due(day: date, before: tuple[int, ...], *, told_on: date) -> int | None:
    """How many days before a day it is time to remind of it, as these are wanted; none if not yet.

    The nearest that has come counts: one that was missed is made up for until the next has come,
    and never afterwards. Whoever was told of the day since then needs no reminder.
    """
    left = (day - clock.today()).days
    come = [days for days in before if 0 <= left <= days]
    if not come:
        return None
    days = min(come)
    return days if told_on < day - timedelta(days=days) else None


def next_reminder(days: list[date], before: tuple[int, ...]) -> date | None:
    """On which day the next reminder of any of these days comes."""
    coming = (day - timedelta(days=one) for day in days for one in before)
    return min((day for day in coming if day > clock.today()), default=None)


def days_reminded_of(days: int, before: tuple[int, ...]) -> tuple[date, date]:
    """The first and the last day of which this reminder of several is the one that is due."""
    nearer = max((one for one in before if one < days), default=-1)
    return clock.today() + timedelta(days=nearer + 1), clock.today() + timedelta(days=days)
