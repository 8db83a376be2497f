"""`selfcard bench`: books for measuring, in the shape of the real ones, and then forgotten."""

from collections.abc import Iterator
from contextlib import contextmanager

from selfcard.launcher.books import close_connections, set_up_django
from selfcard.launcher.suite import throw_away_database


@contextmanager
def books_to_forget() -> Iterator[None]:
    """A migrated database with nobody in it, on a server that forgets."""
    with throw_away_database():
        set_up_django()
        from django.test.utils import setup_databases, teardown_databases

        old = setup_databases(verbosity=0, interactive=False)
        try:
            yield
        finally:
            teardown_databases(old, verbosity=0)
            close_connections()
