"""How papers of a period are set beside each other: figures to read, and what disagrees by name.

A group of papers that must say the same is put together in one statement. Papers belong to a
period if any side of them does; then all their sides are compared, whenever they were written, so
that nothing is missed at midnight.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from selfcard.core import clock
from selfcard.core.periods import Period


class Disagreement(TextChoices):
    """What two sides of a paper can disagree about: what should be, beside what is."""

    SOLD = "sold", _("Sale, and cards sold")
    ASKED = "asked", _("Charge receipt, and its sales")
    INVOICED = "invoiced", _("Charge receipt, and its invoice")
    SETTLED = "settled", _("Paid sale, and cards to be activated")
    BOOKED = "booked", _("Invoice, and card premiums in the ledger")
    BOOKED_TAX = "booked_tax", _("Invoice, and tax in the ledger")
    GIVEN = "given", _("Free cards, and promotion expense in the ledger")
    TAKEN_BACK = "taken_back", _("Recovery of unpaid cards, and cards taken back")
    PAID_BACK = "paid_back", _("Recovery, and its payment receipt")
    RED_LETTER = "red_letter", _("Payment receipt, and its red-letter invoice")
    CARDS_BACK = "cards_back", _("Recovery, and cards that came back")
    BOOKED_BACK = "booked_back", _("Payment receipt, and card premiums in the ledger")
    OWED = "owed", _("Cancelled policy, and its payment receipt")
    OWED_RED_LETTER = "owed_red_letter", _("Refund of a policy, and its red-letter invoice")
    OWED_BOOKED = "owed_booked", _("Refund of a policy, and refunds payable in the ledger")
    MONEY = "money", _("Money that came or went, and the ledger")
    ADVANCE = "advance", _("Payer advances, and the ledger")
    ACTIVATED = "activated", _("Policy, and its activated card")
    WRITTEN = "written", _("Policy, and written premium in the ledger")
    CANCELLED = "cancelled", _("Cancelled policy, and the ledger")
    DRAWER = "drawer", _("Difference of a drawer, and the ledger")
    BANKED = "banked", _("Banked takings, and the ledger")
    INVOICE_GAP = "invoice_gap", _("Invoice number, and the one before it")
    RED_LETTER_GAP = "red_letter_gap", _("Red-letter number, and the one before it")
    AWAITING = "awaiting", _("Cards awaiting activation, and card premiums in the ledger")
    AWAITING_TAX = "awaiting_tax", _("Cards awaiting activation, and their tax in the ledger")
    ALL_ADVANCES = "all_advances", _("All advance accounts, and the ledger")
    ALL_OWED = "all_owed", _("All that is owed for cancelled policies, and the ledger")
    ALL_CASH = "all_cash", _("The cash in all drawers, and the ledger")
    ALL_TAKINGS = "all_takings", _("Takings that are still to come, and the ledger")


@dataclass(frozen=True)
class Asked:
    """Of which days, and of which organisations; of all, where none are named."""

    period: Period
    places: list[int] | None = None

    def as_values(self) -> dict[str, Any]:
        return {
            "first": self.period.first,
            "last": self.period.last,
            "start": clock.day_start(self.period.first),
            "end": clock.day_start(self.period.last + timedelta(1)),
            "places": self.places,
        }


@dataclass(frozen=True)
class Mismatch:
    """Two sides that should say the same: the paper, what should be, and what is.

    Nothing on a side means that it is not there at all. `subject` says what kind of paper it is.
    """

    what: Disagreement
    subject: str
    number: str
    organisation: int | None
    currency: str
    expected: Decimal | None
    found: Decimal | None

    @property
    def is_money(self) -> bool:
        """Whether the two sides are amounts; otherwise they are running numbers."""
        return self.what not in (Disagreement.INVOICE_GAP, Disagreement.RED_LETTER_GAP)


@dataclass(frozen=True)
class Figure:
    """One side of a group: how many papers, how many cards, for how much."""

    label: str | Promise
    papers: int | None
    cards: int | None
    amount: Decimal | None
    currency: str = ""


@dataclass(frozen=True)
class Group:
    """Papers that must say the same, side by side, and those that do not."""

    title: str | Promise
    figures: tuple[Figure, ...]
    mismatches: tuple[Mismatch, ...]


@dataclass(frozen=True)
class Side:
    """A figure as it is put together: aggregates over the group's facts."""

    label: Promise
    papers: str = "NULL"
    cards: str = "NULL"
    amount: str = "NULL"


@dataclass(frozen=True)
class Check:
    """What should be and what is, of each fact; nothing is told where they are equal."""

    what: Disagreement
    subject: str  # a word, or a column in brackets
    expected: str
    found: str
    number: str = "number"
    among: str = "fact"
    only: str = "true"


@dataclass(frozen=True)
class Comparison:
    """A group, before it is asked for: facts with organisation and currency, sides and checks."""

    title: Promise
    facts: str
    sides: tuple[Side, ...]
    checks: tuple[Check, ...]

    def asked(self, asked: Asked) -> Group:
        """The group of a period."""
        figures: list[Figure] = []
        mismatches: list[Mismatch] = []
        for is_figure, place, subject, number, organisation, currency, *rest in self._rows(asked):
            papers, cards, expected, found = rest
            if is_figure:
                figures.append(Figure(self.sides[place].label, papers, cards, expected, currency))
            else:
                what = self.checks[place].what
                mismatches.append(
                    Mismatch(what, subject, number, organisation, currency, expected, found)
                )
        return Group(self.title, tuple(figures), tuple(mismatches))

    def _rows(self, asked: Asked) -> Iterator[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(self._statement(), asked.as_values())
            yield from cursor.fetchall()

    def _statement(self) -> str:
        sides = (
            f"""
            SELECT true, {place}, '', '', NULL::bigint, currency, {side.papers}::bigint,
                   {side.cards}::bigint, {side.amount}::numeric, NULL::numeric
            FROM fact GROUP BY currency
            """
            for place, side in enumerate(self.sides)
        )
        checks = (
            f"""
            SELECT false, {place}, {_subject(check.subject)}, {check.number}, organisation_id,
                   currency, NULL::bigint, NULL::bigint, ({check.expected})::numeric,
                   ({check.found})::numeric
            FROM {check.among}
            WHERE {check.only} AND ({check.expected}) IS DISTINCT FROM ({check.found})
            """
            for place, check in enumerate(self.checks)
        )
        return f"{self.facts} {' UNION ALL '.join([*sides, *checks])} ORDER BY 1 DESC, 6, 2, 4"


def _subject(subject: str) -> str:
    return subject if subject.startswith("(") else f"'{subject}'"
