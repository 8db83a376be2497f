"""How numbers, dates and statuses are written on a page, the same everywhere.

Groups of a serial or card number are set apart by a gap in the style sheet, not by spaces, so that
what is copied stays one number.
"""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from itertools import count as counting
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import get_language, ngettext

from selfcard.core import clock, serials
from selfcard.core.serials import SerialRun
from selfcard.core.wording import SYMBOLS, between_things, said_by, written_day
from selfcard.policies.identity import written_phone
from selfcard.web.statuses import look_of

register = template.Library()

STRIP_WIDTH = 1000
GAP = 1.6
HATCH_NUMBERS = counting(1)


@register.filter
def serial(value: int | str | None) -> SafeString | str:
    """A serial: its type prefix muted, then groups of three."""
    if value in (None, ""):
        return ""
    digits = f"{int(value):0{serials.SERIAL_DIGITS}d}"
    return format_html(
        '<span class="serial"><i>{}</i><b>{}</b><b>{}</b><b>{}</b></span>',
        digits[:6], digits[6:9], digits[9:12], digits[12:],
    )  # fmt: skip


@register.filter
def short_serial(value: int) -> SafeString:
    """A serial without the prefix, where the document type is already said."""
    digits = f"{int(value) % serials.RUNNING:0{serials.RUNNING_DIGITS}d}"
    return format_html(
        '<span class="serial"><b>{}</b><b>{}</b><b>{}</b></span>',
        digits[:3], digits[3:6], digits[6:],
    )  # fmt: skip


@register.filter
def run(value: SerialRun | None) -> SafeString | str:
    """A run of serials, first to last; the prefix is said once."""
    if not value:
        return ""
    if value.first == value.last:
        return serial(value.first)
    return format_html(
        '<span class="nowrap">{} – {}</span>', serial(value.first), short_serial(value.last)
    )


@register.filter
def runs(value: Iterable[SerialRun]) -> SafeString:
    """Runs of serials in a sentence."""
    return format_html_join(between_things(), "{}", ((run(one),) for one in value))


@register.simple_tag
def listing(*things: Any) -> SafeString:
    """Things beside each other, as a reader lists them; what is empty is left out."""
    return format_html_join(between_things(), "{}", ((one,) for one in things if one))


@register.simple_tag
def saying(who: Any, what: Any) -> SafeString | str:
    """Somebody, and what they said; one of them, where the other is missing."""
    if not (who and what):
        return conditional_escape(who or what or "")
    return mark_safe(said_by(conditional_escape(who), conditional_escape(what)))  # noqa: S308


@register.simple_tag
def in_words(words: tuple[str, str]) -> SafeString:
    """An amount in words, Chinese and English: the reader's language first."""
    told = (("zh-Hans", words[0]), ("en", words[1]))
    first, second = told if _chinese() else told[::-1]
    return format_html_join(" ", '<span lang="{}">{}</span>', (first, second))


@register.filter
def card_number(value: int | str | None) -> SafeString | str:
    """The card number of a serial, as it is printed on the card."""
    if value in (None, ""):
        return ""
    text = str(value)
    digits = text if len(text) == serials.SERIAL_DIGITS + 1 else serials.card_number(int(text))
    groups = format_html_join("", "<b>{}</b>", ((digits[i : i + 4],) for i in range(0, 16, 4)))
    return format_html('<span class="cardno">{}</span>', groups)


@register.filter
def phone(value: str) -> str:
    """A phone number in groups, as people write it."""
    return written_phone(value)


@register.filter
def count(value: Any) -> str:
    """A whole number with its thousands set apart, and a true minus sign."""
    return "" if value in (None, "") else f"{int(value):,}".replace("-", "−")


@register.filter
def money(amount: Any, currency: str = "CNY") -> SafeString | str:
    """An amount with its currency, two decimals and a true minus sign."""
    if hasattr(amount, "currency"):
        amount, currency = amount.amount, amount.currency
    try:
        value = Decimal(str(amount))
    except InvalidOperation:
        return ""
    return format_html(
        '<span class="money">{}<span class="cur">{}</span>{}</span>',
        "−" if value < 0 else "",
        SYMBOLS.get(currency, f"{currency} "),
        f"{abs(value):,.2f}",
    )


