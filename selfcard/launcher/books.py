"""The books: one Selfcard's database, wherever it is, opened for this process.

`DATABASE_URL` names a server; otherwise the books are in the embedded server
of the data folder, which may be running already (then they are used as they
are) or not (then it is started for as long as they are needed).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import django
import psycopg
from django.db import connections

from selfcard.launcher.errors import Trouble
from selfcard.launcher.folder import DataFolder
from selfcard.launcher.messages import compile_all
from selfcard.launcher.postgres import OLDEST_MAJOR, Postgres

DATABASE = "selfcard"
# The first start builds the books under this name and gives them their own when
# they are whole: a start that was interrupted is simply made again.
UNFINISHED = "selfcard_unfinished"


def server_of_our_own(folder: DataFolder) -> Postgres:
    """The data folder's embedded server, started."""
    return Postgres(folder.postgres).start()


@contextmanager
def opened_books() -> Iterator[None]:
    """Open the books of the chosen data folder for a while, beside a running Selfcard or without.

    Raises:
        Trouble: there are none yet, or they cannot be reached.
    """
    folder = DataFolder.chosen()
    address = os.environ.get("DATABASE_URL") or folder.running_database()
    if address:
        yield from _opened(address)
        return
    if not (folder.postgres / "data").exists():
        raise Trouble(f"There are no books in {folder.path} yet: `selfcard run` makes them.")
    hold = folder.open()
    server = server_of_our_own(folder)
    try:
        if DATABASE not in server.databases():
            raise Trouble(f"The books in {folder.path} are unfinished: start `selfcard run` again.")
        yield from _opened(server.address(DATABASE))
    finally:
        server.stop()
        hold.let_go()


def _opened(address: str) -> Iterator[None]:
    reach(address)
    if not are_up_to_date():
        raise Trouble("The books are of an older Selfcard: `selfcard run` brings them up to date.")
    try:
        yield
    finally:
        close_connections()


def reach(address: str) -> None:
    """Make this process, and those that it starts, use the database at an address.

    Raises:
        Trouble: no PostgreSQL that is young enough answers there.
    """
    try:
        with psycopg.connect(address, connect_timeout=10) as connection:
            major = connection.info.server_version // 10_000
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[0]
        raise Trouble(f"The database that DATABASE_URL names does not answer: {reason}") from error
    if major < OLDEST_MAJOR:
        raise Trouble(f"Selfcard needs PostgreSQL {OLDEST_MAJOR} or later, and this is {major}.")
    os.environ["DATABASE_URL"] = address
    set_up_django()


def finish(server: Postgres) -> None:
    """Give books that are whole their own name, and go on with them under it."""
    close_connections()
    server.rename_database(UNFINISHED, to=DATABASE)
    os.environ["DATABASE_URL"] = server.address(DATABASE)
    connections["default"].settings_dict["NAME"] = DATABASE


def set_up_django() -> None:
    """Read the settings, with the message catalogs compiled before."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "selfcard.config.settings")
    compile_all()
    django.setup()


def are_up_to_date() -> bool:
    """Whether the books have exactly the shape that this version gives them.

    Raises:
        Trouble: a newer Selfcard has given them another.
    """
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connections["default"])
    applied, known = set(loader.applied_migrations), set(loader.disk_migrations)
    if unknown := applied - known:
        example = ".".join(min(unknown))
        raise Trouble(
            f"The books were kept by a newer Selfcard (this one does not know {example}): "
            "start that one, or choose another data folder with SELFCARD_DATA."
        )
    return known <= applied


def close_connections() -> None:
    """Let go of the database, the pool's connections too."""
    for connection in connections.all(initialized_only=True):
        connection.close()
        if connection.settings_dict["OPTIONS"].get("pool"):
            connection.close_pool()  # type: ignore[attr-defined]
