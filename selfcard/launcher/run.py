"""`selfcard run`: one whole insurer on this machine, from nothing, until Ctrl-C.

Starts the database, brings the books up to date, builds the demo company into
books that are new, then looks after the web server and the worker. Whatever
ends it, it stops everything that it started, the database last.
"""

import hashlib
import os
import shutil
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from typing import NoReturn

import click

from selfcard.launcher import books
from selfcard.launcher.errors import Trouble
from selfcard.launcher.folder import DataFolder
from selfcard.launcher.postgres import Postgres
from selfcard.launcher.processes import Child

HOST = "127.0.0.1"
DEFAULT_PORT = 8910
WEB_PROCESSES = 2
THREADS_EACH = 4
SECONDS_TO_ANSWER = 60
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody asked this run to end. Not an error, and so no `Exception`."""


def run() -> None:
    """Run until asked to stop.

    Raises:
        Trouble: it cannot start, or something that it looks after ended by itself.
    """
    port = _chosen_port()
    os.environ["SELFCARD_PORT"] = str(port)
    # What an insurer may switch on, the demo company has.
    os.environ.setdefault("SELFCARD_LARGE_SALE_NEEDS_SECOND_PERSON", "on")
    os.environ.setdefault("SELFCARD_DESK_PIN", "either")
    # And nobody outside gets a message from it.
    if os.environ.setdefault("SELFCARD_DEMO_MESSAGES", "on") == "on":
        # A number that nobody has: its telephone is a page.
        os.environ.setdefault("SELFCARD_SMS_NUMBER", "1069 5550 100")
    for ending in ENDINGS:
        signal.signal(ending, _stop)
    with ExitStack() as stack:
        try:
            _serve(stack, port)
        except Stopped:
            click.echo("Stopping …")
        finally:
            _deaf()  # a second Ctrl-C must not cut the stopping short
    click.echo("Stopped. The books are kept.")


def _serve(stack: ExitStack, port: int) -> NoReturn:
    folder = DataFolder.chosen()
    hold = folder.open()
    stack.callback(hold.let_go)
    _refuse_taken(port)
    folder.stamp()
    _prepare_books(stack, folder)
    _refuse_unusable_key()
    folder.stamp(database=os.environ["DATABASE_URL"])
    stack.callback(folder.stamp)

    _refuse_taken(port)  # the web server would share it with whoever was quicker
    children = _start_children(stack, folder, port)
    people_and_cards = _who_may_come_in(folder)
    books.close_connections()
    address = f"http://{HOST}:{port}"
    wait_until_it_answers(address, children)
    click.echo(f"READY {address}\n{people_and_cards}\nLogs are in {folder.logs}. Ctrl-C stops.")
    while True:
        _refuse_ended(children)
        time.sleep(0.3)


def _stop(_signal: int, _frame: object) -> NoReturn:
    raise Stopped


def _deaf() -> None:
    for ending in ENDINGS:
        signal.signal(ending, signal.SIG_IGN)


def _chosen_port() -> int:
    text = os.environ.get("SELFCARD_PORT") or str(DEFAULT_PORT)
    if not text.isdigit() or not 0 < int(text) < 65_536:
        raise Trouble(f"SELFCARD_PORT is {text!r}, and a port is a number from 1 to 65535.")
    return int(text)


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise Trouble(
                f"Port {port} cannot be used ({error.strerror}): stop what uses it, "
                "or choose another with SELFCARD_PORT."
            ) from error


def _prepare_books(stack: ExitStack, folder: DataFolder) -> None:
    """Have whole books, up to date, with somebody in them."""
    if address := os.environ.get("DATABASE_URL"):
        books.reach(address)
        stack.callback(books.close_connections)
        _bring_up_to_date(folder)
        _build_demo()
        return
    click.echo("Starting PostgreSQL …")
    server = books.server_of_our_own(folder)
    stack.callback(server.stop)
    stack.callback(books.close_connections)
    if books.DATABASE in server.databases():
        books.reach(server.address(books.DATABASE))
        _bring_up_to_date(folder)
        return
    if books.UNFINISHED in server.databases():
        _forget_unfinished(server, folder)
    server.create_database(books.UNFINISHED)
    books.reach(server.address(books.UNFINISHED))
    _bring_up_to_date(folder)
    _build_demo()
    books.finish(server)


def _forget_unfinished(server: Postgres, folder: DataFolder) -> None:
    """Clear away what a first start left that never came to its end: nobody has used it yet."""
    server.drop_database(books.UNFINISHED)
    for leftover in ("print", "demo"):
        shutil.rmtree(folder.path / leftover, ignore_errors=True)


def _bring_up_to_date(folder: DataFolder) -> None:
    from django.core.management import call_command

    if not books.are_up_to_date():
        click.echo("Bringing the books up to date …")
        call_command("migrate", interactive=False, verbosity=0)
    _collect_static(folder)


def _collect_static(folder: DataFolder) -> None:
    """Collect the static files, unless none has changed since the last time."""
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            changed = storage.get_modified_time(path).isoformat()
            digest.update(f"{path} {storage.size(path)} {changed}\n".encode())
    remembered = folder.path / "static.sha256"
    if remembered.exists() and remembered.read_text() == digest.hexdigest():
        return
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    remembered.write_text(digest.hexdigest())


def _build_demo() -> None:
    from selfcard.demo.company import HalfBuilt, build, is_built

    try:
        built = is_built()
    except HalfBuilt as error:
        raise Trouble(
            "The first start was interrupted while it built the demo company: "
            "let DATABASE_URL name an empty database, and start again."
        ) from error
    if not built:
        click.echo("Building the demo company …")
        build()


def _refuse_unusable_key() -> None:
    """Sign nothing rather than policies that nobody accepts."""
    from selfcard.policies.signing.certificates import SigningKeyUnusable, signing_key

    try:
        signing_key()
    except SigningKeyUnusable as error:
        raise Trouble(f"Policies cannot be signed. {error}") from error


def _who_may_come_in(folder: DataFolder) -> str:
    from selfcard.demo.credentials import as_text

    if not (folder.path / "demo").exists():
        return "Sign in at /office/."  # books of a company that is not the demo's
    return as_text()


def web_server(port: int) -> list[str]:
    """The web server's program and its arguments."""
    server = ["granian", "--interface", "wsgi", "--no-ws", "--log-level", "warning"]
    server += ["--host", HOST, "--port", str(port)]
    server += ["--workers", str(WEB_PROCESSES), "--blocking-threads", str(THREADS_EACH)]
    return [*server, "selfcard.config.wsgi:application"]


