"""`selfcard bench`: books for measuring, in the shape of the real ones, and then forgotten."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from selfcard.launcher.books import close_connections, set_up_django
from selfcard.launcher.suite import throw_away_database


@contextmanager
def books_to_forget() -> Iterator[str]:
    """A migrated database with nobody in it, and its name; it keeps what it commits, as books do.

    Nothing is connected to it: `copy_of` makes as many of it as are needed.
    """
    with throw_away_database(forgetful=False):
        set_up_django()
        from django.db import connection
        from django.test.utils import setup_databases, teardown_databases

        old = setup_databases(verbosity=0, interactive=False)
        try:
            name = connection.settings_dict["NAME"]
            close_connections()
            yield name
        finally:
            teardown_databases(old, verbosity=0)
            close_connections()


@contextmanager
def copy_of(books: str, name: str) -> Iterator[str]:
    """A copy of such books, for one process; its address, in the form of `DATABASE_URL`."""
    server = make_conninfo(os.environ["DATABASE_URL"], dbname="postgres")
    copy, template = sql.Identifier(f"{books}_{name}"), sql.Identifier(books)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(copy))
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(copy, template))
        try:
            yield make_conninfo(server, dbname=f"{books}_{name}")
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(copy))
