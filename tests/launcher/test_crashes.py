"""Killed in the middle of a check-in: what was acknowledged stays, what was not never happened."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from selfcard.core.models import Request
from selfcard.custody.commands import check_in
from selfcard.custody.models import Issue, Movement
from selfcard.custody.verify import violations
from selfcard.launcher.folder import PROJECT
from selfcard.launcher.postgres import Postgres
from tests.factories.custody import cards_at_head_office, custody, hand_down
from tests.factories.organisations import Insurer, an_insurer

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = 60
CHECK_IN = """
import sys, time
import django
django.setup()
from uuid import UUID
from selfcard.custody.commands import check_in
from selfcard.custody.models import Issue
from selfcard.organisations.models import Staff
from selfcard.organisations.queries import staff_actor
keeper = staff_actor(Staff.objects.get(username="B01"))
note = Issue.objects.get(number=sys.argv[1])
check_in(issue=note, actor=keeper, request_id=UUID(sys.argv[2]))
print("checked in", flush=True)
time.sleep(600)
"""


@pytest.fixture
def insurer() -> Insurer:
    return an_insurer()


@pytest.fixture
def note(insurer: Insurer) -> Issue:
    """A hundred cards on their way to the branch."""
    batch, _ = cards_at_head_office(insurer, 100)
    return hand_down(insurer, batch.run, insurer.branch.party)


@pytest.fixture
def a_clerk() -> Iterator[Callable[[str, Issue, UUID], "subprocess.Popen[str]"]]:
    """Somebody who checks a note in, in a process of their own."""
    started = []

    def begin(address: str, note: Issue, request_id: UUID) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", CHECK_IN, note.number, str(request_id)],
            cwd=PROJECT,
            env=os.environ
            | {"DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "selfcard.config.settings"},
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def until(happens: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_check_in_that_was_killed_never_happened_and_is_done_once_when_it_is_repeated(
    insurer: Insurer, note: Issue, a_clerk: Callable[..., "subprocess.Popen[str]"]
) -> None:
    address = make_conninfo(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"])
    request_id = uuid4()
    with psycopg.connect(address) as holding_it_up:
        # The last thing but one that a check-in writes is its paper: the cards have moved then.
        holding_it_up.execute("LOCK TABLE core_paper IN SHARE MODE")
        clerk = a_clerk(address, note, request_id)
        until(lambda: waiting_for_papers(holding_it_up))
        clerk.send_signal(signal.SIGKILL)
        clerk.wait()
        (backend,) = waiting_for_papers(holding_it_up)
    until(lambda: not is_there(backend))

    note.refresh_from_db()
    assert note.state == "in_transit"
    assert not Movement.objects.filter(kind="check_in").exists()
    assert not Request.objects.filter(pk=request_id).exists()
    assert not list(violations())

    for _ in range(2):
        check_in(issue=note, actor=insurer.actor("branch_keeper"), request_id=request_id)
    moved = Movement.objects.get(kind="check_in")
    assert custody(moved.batch) == [("Branch", "inventory", 1, 100)]
    assert not list(violations())


def waiting_for_papers(connection: psycopg.Connection) -> list[int]:
    """The server processes that wait for the table of papers."""
    rows = connection.execute(
        "SELECT pid FROM pg_locks WHERE relation = 'core_paper'::regclass AND NOT granted"
    )
    return [pid for (pid,) in rows]


def is_there(backend: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_stat_activity WHERE pid = %s", [backend])
        return cursor.fetchone() is not None


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Postgres]:
    """An embedded server as the books have it, which keeps what it commits."""
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)  # where root cannot have a namespace, the account nobody passes
    server = Postgres(tmp_path / "postgres").start()
    yield server
    server.stop()


def test_a_check_in_that_was_acknowledged_outlives_the_death_of_postgresql(
    note: Issue, server: Postgres, a_clerk: Callable[..., "subprocess.Popen[str]"]
) -> None:
    server.create_database("books")
    address = server.address("books")
    copy_books(server, address)
    clerk = a_clerk(address, note, uuid4())
    assert clerk.stdout
    assert clerk.stdout.readline() == "checked in\n"
    os.kill(int((server.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    until(lambda: not server.is_running())

    server.start()

    with psycopg.connect(address) as books:
        held = books.execute("SELECT status, serials FROM custody_holding").fetchall()
    verified = subprocess.run(
        [sys.executable, "-m", "selfcard", "verify"],
        cwd=PROJECT,
        env=os.environ | {"DATABASE_URL": address},
        capture_output=True,
        text=True,
    )
    assert [(status, serials.upper - serials.lower) for status, serials in held] == [
        ("inventory", 100)
    ]
    assert (verified.returncode, verified.stderr) == (0, "")


def copy_books(server: Postgres, address: str) -> None:
    """This test's database, as it is, on the other server."""
    here = make_conninfo(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"])
    dump = subprocess.run([server.binaries / "pg_dump", here], capture_output=True, check=True)
    subprocess.run(
        [server.binaries / "psql", "--quiet", "--set", "ON_ERROR_STOP=1", address],
        input=dump.stdout,
        stdout=subprocess.DEVNULL,
        check=True,
    )
