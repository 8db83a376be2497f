"""What the gate's answers cost, and whether their times tell them apart."""

import random
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from math import sqrt
from statistics import median
from typing import Any
from unittest import mock

from django.conf import settings
from django.test.utils import override_settings

from bench.figures import statements_of
from selfcard.activation import gate
from selfcard.activation.errors import SourceMustWait
from selfcard.activation.models import SourceCounter, TargetCounter
from selfcard.core import clock
from selfcard.core.serials import card_number
from tests.factories.activation import try_gate, wrong_pin
from tests.factories.cards import PrintedCard, a_printed_batch
from tests.factories.organisations import an_insurer

# How rarely chance alone keeps two samples of the same further apart: once in a thousand times.
CERTAIN = 1.95
UNKNOWN = "an unknown number"
CONTROL = "a number that is not counted"
WAITING = "a source that waits"
RIGHT = "a right PIN"

Try = Callable[[], Any]


@override_settings(GATE_ALARM_FAILURES=sys.maxsize)
def measure(rounds: int) -> dict[str, Any]:
    """Every sort of answer so many times, in a new order each round, so that all have their share
    of whatever else the machine does. No alarm is raised, however many fail."""
    tries = _tries(rounds)
    statements = {name: len(statements_of(each[rounds])) for name, each in tries.items()}
    order, chance = list(tries), random.Random(7)
    times: dict[str, list[float]] = {name: [] for name in tries}
    work: dict[str, list[float]] = {name: [] for name in tries}
    for place in range(rounds):
        chance.shuffle(order)
        for name in order:
            deed = tries[name][place]
            began, worked = time.perf_counter(), time.process_time()
            deed()
            times[name].append(1_000 * (time.perf_counter() - began))
            work[name].append(1_000 * (time.process_time() - worked))
    alike = [name for name in tries if name not in (UNKNOWN, CONTROL, WAITING, RIGHT)]
    return {
        "answers": [
            {
                "answer": name,
                "looks_alike": name in (UNKNOWN, *alike),
                "statements": statements[name],
                "p50_ms": round(median(times[name]), 3),
                "process_ms": round(median(work[name]), 3),
            }
            for name in tries
        ],
        "distance_of_alike": round(CERTAIN * sqrt(2 / rounds), 3),
        "distances": {name: distance(times[UNKNOWN], times[name]) for name in alike},
        "control": distance(times[UNKNOWN], times[CONTROL]),
    }


def distance(one: list[float], other: list[float]) -> float:
    """How far apart two samples lie: the greatest difference between their shares below a value
    (Kolmogorov and Smirnov). Nought where they are the same, one where they never meet."""
    values = sorted([(value, 1) for value in one] + [(value, 0) for value in other])
    below, far = {1: 0.0, 0: 0.0}, 0.0
    for place, (value, sort) in enumerate(values):
        below[sort] += 1 / len(one if sort else other)
        if place + 1 == len(values) or values[place + 1][0] != value:
            far = max(far, abs(below[1] - below[0]))
    return round(far, 3)


def _tries(rounds: int) -> dict[str, list[Try]]:
    """Each sort of try once a round and once more, always at another card and from another source.

    All cards have been tried before, as those at their cap must have been: the first try of a card
    writes a row, and any other changes one.
    """
    count = rounds + 1
    printed = a_printed_batch(an_insurer(), 4 * count)[1]
    strangers, near, capped, own = (printed[n * count : (n + 1) * count] for n in range(4))
    unknown = [620_118_900_000_000 + place for place in range(2 * count)]
    _tried_before([*unknown, *(card.serial for card in (*strangers, *near, *own))], failures=0)
    _tried_before([card.serial for card in capped], failures=settings.GATE_TARGET_CAP)
    numbers = [card_number(serial) for serial in unknown]
    _waits("net 10.250.0.0/24")

    def sort(name: int, deed: Callable[[int, str], Any]) -> list[Try]:
        return [
            partial(deed, place, f"net 10.{name}{place // 250:02d}.{place % 250}.0/24")
            for place in range(count)
        ]

    return {
        UNKNOWN: sort(1, lambda n, source: try_gate(numbers[n], "123456789012", source)),
        "a wrong PIN": sort(2, lambda n, source: _wrong(strangers[n], source, selector=False)),
        "a wrong PIN with its selector": sort(3, lambda n, source: _wrong(near[n], source)),
        "a card at its cap": sort(4, lambda n, source: _right(capped[n], source)),
        CONTROL: sort(5, lambda n, source: _uncounted(numbers[count + n], source)),
        WAITING: sort(6, lambda n, source: _refused(own[n])),
        RIGHT: sort(7, lambda n, source: _right(own[n], source)),
    }


def _tried_before(serials: list[int], failures: int) -> None:
    now = clock.now()
    TargetCounter.objects.bulk_create(
        TargetCounter(target=name, failures=failures, cap=cap, since=now, compared=True)
        for serial in serials
        for name, cap in gate.card_target(serial).items()
    )


def _waits(source: str) -> None:
    now = clock.now()
    SourceCounter.objects.create(
        source=source,
        failures=settings.GATE_FREE_TRIES,
        since=now,
        opens_at=now + settings.GATE_SOURCE_MEMORY,
        admitted=True,
    )


def _wrong(card: PrintedCard, source: str, *, selector: bool = True) -> None:
    assert try_gate(card.card_number, wrong_pin(card, selector_right=selector), source) is None


def _right(card: PrintedCard, source: str) -> Any:
    return try_gate(card.card_number, card.pin, source)


def _refused(card: PrintedCard) -> None:
    with suppress(SourceMustWait):
        _right(card, "net 10.250.0.0/24")


def _uncounted(number: str, source: str) -> None:
    """What a gate would do that looks a number up first, and counts only where there is a card."""
    now = clock.now()
    at_once = gate.Charged(admitted=True, compared=True, opens_at=now, alarm_until=None)
    with (
        mock.patch.object(gate, "charge", return_value=at_once),
        mock.patch.object(gate, "count_failure"),
    ):
        try_gate(number, "123456789012", source)
