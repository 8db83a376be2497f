"""The parts of `selfcard bench`, by name."""

from collections.abc import Callable
from typing import Any

from bench import (
    activating,
    answers,
    deeds,
    figures,
    guessing,
    making,
    paying,
    printing,
    reading,
    typed,
)

PARTS: dict[str, Callable[..., dict[str, Any]]] = {
    "machine": figures.machine,
    "making": making.measure,
    "deeds": deeds.measure,
    "pages": reading.measure_pages,
    "money": paying.measure,
    "papers": printing.measure,
    "guessing": guessing.measure,
    "answers": answers.measure,
    "activating": activating.measure,
    "messages": typed.measure,
}