def _chinese() -> bool:
    return (get_language() or "").startswith("zh")


@register.filter
def day(value: date | datetime | None) -> SafeString | str:
    """A calendar day in the reader's convention and the insurer's time zone."""
    if not value:
        return ""
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), written_day(value))


@register.filter
def moment(value: date | datetime | None) -> SafeString | str:
    """A day and the time of day, to the minute; the day alone where nothing else is known."""
    if not isinstance(value, datetime):
        return day(value)
    local = timezone.localtime(value)
    text = date_format(local, "Y年n月j日 H:i" if _chinese() else "j M Y, H:i")
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), text)


@register.filter
def last_day(end: datetime) -> SafeString | str:
    """The last day of a cover; one that is over at midnight reaches the day before."""
    return day(clock.last_day_before(end))


register.filter("end_time", clock.end_time)


@register.filter
def end_of_cover(end: datetime) -> SafeString:
    """The last day of a cover with the time at which it is over: 30 Nov 2027, 24:00."""
    last, at = clock.last_day_before(end), clock.end_time(end)
    text = date_format(last, "Y年n月j日" if _chinese() else "j M Y")
    said = f"{text} {at}" if _chinese() else f"{text}, {at}"
    return format_html('<time datetime="{}">{}</time>', end.isoformat(), said)


@register.filter
def weekday(value: date) -> str:
    """A day with its name, as a heading says it."""
    return date_format(value, "Y年n月j日，l" if _chinese() else "l j F Y")


