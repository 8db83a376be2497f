"""Going around the commands: what PostgreSQL itself refuses."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import IntegrityError, connection, transaction


def check_what_waits_for_the_commit() -> None:
    """Let deferred promises be checked now, as a commit would."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def refused_by_postgresql(sentence: str) -> Iterator[None]:
    """The statements within, or what is checked at their commit, break the named promise."""
    check_what_waits_for_the_commit()
    # The statement that is refused may be any of those within, or the check at their commit.
    with pytest.raises(IntegrityError, match=sentence), transaction.atomic():  # noqa: PT012
        yield
        check_what_waits_for_the_commit()


@contextmanager
def triggers_at_rest() -> Iterator[None]:
    """Break a promise as only the owner of the database could, to see that `verify` finds it."""
    check_what_waits_for_the_commit()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")
