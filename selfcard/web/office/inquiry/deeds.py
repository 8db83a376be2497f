"""What can be done next with a card or a range, from where it is: as buttons that lead to the deed.

The deeds with cards are those that custody's own table allows this person with all of these cards.
What concerns a paper – a note, a sale, a receipt – is offered to whoever may do it somewhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from selfcard.core.actor import Actor
from selfcard.core.serials import SerialRun, card_number
from selfcard.custody.models import FREEZE_REASON
from selfcard.custody.statuses import CardStatus, SeenStatus
from selfcard.inquiry.queries.biography import Biography
from selfcard.inquiry.queries.next_steps import NextSteps
from selfcard.organisations.models import May
from selfcard.organisations.queries import may, organisation_of
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


class _Words(NamedTuple):
    label: Promise
    hint: Promise
    icon: str
    url_name: str


_FORWARD: dict[str, _Words] = {
    "issue": _Words(
        _("Issue"), _("Hand the cards down, or to an authorised individual"), "send",
        "office:custody:issue",
    ),
    "hand_over": _Words(
        _("Hand over"), _("From this individual to another"), "users", "office:custody:hand_over"
    ),
    "sell": _Words(
        _("Register a sale"), _("Gives a sales ID; the cards are sold"), "receipt",
        "office:sales:register",
    ),
    "found": _Words(
        _("Found again"), _("Lost cards that have come to light"), "check", "office:custody:found"
    ),
    "extend": _Words(
        _("Give more time"), _("A later last day to activate; a second person agrees"), "calendar",
        "office:custody:extend",
    ),
}  # fmt: skip
_BACKWARD: dict[str, _Words] = {
    "recall": _Words(
        _("Recall"), _("Back to whom the cards came from, or above"), "back",
        "office:custody:recall",
    ),
    "freeze": _Words(
        _("Freeze"), _("Stop the cards until somebody releases them"), "lock",
        "office:custody:freeze",
    ),
    "void": _Words(
        _("Report void"), _("Damaged or misprinted; a second person agrees"), "close",
        "office:custody:void",
    ),
    "loss": _Words(
        _("Report lost"), _("Frozen at once; a second person agrees"), "warning",
        "office:custody:loss",
    ),
    "destroy": _Words(
        _("Destroy"), _("With its protocol; a second person agrees"), "trash",
        "office:custody:destroy",
    ),
}  # fmt: skip


def forward(steps: NextSteps, runs: list[SerialRun]) -> list[Deed]:
    """The deeds that bring cards on, the most likely one first."""
    return [deed for deed in _with_cards(_FORWARD, steps, runs) if deed.url]


def backward(steps: NextSteps, runs: list[SerialRun]) -> list[Deed]:
    """The deeds that take cards back, stop them, or check them."""
    deeds = [
        *_explained(steps),
        *_released(steps),
        *_taken_back(steps, runs),
        *_with_cards(_BACKWARD, steps, runs),
        *_counted(steps),
    ]
    return [deed for deed in deeds if deed.url]


def with_its_paper(found: Biography, mays: set[str]) -> list[Deed]:
    """What the paper that a card is held by waits for."""
    return [deed for deed in _with_its_paper(found, mays) if deed.url]


def back_from_its_paper(found: Biography, mays: set[str]) -> list[Deed]:
    """What the paper that a card is held by can be undone with."""
    if found.card.seen != SeenStatus.ACTIVATED or not found.policy:
        return []
    if May.CANCEL_POLICIES not in mays:
        return []
    cancel = Deed(
        _("Cancel the policy"),
        _("Shows first what is given back, and what becomes of the card"),
        "back",
        place("office:policies:cancel", found.policy.number),
    )
    return [cancel] if cancel.url else []


def unlocked(actor: Actor, found: Biography) -> list[Deed]:
    """The end of a lock that wrong PINs have laid, for whoever may end it."""
    holder = found.card.holder
    if not found.locked_until or not may(actor, May.UNLOCK_CARDS, organisation_of(holder)):
        return []
    unlock = Deed(
        _("Unlock"),
        _("Its PIN can be tried again at once; kept with the card"),
        "key",
        place("office:gate:unlock", found.card.serial),
    )
    return [unlock] if unlock.url else []


_ON_THE_SHELF = (CardStatus.PRINTED, CardStatus.IN_TRANSIT, CardStatus.INVENTORY)


def reported(actor: Actor, found: Biography) -> list[Deed]:
    """A notice of claim for a card that has left our shelves, whatever its status is now."""
    holder = found.card.holder
    if found.card.status in _ON_THE_SHELF:
        return []
    if not may(actor, May.HANDLE_CLAIMS, organisation_of(holder)):
        return []
    report = Deed(
        _("Notice of claim"),
        _("Somebody says that something has happened"),
        "clipboard",
        place("office:claims:record", query=f"number={card_number(found.card.serial)}"),
    )
    return [report] if report.url else []


def _with_cards(
    words: dict[str, _Words], steps: NextSteps, runs: list[SerialRun]
) -> Iterator[Deed]:
    assert steps.document_type or not steps.possible
    for name, said in words.items():
        if name in steps.possible and steps.document_type:
            query = naming(steps.document_type, *runs)
            yield Deed(said.label, said.hint, said.icon, place(said.url_name, query=query))


def _explained(steps: NextSteps) -> Iterator[Deed]:
    for number in steps.explain:
        yield Deed(
            _("Found with us"),
            _("Ends the stop of cards missing in %(number)s") % {"number": number},
            "key",
            place("office:custody:found_again", number),
        )


def _released(steps: NextSteps) -> Iterator[Deed]:
    for kind, number in steps.release:
        by_itself = kind == FREEZE_REASON
        yield Deed(
            _("Release"),
            _("Ends the freeze %(number)s") % {"number": number},
            "key",
            place("office:custody:release", number)
            if by_itself
            else place("office:cards:batch", number),
        )


def _taken_back(steps: NextSteps, runs: list[SerialRun]) -> Iterator[Deed]:
    if steps.take_back and steps.document_type:
        yield Deed(
            _("Take back"),
            _("Out of the sale; all that follows is shown first"),
            "back",
            place("office:ways_back:guide", query=naming(steps.document_type, *runs)),
        )


def _counted(steps: NextSteps) -> Iterator[Deed]:
    if steps.count and steps.document_type:
        query = urlencode({"holder": steps.count.code, "document_type": steps.document_type.code})
        yield Deed(
            _("Count the stock"),
            _("All cards of this type with %(name)s") % {"name": steps.count.name},
            "clipboard",
            place("office:custody:open_stock_count", query=query),
        )


def _with_its_paper(found: Biography, mays: set[str]) -> Iterator[Deed]:
    card = found.card
    match card.seen:
        case SeenStatus.PRINTED if May.CHECK_IN_CARDS in mays:
            yield Deed(
                _("Check in the batch"),
                _("When its cards have come from the printer"),
                "package-in",
                place("office:custody:check_in_printed", card.batch.number),
            )
        case SeenStatus.IN_TRANSIT if found.issue and May.CHECK_IN_CARDS in mays:
            yield Deed(
                _("Check in"),
                _("The receiver confirms what really came"),
                "package-in",
                place("office:custody:check_in", found.issue.number),
            )
        case SeenStatus.SOLD if found.sale:
            yield from _with_its_sale(found, mays)
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
        case SeenStatus.AWAITING_REFUND if found.recovery:
            yield Deed(
                _("Open the recovery"),
                _("Its money is paid back there, or the return is withdrawn"),
                "back",
                place("office:ways_back:recovery", found.recovery),
            )
        case SeenStatus.VOID if found.cancelled:
            yield Deed(
                _("Open the cancelled policy"),
                _("What is given back, and to whom"),
                "shield",
                place("office:policies:policy", found.cancelled.number),
            )


def _with_its_sale(found: Biography, mays: set[str]) -> Iterator[Deed]:
    assert found.sale is not None
    if found.receipt is None and May.ISSUE_RECEIPTS in mays:
        yield Deed(
            _("Issue charge receipt"),
            _("Asks the buyer for the money of the sale"),
            "receipt",
            place("office:sales:issue_receipt", found.sale.number),
        )
    elif found.receipt and found.receipt.state == Receipt.State.ISSUED:
        yield Deed(
            _("Confirm the receipt"),
            _("When the money has arrived; by another person than who issued it"),
            "cash",
            place("office:payments:receipt", found.receipt.number),
        )
