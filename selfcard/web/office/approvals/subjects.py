"""Where each kind of request is decided, and what it asks, in words.

The capability that asked decides by its own command, on its own page; this table leads there.
"""

from typing import NamedTuple

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from selfcard.cards.commands.orders import APPROVE_BATCH
from selfcard.cards.commands.printing import RELEASE_PRINT_FILE
from selfcard.custody.queries import APPROVE_WRITE_OFF
from selfcard.custody.queries.stock_counts import ADJUST_STOCK


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
}


def words_for(kind: str) -> str | Promise:
    """What a request of this kind asks of the second person."""
    return SUBJECTS[kind].words


def place_of(kind: str, subject_number: str) -> str:
    """The page where the request is decided."""
    return reverse(SUBJECTS[kind].url_name, args=[subject_number])
