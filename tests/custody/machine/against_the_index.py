"""Deeds done twice, with the real cards and in the card index, and what is compared of the two."""

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar, TypeVar
from uuid import uuid4

from django.db import models, transaction
from django.test import override_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from selfcard.cards.models import Batch, DocumentType
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.refusals import Refusal
from selfcard.core.serials import SerialRun, merge_runs
from selfcard.custody import commands
from selfcard.custody.models import Freeze, Holding, Issue, Requisition, StockCount, WriteOff
from selfcard.custody.verify import violations
from selfcard.organisations.models import Party
from tests.custody.machine.single_cards import (
    ACTORS,
    HOMES,
    PATHS,
    CardIndex,
    Refused,
    home_of,
    reaches,
)
from tests.factories.organisations import Insurer
from tests.factories.postgresql import check_what_waits_for_the_commit

FIRST_BATCH, SECOND_BATCH, THIRD_BATCH = 20, 6, 4
CARDS = FIRST_BATCH + SECOND_BATCH + THIRD_BATCH
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
    batches: ClassVar[tuple[Batch, Batch, Batch]]
    done_so_far: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self._run = transaction.atomic()
        self._run.__enter__()
        self.index = CardIndex()
        self.write_offs: dict[str, WriteOff] = {}
        self.first = self.batches[0].run.first

    def teardown(self) -> None:
        try:
            assert list(violations()) == []
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

    @invariant()
    def every_paper_is_in_the_state_that_the_index_has_it_in(self) -> None:
        index = self.index
        assert _states(Issue, index.notes) == {
            number: (note.state,) for number, note in index.notes.items()
        }
        assert _states(Requisition, index.wishes, "granted", "issued") == {
            number: (wish.state, wish.granted, wish.issued) for number, wish in index.wishes.items()
        }
        assert _states(WriteOff, index.reports) == {
            number: (report.state,) for number, report in index.reports.items()
        }
        assert _states(StockCount, index.counts) == {
            number: (count.state,) for number, count in index.counts.items()
        }

    def then(self, deed: Callable[..., None], **given: Any) -> None:
        """One deed of several that follow each other at once; all is compared in between."""
        deed(**given)
        self.every_card_is_where_the_index_has_it()
        self.every_paper_is_in_the_state_that_the_index_has_it_in()

    # How the insurer is asked.

    def deed(self, deed: Callable[..., Any], *, actor: str, **given: Any) -> Any:
        return deed(**given, actor=self.insurer.actor(actor), request_id=uuid4())

    def asking(self, expires: bool) -> AbstractContextManager[Any]:
        """A second person is asked who has time, or whose time is over at once."""
        return override_settings(APPROVAL_DAYS=0) if expires else nullcontext()

    def done(self, expected: Refused, deed: Callable[..., Any], **given: Any) -> Any:
        """Do it: refused as the index says, or done if it says nothing. What came of it."""
        result, refused = None, None
        try:
            result = self.deed(deed, **given)
        except Refusal as refusal:
            refused = refusal
        assert type(refused) is (expected or type(None)), f"{refused!r}, expected {expected}"
        self.done_so_far[given.get("step") or deed.__name__] += refused is None
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

    def serial(self, place: int) -> int:
        return self.first + place - 1

    def places(self, run: SerialRun) -> tuple[int, ...]:
        return tuple(range(run.first - self.first + 1, run.last - self.first + 2))

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


def _states(
    model: type[models.Model], numbers: Iterable[str], *more: str
) -> dict[str, tuple[Any, ...]]:
    rows = model._default_manager.filter(number__in=list(numbers))
    return {number: tuple(rest) for number, *rest in rows.values_list("number", "state", *more)}
