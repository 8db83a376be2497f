"""How the portal writes days, sums and numbers, and the few pictures that stand beside words."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from selfcard.core import clock
from selfcard.core.serials import card_number, group_digits
from selfcard.web.portal import words

register = template.Library()

SYMBOLS = {"CNY": "¥"}

# Line drawings of 24 by 24; they only ever stand beside the words that say the same.
DRAWINGS = {
    "phone": "M6 3h3l2 5-2.5 1.5a11 11 0 0 0 6 6L16 13l5 2v3a3 3 0 0 1-3 3A15 15 0 0 1 3 6a3 3 0 0"
    " 1 3-3z",
    "back": "m14 6-6 6 6 6",
    "scan": "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2h-2zM20 14v6h-6",
    "tick": "m5 12.5 5 5 9.5-11",
    "cross": "m6 6 12 12M18 6 6 18",
    "document": "M6 3h8l4 4v14H6zM14 3v4h4",
    "download": "M12 4v11m-5-4 5 5 5-5M4 20h16",
    "look": "M11 4.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zm5 11.5 4.5 4.5",
    "wrong": "M12 2.5a9.5 9.5 0 1 0 0 19 9.5 9.5 0 0 0 0-19zM12 7v6M12 16.5v.5",
    "insured": "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zM7.5 12.5l3 3 6-6.5",
    "seal": "M12 2.5 20 6v5.5c0 5-3.5 8.5-8 10-4.5-1.5-8-5-8-10V6zM8 12l3 3 5-5.5",
    "clock": "M12 2.5a9.5 9.5 0 1 0 0 19 9.5 9.5 0 0 0 0-19zM12 7v5.500l3.500 2",
}


@register.simple_tag
def drawing(name: str, size: int = 24) -> SafeString:
    """A line drawing, for the eye only."""
    return format_html(
        '<svg width="{0}" height="{0}" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
        ' stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">'
        '<path d="{1}"/></svg>',
        size,
        DRAWINGS[name],
    )


@register.simple_tag
def not_yet(size: int = 28) -> SafeString:
    """The broken circle of *not yet insured*."""
    return format_html(
        '<svg width="{0}" height="{0}" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
        ' stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">'
        '<circle cx="12" cy="12" r="9.5" stroke-dasharray="3.2 3"/><path d="M8 12h8"/></svg>',
        size,
    )


def _chinese() -> bool:
    return (get_language() or "").startswith("zh")


def _local_day(value: date | datetime) -> date:
    return timezone.localtime(value).date() if isinstance(value, datetime) else value


@register.filter
def long_day(value: date | datetime | None) -> str:
    """A day with its month in words: 23 November 2026."""
    if not value:
        return ""
    return date_format(_local_day(value), "Y年n月j日" if _chinese() else "j F Y")


@register.filter
def weekday(value: date | datetime | None) -> str:
    return date_format(_local_day(value), "l") if value else ""


@register.filter
def clock_time(value: datetime | None) -> str:
    """The time of day; with seconds where they matter, as at the end of cover."""
    if not value:
        return ""
    local = timezone.localtime(value)
    return date_format(local, "H:i:s" if local.second else "H:i")


@register.filter
def day_and_time(value: datetime | None) -> str:
    """A moment on one line: 23 November 2026, 00:00."""
    if not value:
        return ""
    return f"{long_day(value)}{' ' if _chinese() else ', '}{clock_time(value)}"


@register.filter
def end_day(end: datetime) -> str:
    """The last day of a cover; one that is over at midnight reaches the day before."""
    return long_day(clock.last_day_before(end))


@register.filter
def end_weekday(end: datetime) -> str:
    return weekday(clock.last_day_before(end))


@register.filter
def end_day_and_time(end: datetime) -> str:
    """The last day of a cover and when it is over, on one line: 23 November 2027, 24:00."""
    return f"{end_day(end)}{' ' if _chinese() else ', '}{clock.end_time(end)}"


register.filter("end_time", clock.end_time)


@register.filter
def plain_sum(amount: Any, currency: str = "CNY") -> str:
    """A sum as people say it: without cents where there are none."""
    if hasattr(amount, "currency"):
        amount, currency = amount.amount, amount.currency
    value = Decimal(str(amount))
    figures = f"{value:,.0f}" if value == value.to_integral() else f"{value:,.2f}"
    return f"{SYMBOLS.get(currency, currency + ' ')}{figures}"


@register.filter
def card_digits(serial: int) -> SafeString:
    """The card number of a serial, grouped as printed."""
    return format_html('<span class="digits">{}</span>', group_digits(card_number(serial)))


@register.filter
def policy_digits(number: str) -> str:
    """A policy number in groups, so that it can be read out."""
    return f"{number[:1]} {group_digits(number[1:-1])} {number[-1:]}".strip() if number else ""


@register.filter
def in_language(entry: Any, name: str) -> str:
    """One field of a record that keeps both languages: `name` of `name_zh` and `name_en`."""
    key = f"{name}_{'zh' if _chinese() else 'en'}"
    return str(entry[key] if isinstance(entry, dict) else getattr(entry, key))


@register.filter
def address_of(visit: Any, page: Any) -> str:
    """Where a page of the line is, for whoever walks it."""
    return str(visit.address(page))


@register.filter
def plain_number(value: Decimal) -> str:
    """A number without zeros that say nothing: 50.00 as 50."""
    return f"{value.normalize():f}"


register.filter("ages", words.ages)
register.filter("who_else", words.who_else)
