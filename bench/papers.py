"""Papers: a policy is made, signed and on its card while somebody waits for a page to open.

Beside it the floor: the same page set from facts that stand ready, and the bare signature.
"""

from collections.abc import Callable, Iterator
from typing import Any

from bench.running import Bound, run_part
from selfcard.launcher.benches import books_to_forget, copy_of

BOTH_MS = 50
TIMES_FLOOR = 2


def measure(rounds: int, told: Callable[[str], None]) -> dict[str, Any]:
    """Measure so many policies, each another; `told` hears what is going on.

    Raises:
        Trouble: a part could not run.
    """
    parts: dict[str, dict[str, int]] = {"machine": {}, "papers": {"rounds": rounds}}
    found: dict[str, Any] = {"sizes": {"rounds": rounds}}
    with books_to_forget() as books:
        for part, sizes in parts.items():
            told(f"measuring {part}")
            with copy_of(books, part) as address:
                found[part] = run_part(part, sizes, address)
    found["bounds"] = [bound.as_data() for bound in _bounds(found["papers"])]
    return found


def _bounds(table: dict[str, Any]) -> Iterator[Bound]:
    papers = {paper["paper"]: paper for paper in table["papers"]}
    both = papers["policy"]["cpu_p50_ms"] + papers["card"]["cpu_p50_ms"]
    yield Bound("policy, signed, and its card, processor ms", both, BOTH_MS)
    floor = papers["page"]["cpu_p50_ms"] + papers["signature"]["cpu_p50_ms"]
    said = "policy, times the bare page and the bare signature"
    yield Bound(said, papers["policy"]["cpu_p50_ms"] / floor, TIMES_FLOOR)
    yield Bound("a policy that was made, statements to open it", table["statements_to_open"], 1)
