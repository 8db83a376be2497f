"""The message centre of another's making (`centre/`), started for a test and spoken with."""

import json
import queue
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from selfcard.launcher.chromium import MESSAGE_CENTRE, ensure_message_centre

_PATIENCE_S = 30


class Centre:
    """A running centre: what it was told, and what it tells."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["node", "centre.js"],
            cwd=MESSAGE_CENTRE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._events: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.port: int = self.next("listening")["listening"]

    def tell(self, **order: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def next(self, kind: str, patience: float = _PATIENCE_S) -> dict[str, Any]:
        """The next event of a kind; what else happens meanwhile is passed over."""
        until = time.monotonic() + patience
        while (left := until - time.monotonic()) > 0:
            try:
                event = self._events.get(timeout=left)
            except queue.Empty:
                break
            if kind in event:
                return event
        raise AssertionError(f"nothing {kind} within {patience} s")

    def nothing(self, kind: str, during: float = 1.0) -> bool:
        """Whether no event of a kind comes for a while."""
        try:
            self.next(kind, during)
        except AssertionError:
            return True
        return False

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._events.put(json.loads(line))


@contextmanager
def a_centre() -> Iterator[Centre]:
    """A centre on a port of its own; its library is fetched once, by the digests of its lock."""
    ensure_message_centre()
    centre = Centre()
    try:
        yield centre
    finally:
        centre.close()
