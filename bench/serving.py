"""The web server as `selfcard run` starts it, with its processes looked after from outside."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connection
from psycopg.conninfo import make_conninfo

from selfcard.launcher.folder import PROJECT
from selfcard.launcher.processes import Child
from selfcard.launcher.run import HOST, wait_until_it_answers, web_server

_TICKS = os.sysconf("SC_CLK_TCK")
_SESSION, _USER, _SYSTEM = 3, 11, 12  # in /proc/…/stat, behind the name of the program


@dataclass(frozen=True)
class WebServer:
    """A running one: where it answers, and what it has used."""

    port: int
    session: int

    @property
    def processes(self) -> list[int]:
        """Its processes, where the system tells them."""
        return [
            int(path.parent.name)
            for path in Path("/proc").glob("[0-9]*/stat")
            if int(_fields(path)[_SESSION]) == self.session
        ]

    @property
    def peak_memory_mb(self) -> dict[str, int]:
        """The most memory that it ever had resident: of its largest process, and of all."""
        peaks = [_peak_mb(process) for process in self.processes]
        return {"largest_process": max(peaks, default=0), "all_processes": sum(peaks)}


@contextmanager
def web_server_on(address: str) -> Iterator[WebServer]:
    """The server, on the books of an address, with the keys of this process and its own files."""
    with tempfile.TemporaryDirectory(prefix="selfcard-bench-") as name:
        data, port = Path(name), _free_port()
        settings.KEY_FOLDER.mkdir(parents=True, exist_ok=True)
        (data / "keys").symlink_to(settings.KEY_FOLDER)
        env = _env(address, data)
        collect = [sys.executable, "-m", "django", "collectstatic", "--no-input", "-v0"]
        subprocess.run(collect, cwd=PROJECT, env=env, check=True)
        child = Child("web server", *web_server(port), log=data / "web.log", env=env)
        try:
            wait_until_it_answers(f"http://{HOST}:{port}", [child])
            yield WebServer(port, child.pid)
        finally:
            child.stop()


def _env(address: str, data: Path) -> dict[str, str]:
    """As in production: with a pool of connections, and behind a server that names visitors."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SELFCARD_")}
    return ours | {
        "DJANGO_SETTINGS_MODULE": "selfcard.config.settings",
        "DATABASE_URL": address,
        "SELFCARD_DATA": str(data),
        "SELFCARD_SERVERS_BEFORE": "1",
    }


def present_address() -> str:
    """Where the books of this process are."""
    return make_conninfo(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"])


def backends_but(known: Iterable[int]) -> list[int]:
    """The processes of PostgreSQL that serve these books to others, if they are on this machine."""
    with psycopg.connect(present_address(), autocommit=True) as asking:
        found = asking.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        ).fetchall()
    others = {pid for (pid,) in found} - set(known)
    return [pid for pid in others if "postgres" in _name(pid)]


class ProcessorTime:
    """Seconds of processor time that processes use from now on; such as come later count whole."""

    def __init__(self, processes: Callable[[], Iterable[int]]) -> None:
        self._processes = processes
        self._before = {process: _used(process) for process in processes()}

    def used(self) -> float:
        return sum(_used(process) - self._before.get(process, 0.0) for process in self._processes())


def _used(process: int) -> float:
    try:
        fields = _fields(Path(f"/proc/{process}/stat"))
    except OSError:
        return 0.0
    return (int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS


def _fields(path: Path) -> list[str]:
    try:
        return path.read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):  # it has just ended
        return ["-1"] * 20


def _name(process: int) -> str:
    try:
        return Path(f"/proc/{process}/comm").read_text()
    except OSError:
        return ""


def _peak_mb(process: int) -> int:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
