"""What the books and the papers say, as a scenario reads them after each step."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from selfcard.core.models import Paper
from selfcard.core.papers import find_paper, pdf_of
from selfcard.ledger.queries import balances
from tests.factories.verifying import everything_holds

NOTHING: Mapping[str, str] = {}


def books() -> dict[str, Decimal]:
    """What each account has, debits positive; accounts that are even are left out."""
    return {code: amount for code, amount in balances().items() if amount}


@contextmanager
def the_books_move(by: Mapping[str, str] = NOTHING) -> Iterator[None]:
    """A step: just these accounts move, cent for cent; and afterwards every promise holds."""
    before = balances()
    yield
    after = balances()
    moved = {code: after.get(code, Decimal(0)) - before.get(code, Decimal(0)) for code in after}
    assert {code: str(amount) for code, amount in moved.items() if amount} == dict(by)
    everything_holds()


def facts_of(kind: str, number: str) -> dict[str, Any]:
    """What a paper says; it was frozen with its deed."""
    paper = find_paper(kind, number)
    assert paper is not None, f"there is no {kind} {number}"
    facts: dict[str, Any] = json.loads(str(paper.facts))
    return facts


def amount_on(kind: str, number: str, part: str = "amount") -> str:
    """An amount that a paper says."""
    return str(facts_of(kind, number)[part]["amount"])


def every_paper_can_be_printed() -> set[str]:
    """In both languages; gives the kinds of papers that there are."""
    papers = list(Paper.objects.all())
    for paper in papers:
        for language in ("zh-hans", "en"):
            assert pdf_of(paper, language).startswith(b"%PDF")
    return {paper.kind for paper in papers}
