"""Where each kind of request is decided, and what it asks, in words.

The capability that asked decides by its own command, on its own page; this table leads there.
"""

from typing import NamedTuple

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from selfcard.approvals.models import Approval


class Subject(NamedTuple):
    words: Promise
    url_name: str


SUBJECTS: dict[str, Subject] = {
    "cards.batch_order": Subject(_("Approve the order of a batch"), "office:cards:batch"),
    "cards.print_release": Subject(_("Release a print file"), "office:cards:batch"),
}


def words_for(approval: Approval) -> str | Promise:
    subject = SUBJECTS.get(approval.kind)
    return subject.words if subject else approval.kind


def place_of(approval: Approval) -> str:
    """The page where the request is decided."""
    subject = SUBJECTS.get(approval.kind)
    if subject is None:
        return ""
    try:
        return reverse(subject.url_name, args=[approval.subject_number])
    except NoReverseMatch:
        return ""