def _start_children(stack: ExitStack, folder: DataFolder, port: int) -> list[Child]:
    worker = ["django", "procrastinate", "worker"]
    children = []
    for name, arguments in (("worker", worker), ("web server", web_server(port))):
        child = Child(name, *arguments, log=folder.logs / f"{name.split()[0]}.log")
        stack.callback(child.stop)
        children.append(child)
    return children


def _refuse_ended(children: list[Child]) -> None:
    for child in children:
        if (code := child.exit_code()) is not None:
            raise Trouble(
                f"The {child.name} has ended by itself (exit code {code}), and so Selfcard stops: "
                f"{child.last_words()} (more in {child.log})"
            )


def wait_until_it_answers(address: str, children: list[Child]) -> None:
    """Wait for a web server that has just been started.

    Raises:
        Trouble: it has ended, or takes too long.
    """
    answers = _within(SECONDS_TO_ANSWER, lambda: _answers(address), children)
    if not answers:
        raise Trouble(f"The web server did not answer at {address} in {SECONDS_TO_ANSWER} seconds.")


def _within(seconds: float, happened: Callable[[], bool], children: list[Child]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        _refuse_ended(children)
        if happened():
            return True
        time.sleep(0.1)
    return False


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5):  # noqa: S310 – our own, on loopback
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
