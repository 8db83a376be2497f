"""That whatever must say the same does, over all days: the daily reconciliation finds nothing."""

from collections.abc import Iterator
from datetime import date

from django.utils import translation

from selfcard.core.periods import Period
from selfcard.core.verify import Violation
from selfcard.inquiry.queries.reconciliation import Mismatch, compared, held, standing

ALL_DAYS = Period(date(2000, 1, 1), date(9998, 12, 31))


def violations() -> Iterator[Violation]:
    """Each line of the reconciliation, of all organisations and all days."""
    with translation.override("en"):
        for group in (*compared(ALL_DAYS), standing(), held()):
            for one in group.mismatches:
                yield _violation(one)


def _violation(one: Mismatch) -> Violation:
    return Violation(
        f"The reconciliation is empty: {one.what.label}",
        one.number,
        f"should be {_said(one.expected)}, is {_said(one.found)}",
    )


def _said(amount: object) -> str:
    return "nothing" if amount is None else str(amount)
