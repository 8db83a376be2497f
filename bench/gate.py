"""The gate: nobody guesses a PIN, no honest holder is kept out, and no answer tells another apart.

What a guesser meets follows from counts and is promised; the same guessing against PINs of four
digits, which are never made, has to hit as theory says, or the simulator would see nothing.
"""

from collections.abc import Callable, Iterator
from typing import Any

from bench.running import Bound, run_part
from selfcard.launcher.benches import books_to_forget, copy_of

PIN_DIGITS = 12
FEW_DIGITS = 4
A_MINUTE = 60


def measure(
    tries: int, cards: int, sources: int, rounds: int, told: Callable[[str], None]
) -> dict[str, Any]:
    """Let so many sources guess at so many cards, and compare the gate's answers; `told` hears
    what is going on.

    Raises:
        Trouble: a part could not run.
    """
    sizes = {"tries": tries, "cards": cards, "sources": sources}
    parts: dict[str, tuple[str, dict[str, int]]] = {
        "machine": ("machine", {}),
        "guessing": ("guessing", sizes | {"digits": PIN_DIGITS}),
        "guessing_few_digits": ("guessing", sizes | {"digits": FEW_DIGITS}),
        "answers": ("answers", {"rounds": rounds}),
    }
    found: dict[str, Any] = {"sizes": sizes | {"rounds": rounds}}
    with books_to_forget() as books:
        for name, (part, given) in parts.items():
            told(f"measuring {name.replace('_', ' ')}")
            with copy_of(books, name) as address:
                found[name] = run_part(part, given, address)
    found["bounds"] = [bound.as_data() for bound in _bounds(found)]
    return found


def _bounds(found: dict[str, Any]) -> Iterator[Bound]:
    guessed, few = found["guessing"], found["guessing_few_digits"]
    holders = guessed["holders"]
    yield Bound(f"PINs of {PIN_DIGITS} digits hit", guessed["hits"], 0)
    yield Bound("honest holders who did not come in", holders["locked_out"], 0)
    yield Bound("honest holders, the slowest, seconds", holders["slowest_s"], A_MINUTE)
    said = f"PINs of {FEW_DIGITS} digits hit, {few['hits_expected']:.1f} expected"
    yield Bound(said, few["hits"], few["hits_at_least"], at_least=True)
    yield Bound(said, few["hits"], few["hits_at_most"])
    answers = found["answers"]
    alike = answers["distance_of_alike"]
    for name, distance in answers["distances"].items():
        yield Bound(f"times of {name}, distance from an unknown number", distance, alike)
    yield Bound(
        "times where nothing is counted, the control", answers["control"], alike, at_least=True
    )
    statements = {one["statements"] for one in answers["answers"] if one["looks_alike"]}
    yield Bound("statements of a refused try, how many sorts", len(statements), 1)
