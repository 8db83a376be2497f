"""Deeds that start at the same moment, each on a connection of its own."""

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from selfcard.core.compiled import Compiled


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """Run the deeds in threads that start together; each one's result, or the error it raised."""
    barrier = threading.Barrier(len(deeds))
    results: list[Any] = [None] * len(deeds)

    def run(place: int, deed: Callable[[], Any]) -> None:
        try:
            barrier.wait(10)
            results[place] = deed()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair, name=_DEED) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def of_kind(results: list[Any], kind: type) -> list[Any]:
    """Those results that are of a kind: what was made, or the errors that were raised."""
    return [result for result in results if isinstance(result, kind)]


def held_back_after(monkeypatch: pytest.MonkeyPatch, *places: tuple[Any, str]) -> None:
    """Hold everybody back between reading and writing, as bad luck would.

    A place is a module or class and the name of what is read there. Whoever has read goes on as
    soon as somebody else has read as often, waits for what they have locked, or nobody else is
    left; who does something else meanwhile is waited for, but not for ever.
    """
    has_read: Counter[int] = Counter()

    def slowly(read: Callable[..., Any]) -> Callable[..., Any]:
        def read_and_wait(*args: Any, **kwargs: Any) -> Any:
            found = read(*args, **kwargs)
            me = threading.get_ident()
            has_read[me] += 1
            until = time.monotonic() + _PATIENCE_S
            while time.monotonic() < until and not (
                any(times >= has_read[me] for who, times in list(has_read.items()) if who != me)
                or _somebody_waits_for_me()
                or _nobody_else_is_left()
            ):
                time.sleep(0.005)
            return found

        return read_and_wait

    for owner, name in places:
        monkeypatch.setattr(owner, name, slowly(getattr(owner, name)))


_DEED = "deed"
_PATIENCE_S = 10


def _somebody_waits_for_me() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted"
            " AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
        )
        return cursor.fetchone() == (True,)


def _nobody_else_is_left() -> bool:
    me = threading.current_thread()
    return not any(thread.name == _DEED and thread is not me for thread in threading.enumerate())


def no_row_is_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a control: rows are read as they are, also by queries that were put together before."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_: rows)
    monkeypatch.setattr(
        Compiled, "__call__", lambda query, shape, *values: list(query._build(shape, *values))
    )


@contextmanager
def no_row_is_locked_by(trigger: str) -> Iterator[None]:
    """For a control: a trigger that looks at rows as they are, and locks none of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_functiondef(tgfoid) FROM pg_trigger WHERE tgname LIKE %s",
            [f"pgtrigger_{trigger}_%"],
        )
        (locking,) = (row[0] for row in cursor.fetchall())
        unlocking = re.sub(r"FOR (NO KEY UPDATE|SHARE)", "", locking)
        assert unlocking != locking, f"{trigger} locks no row"
        cursor.execute(unlocking)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(locking)
