"""Going around the commands: what PostgreSQL itself refuses."""

import re
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
    try:
        with transaction.atomic():
            yield
            check_what_waits_for_the_commit()
    except IntegrityError as error:
        assert re.search(sentence, str(error)), f"refused, but by another promise: {error}"
    else:
        pytest.fail(f"PostgreSQL did not refuse: {sentence}")


@contextmanager
def triggers_at_rest() -> Iterator[None]:
    """Break a promise as only the owner of the database could, to see that `verify` finds it."""
    check_what_waits_for_the_commit()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")