@register.filter
def age(since: datetime) -> str:
    """How long something has waited, in the largest unit that is whole."""
    minutes = max(int((clock.now() - since).total_seconds() // 60), 1)
    hours, days = minutes // 60, minutes // (24 * 60)
    if days:
        return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
    if hours:
        return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
    return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}


@register.filter
def name(value: Any) -> Any:
    """The name of a party, in the reader's language; what is text stays as it is."""
    return "" if value is None else getattr(value, "name", value)


@register.filter
def percent(value: Decimal | None) -> str:
    """A rate such as 0.06 as 6%."""
    return "" if value is None else f"{(value * 100).normalize():f}%"


def glyph(name: str, tone: str = "") -> SafeString:
    return format_html(
        '<svg class="glyph{}" viewBox="0 0 16 16" aria-hidden="true">'
        '<use href="{}#glyph-{}"/></svg>',
        f" is-{tone}" if tone else "",
        static("office/icons.svg"),
        name,
    )


def _label_of(value: Any) -> str | Promise:
    if hasattr(value, "label"):
        return value.label
    from selfcard.custody.statuses import SeenStatus

    return SeenStatus(value).label if value in SeenStatus.values else str(value)


@register.simple_tag
def status(value: Any, label: Any = "") -> SafeString:
    """A status: its glyph and its word, never one without the other.

    `value` decides the glyph. The word is `label` where it is given, else the choice's own.
    """
    if value in (None, ""):
        return mark_safe("")
    look = look_of(value)
    return format_html(
        '<span class="st">{}{}</span>',
        glyph(look.glyph, look.tone),
        capfirst(str(label or _label_of(value))),
    )


@register.simple_tag
def strip(parts: Iterable[Any], label: str = "", thin: Any = False) -> SafeString:
    """A range in serial order, coloured by status, drawn in proportion to the numbers of cards.

    Each part has a `status` and a `count`. A table with the same figures always stands beside it.
    """
    parts = list(parts or ())
    total = sum(part.count for part in parts) or 1
    height = 8 if thin else 28
    rects, x = SafeString(), 0.0
    for part in parts:
        width = STRIP_WIDTH * part.count / total
        rects += _rect(part.status, x, max(width - GAP, 1.0), height)
        x += width
    return format_html(
        '<svg class="strip{}" viewBox="0 0 {} {}" preserveAspectRatio="none" {}>{}</svg>',
        " strip-s" if thin else "", STRIP_WIDTH, height,
        format_html('role="img" aria-label="{}"', label) if label
        else mark_safe('aria-hidden="true"'),
        rects,
    )  # fmt: skip


def _rect(status: Any, x: float, width: float, height: int) -> SafeString:
    return _filled(look_of(status).fill, x, width, height)


def _filled(fill: str, x: float, width: float, height: int) -> SafeString:
    plain = format_html(
        '<rect class="s-{}" x="{}" width="{}" height="{}"/>',
        fill, f"{x:.2f}", f"{width:.2f}", height,
    )  # fmt: skip
    if fill != "transit":
        return plain
    # Stripes, so that a card on its way is told apart without colour.
    hatch = f"hatch-{next(HATCH_NUMBERS)}"
    return plain + format_html(
        '<pattern id="{0}" width="7" height="7" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)"><rect class="s-paid" width="2.4" height="7"/></pattern>'
        '<rect x="{1}" width="{2}" height="{3}" fill="url(#{0})"/>',
        hatch, f"{x:.2f}", f"{width:.2f}", height,
    )  # fmt: skip


@register.simple_tag
def strip_keys(parts: Iterable[Any]) -> SafeString:
    """The key to a strip: each status once, with how many cards are in it."""
    totals: dict[Any, int] = {}
    labels: dict[Any, Any] = {}
    for part in parts or ():
        totals[part.status] = totals.get(part.status, 0) + part.count
        labels[part.status] = capfirst(str(getattr(part, "label", None) or _label_of(part.status)))
    items = format_html_join(
        "",
        '<li><svg class="key" viewBox="0 0 10 10" aria-hidden="true">{}</svg>{} <b>{}</b></li>',
        ((_rect(one, 0, 10, 10), labels[one], f"{cards:,}") for one, cards in totals.items()),
    )
    return format_html('<ul class="keys">{}</ul>', items)


@register.simple_tag
def swatch(fill: str, line: Any = False) -> SafeString:
    """The colour of a bar or line in the key to a picture."""
    height = 3 if line else 10
    return format_html(
        '<svg class="key{}" viewBox="0 0 10 {}" aria-hidden="true">{}</svg>',
        " key-line" if line else "", height, _filled(fill, 0, 10, height),
    )  # fmt: skip


@register.simple_tag
def bar(part: float, whole: float, fill: str = "paid") -> SafeString:
    """One horizontal bar of a table of figures."""
    width = STRIP_WIDTH * float(part) / float(whole) if whole else 0
    return format_html(
        '<svg viewBox="0 0 {0} 16" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="s-track" width="{0}" height="16"/>'
        '<rect class="s-{1}" width="{2}" height="16"/></svg>',
        STRIP_WIDTH, fill, f"{width:.1f}",
    )  # fmt: skip


@register.simple_tag
def status_bar(status: Any, part: float, whole: float) -> SafeString:
    """The bar of one status in a table of figures."""
    return bar(part, whole, look_of(status).fill)


@register.simple_tag
def progress(done: Any, total: Any, label: str = "") -> SafeString:
    """How far a long piece of work has come, as a bar that assistive technology reads too."""
    share = int(done or 0) / int(total or 0) if int(total or 0) else 0
    return format_html(
        '<div class="progress" role="progressbar" aria-label="{}" aria-valuenow="{}"'
        ' aria-valuemin="0" aria-valuemax="100"><svg class="strip strip-s" viewBox="0 0 {} 8"'
        ' preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="s-paid" width="{}" height="8"/></svg></div>',
        label, int(share * 100), STRIP_WIDTH, f"{STRIP_WIDTH * share:.1f}",
    )  # fmt: skip


@register.filter
def marked(text: str, sought: str) -> SafeString:
    """The text with what was searched for marked in it."""
    at = text.upper().find(sought.upper()) if sought else -1
    if at < 0:
        return conditional_escape(text)
    end = at + len(sought)
    return format_html("{}<mark>{}</mark>{}", text[:at], text[at:end], text[end:])


@register.simple_tag(takes_context=True)
def with_query(context: template.Context, **changes: Any) -> str:
    """This page's address with parts of its query changed; an empty value takes a part out."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        if value in (None, ""):
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}"
