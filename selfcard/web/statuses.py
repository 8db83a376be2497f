"""How a status looks: its glyph, its tone, and its colour in a strip.

A card's life is a ramp: the glyph fills up and the colour deepens the further along it is. Amber
waits on somebody, grey is terminal. A word always stands beside the glyph.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    glyph: str
    tone: str = ""
    fill: str = "printed"


PLAIN = Look("dot")

LOOKS: dict[str, Look] = {
    # cards
    "printed": Look("printed", fill="printed"),
    "in_transit": Look("in-transit", fill="transit"),
    "inventory": Look("ring", fill="inventory"),
    "sold": Look("half", fill="sold"),
    "to_be_activated": Look("three-quarters", fill="paid"),
    "activated": Look("tick", fill="activated"),
    "awaiting_refund": Look("pause", "wait", "refund"),
    "frozen": Look("pause", "wait", "refund"),
    "void": Look("struck", "off", "void"),
    "lost": Look("struck", "off", "void"),
    "destroyed": Look("struck", "off", "void"),
    "expired": Look("struck", "off", "void"),
    # what a range input says of its parts
    "fits": Look("tick", fill="paid"),
    "unfit": Look("cross", "stop", "bad"),
    # batches, issues, work
    "ordered": Look("waiting", "wait", "wait"),
    "approved": Look("half", fill="sold"),
    "generating": Look("waiting", "wait", "wait"),
    "generated": Look("three-quarters", fill="paid"),
    "checked_in": Look("ring", fill="inventory"),
    "released": Look("three-quarters", fill="paid"),
    "queued": Look("waiting", "wait", "wait"),
    "running": Look("half", fill="sold"),
    "done": Look("tick", fill="activated"),
    "failed": Look("cross", "stop", "bad"),
    "cancelled": Look("struck", "off", "void"),
    # stock counts
    "open": Look("waiting", "wait", "wait"),
    "compared": Look("half", "wait", "wait"),
    "closed": Look("tick", fill="activated"),
    # notices of claim
    "recorded": Look("waiting", "wait", "wait"),
    "in_review": Look("half", fill="sold"),
    # sales
    "overdue": Look("cross", "stop", "bad"),
    "registered": Look("pause", "wait", "refund"),
    "partly_back": Look("half", "wait", "wait"),
    "back": Look("struck", "off", "void"),
    "over": Look("struck", "off", "void"),
    # receipts and drawers
    "waiting": Look("pause", "wait", "wait"),
    "sent": Look("tick", fill="activated"),
    "counted": Look("half", "wait", "wait"),
    # approvals
    "asked": Look("waiting", "wait", "wait"),
    "granted": Look("tick", fill="activated"),
    "refused": Look("cross", "stop", "bad"),
    "withdrawn": Look("struck", "off", "void"),
    # receipts, policies, products
    "issued": Look("waiting", "wait", "wait"),
    "confirmed": Look("tick", fill="activated"),
    "paid": Look("three-quarters", fill="paid"),
    "in_force": Look("tick", fill="activated"),
    "not_yet_begun": Look("waiting", "wait", "wait"),
    "ended": Look("struck", "off", "void"),
    "draft": Look("printed", fill="printed"),
    "submitted": Look("waiting", "wait", "wait"),
    "published": Look("tick", fill="activated"),
}


def look_of(status: object) -> Look:
    return LOOKS.get(str(status), PLAIN)
