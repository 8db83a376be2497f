"""A part of a benchmark runs in a process of its own, and is held against what is promised."""

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from typing import Any

from selfcard.launcher.errors import Trouble
from selfcard.launcher.folder import PROJECT


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


def run_part(part: str, sizes: dict[str, int], address: str) -> Any:
    """What a part answers that works on the books of an address.

    Raises:
        Trouble: it could not run.
    """
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
