"""The embedded PostgreSQL: ours alone, kept over restarts, and gone when we are."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from selfcard.launcher import postgres
from selfcard.launcher.errors import Trouble
from selfcard.launcher.postgres import Postgres

START_AND_WAIT = """
import sys, time
from pathlib import Path
from selfcard.launcher.postgres import Postgres
Postgres(Path(sys.argv[1]), forgetful=True).start()
print("started", flush=True)
time.sleep(60)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Postgres]:
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)  # where root cannot have a namespace, the account nobody passes
    server = Postgres(tmp_path / "postgres", forgetful=True)
    yield server
    server.stop()


def test_a_second_start_finds_what_the_first_one_kept(server: Postgres) -> None:
    server.start()
    server.create_database("books")
    server.stop()

    assert not server.is_running()

    server.start()

    assert "books" in server.databases()


def test_it_listens_on_its_socket_only(server: Postgres) -> None:
    server.start()

    with psycopg.connect(server.address("postgres")) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    assert server.sockets.stat().st_mode & 0o077 == 0


def test_a_folder_too_deep_for_a_socket_gets_one_elsewhere(tmp_path: Path) -> None:
    server = Postgres(tmp_path / ("deep" * 20) / "postgres", forgetful=True).start()
    try:
        assert len(str(server.sockets)) < postgres.LONGEST_SOCKET_FOLDER
    finally:
        server.stop()

    assert not server.sockets.exists()


def test_books_of_another_postgresql_are_refused(server: Postgres) -> None:
    server.start()
    server.stop()
    (server.data / "PG_VERSION").write_text("99\n")

    with pytest.raises(Trouble, match="PostgreSQL 99"):
        server.start()


def test_the_server_ends_with_a_launcher_that_was_killed_and_starts_again(
    server: Postgres,
) -> None:
    killed = subprocess.Popen(
        [sys.executable, "-c", START_AND_WAIT, server.folder], stdout=subprocess.PIPE
    )
    assert killed.stdout
    assert killed.stdout.readline() == b"started\n"
    pid = int((server.data / "postmaster.pid").read_text().split()[0])
    killed.kill()
    killed.communicate()

    server.start()

    assert server.is_running()
    assert not _runs(pid)


def test_a_pid_file_that_names_a_stranger_does_not_keep_it_from_starting(
    server: Postgres,
) -> None:
    server.start()
    pid_file = server.data / "postmaster.pid"
    stale = pid_file.read_text().replace(pid_file.read_text().split()[0], str(os.getpid()), 1)
    server.stop()
    pid_file.write_text(stale)
    os.chown(pid_file, server.data.stat().st_uid, server.data.stat().st_gid)

    server.start()

    assert server.is_running()


def _runs(pid: int) -> bool:
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.05)
    return True
