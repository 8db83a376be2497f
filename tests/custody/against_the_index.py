"""Deeds done twice, with the real cards and in the card index, and what is compared of the two."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, TypeVar
from uuid import uuid4

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from selfcard.cards.models import Batch, DocumentType
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.refusals import Refusal
from selfcard.core.serials import SerialRun, merge_runs
from selfcard.custody import commands
from selfcard.custody.models import Freeze, Holding
from selfcard.custody.verify import violations
from selfcard.organisations.models import Party
from tests.custody.single_cards import (
    ACTORS,
    HOMES,
    PATHS,
    CardIndex,
    Note,
    Refused,
    Report,
    home_of,
    reaches,
)
from tests.factories.organisations import Insurer
from tests.factories.postgresql import check_what_waits_for_the_commit

FIRST_BATCH, SECOND_BATCH = 20, 6
CARDS = FIRST_BATCH + SECOND_BATCH
T = TypeVar("T")


@command
def within_a_command(*, step: str, given: str, actor: Actor, request_id: Any) -> None:
    """What a higher room does with cards, in a command of its own."""
    record(actor, "test.done")
    getattr(commands, step)(**_given.pop(given), actor=actor)


_given: dict[str, dict[str, Any]] = {}


class AgainstTheIndex(RuleBasedStateMachine):
    """The insurer's cards, and the same cards in an index.

    Each run of the machine is undone in the end, so that all begin alike. After every step each
    card is where the index has it, in that status and stopped for those reasons, and all cards of
    each batch are somewhere. After every run `verify` finds nothing.
    """

    insurer: ClassVar[Insurer]
    batches: ClassVar[tuple[Batch, Batch]]

    def __init__(self) -> None:
        super().__init__()
        self._run = transaction.atomic()
        self._run.__enter__()
        self.index = CardIndex()
        self.batch_number = [batch.number for batch in self.batches]
        self.first = self.batches[0].run.first

    def teardown(self) -> None:
        try:
            assert not list(violations())
        finally:
            transaction.set_rollback(True)
            self._run.__exit__(None, None, None)

    @invariant()
    def every_card_is_where_the_index_has_it(self) -> None:
        check_what_waits_for_the_commit()
        found = {
            serial: (holding.holder_id, holding.status)
            for holding in Holding.objects.all()
            for serial in range(holding.run.first, holding.run.last + 1)
        }
        cards = {self.serial(place): card for place, card in self.index.cards.items()}
        assert found == {
            serial: (self.party(card.holder).pk, card.status) for serial, card in cards.items()
        }

        stopped: dict[int, set[tuple[str, str]]] = {serial: set() for serial in cards}
        for freeze in Freeze.objects.filter(released_at=None):
            for serial in range(freeze.run.first, freeze.run.last + 1):
                stopped[serial].add(freeze.reason)
        assert stopped == {serial: card.freezes for serial, card in cards.items()}

    # How the insurer is asked.

    def deed(self, deed: Callable[..., Any], *, actor: str, **given: Any) -> Any:
        return deed(**given, actor=self.insurer.actor(actor), request_id=uuid4())

    def done(self, expected: Refused, deed: Callable[..., Any], **given: Any) -> Any:
        """Do it: refused as the index says, or done if it says nothing. What came of it."""
        result, refused = None, None
        try:
            result = self.deed(deed, **given)
        except Refusal as refusal:
            refused = refusal
        assert type(refused) is (expected or type(None)), f"{refused!r}, expected {expected}"
        return result

    def stepped(self, expected: Refused, step: str, *, actor: str, **given: Any) -> bool:
        """The same for what a higher room does; whether it was done."""
        key = str(uuid4())
        _given[key] = given
        self.done(expected, within_a_command, step=step, given=key, actor=actor)
        return expected is None

    # What a deed is about: mostly something that fits, now and then anything.

    def mostly(self, data: Any, fit: Iterable[T], everything: Iterable[T]) -> T:
        chosen = list(fit)
        if not chosen or not data.draw(st.integers(0, 4)):
            chosen = list(everything)
        return data.draw(st.sampled_from(chosen))

    def some_actor(self, data: Any, places: Iterable[int]) -> str:
        """Who does it: mostly somebody who may do so with these cards."""
        holders = self.index.holders(place for place in places if place in self.index.cards)
        return self.mostly(
            data, (one for one in ACTORS if all(reaches(one, h) for h in holders)), ACTORS
        )

    def some_recipient(self, data: Any, places: Iterable[int]) -> str:
        """Who gets them: mostly an organisation or a person below."""
        holders = self.index.holders(place for place in places if place in self.index.cards)
        everybody = [*PATHS, *HOMES]
        below = (
            one
            for one in everybody
            if one not in holders and all(h in PATHS[home_of(one)] for h in holders)
        )
        return self.mostly(data, below, everybody)

    def some_cards(
        self,
        data: Any,
        *,
        among: list[int] | None = None,
        held_by: Iterable[str] | None = None,
        status: str = "inventory",
    ) -> list[int]:
        """A few cards: mostly alike and fit for the deed."""
        size = data.draw(st.integers(1, 4))
        if data.draw(st.integers(0, 4)):
            fit = among if among is not None else self._alike(data, held_by, status)
            if fit:
                start = data.draw(st.integers(0, len(fit) - 1))
                return fit[start : start + size]
        first = data.draw(st.integers(1, CARDS + 1))
        return list(range(first, min(first + size, CARDS + 2)))

    def _alike(self, data: Any, held_by: Iterable[str] | None, status: str) -> list[int]:
        """The cards of one holder in one status."""
        groups: dict[str, list[int]] = {}
        for place, card in self.index.cards.items():
            if card.status == status and (held_by is None or card.holder in held_by):
                groups.setdefault(card.holder, []).append(place)
        return groups[data.draw(st.sampled_from(sorted(groups)))] if groups else []

    def some_note(self, data: Any) -> tuple[str, Note]:
        """An issue note: mostly one whose cards are under way."""
        notes = self.index.notes
        waiting = (number for number, note in notes.items() if note.under_way)
        number = self.mostly(data, waiting, notes)
        return number, notes[number]

    def some_report(self, data: Any, state: str = "asked") -> tuple[str, Report]:
        reports = self.index.reports
        fit = (number for number, report in reports.items() if report.state == state)
        number = self.mostly(data, fit, reports)
        return number, reports[number]

    def serial(self, place: int) -> int:
        return self.first + place - 1

    def runs(self, places: Iterable[int]) -> tuple[SerialRun, ...]:
        serials = map(self.serial, places)
        return tuple(merge_runs(SerialRun(serial, serial) for serial in serials))

    def named(self, places: Iterable[int]) -> dict[str, Any]:
        return {"document_type": self.document_type, "runs": self.runs(places)}

    @property
    def document_type(self) -> DocumentType:
        return self.batches[0].type_version.document_type

    def party(self, holder: str) -> Party:
        return getattr(self.insurer, holder).party
