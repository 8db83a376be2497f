"""Numbers of papers: gapless where the law wants it, from a sequence everywhere else."""

import re

from django.db import connection

from selfcard.core import clock


def next_number(series: str) -> int:
    """The next number of a gapless series; whoever comes next waits until this one commits.

    The row is locked to the end of the transaction: take it last of all locks.
    """
    sql = (
        "INSERT INTO core_numberseries (name, last) VALUES (%s, 1)"
        " ON CONFLICT (name) DO UPDATE SET last = core_numberseries.last + 1 RETURNING last"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [series])
        return int(cursor.fetchone()[0])


def sequence_number(sequence: str) -> int:
    """The next number of a PostgreSQL sequence; a number whose deed is rolled back is not used."""
    if not re.fullmatch(r"[a-z_]+", sequence):
        raise ValueError(f"{sequence} is not the name of a sequence")
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s::regclass)", [sequence])
        return int(cursor.fetchone()[0])


def document_number(prefix: str, sequence: str, digits: int = 7) -> str:
    """A paper's number such as `S-2026-0048213`: prefix, year, running number.

    The running number goes on over the years, so that a search by it alone finds one paper.
    """
    return f"{prefix}-{clock.today().year}-{sequence_number(sequence):0{digits}d}"
