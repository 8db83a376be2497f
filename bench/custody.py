"""Custody: what it costs must not depend on how many cards they are, nor on how many there are.

Each part runs in a process of its own on a copy of the same empty books, so that no part leaves
memory, plans or rows to the next. All times are this machine's; what is promised are the bounds
at the end, and the ratios to what was measured beside them in the same run.
"""

from collections.abc import Callable, Iterator
from typing import Any

from bench.running import Bound, run_part
from selfcard.launcher.benches import books_to_forget, copy_of

FEW = 1_000  # holdings, beside which many must cost no more


def measure(holdings: int, rounds: int, told: Callable[[str], None]) -> dict[str, Any]:
    """Measure everything for so many holdings; `told` hears what is going on.

    The batch and the largest run have as many cards as there are holdings. The pages are over
    ten times as many cards, of which three in ten are activated, in a fifth as many holdings.

    Raises:
        Trouble: a part could not run.
    """
    parts = {
        "machine": ("machine", {}),
        "making": ("making", {"cards": holdings, "rounds": 3}),
        **{
            f"deeds beside {count:,} holdings": (
                "deeds", {"holdings": count, "largest": holdings, "rounds": rounds},
            )
            for count in sorted({min(FEW, holdings), holdings})
        },
        "pages": (
            "pages",
            {
                "cards": 10 * holdings,
                "holdings": holdings // 5,
                "activated": 3 * holdings,
                "rounds": rounds,
            },
        ),
    }  # fmt: skip
    found: dict[str, Any] = {"sizes": {"holdings": holdings, "rounds": rounds}}
    with books_to_forget() as books:
        for place, (name, (part, sizes)) in enumerate(parts.items()):
            told(f"measuring {name}")
            with copy_of(books, f"part{place}") as address:
                answer = run_part(part, sizes, address)
            if part == "deeds":
                found.setdefault("deeds", []).append(answer)
            else:
                found[part] = answer
    found["bounds"] = [bound.as_data() for bound in _bounds(found)]
    return found


def _bounds(found: dict[str, Any]) -> Iterator[Bound]:
    making = found["making"]
    yield Bound("a batch is made, in ms", making["p50_ms"], 4_000)
    if making["peak_memory_mb"]:
        yield Bound("its memory, in MB", making["peak_memory_mb"], 200)
    yield Bound(
        "times faster than a row a card",
        making["times_faster_than_a_row_a_card"],
        15,
        at_least=True,
    )
    for table in found["deeds"]:
        beside = f"beside {table['holdings']:,} holdings"
        for deed in table["deeds"]:
            said = f"{deed['deed']} of {deed['cards']:,} {beside}"
            yield Bound(f"{said}, in ms", deed["p50_ms"], 5)
            yield Bound(f"{said}, statements", deed["statements"], 12)
            yield Bound(f"{said}, times one card", deed["times_one_card"], 2)
            if deed["times_faster_than_a_row_a_card"] is not None:
                yield Bound(
                    f"{said}, times faster than a row a card",
                    deed["times_faster_than_a_row_a_card"],
                    500,
                    at_least=True,
                )
        one = table["one_card"]
        yield Bound(f"place and history {beside}, statements", one["statements"], 3)
        yield Bound(
            f"place and history {beside}, ms in PostgreSQL", one["in_postgresql"]["p50_ms"], 1
        )
    for page in found["pages"]["pages"]:
        asked = [f"{name}={by}" for name, by in page["query"].items()]
        said = " ".join([page["page"], *asked, "of", page["reader"]])
        yield Bound(f"{said}, in ms", page["p50_ms"], 200)
