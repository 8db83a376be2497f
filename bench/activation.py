"""Activation: as many policies a second over HTTP as a good part of what PostgreSQL alone could do,
and no fewer where ten times as many cards are sold.
"""

from collections.abc import Callable, Iterator
from typing import Any

from bench.running import Bound, run_part
from selfcard.launcher.benches import books_to_forget, copy_of

OF_THE_FLOOR = 0.25
AT_TEN_TIMES = 0.75


def measure(
    cards: int, activations: int, rounds: int, told: Callable[[str], None]
) -> dict[str, Any]:
    """Measure on books of a tenth of so many sold cards, and of all; `told` hears what is going on.

    Raises:
        Trouble: a part could not run.
    """
    of = {"activations": activations, "rounds": rounds}
    found: dict[str, Any] = {"sizes": {"cards": cards, **of}, "activation": []}
    with books_to_forget() as books:
        told("measuring machine")
        with copy_of(books, "machine") as address:
            found["machine"] = run_part("machine", {}, address)
        for count in (cards // 10, cards):
            told(f"measuring activations among {count:,} sold cards")
            with copy_of(books, f"cards{count}") as address:
                found["activation"].append(run_part("activating", {"cards": count, **of}, address))
    found["bounds"] = [bound.as_data() for bound in _bounds(*found["activation"])]
    return found


def _bounds(few: dict[str, Any], many: dict[str, Any]) -> Iterator[Bound]:
    for table in (few, many):
        among = f"among {table['cards']:,} cards"
        for name in ("deed", "gate_and_deed"):
            share = table["measured"][name]["times_floor"]["median"]
            said = f"{name.replace('_', ' ')} {among}, times the floor"
            yield Bound(said, share, OF_THE_FLOOR, at_least=True)
    for name, figures in many["measured"].items():
        beside = few["measured"][name]["per_second"]["median"]
        said = f"{name.replace('_', ' ')} among ten times as many cards, times as fast"
        yield Bound(said, figures["per_second"]["median"] / beside, AT_TEN_TIMES, at_least=True)
