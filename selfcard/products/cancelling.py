"""What a product gives back when a policy is cancelled. Pure: whoever asks brings the facts."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

from selfcard.core.money import to_cents

if TYPE_CHECKING:
    from selfcard.products.rules import Rules


class Repayment(models.TextChoices):
    """How much of its premium a cancelled policy gives back."""

    WHOLE = "whole", _("the whole premium")
    PRO_RATA = "pro_rata", _("the unearned part")
    NOTHING = "nothing", _("nothing")


@dataclass(frozen=True, kw_only=True)
class Returned:
    """What a cancellation gives back: how it is reckoned, and the amount, tax included.

    `unearned` are the days of the insured period that have not begun.
    """

    repayment: Repayment
    days: int
    unearned: int
    amount: Decimal


def returned(
    rules: "Rules",
    *,
    issued_on: date,
    first_day: date,
    last_day: date,
    premium: Decimal,
    asked_on: date,
    benefit_paid: bool = False,
) -> Returned:
    """What is given back to whoever cancels on a day within the insured period, or before it.

    All of it before cover starts and within the cooling-off period, the last day of which still
    counts; then what the product says. A day that has begun is earned. Nothing is given back once
    a benefit was paid.
    """
    days = (last_day - first_day).days + 1
    unearned = min((last_day - asked_on).days, days)
    cooling_off = asked_on <= issued_on + timedelta(days=rules.cooling_off_days)
    if not benefit_paid and (asked_on < first_day or cooling_off):
        return Returned(repayment=Repayment.WHOLE, days=days, unearned=unearned, amount=premium)
    amount = to_cents(premium * (1 - rules.expense_rate) * unearned / days)
    if benefit_paid or rules.repayment == Repayment.NOTHING or not amount:
        return Returned(
            repayment=Repayment.NOTHING, days=days, unearned=unearned, amount=Decimal("0.00")
        )
    return Returned(repayment=Repayment.PRO_RATA, days=days, unearned=unearned, amount=amount)
