"""What it costs to issue, check in, recall and write off cards, few or a million at once."""

from collections.abc import Callable, Iterator
from statistics import median
from typing import Any
from uuid import uuid4

from bench.books import QUIET, Books, batch_in_inventory, build_books
from bench.figures import Stopwatch, sizes_up_to, statements_of
from bench.floors import a_table_of_rows, fill_a_row_a_card, move_a_row_a_card
from bench.reading import places_in
from selfcard.cards.models import Batch
from selfcard.core.serials import SerialRun
from selfcard.custody.commands import (
    ask_write_off,
    check_in,
    grant_write_off,
    issue_cards,
    recall_cards,
)
from selfcard.custody.models import Holding
from tests.factories.organisations import Insurer

Deed = tuple[str, Callable[[], Any]]
ROUNDS_OF_ROWS = 3


def measure(holdings: int, largest: int, rounds: int) -> dict[str, Any]:
    """The deeds of runs up to the largest, and a look at one card, beside so many holdings."""
    books = build_books(cards=2 * holdings, holdings=holdings, fates=QUIET)
    sizes = sizes_up_to(largest, of=(1, 1_000))
    watches: dict[tuple[str, int], Stopwatch] = {}
    statements: dict[tuple[str, int], int] = {}
    benches = {size: _Bench(books, size, rounds + 1) for size in sizes}
    for size, bench in benches.items():
        for name, deed in bench.deeds():
            statements[name, size] = len(statements_of(deed))
    # The sizes take turns, so that whatever else the machine does hits all of them alike.
    for _ in range(rounds):
        for size, bench in benches.items():
            for name, deed in bench.deeds():
                with watches.setdefault((name, size), Stopwatch()).running():
                    deed()
    rows = _rows(books.insurer, largest)
    return {
        "holdings": Holding.objects.count(),
        "one_card": places_in(books),
        "deeds": [
            {
                "deed": name,
                "cards": size,
                **watch.as_data(),
                "statements": statements[name, size],
                "times_one_card": round(watch.p50 / watches[name, sizes[0]].p50, 2),
                "times_faster_than_a_row_a_card": round(rows / watch.p50, 1)
                if size == largest
                else None,
            }
            for (name, size), watch in watches.items()
        ],
        "a_row_a_card_ms": round(rows, 1),
    }


class _Bench:
    """Cards of one size of run, sent down and called back again and again, and then made void."""

    def __init__(self, books: Books, size: int, rounds: int) -> None:
        self.insurer, self.size = books.insurer, size
        self.document_type = books.batches[0].type_version.document_type
        # Runs lie apart from each other: each deed cuts a holding, and joins it again.
        batch = self._batch(3 * size)
        self._run = SerialRun(batch.run.first + size, batch.run.first + 2 * size - 1)
        self._waste = self._runs_to_void(rounds)

    def deeds(self) -> Iterator[Deed]:
        """Each deed once, in an order in which each finds the cards where it needs them."""
        chief, second = self.insurer.actor("chief"), self.insurer.actor("second")
        keeper = self.insurer.actor("branch_keeper")
        done: dict[str, Any] = {}

        def issue() -> None:
            done["note"] = issue_cards(
                document_type=self.document_type,
                runs=(self._run,),
                to=self.insurer.branch.party,
                actor=chief,
                request_id=uuid4(),
            )

        def receive() -> None:
            check_in(issue=done["note"], actor=keeper, request_id=uuid4())

        def recall() -> None:
            recall_cards(
                document_type=self.document_type,
                runs=(self._run,),
                actor=chief,
                request_id=uuid4(),
            )

        def ask() -> None:
            done["write_off"] = ask_write_off(
                kind="void",
                document_type=self.document_type,
                runs=(next(self._waste),),
                cause="damaged",
                note="flooded",
                actor=chief,
                request_id=uuid4(),
            )

        def void() -> None:
            grant_write_off(write_off=done["write_off"], actor=second, request_id=uuid4())

        yield "issue", issue
        yield "check_in", receive
        yield "recall", recall
        yield "ask_void", ask
        yield "void", void

    def _runs_to_void(self, rounds: int) -> Iterator[SerialRun]:
        """A run for each round, of which none touches another; large ones are whole batches."""
        batches = 1 if self.size <= 1_000 else rounds
        each = rounds // batches
        runs = []
        for _ in range(batches):
            first = self._batch(2 * self.size * each).run.first
            starts = range(first, first + 2 * self.size * each, 2 * self.size)
            runs += [SerialRun(start, start + self.size - 1) for start in starts]
        return iter(runs)

    def _batch(self, count: int) -> Batch:
        return batch_in_inventory(self.insurer, self.document_type, count)


def _rows(insurer: Insurer, cards: int) -> float:
    """Milliseconds to move so many cards where each is a row, there and back again."""
    run = SerialRun(1, cards)
    places = [(insurer.branch.pk, "in_transit"), (insurer.head_office.pk, "inventory")]
    with a_table_of_rows():
        fill_a_row_a_card(run, insurer.head_office.pk)
        return median(move_a_row_a_card(run, *places[turn % 2]) for turn in range(ROUNDS_OF_ROWS))
