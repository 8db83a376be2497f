"""SMS: whatever somebody types is read while nobody waits, the worst of it as well."""

from collections.abc import Callable, Iterator
from typing import Any

from bench.running import Bound, run_part
from selfcard.launcher.benches import books_to_forget, copy_of

P99_MS = 1
SLOWEST_MS = 250


def measure(messages: int, told: Callable[[str], None]) -> dict[str, Any]:
    """Measure so many generated messages; `told` hears what is going on.

    Raises:
        Trouble: a part could not run.
    """
    parts: dict[str, dict[str, int]] = {"machine": {}, "messages": {"messages": messages}}
    found: dict[str, Any] = {"sizes": {"messages": messages}}
    with books_to_forget() as books:
        for part, sizes in parts.items():
            told(f"measuring {part}")
            with copy_of(books, part) as address:
                found[part] = run_part(part, sizes, address)
    found["bounds"] = [bound.as_data() for bound in _bounds(found["messages"])]
    return found


def _bounds(table: dict[str, Any]) -> Iterator[Bound]:
    yield Bound("a message as people type it, p99 ms of the processor", table["p99_ms"], P99_MS)
    yield Bound("the slowest of them, ms", table["slowest_ms"], SLOWEST_MS)
    yield Bound("the slowest of the longest that there can be, ms", table["longest_ms"], SLOWEST_MS)
