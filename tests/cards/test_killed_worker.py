"""The worker that makes batches is killed in the middle of one, as a power cut would."""

import csv
import hashlib
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pyrage
import pytest
from django.conf import settings
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued
from psycopg.conninfo import make_conninfo

from selfcard.cards import verify
from selfcard.cards.models import Batch, BatchKey, PinSheet
from selfcard.cards.print_file import print_folder
from selfcard.cards.queries import check_pin
from selfcard.core.models import Work
from selfcard.core.serials import plain_digits
from selfcard.custody.models import Holding
from tests.factories.cards import PRINTING_HOUSE, an_approved_batch
from tests.factories.organisations import an_insurer

pytestmark = pytest.mark.django_db(transaction=True)
CARDS = 120_000
SECONDS = 60  # to wait for anything; on a machine that is free it takes two or three


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder for the worker: this test's print files, the keys of all tests."""
    (tmp_path / "keys").symlink_to(settings.KEY_FOLDER)
    return tmp_path


@contextmanager
def a_worker(data: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """The worker as `selfcard run` starts it, on this test's own database."""
    books = make_conninfo(os.environ["DATABASE_URL"], dbname=str(connection.settings_dict["NAME"]))
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "selfcard.config.settings",
        "DATABASE_URL": books,
        "SELFCARD_DATA": str(data),
    }
    with (data / "worker.log").open("ab") as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", "django", "procrastinate", "worker", "-p", "0.1"],
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield worker
    finally:
        if worker.poll() is None:
            worker.kill()
        worker.wait()


def wait_until(happened: Callable[[], bool], data: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while not happened():
        assert time.monotonic() < deadline, (data / "worker.log").read_text()
        time.sleep(0.01)


def half_a_minute_passes() -> None:
    """The dead worker is missed, and the minute comes that looks after broken makings."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 minute'"
        )
    with suppress(AlreadyEnqueued):  # the dead worker may have left one behind
        app.configure_task("custody.resume_broken_makings").defer(timestamp=0)


def test_a_batch_whose_worker_was_killed_is_made_whole_at_the_next_start(data: Path) -> None:
    batch = an_approved_batch(an_insurer(), CARDS)
    with a_worker(data) as worker:
        wait_until(lambda: Work.objects.get().done >= CARDS // 4, data)
        os.kill(worker.pid, signal.SIGKILL)

    batch.refresh_from_db()
    broken = BatchKey.objects.get()
    assert batch.state == Batch.State.GENERATING
    assert CARDS // 4_000 <= PinSheet.objects.count() < CARDS // 1_000
    assert not Holding.objects.exists()
    assert [path.name for path in print_folder().iterdir()] == [
        f".{batch.number}.age.{broken.pk}.partial"
    ]

    half_a_minute_passes()
    with a_worker(data):
        wait_until(lambda: Work.objects.get().state == Work.State.DONE, data)

    batch.refresh_from_db()
    assert batch.state == Batch.State.GENERATED
    assert BatchKey.objects.get() != broken
    assert list(
        PinSheet.objects.order_by("first_serial").values_list("first_serial", "cards", "key")
    ) == [
        (first, 1_000, batch.key.pk) for first in range(batch.run.first, batch.run.last + 1, 1_000)
    ]
    assert Holding.objects.get().run == batch.run
    assert [path.name for path in print_folder().iterdir()] == [batch.print_file.name]
    printed = printed_cards(batch)
    assert list(printed) == list(range(batch.run.first, batch.run.last + 1))
    for serial in (batch.run.first, batch.run.first + CARDS // 4, batch.run.last):
        assert check_pin(serial, printed[serial]).matches
    assert list(verify.violations()) == []


def printed_cards(batch: Batch) -> dict[int, str]:
    """The PIN of every serial in the print file, in the file's order; none comes twice."""
    encrypted = (print_folder() / batch.print_file.name).read_bytes()
    assert hashlib.sha256(encrypted).hexdigest() == batch.print_file.sha256
    text = pyrage.decrypt(encrypted, [PRINTING_HOUSE]).decode()
    rows = [(int(row["serial"]), row["pin"]) for row in csv.DictReader(io.StringIO(text))]
    assert len(rows) == batch.print_file.cards
    return {serial: plain_digits(pin) for serial, pin in rows}
