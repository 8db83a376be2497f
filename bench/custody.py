"""Custody: what it costs must not depend on how many cards they are, nor on how many there are.

Each part runs in a process of its own on a copy of the same empty books, so that no part leaves
memory, plans or rows to the next. All times are this machine's; what is promised are the bounds
at the end, and the ratios to what was measured beside them in the same run.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from selfcard.launcher.benches import books_to_forget, copy_of
from selfcard.launcher.errors import Trouble
from selfcard.launcher.folder import PROJECT

FEW = 1_000  # holdings, beside which many must cost no more


@dataclass(frozen=True)
class Bound:
    """What is promised, and what was measured."""

    what: str
    measured: float
    bound: float
    at_least: bool = False

    @property
    def holds(self) -> bool:
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound

    def as_data(self) -> dict[str, Any]:
        return {**asdict(self), "holds": self.holds}


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
                answer = _run(part, sizes, address)
            if part == "deeds":
                found.setdefault("deeds", []).append(answer)
            else:
                found[part] = answer
    found["bounds"] = [bound.as_data() for bound in _bounds(found)]
    return found


def _run(part: str, sizes: dict[str, int], address: str) -> Any:
    ran = subprocess.run(
        [sys.executable, "-m", "bench", part, json.dumps(sizes)],
        cwd=PROJECT,
        env=os.environ | {"DATABASE_URL": address},
        capture_output=True,
        text=True,
    )
    if ran.returncode != 0:
        last = ran.stderr.strip().splitlines()[-1:]
        raise Trouble(f"The part {part} of the benchmark did not run: {''.join(last)}")
    return json.loads(ran.stdout)


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
