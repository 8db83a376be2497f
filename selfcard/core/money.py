"""Money is exact and has a currency."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Money:
    """An exact amount in one currency (ISO 4217)."""

    amount: Decimal
    currency: str

    def __add__(self, other: "Money") -> "Money":
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")
        return Money(self.amount + other.amount, self.currency)

    def __mul__(self, count: int) -> "Money":
        return Money(self.amount * count, self.currency)


def to_cents(amount: Decimal) -> Decimal:
    """An amount rounded to the cent, halves away from zero, as tax is."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def split_tax(gross: Decimal, rate: Decimal | None) -> tuple[Decimal, Decimal]:
    """The net amount and the tax within a gross amount; an exempt premium (no rate) has no tax."""
    if rate is None:
        return gross, Decimal("0.00")
    net = to_cents(gross / (1 + rate))
    return net, gross - net
