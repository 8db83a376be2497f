"""The clauses of a product version, as they were published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from selfcard.core.money import Money
from selfcard.core.papers.facts import Name, Text

CLAUSES = "clauses"


@dataclass(frozen=True, kw_only=True)
class ClausesCoverage:
    """One cover of the product, with its sum and its conditions."""

    name: Name
    sum_insured: Money
    conditions: Text | None = None


@dataclass(frozen=True, kw_only=True)
class ClausesFacts:
    """A product version in print.

    The clauses are plain text: a line that begins with `#` is a heading, one that
    begins with `-` an item of a list, an empty line ends a paragraph.
    """

    number: str  # product code and version, e.g. AC-STD-1
    product: Name
    version: int
    published_on: date
    summary: Text
    coverages: tuple[ClausesCoverage, ...]
    conditions: tuple[Text, ...]  # who can be insured and when cover starts, as sentences
    exclusions: tuple[Text, ...]
    clauses: Text


@dataclass(frozen=True, kw_only=True)
class ClaimTold:
    """How to claim: by when it is reported, as a heading, and what it needs, as a sentence."""

    reporting: Text
    papers: Text


@dataclass(frozen=True, kw_only=True)
class ProductTold:
    """A product version as a manual tells of it: each rule is a sentence."""

    name: Name
    version: int
    summary: Text
    coverages: tuple[ClausesCoverage, ...]
    who: tuple[Text, ...]
    when: tuple[Text, ...]
    exclusions: tuple[Text, ...]
    cancelling: Text
    claim: ClaimTold
