"""Money: a sale of ten thousand cards is asked for, paid and paid back as fast as one of a card.

As with custody, times are this machine's; what is promised are the ratios.
"""

from collections.abc import Callable, Iterator
from typing import Any

from bench.running import Bound, run_part
from selfcard.launcher.benches import books_to_forget, copy_of


def measure(cards: int, rounds: int, told: Callable[[str], None]) -> dict[str, Any]:
    """Measure every deed of a sale of one card, and of so many; `told` hears what is going on.

    Raises:
        Trouble: a part could not run.
    """
    parts = {"machine": {}, "money": {"cards": cards, "rounds": rounds}}
    found: dict[str, Any] = {"sizes": {"cards": cards, "rounds": rounds}}
    with books_to_forget() as books:
        for part, sizes in parts.items():
            told(f"measuring {part}")
            with copy_of(books, part) as address:
                found[part] = run_part(part, sizes, address)
    found["bounds"] = [bound.as_data() for bound in _bounds(found["money"])]
    return found


def _bounds(table: dict[str, Any]) -> Iterator[Bound]:
    alone = {deed["deed"]: deed for deed in table["deeds"] if deed["cards"] == 1}
    for deed in table["deeds"]:
        said = f"{deed['deed']} of {deed['cards']:,}"
        if deed["cards"] > 1:
            yield Bound(f"{said}, times one card", deed["times_one_card"], 2)
        yield Bound(f"{said}, statements", deed["statements"], alone[deed["deed"]]["statements"])
