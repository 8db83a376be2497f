"""Links from a number to its page, for whoever may open it; for all others the number alone."""

from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from selfcard.core import serials
from selfcard.inquiry.queries.reach import SEEING_CARDS
from selfcard.organisations.models import May
from selfcard.payments.queries import SEEING_RECEIPTS
from selfcard.sales.queries import SEEING_SALES
from selfcard.web.statuses import look_of

register = template.Library()

# Who opens the pages of a room; a room that is not named here is open to all staff.
ROOMS: dict[str, tuple[May, ...]] = {
    "cards": (May.ORDER_BATCHES, May.APPROVE_BATCHES, May.RELEASE_PRINT, May.AUDIT),
    "custody": SEEING_CARDS,
    "inquiry": SEEING_CARDS,
    "sales": SEEING_SALES,
    "payments": SEEING_RECEIPTS,
    "policies": (May.SEE_POLICIES,),
    "claims": (May.HANDLE_CLAIMS,),
}


def may_open(url_name: str, mays: set[str]) -> bool:
    """Whether somebody with these authorisations opens pages of the address's room."""
    parts = url_name.split(":")
    needed = ROOMS.get(parts[1]) if len(parts) > 2 else None
    return not needed or bool(mays.intersection(needed))


@register.simple_tag(takes_context=True)
def place_link(context: template.Context, url_name: str, number: Any, text: Any = "") -> SafeString:
    """The number, or the text given for it, as the link that opens its page."""
    shown = text or number
    mays: set[str] = getattr(context.get("request"), "mays", set())
    if may_open(url_name, mays):
        try:
            address = reverse(url_name, args=[number])
        except NoReverseMatch:
            pass
        else:
            return format_html('<a class="id" href="{}">{}</a>', address, shown)
    return format_html('<span class="id">{}</span>', shown)


@register.simple_tag
def paper_link(kind: str, number: str, text: Any) -> SafeString:
    """A paper that opens as PDF."""
    address = reverse("office:paper", args=[kind, number])
    return format_html('<a href="{}" target="_blank">{}</a>', address, text)


@register.filter
def plain_card_number(serial: int) -> str:
    """The card number of a serial without groups, for an address."""
    return serials.card_number(serial)


@register.filter
def fill(status: object) -> str:
    """The colour of a status in a bar or strip."""
    return look_of(status).fill
