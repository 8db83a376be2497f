"""Entries, why they were booked, and the days that are closed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Prefetch, Q, QuerySet, Sum

from selfcard.core.periods import Period
from selfcard.ledger.models import Closing, Entry, EntryKind, Posting

ENTRIES_OF_A_PAGE = 50
ROWS_AT_ONCE = 2_000


def _with_postings(entries: QuerySet[Entry]) -> QuerySet[Entry]:
    postings = Posting.objects.select_related("account").order_by("line")
    return entries.prefetch_related(Prefetch("postings", postings))


def entries_for(reason_kind: str, reason_number: str) -> QuerySet[Entry]:
    """The entries that were booked for a reason, with their postings, oldest first."""
    return _with_postings(
        Entry.objects.filter(reason_kind=reason_kind, reason_number=reason_number)
    ).order_by("id")


def booked_on(
    account: str, kind: EntryKind, *, reason_kind: str, numbers: Iterable[str]
) -> dict[str, Decimal]:
    """What entries of a kind brought to an account for each of some reasons, by their numbers."""
    postings = Posting.objects.filter(
        account=account,
        entry__kind=kind,
        entry__reason_kind=reason_kind,
        entry__reason_number__in=list(numbers),
    )
    return dict(
        postings.order_by().values_list("entry__reason_number").annotate(amount=Sum("amount"))
    )


def find_entry(number: str) -> Entry | None:
    """The entry of a number such as `J-0000000042`, with its postings."""
    digits = number.strip().upper().removeprefix("J-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > len(str(2**63)) - 1:
        return None
    entries = _with_postings(Entry.objects.filter(pk=int(digits)))
    return entries.select_related("reverses", "reversed_by").first()


@dataclass(frozen=True)
class EntriesAsked:
    """Which entries: those that count from a day of the period; of a kind, for a reason."""

    period: Period
    kind: str = ""
    reason: str = ""

    def rows(self) -> QuerySet[Entry]:
        """All of them, newest first."""
        days = (self.period.first, self.period.last)
        entries = Entry.objects.filter(counts_from__range=days)
        if self.kind:
            entries = entries.filter(kind=self.kind)
        if self.reason:
            entries = entries.filter(reason_number=self.reason)
        return _with_postings(entries).order_by("-counts_from", "-id")


def entries_before(asked: EntriesAsked, before: str = "") -> tuple[list[Entry], str]:
    """A page of entries, newest first, and where the next one begins; nothing, if none follows.

    `before` is such a beginning: found in an index, so the last page costs what the first does.
    """
    rows = asked.rows()
    if place := _place(before):
        day, key = place
        earlier = Q(counts_from__lt=day) | Q(pk__lt=key)
        rows = rows.filter(earlier, counts_from__lte=day)
    found = list(rows[: ENTRIES_OF_A_PAGE + 1])
    more, found = len(found) > ENTRIES_OF_A_PAGE, found[:ENTRIES_OF_A_PAGE]
    last = found[-1] if found else None
    return found, f"{last.counts_from.isoformat()}.{last.pk}" if last and more else ""


def _place(text: str) -> tuple[date, int] | None:
    day, _, key = text.partition(".")
    try:
        return date.fromisoformat(day), int(key[:18])
    except ValueError:
        return None


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
