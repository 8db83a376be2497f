"""Serials, runs of serials, and card numbers.

A serial is one whole number, unique over all document types: a prefix of six digits that belongs
to the type, and a running number of nine. The card number that the holder types is the serial
with a check digit (Luhn, ISO/IEC 7812-1 annex B). Nothing is stored to translate between them.
"""

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from psycopg.types.range import Range
from stdnum import luhn

from selfcard.core.refusals import Refusal
from selfcard.core.wording import listed

PREFIX_DIGITS = 6
RUNNING_DIGITS = 9
SERIAL_DIGITS = PREFIX_DIGITS + RUNNING_DIGITS
RUNNING = 10**RUNNING_DIGITS

_SEPARATORS = re.compile(r"[\s\-\u00a0\u2009\u202f\u3000]+")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９", "0123456789")


class NotACardNumber(Refusal):
    message = _("A card number has 16 digits. Check it against the card.")
    default_field = "card_number"


class WrongCheckDigit(Refusal):
    message = _("This card number has a typing mistake. Compare each digit with the card.")
    default_field = "card_number"


class NotASerial(Refusal):
    message = _("“%(text)s” is not a serial: type the 15 digits, or the 16 of the card number.")
    default_field = "serials"


class RunReversed(Refusal):
    message = _("The range is reversed: the last serial, %(last)s, comes before the first.")
    default_field = "serials"


class RunsOverlapEachOther(Refusal):
    message = _("These serials are named twice: %(serials)s.")
    default_field = "serials"


class NoSerialsGiven(Refusal):
    message = _("Name the cards: the first and the last serial, or the first and how many.")
    default_field = "serials"


@dataclass(frozen=True, order=True)
class SerialRun:
    """An unbroken run of serials, first to last, both included."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise RunReversed(first=group_serial(self.first), last=group_serial(self.last))

    @classmethod
    def of(cls, range_: Range[int]) -> "SerialRun":
        """The run that a database range means."""
        assert range_.lower is not None
        assert range_.upper is not None
        return cls(
            range_.lower + (0 if range_.lower_inc else 1),
            range_.upper - (0 if range_.upper_inc else 1),
        )

    @property
    def count(self) -> int:
        return self.last - self.first + 1

    @property
    def range(self) -> Range[int]:
        return Range(self.first, self.last + 1, "[)")

    def __contains__(self, serial: int) -> bool:
        return self.first <= serial <= self.last

    def overlaps(self, other: "SerialRun") -> bool:
        return self.first <= other.last and other.first <= self.last

    def intersection(self, other: "SerialRun") -> "SerialRun | None":
        first, last = max(self.first, other.first), min(self.last, other.last)
        return SerialRun(first, last) if first <= last else None

    def without(self, others: Iterable["SerialRun"]) -> list["SerialRun"]:
        """What is left of this run when the others are taken out."""
        left, start = [], self.first
        for other in sorted(others):
            if not self.overlaps(other):
                continue
            if other.first > start:
                left.append(SerialRun(start, other.first - 1))
            start = max(start, other.last + 1)
        if start <= self.last:
            left.append(SerialRun(start, self.last))
        return left

    def cut_at(self, others: Iterable["SerialRun"]) -> list["SerialRun"]:
        """This run in pieces, cut where any of the others begins or ends."""
        starts = {self.first}
        for other in others:
            starts.update(at for at in (other.first, other.last + 1) if at in self)
        ordered = sorted(starts)
        ends = [*(start - 1 for start in ordered[1:]), self.last]
        return [SerialRun(*piece) for piece in zip(ordered, ends, strict=True)]

    def __str__(self) -> str:
        if self.first == self.last:
            return group_serial(self.first)
        return f"{group_serial(self.first)}–{group_serial(self.last)}"


def merge_runs(runs: Iterable[SerialRun]) -> list[SerialRun]:
    """The same serials in as few runs as there can be, in order."""
    merged: list[SerialRun] = []
    for run in sorted(runs):
        if merged and run.first <= merged[-1].last + 1:
            merged[-1] = SerialRun(merged[-1].first, max(merged[-1].last, run.last))
        else:
            merged.append(run)
    return merged


def distinct_runs(runs: Iterable[SerialRun]) -> list[SerialRun]:
    """The runs in order, each serial once.

    Raises:
        NoSerialsGiven: there is no run.
        RunsOverlapEachOther: a serial is named twice.
    """
    ordered = sorted(runs)
    if not ordered:
        raise NoSerialsGiven
    twice = [
        both for left, right in itertools.pairwise(ordered) if (both := left.intersection(right))
    ]
    if twice:
        raise RunsOverlapEachOther(serials=describe_runs(twice))
    return merge_runs(ordered)


def count_cards(runs: Iterable[SerialRun]) -> int:
    return sum(run.count for run in runs)


def describe_runs(runs: Iterable[SerialRun], most: int = 8) -> str:
    """Runs for a sentence: `620118 000 412 001–620118 000 412 200, …`, the first few of many."""
    merged = merge_runs(runs)
    text = listed(merged[:most])
    if len(merged) <= most:
        return text
    more = len(merged) - most
    return ngettext("%(runs)s and %(more)s more run", "%(runs)s and %(more)s more runs", more) % {
        "runs": text,
        "more": f"{more:,}",
    }


def group_serial(serial: int) -> str:
    """A serial as it is printed: prefix, then groups of three."""
    digits = f"{serial:0{SERIAL_DIGITS}d}"
    return " ".join((digits[:6], digits[6:9], digits[9:12], digits[12:]))


def note_runs(runs: Iterable[SerialRun], most: int = 1000) -> str:
    """Runs as the audit keeps them, in whatever language the deed was done."""
    merged = merge_runs(runs)
    text = ", ".join(str(run) for run in merged[:most])
    return text if len(merged) <= most else f"{text}, … (+{len(merged) - most})"


def prefix_of(serial: int) -> str:
    """The six digits of a serial that belong to its document type."""
    return f"{serial:0{SERIAL_DIGITS}d}"[:PREFIX_DIGITS]


def group_digits(digits: str, size: int = 4) -> str:
    """Digits in groups as they are printed on the card."""
    return " ".join(digits[i : i + size] for i in range(0, len(digits), size))


def card_number(serial: int) -> str:
    """The 16 digits that the holder types for a serial."""
    digits = f"{serial:0{SERIAL_DIGITS}d}"
    return digits + luhn.calc_check_digit(digits)


def plain_digits(text: str) -> str:
    """What was typed, without separators and with full-width figures made plain."""
    return _SEPARATORS.sub("", text.translate(_FULL_WIDTH))


def serial_of(number: str) -> int:
    """The serial behind a card number as typed: spaces, hyphens and full-width digits are fine.

    Raises:
        NotACardNumber: these are not 16 digits.
        WrongCheckDigit: the check digit does not fit.
    """
    digits = plain_digits(number)
    if not (digits.isascii() and digits.isdigit() and len(digits) == SERIAL_DIGITS + 1):
        raise NotACardNumber
    if not luhn.is_valid(digits):
        raise WrongCheckDigit
    return int(digits[:-1])


def parse_serial(text: str) -> int:
    """A serial typed or scanned by staff: its 15 digits, or the card number's 16.

    Raises:
        NotASerial: it is neither.
        WrongCheckDigit: 16 digits whose check digit does not fit.
    """
    digits = plain_digits(text)
    if digits.isascii() and digits.isdigit():
        if len(digits) == SERIAL_DIGITS + 1:
            return serial_of(digits)
        if len(digits) == SERIAL_DIGITS:
            return int(digits)
    raise NotASerial(text=text.strip()[:40])
