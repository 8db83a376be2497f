"""What is measured, as plain data: times, sizes and bounds, ready to be JSON."""

import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

_SETTINGS = ("synchronous_commit", "fsync", "full_page_writes", "shared_buffers", "jit")
_NO_STATEMENTS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")


@dataclass
class Stopwatch:
    """Times of the same thing done again and again, in milliseconds.

    What waits for nobody is better timed by the processor: others share the machine.
    """

    milliseconds: list[float] = field(default_factory=list)
    clock: Callable[[], float] = time.perf_counter

    @contextmanager
    def running(self) -> Iterator[None]:
        started = self.clock()
        yield
        self.milliseconds.append(1000 * (self.clock() - started))

    @property
    def p50(self) -> float:
        return median(self.milliseconds)

    @property
    def p99(self) -> float:
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, round(0.99 * len(ordered)))]

    def as_data(self) -> dict[str, Any]:
        return {
            "times": len(self.milliseconds),
            "p50_ms": round(self.p50, 3),
            "p99_ms": round(self.p99, 3),
        }


def statements_of(deed: Callable[[], Any]) -> list[str]:
    """The SQL of a deed, without what opens and ends its transaction."""
    with CaptureQueriesContext(connection) as captured:
        deed()
    said = [query["sql"] for query in captured.captured_queries]
    return [sql for sql in said if not sql.upper().startswith(_NO_STATEMENTS)]


def machine() -> dict[str, Any]:
    """What the figures were measured on; others share it, so its load is told as well."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version')")
        version = cursor.fetchone()[0]
        cursor.execute(
            "SELECT name, current_setting(name) FROM unnest(%s::text[]) AS name", [list(_SETTINGS)]
        )
        settings = dict(cursor.fetchall())
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        "load": [round(load, 2) for load in os.getloadavg()],
        "python": platform.python_version(),
        "postgresql": version,
        "settings": settings,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def sizes_up_to(largest: int, of: Sequence[int]) -> list[int]:
    """The sizes to measure: those below the largest, and that."""
    return [*(size for size in of if size < largest), largest]
