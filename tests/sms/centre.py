"""The message centre of another's making (`centre/`), started for a test and spoken with."""

import json
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from selfcard.launcher.chromium import MESSAGE_CENTRE, ensure_message_centre
from selfcard.sms.running import run
from selfcard.sms.segments import cut
from selfcard.sms.smpp import Account
from tests.factories.sms import PHONE

_PATIENCE_S = 30
# Where holders write to.
NUMBER = "10695555"


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


def account(centre: Centre, **given: Any) -> Account:
    facts: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": centre.port,
        "name": "us",
        "password": "secret",
    }
    return Account(**facts | given)


@contextmanager
def line_to(centre: Centre, **given: Any) -> Iterator[None]:
    """Hold a line to the centre for as long as it is needed."""
    stopped = threading.Event()
    thread = threading.Thread(target=run, args=(account(centre, **given), stopped))
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(30)
        assert not thread.is_alive()


def deliver(centre: Centre, text: str, *, reference: int = 7, name: str = "m") -> list[str]:
    """Let the centre bring a message, the last part first; by what each part is acknowledged."""
    names = []
    for one in reversed(cut(text, reference)):
        named = f"{name}-{one.head[-1] if one.head else 1}"
        said = one.content.decode("utf-16-be") if one.alphabet == 8 else one.content.decode("ascii")
        centre.tell(
            deliver=named,
            text=said,
            head=one.head.hex(),
            coding=int(one.alphabet),
            to=NUMBER,
            **{"from": PHONE[1:]},
        )
        names.append(named)
    return names


def until(is_so: Callable[[], bool], patience: float = 20) -> None:
    end = time.monotonic() + patience
    while not is_so():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)
