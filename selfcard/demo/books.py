"""The demo company's books: the months that are over are closed, and so are the last days.

It comes last, since nothing counts from a closed day any more. Two days stay open, so that one can
see how days are closed.
"""

from datetime import timedelta

from selfcard.core import clock
from selfcard.demo.cast import as_, days_ago
from selfcard.ledger.commands import close_days

MONTHS, DAYS, LEFT_OPEN = 3, 4, 2


def close_books() -> None:
    """The ends of the last months, then day by day; each closed on the day after it."""
    today = clock.today()
    ends = [today.replace(day=1) - timedelta(1)]
    while len(ends) < MONTHS:
        ends.append(ends[-1].replace(day=1) - timedelta(1))
    last = [today - timedelta(LEFT_OPEN + 1 + back) for back in range(DAYS)]
    for day in sorted({*ends, *last}):
        with days_ago((today - day).days - 1):
            close_days(up_to=day, **as_("H003"))
