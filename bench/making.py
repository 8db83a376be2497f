"""A batch is made – PINs, sheets, encrypted print file – beside a table with a row for each card.

Runs in a process of its own, so that the most memory it ever took is the making's.
"""

import time
from pathlib import Path
from typing import Any

from bench.figures import Stopwatch
from bench.floors import a_table_of_rows, make_a_row_a_card
from selfcard.core.work import run_waiting_jobs
from tests.factories.cards import a_document_type, an_approved_batch
from tests.factories.organisations import an_insurer


def measure(cards: int, rounds: int) -> dict[str, Any]:
    """Make a batch of so many cards, a few times over, and once a row for each card."""
    insurer = an_insurer()
    document_type = a_document_type(insurer)
    memory_before = _peak_memory_mb()
    wall, processor = Stopwatch(), Stopwatch()
    for _ in range(rounds):
        batch = an_approved_batch(insurer, cards, document_type)
        began = time.process_time()
        with wall.running():
            run_waiting_jobs()
        processor.milliseconds.append(1000 * (time.process_time() - began))
    memory = _peak_memory_mb()
    with a_table_of_rows():
        rows = make_a_row_a_card(batch, insurer.head_office.pk)
    return {
        "cards": cards,
        **wall.as_data(),
        "own_processor_p50_ms": round(processor.p50, 1),
        "peak_memory_mb": memory,
        "peak_memory_before_mb": memory_before,
        "a_row_a_card_ms": round(rows, 1),
        "times_faster_than_a_row_a_card": round(rows / wall.p50, 1),
    }


def _peak_memory_mb() -> int | None:
    """The most memory that this process ever had resident, where the system tells it."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))
