"""What can be done next with a card, from where it is: as buttons that lead to the deed.

A button is offered to whoever may do the deed somewhere; whether they may do it with this card is
for its command, which says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from selfcard.custody.statuses import SeenStatus
from selfcard.inquiry.queries.biography import Biography
from selfcard.organisations.models import May
from selfcard.payments.models import Receipt
from selfcard.sales.papers import NOTICE
from selfcard.web.office.inquiry.places import place
from selfcard.web.office.named import naming


@dataclass(frozen=True)
class Deed:
    """One thing that can be done: what it is called, what comes of it, and where it is done."""

    label: str | Promise
    hint: str | Promise
    icon: str
    url: str


def next_deeds(found: Biography, mays: set[str]) -> list[Deed]:
    """The deeds that bring a card forward, the most likely one first."""
    return [deed for deed in _forward(found, mays) if deed.url]


def _forward(found: Biography, mays: set[str]) -> Iterator[Deed]:
    card = found.card
    query = naming(card.batch.type_version.document_type, found.run)
    match card.seen:
        case SeenStatus.PRINTED:
            yield Deed(
                _("Check in the batch"),
                _("When its cards have come from the printer"),
                "package-in",
                place("office:custody:check_in_printed", card.batch.number)
                if May.CHECK_IN_CARDS in mays
                else "",
            )
        case SeenStatus.IN_TRANSIT if found.issue:
            yield Deed(
                _("Check in"),
                _("The receiver confirms what really came"),
                "package-in",
                place("office:custody:check_in", found.issue.number)
                if May.CHECK_IN_CARDS in mays
                else "",
            )
        case SeenStatus.INVENTORY:
            yield from _from_inventory(found, mays, query)
        case SeenStatus.SOLD if found.sale:
            yield from _from_sale(found, mays)
        case SeenStatus.TO_BE_ACTIVATED if found.sale:
            yield Deed(
                _("Print the notice"),
                _("It tells the customer until when to activate, and how"),
                "print",
                place("office:paper", NOTICE, found.sale.number),
            )
        case SeenStatus.ACTIVATED if found.policy:
            yield Deed(
                _("Open the policy"),
                _("Cover, dates and people"),
                "shield",
                place("office:policies:policy", found.policy.number),
            )


def _from_inventory(found: Biography, mays: set[str], query: str) -> Iterator[Deed]:
    sell = Deed(
        _("Register a sale"),
        _("Gives a sales ID; the cards are sold"),
        "receipt",
        place("office:sales:register", query=query) if May.REGISTER_SALES in mays else "",
    )
    if found.card.holder.is_person:
        yield sell
        return
    yield Deed(
        _("Issue"),
        _("Hand the cards down, or to an authorised individual"),
        "send",
        place("office:custody:issue", query=query) if May.ISSUE_CARDS in mays else "",
    )
    yield sell


def _from_sale(found: Biography, mays: set[str]) -> Iterator[Deed]:
    assert found.sale is not None
    if found.receipt is None:
        yield Deed(
            _("Issue charge receipt"),
            _("Asks the buyer for the money of the sale"),
            "receipt",
            place("office:sales:issue_receipt", found.sale.number)
            if May.ISSUE_RECEIPTS in mays
            else "",
        )
    elif found.receipt.state == Receipt.State.ISSUED:
        yield Deed(
            _("Confirm the receipt"),
            _("When the money has arrived; by another person than who issued it"),
            "cash",
            place("office:payments:receipt", found.receipt.number),
        )
