"""Paid cards that nobody activated in time, and more time for them, by commands alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from selfcard.cards.models import Batch, DocumentType
from selfcard.cards.queries import batch_of
from selfcard.core import clock
from selfcard.core.serials import SerialRun
from selfcard.custody.commands import ask_extension, grant_extension
from selfcard.custody.models import Extension
from selfcard.sales.commands import register_recovery
from selfcard.sales.models import Recovery, Sale
from tests.factories.activation import activate, pay, sell
from tests.factories.cards import PrintedCard
from tests.factories.custody import cards_at_institution
from tests.factories.organisations import Insurer, an_insurer

SOLD = date(2026, 3, 2)
MORE_TIME = timedelta(days=90)


@dataclass(frozen=True)
class Overdue:
    """Ten cards that were sold and paid in time; the third of them became a policy."""

    insurer: Insurer
    batch: Batch
    sale: Sale
    cards: list[PrintedCard]

    @property
    def document_type(self) -> DocumentType:
        return self.batch.type_version.document_type

    @property
    def last_day(self) -> date:
        return self.batch.last_day

    def run(self, first: int, last: int) -> SerialRun:
        """Cards counted from 1."""
        return SerialRun(self.cards[first - 1].serial, self.cards[last - 1].serial)

    @contextmanager
    def afterwards(self, days: int = 1) -> Iterator[date]:
        """So many days after the printed last day."""
        with clock.frozen(self.last_day + timedelta(days=days)):
            yield clock.today()

    def ask(self, *runs: tuple[int, int], by: str = "keeper", **given: Any) -> Extension:
        """Ask for three more months for some cards, all if none are named."""
        facts: dict[str, Any] = {
            "last_day": clock.today() + MORE_TIME,
            "reason": "sold late in the season",
            "request_id": uuid4(),
            **given,
        }
        return ask_extension(
            document_type=self.document_type,
            runs=tuple(self.run(*one) for one in runs or ((1, 10),)),
            actor=self.insurer.actor(by),
            **facts,
        )

    def grant(self, extension: Extension, by: str = "second") -> Extension:
        return grant_extension(
            extension=extension, actor=self.insurer.actor(by), request_id=uuid4()
        )

    def extend(self, *runs: tuple[int, int], **given: Any) -> Extension:
        return self.grant(self.ask(*runs, **given))

    def take_back(self, *runs: tuple[int, int]) -> Recovery:
        """Their money is to be paid back."""
        return register_recovery(
            sale=self.sale,
            runs=tuple(self.run(*one) for one in runs),
            reason="changed their mind",
            actor=self.insurer.actor("keeper"),
            request_id=uuid4(),
        )


def overdue_cards() -> Overdue:
    insurer = an_insurer()
    with clock.frozen(SOLD):
        _, cards = cards_at_institution(insurer, 10)
        sale = sell(insurer, cards)
        pay(insurer, sale)
        activate(cards[2])
    batch = batch_of(cards[0].serial)
    assert batch is not None
    return Overdue(insurer, batch, sale, cards)
