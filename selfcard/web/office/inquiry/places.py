"""Where a thing that was found opens: its page, for whoever may open it."""

from typing import Any, NamedTuple

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from selfcard.core.serials import card_number
from selfcard.inquiry.queries.search import Hit, Kind
from selfcard.web.templatetags.places import may_open


class HitKind(NamedTuple):
    plural: Promise
    icon: str
    url_name: str


HIT_KINDS: dict[Kind, HitKind] = {
    Kind.CARD: HitKind(_("Cards"), "card", "office:inquiry:card"),
    Kind.SALE: HitKind(_("Sales"), "receipt", "office:sales:sale"),
    Kind.RECEIPT: HitKind(_("Charge receipts"), "paper", "office:payments:receipt"),
    Kind.INVOICE: HitKind(_("Invoices"), "invoice", "office:payments:invoice"),
    Kind.POLICY: HitKind(_("Policies"), "shield", "office:policies:policy"),
    Kind.ISSUE: HitKind(_("Issue notes"), "send", "office:custody:issue_note"),
    Kind.BATCH: HitKind(_("Batches"), "box", "office:cards:batch"),
    Kind.HOLDER: HitKind(_("Holders"), "users", "office:inquiry:range"),
}


def opens(hit: Hit, mays: set[str]) -> str:
    """The address of a hit's page; nothing where the reader may not open it."""
    url_name = HIT_KINDS[hit.kind].url_name
    if not may_open(url_name, mays):
        return ""
    match hit.kind:
        case Kind.CARD:
            return place(url_name, card_number(int(hit.number)))
        case Kind.HOLDER:
            return place(url_name, query=f"holder={hit.number}")
    return place(url_name, hit.number)


def place(name: str, *args: Any, query: str = "") -> str:
    """An address, or nothing where no page does this."""
    try:
        address = reverse(name, args=args)
    except NoReverseMatch:
        return ""
    return f"{address}?{query}" if query else address
