"""Going around the commands: what PostgreSQL itself refuses."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from tests.promises import kept_by


def check_what_waits_for_the_commit() -> None:
    """Let deferred promises be checked now, as a commit would."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def refused_by_postgresql(promise: str) -> Iterator[None]:
    """The statements within, or what is checked at their commit, break the named promise.

    It is named by its constraint or trigger, or by what that says.
    """
    check_what_waits_for_the_commit()
    broken = (IntegrityError, ProgrammingError)  # the latter for a step that a state never takes
    # The statement that is refused may be any of those within, or the check at their commit.
    with pytest.raises(broken) as refusal, transaction.atomic():  # noqa: PT012
        yield
        check_what_waits_for_the_commit()
    said = f"{kept_by(refusal.value)}: {refusal.value}"
    assert re.search(promise, said), said


@contextmanager
def triggers_at_rest() -> Iterator[None]:
    """Break a promise as only the owner of the database could, to see that `verify` finds it."""
    check_what_waits_for_the_commit()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")
