"""The lines of an entry as rooms write them down before it is booked."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Line:
    """An amount for an account of the chart: debits positive, credits negative."""

    account: str
    amount: Decimal


def debit(account: str, amount: Decimal) -> Line:
    return Line(account, amount)


def credit(account: str, amount: Decimal) -> Line:
    return Line(account, -amount)
