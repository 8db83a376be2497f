"""Guessers at the gate, honest holders among them, and a clock that goes as fast as they act.

Every try is the gate's own command. What takes its time – waiting, working, typing – is not waited
for: the clock is moved to whoever acts next.
"""

import heapq
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import cycle, islice
from math import exp, lgamma, log
from typing import Any
from unittest import mock

from django.conf import settings
from django.db import connection, transaction
from django.test.utils import override_settings

from selfcard.activation.commands import activating
from selfcard.activation.errors import SourceMustWait
from selfcard.activation.models import GateAlarm
from selfcard.activation.queries import toll_for
from selfcard.cards.making import open_keys
from selfcard.cards.models import SHORTEST_PIN, Batch, BatchKey, PinSheet
from selfcard.cards.pins import draw_pins
from selfcard.core import clock
from selfcard.core.serials import SerialRun
from tests.factories.activation import solved, try_gate, wrong_pin
from tests.factories.cards import PrintedCard, a_printed_batch
from tests.factories.organisations import an_insurer

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=clock.zone())
# Riddles are so much smaller here than for people; the time that people's take is reckoned.
SMALLER = 1_000
PHONE, COMPUTER = 100_000, 10_000_000  # numbers that are tried in a second
# What an honest holder does: types both, mistypes now and then, and types the PIN again.
TYPING, RETYPING = timedelta(seconds=15), timedelta(seconds=8)
MISTYPED = (0, 0, 0, 1, 0, 0, 2, 0, 0, 1)
HOLDERS = 200
TRIES_BEFORE_GIVING_UP = 20
# How certain it is that chance alone keeps the hits within the bounds.
CERTAINTY = 0.999

# Somebody who acts again at the time that they name.
Actor = Iterator[datetime]


def measure(tries: int, cards: int, sources: int, digits: int) -> dict[str, Any]:
    """Let so many sources make so many tries at so many cards, whose PINs have so many digits."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")  # nothing here is measured in time
    batch, printed = a_printed_batch(an_insurer(), cards)
    with _with_pins_of(digits, batch, printed) as printed, _small_riddles():
        world = World(printed, digits)
        world.run(tries, sources)
    share = tries / cards / 10**digits
    least, most = bounds_of_chance(cards, share)
    return {
        "digits": digits,
        "tries": world.tries,
        "hits": world.hits,
        "hits_expected": cards * min(share, 1),
        "hits_at_least": least,
        "hits_at_most": most,
        "waits": world.waits,
        "alarms": GateAlarm.objects.count(),
        "simulated_s": round((world.now - NOON).total_seconds()),
        "holders": {
            "count": len(world.came_in) + world.locked_out,
            "locked_out": world.locked_out,
            "slowest_s": round(max(world.came_in, default=0.0), 1),
            "mistyped": world.mistyped,
        },
    }


@dataclass(frozen=True)
class Holder:
    """Has a card, and wants to come in. Some have no script, some share a guesser's source."""

    card: PrintedCard
    source: str
    has_script: bool
    mistypes: int
    comes_at: datetime


