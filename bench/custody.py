"""Custody: what it costs to hand cards down must not depend on how many they are."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

from selfcard.cards.models import Batch
from selfcard.core.serials import SerialRun
from selfcard.custody.commands import issue_cards
from selfcard.custody.models import Holding
from tests.factories.cards import a_document_type
from tests.factories.custody import cards_at_head_office
from tests.factories.organisations import Insurer, an_insurer


@dataclass(frozen=True)
class Measured:
    """How fast runs of one length were issued, one after the other, each by one command."""

    cards_each: int
    issues: int
    seconds: float
    holdings_after: int

    @property
    def milliseconds_each(self) -> float:
        return 1000 * self.seconds / self.issues


def measure(cards: int, seconds: float) -> Iterator[Measured]:
    """Issue runs of growing length out of one batch, for some seconds each."""
    insurer = an_insurer()
    document_type = a_document_type(insurer, holding_limit=1)
    lengths = [length for length in (1, 100, 10_000) if length * 4 <= cards]
    for length in lengths:
        batch, _printed = cards_at_head_office(insurer, cards, document_type)
        yield _issue_runs(insurer, batch, length, seconds)


def _issue_runs(insurer: Insurer, batch: Batch, length: int, seconds: float) -> Measured:
    started = time.perf_counter()
    issues = 0
    # Every other run only: each issue leaves a gap, and so splits a holding.
    for first in range(batch.run.first, batch.run.last - length, 2 * length):
        issue_cards(
            document_type=batch.type_version.document_type,
            runs=(SerialRun(first, first + length - 1),),
            to=insurer.branch.party,
            actor=insurer.actor("chief"),
            request_id=uuid4(),
        )
        issues += 1
        if time.perf_counter() - started > seconds:
            break
    took = time.perf_counter() - started
    return Measured(length, issues, took, Holding.objects.filter(batch=batch).count())
