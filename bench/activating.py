"""Activations over HTTP, as the portal's visitors ask for them; beside it the same as bare SQL."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial, reduce
from itertools import islice
from operator import add
from statistics import median
from typing import Any

import psycopg

from bench.bare import Pattern, Sender
from bench.books import build_books
from bench.browsers import Answer, InProcess
from bench.crowd import STEPS, Lap, Laps, send, walk
from bench.figures import statements_of
from bench.holders import Holder, address_of, cards_to_activate, with_pins
from bench.serving import present_address, web_server_on
from selfcard.custody.models import ActivatedCard
from selfcard.policies.models import Policy
from tests.factories.cards import PrintedCard

CARDS_OF_A_HOLDING = 50
# The floor is so much faster that it would be over before it could be timed.
BARE_TIMES = 3
WARMING_UP = 20
# What is called an activation: its last step, the two that no way to a policy can do without,
# and everything that a visitor's browser asks for.
MEASURED: dict[str, tuple[str, ...]] = {
    "deed": ("deed",),
    "gate_and_deed": ("gate", "deed"),
    "line": tuple(STEPS),
}


def measure(cards: int, activations: int, rounds: int) -> dict[str, Any]:
    """In each round so many holders activate their cards, and the floor is sent before or after.

    The books have so many sold cards, every second holding with a person and the others with
    institutions; a tenth of the cards is activated already.
    """
    started = time.perf_counter()
    fates = ("paid", "paid_held")
    books = build_books(cards, cards // CARDS_OF_A_HOLDING, cards // 10, fates)
    built = time.perf_counter() - started
    early = min(WARMING_UP, activations)
    walkers = 1 + early + rounds * activations
    serials = cards_to_activate(books, walkers + rounds * activations * BARE_TIMES)
    printed = with_pins(books, serials[:walkers])
    statements, pattern = follow(printed[0])
    walking, sending = iter(printed[1:]), iter(serials[walkers:])
    laps: list[Laps] = []
    floor: list[Laps] = []
    with web_server_on(present_address()) as server, two_connections() as sender:
        walk(server, list(islice(walking, early)), 1, sender)
        for number in range(rounds):
            first = 1 + early + number * activations
            cards_now = list(islice(walking, activations))
            serials_now = list(islice(sending, activations * BARE_TIMES))
            turns = [
                (laps, partial(walk, server, cards_now, first, sender)),
                (floor, partial(send, sender, pattern, serials_now)),
            ]
            # Whatever else the machine does hits both alike.
            for kept, turn in turns if number % 2 else reversed(turns):
                kept.append(turn())
        memory = server.peak_memory_mb
    return {
        "cards": cards,
        "built_in_s": round(built, 1),
        "activations": rounds * activations,
        "with_their_policies": _with_policies(serials[:walkers]),
        "floor_with_their_policies": _with_policies(serials[walkers:]),
        "statements": statements,
        "memory_mb": memory,
        "measured": {name: _figures(steps, laps, floor) for name, steps in MEASURED.items()},
    }


@contextmanager
def two_connections() -> Iterator[Sender]:
    """Two connections to the books of this process, for the floor."""
    opened = Sender(present_address())
    try:
        yield opened
    finally:
        opened.close()


def follow(card: PrintedCard) -> tuple[list[dict[str, Any]], Pattern]:
    """One card's way to its policy within this process: how many statements each request sends,
    and the rows that it leaves.
    """
    browser = _Counting(address_of(0))
    holder = Holder(card, 0, browser)
    holder.arrive()
    holder.enter()
    holder.fill_in()
    session = browser.client.session.session_key
    assert session is not None
    with psycopg.connect(present_address(), autocommit=True) as books:
        pattern = Pattern.begun(books, card.serial, session, "net 10.0.0.0/24")
        holder.activate()
        pattern.ended(books)
    holder.see()
    return browser.counted, pattern


class _Counting(InProcess):
    """Counts the statements of each request."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.counted: list[dict[str, Any]] = []

    def ask(self, path: str, typed: dict[str, str] | None = None) -> Answer:
        answers: list[Answer] = []
        said = statements_of(lambda: answers.append(InProcess.ask(self, path, typed)))
        sent = f"{'GET' if typed is None else 'POST'} {path}"
        self.counted.append({"request": sent, "statements": len(said)})
        return answers[0]


def _with_policies(serials: list[int]) -> int:
    """How many of these cards are activated, each with a policy of its own."""
    numbers = ActivatedCard.objects.filter(serial__in=serials).values("policy_number")
    return Policy.objects.filter(number__in=numbers).count()


def _figures(steps: tuple[str, ...], laps: list[Laps], bare: list[Laps]) -> dict[str, Any]:
    """Round by round, and then in the middle and at the ends."""
    over_http = [_sum(steps, lap) for lap in laps]
    floor = [_sum(steps, lap) for lap in bare]
    ratios = [
        one.per_second / other.per_second for one, other in zip(over_http, floor, strict=True)
    ]
    return {
        "per_second": _spread([lap.per_second for lap in over_http]),
        "floor_per_second": _spread([lap.per_second for lap in floor]),
        "times_floor": _spread(ratios),
        "processor_ms": _processor(over_http),
        "floor_processor_ms": _processor(floor),
    }


def _sum(steps: tuple[str, ...], laps: Laps) -> Lap:
    return reduce(add, (laps[step] for step in steps if step in laps))


def _processor(laps: list[Lap]) -> dict[str, float]:
    """For each activation: of the web server, of PostgreSQL's sessions, of whoever asks."""
    whose = ("server", "postgresql", "client")
    return {one: round(median(lap.milliseconds_of(one) for lap in laps), 2) for one in whose}


def _spread(values: list[float]) -> dict[str, float]:
    return {
        "min": round(min(values), 3),
        "median": round(median(values), 3),
        "max": round(max(values), 3),
    }
