"""Background work: the job itself is a procrastinate task, what people see of it is a `Work` row.

A task is deferred inside the command that asks for it, so job and deed commit together. While it
runs it writes its progress in short transactions of its own, so that a page can show it.
"""

import json
from typing import Any

from django.db import connection
from procrastinate.contrib.django import app

from selfcard.core import clock
from selfcard.core.models import Work


class WorkCancelled(Exception):
    """Somebody asked the running work to stop."""


def start_work(*, kind: str, subject: str, total: int) -> Work:
    """Note work that is going to be done. The caller defers its task in the same transaction."""
    return Work.objects.create(kind=kind, subject=subject, total=total, started_at=clock.now())


def progress(work: Work, done: int) -> None:
    """Say how far the work is.

    Raises:
        WorkCancelled: it was asked to stop.
    """
    Work.objects.filter(pk=work.pk, ended_at=None).update(state=Work.State.RUNNING, done=done)
    if Work.objects.filter(pk=work.pk, cancel_asked=True).exists():
        raise WorkCancelled


def end_work(work: Work, state: Work.State, said: str = "") -> None:
    """Say that the work has ended, and what it did."""
    done = work.total if state == Work.State.DONE else None
    changes = {"state": state, "said": said, "ended_at": clock.now()}
    if done is not None:
        changes["done"] = done
    Work.objects.filter(pk=work.pk, ended_at=None).update(**changes)


def cancel_work(work: Work) -> None:
    """Ask running work to stop at its next chance."""
    Work.objects.filter(pk=work.pk, ended_at=None).update(cancel_asked=True)


def run_waiting_jobs() -> None:
    """Carry out every job that waits, here and now, on this connection; for tests and the demo.

    A job that fails raises, and is left waiting.
    """
    while job := _next_job():
        number, task, arguments = job
        app.tasks[task].func(**arguments)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s", [number]
            )


def _next_job() -> tuple[int, str, dict[str, Any]] | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, task_name, args FROM procrastinate_jobs"
            " WHERE status = 'todo' AND scheduled_at IS NULL ORDER BY id LIMIT 1"
        )
        row = cursor.fetchone()
    if row is None:
        return None
    arguments = row[2] if isinstance(row[2], dict) else json.loads(row[2])
    return row[0], row[1], arguments
