"""Entries, why they were booked, and the days that are closed."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Prefetch, QuerySet

from selfcard.core.periods import Period
from selfcard.ledger.models import Closing, Entry, Posting

ROWS_AT_ONCE = 2_000


def _with_postings(entries: QuerySet[Entry]) -> QuerySet[Entry]:
    postings = Posting.objects.select_related("account").order_by("line")
    return entries.prefetch_related(Prefetch("postings", postings))


def entries_for(reason_kind: str, reason_number: str) -> QuerySet[Entry]:
    """The entries that were booked for a reason, with their postings, oldest first."""
    return _with_postings(
        Entry.objects.filter(reason_kind=reason_kind, reason_number=reason_number)
    ).order_by("id")


def find_entry(number: str) -> Entry | None:
    """The entry of a number such as `J-0000000042`, with its postings."""
    digits = number.strip().upper().removeprefix("J-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > len(str(2**63)) - 1:
        return None
    entries = _with_postings(Entry.objects.filter(pk=int(digits)))
    return entries.select_related("reverses", "reversed_by").first()


def entries_between(period: Period, kind: str = "", reason: str = "") -> QuerySet[Entry]:
    """The entries that count from a day of the period, newest first; of a kind, for a reason."""
    entries = Entry.objects.filter(counts_from__range=(period.first, period.last))
    if kind:
        entries = entries.filter(kind=kind)
    if reason:
        entries = entries.filter(reason_number=reason)
    return _with_postings(entries).order_by("-counts_from", "-id")


def journal(period: Period) -> Iterator[Entry]:
    """Every entry that counts from a day of the period with its postings, in the order in which
    they count; never all of them at once."""
    entries = Entry.objects.filter(counts_from__range=(period.first, period.last))
    yield from (
        _with_postings(entries).order_by("counts_from", "id").iterator(chunk_size=ROWS_AT_ONCE)
    )


def closings() -> QuerySet[Closing]:
    """When the books were closed up to which day, the latest first."""
    return Closing.objects.select_related("closed_by__party").order_by("-up_to")


def last_closing(before: date | None = None) -> Closing | None:
    """The last closing; with a day, the last of days before it."""
    found = closings()
    return (found.filter(up_to__lt=before) if before else found).first()
