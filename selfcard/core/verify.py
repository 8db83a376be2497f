"""What `selfcard verify` reports: a promise that does not hold, and for what."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection


@dataclass(frozen=True)
class Violation:
    """A promise that the live database does not keep.

    `promise` is the sentence that should be true, `subject` the thing for which it is not.
    """

    promise: str
    subject: str
    message: str


def violations_of(
    promise: str, sql: str, params: Sequence[Any] | Mapping[str, Any] = ()
) -> Iterator[Violation]:
    """Each row of a query that finds what should not be: subject first, then what was found."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        for subject, *found in cursor:
            yield Violation(promise, str(subject), ", ".join(str(value) for value in found))


def violations() -> Iterator[Violation]:
    """Core's own promise: every request that was carried out can be found in the audit trail."""
    yield from violations_of(
        "Every operation can be found again",
        """
        SELECT request.id, request.command, 'no audit event'
        FROM core_request request
        WHERE NOT EXISTS (SELECT FROM core_auditevent event WHERE event.request = request.id)
        """,
    )