class World:
    """The gate, with everybody before it."""

    def __init__(self, cards: list[PrintedCard], digits: int) -> None:
        self.cards, self.digits = cards, digits
        self.chance = random.Random(20_261_123)
        self.now = NOON
        self.tried: dict[int, set[str]] = {card.serial: set() for card in cards}
        self.open: set[int] = set()
        self.tries = self.hits = self.waits = self.locked_out = self.mistyped = 0
        self.came_in: list[float] = []

    def run(self, tries: int, sources: int) -> None:
        """Everybody acts, one after the other, until all have done what they came for."""
        each = tries // sources
        targets = cycle(self.chance.sample(self.cards, len(self.cards)))
        everybody = [
            self._guesses(_guesser(place), targets, each, works=place % 2 == 0)
            for place in range(sources)
        ]
        if self.digits >= SHORTEST_PIN:
            everybody += [self._comes_in(holder) for holder in self._holders(each, sources)]
        agenda = [(NOON, place, one) for place, one in enumerate(everybody)]
        while agenda:
            self.now, place, one = heapq.heappop(agenda)
            with clock.frozen(self.now):
                again_at = next(one, None)
            if again_at:
                heapq.heappush(agenda, (again_at, place, one))

    def _guesses(
        self, source: str, targets: Iterator[PrintedCard], tries: int, *, works: bool
    ) -> Actor:
        """Somebody who tries card after card, as fast as the gate's price lets them."""
        speed = COMPUTER if works else 0
        for card in islice(targets, tries):
            if card.serial in self.open:
                continue
            pin = self._new_guess(card)
            ticket = yield from self._pay(source, speed)
            while True:
                try:
                    proof = try_gate(card.card_number, pin, source, ticket=ticket)
                    break
                except SourceMustWait:
                    self.waits += 1
                    ticket = yield from self._pay(source, speed)
            self.tries += 1
            if proof:
                self.hits += 1
                self.open.add(card.serial)

    def _comes_in(self, holder: Holder) -> Actor:
        """An honest holder, from the first press of the button until the card is open."""
        yield holder.comes_at
        card, speed = holder.card, PHONE if holder.has_script else 0
        pressed_at = self.now + TYPING
        wrong = [wrong_pin(card)] * holder.mistypes
        self.mistyped += len(wrong)
        ticket = yield from self._pay(holder.source, speed, TYPING)
        for _ in range(TRIES_BEFORE_GIVING_UP):
            typing = timedelta(0)
            try:
                typed = wrong[0] if wrong else card.pin
                if try_gate(card.card_number, typed, holder.source, ticket=ticket):
                    self.came_in.append((self.now - pressed_at).total_seconds())
                    return
                typing = RETYPING
                wrong = wrong[1:]
            except SourceMustWait:
                self.waits += 1
            ticket = yield from self._pay(holder.source, speed, typing)
        self.locked_out += 1

    def _pay(self, source: str, speed: int, typing: timedelta = timedelta(0)) -> Any:
        """The ticket with which the next try is made, when it is paid for and typed in.

        Work and waiting go on side by side, also while somebody types; without any speed there is
        only waiting.
        """
        toll = toll_for(source)
        ready, ticket = timedelta(seconds=toll.seconds), toll.ticket
        if toll.seconds and speed:
            solution = solved(toll.ticket)
            work = timedelta(seconds=int(solution.rpartition(".")[2]) * SMALLER / speed)
            if work < ready:
                ready, ticket = work, solution
        yield self.now + max(ready, typing)
        return ticket

    def _new_guess(self, card: PrintedCard) -> str:
        """A PIN that nobody has tried at this card."""
        tried = self.tried[card.serial]
        while True:
            pin = f"{self.chance.randrange(10**self.digits):0{self.digits}d}"
            if pin not in tried:
                tried.add(pin)
                return pin

    def _holders(self, tries: int, sources: int) -> Iterator[Holder]:
        """Honest holders who come while the guessers do, each with a card of their own."""
        lasts = settings.GATE_WAIT * max(tries - settings.GATE_FREE_TRIES, 1)
        for place, card in enumerate(self.cards[:HOLDERS]):
            beside_a_guesser = place % 10 == 0
            yield Holder(
                card,
                _guesser(place % sources) if beside_a_guesser else f"net 10.200.{place}.0/24",
                has_script=beside_a_guesser or place % 5 != 1,
                mistypes=MISTYPED[self.chance.randrange(len(MISTYPED))],
                comes_at=NOON + lasts * self.chance.random(),
            )


def bounds_of_chance(times: int, share: float) -> tuple[int, int]:
    """Between how many hits it stays, but for one time in a thousand, where each of so many cards
    is hit with that chance."""
    if not 0 < share < 1:
        return round(share) * times, round(share) * times
    below, least = 0.0, -1
    for hits in range(times + 1):
        ways = lgamma(times + 1) - lgamma(hits + 1) - lgamma(times - hits + 1)
        below += exp(ways + hits * log(share) + (times - hits) * log(1 - share))
        if least < 0 and below > (1 - CERTAINTY) / 2:
            least = hits
        if below >= (1 + CERTAINTY) / 2:
            return least, hits
    return least, times


def _guesser(place: int) -> str:
    return f"net 10.{place // 250}.{place % 250}.0/24"


@contextmanager
def _small_riddles() -> Iterator[None]:
    with override_settings(
        GATE_WORK=settings.GATE_WORK // SMALLER,
        GATE_ALARM_WORK=settings.GATE_ALARM_WORK // SMALLER,
    ):
        yield


@contextmanager
def _with_pins_of(
    digits: int, batch: Batch, printed: list[PrintedCard]
) -> Iterator[list[PrintedCard]]:
    """The cards, with PINs of so many digits; fewer than cards ever have are laid under them."""
    if digits >= SHORTEST_PIN:
        yield printed
        return
    pins = list(draw_pins(len(printed), digits))
    key = BatchKey.objects.get(batch=batch)
    keys = open_keys(batch.pk, bytes(key.pin_key), bytes(key.selector_key))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for sheet in PinSheet.objects.filter(key=key):
            run = SerialRun(sheet.first_serial, sheet.first_serial + sheet.cards - 1)
            place = run.first - batch.run.first
            sheet.digests, sheet.selectors = keys.digester.digests(
                run, pins[place : place + run.count]
            )
            sheet.save()
    with mock.patch.object(activating, "SHORTEST_PIN", digits):
        yield [replace(card, pin=pin) for card, pin in zip(printed, pins, strict=True)]
