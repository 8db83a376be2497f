"""Many holders at once, step by step, and the floor beside them: how long, in whose time."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import psycopg

from bench.bare import Pattern, Sender, Transaction
from bench.browsers import OverHttp
from bench.holders import Holder, address_of
from bench.serving import ProcessorTime, WebServer, backends_but, present_address
from tests.factories.cards import PrintedCard

AT_ONCE = 8  # as many as the web server has threads
STEPS: dict[str, Callable[[Holder], None]] = {
    "start": Holder.arrive,
    "gate": Holder.enter,
    "pages": Holder.fill_in,
    "deed": Holder.activate,
    "done": Holder.see,
}


@dataclass(frozen=True)
class Lap:
    """So many took one step: in how many seconds, and in whose processor time."""

    count: int
    seconds: float
    server: float
    postgresql: float
    client: float

    def __add__(self, other: "Lap") -> "Lap":
        return Lap(
            self.count,
            self.seconds + other.seconds,
            self.server + other.server,
            self.postgresql + other.postgresql,
            self.client + other.client,
        )

    @property
    def per_second(self) -> float:
        return self.count / self.seconds

    def milliseconds_of(self, whose: str) -> float:
        """Processor time for each."""
        seconds: float = getattr(self, whose)
        return 1_000 * seconds / self.count


Laps = dict[str, Lap]


def walk(server: WebServer, cards: list[PrintedCard], first: int, sender: Sender) -> Laps:
    """Let holders walk the whole line over HTTP; all take one step before any takes the next.

    Each has a browser, and for each step a new connection, as after reading a page. They are
    numbered on from the first.
    """
    browsers = [OverHttp(server.port, address_of(first + place)) for place in range(len(cards))]
    holders = [
        Holder(card, first + place, browser)
        for place, (card, browser) in enumerate(zip(cards, browsers, strict=True))
    ]
    laps: Laps = {}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for name, step in STEPS.items():
            laps[name] = _timed(
                partial(_all_take, pool, step, holders),
                len(cards),
                lambda: server.processes,
                lambda: backends_but(sender.backends),
            )
    return laps


def _all_take(pool: Executor, step: Callable[[Holder], None], holders: list[Holder]) -> None:
    def take(holder: Holder) -> None:
        step(holder)
        holder.browser.close()

    list(pool.map(take, holders))


def send(sender: Sender, pattern: Pattern, serials: list[int]) -> Laps:
    """Send the floor for so many cards, step by step as well."""
    with psycopg.connect(present_address()) as books:
        bare = pattern.written_for(serials, books)
    steps: dict[str, list[Transaction]] = {
        "gate": [one.gate for one in bare],
        "pages": [page for one in bare for page in one.pages],
        "deed": [one.deed for one in bare],
    }
    return {
        name: _timed(partial(sender.send, sent), len(bare), list, lambda: sender.backends)
        for name, sent in steps.items()
    }


def _timed(
    work: Callable[[], object],
    count: int,
    server: Callable[[], Iterable[int]],
    postgresql: Callable[[], Iterable[int]],
) -> Lap:
    of_server, of_postgresql = ProcessorTime(server), ProcessorTime(postgresql)
    own, began = time.process_time(), time.perf_counter()
    work()
    seconds, client = time.perf_counter() - began, time.process_time() - own
    return Lap(count, seconds, of_server.used(), of_postgresql.used(), client)
