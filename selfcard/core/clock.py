"""Time in the insurer's zone: deadlines, cover and working days run by it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

_frozen: ContextVar[datetime | None] = ContextVar("frozen_clock", default=None)


def zone() -> ZoneInfo:
    """The insurer's time zone."""
    return ZoneInfo(settings.TIME_ZONE)


def now() -> datetime:
    """This moment, aware, in the insurer's zone."""
    return _frozen.get() or timezone.now().astimezone(zone())


def today() -> date:
    """The calendar day that it is at the insurer's."""
    return day_of(now())


def day_of(moment: datetime) -> date:
    """The calendar day of a moment at the insurer's."""
    return moment.astimezone(zone()).date()


def day_start(day: date) -> datetime:
    return datetime.combine(day, time.min, zone())


def day_end(day: date) -> datetime:
    """The last second of a day, 23:59:59, by which insured periods and deadlines end."""
    return datetime.combine(day, time(23, 59, 59), zone())


def last_day_before(end: datetime) -> date:
    """The last day that a period reaches which is over at a moment: before 24:00, as 00:00 is."""
    return day_of(end - timedelta(seconds=1))


def end_time(end: datetime) -> str:
    """The time of its last day at which a period is over; midnight is 24:00 of the day before."""
    local = end.astimezone(zone())
    return "24:00" if local.time() == time.min else f"{local:%H:%M:%S}"


@contextmanager
def frozen(at: date | datetime) -> Iterator[None]:
    """Let business time stand still, for tests and for papers of a past day."""
    moment = at if isinstance(at, datetime) else datetime.combine(at, time(12), zone())
    token = _frozen.set(moment if moment.tzinfo else moment.replace(tzinfo=zone()))
    try:
        yield
    finally:
        _frozen.reset(token)
