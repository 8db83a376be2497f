"""Where each kind of request is decided, and what it asks, in words.

The capability that asked decides by its own command, on its own page; this table leads there.
"""

from typing import NamedTuple

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from selfcard.approvals.models import Approval
from selfcard.cards.commands.orders import APPROVE_BATCH
from selfcard.cards.commands.printing import RELEASE_PRINT_FILE
from selfcard.custody.models import WriteOff
from selfcard.custody.queries import APPROVE_WRITE_OFF
from selfcard.custody.queries.extensions import APPROVE_EXTENSION
from selfcard.custody.queries.stock_counts import ADJUST_STOCK
from selfcard.payments.models.corrections import CORRECT
from selfcard.policies.endorsing import APPROVE_ENDORSEMENT
from selfcard.products.queries import PUBLISH_VERSION
from selfcard.sales.queries import APPROVE_SALE
from selfcard.web.office.fields import cards_said


class Subject(NamedTuple):
    words: Promise
    url_name: str


SUBJECTS: dict[str, Subject] = {
    APPROVE_WRITE_OFF: Subject(
        _("Agree that cards are void, lost, found or destroyed"), "office:custody:write_off"
    ),
    ADJUST_STOCK: Subject(
        _("Agree to the adjustment of a stock count"), "office:custody:stock_count"
    ),
    APPROVE_BATCH: Subject(_("Approve the order of a batch"), "office:cards:batch"),
    RELEASE_PRINT_FILE: Subject(_("Release a print file"), "office:cards:batch"),
    APPROVE_EXTENSION: Subject(_("Agree to more time for paid cards"), "office:custody:extension"),
    APPROVE_SALE: Subject(_("Agree to a large sale"), "office:sales:large_sale"),
    CORRECT: Subject(_("Agree that money was entered wrongly"), "office:drawers:correction"),
    APPROVE_ENDORSEMENT: Subject(_("Agree to an endorsement"), "office:policies:endorsement"),
    PUBLISH_VERSION: Subject(_("Publish a product version"), "office:products:named"),
}
WRITTEN_OFF: dict[str, Promise] = {
    WriteOff.Kind.VOID: _("Agree that cards are void"),
    WriteOff.Kind.LOSS: _("Agree to a loss"),
    WriteOff.Kind.FOUND: _("Agree that lost cards were found"),
    WriteOff.Kind.DESTRUCTION: _("Agree to a destruction"),
}


def words_for(approval: Approval) -> str | Promise:
    """What a request asks of the second person."""
    if approval.kind == APPROVE_WRITE_OFF:
        return WRITTEN_OFF[approval.asked["kind"]]
    return SUBJECTS[approval.kind].words


def cards_in(approval: Approval) -> int | None:
    """How many cards a request is about, where it is about cards."""
    if approval.kind == ADJUST_STOCK:
        return sum(approval.asked.values())
    count: int | None = approval.asked.get("count")
    return count


def about(approval: Approval) -> str:
    """How many cards of which type a request is about: “6 cards AC-050”."""
    cards = cards_in(approval)
    said = (cards_said(cards) if cards else "", type_in(approval))
    return " ".join(one for one in said if one)


def type_in(approval: Approval) -> str:
    """The code of the document type that a request is about, where it names one."""
    return str(approval.asked.get("document_type", ""))


def place_of(approval: Approval) -> str:
    """The page where the request is decided."""
    return reverse(SUBJECTS[approval.kind].url_name, args=[approval.subject_number])
