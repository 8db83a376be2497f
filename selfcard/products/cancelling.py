"""What a product gives back when a policy is cancelled. Pure: whoever asks brings the facts."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
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


class Ground(StrEnum):
    """Why so much is given back, and not more or less."""

    BEFORE_COVER = "before_cover"
    COOLING_OFF = "cooling_off"
    UNEARNED = "unearned"
    ALL_EARNED = "all_earned"
    BENEFIT_PAID = "benefit_paid"
    PRODUCT = "product"


@dataclass(frozen=True, kw_only=True)
class Returned:
    """What a cancellation gives back: on which ground, how much, and the amount, tax included.

    `unearned` are the days of the insured period that have not begun.
    """

    repayment: Repayment
    ground: Ground
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
    amount = to_cents(premium * (1 - rules.expense_rate) * unearned / days)
    if benefit_paid:
        ground = Ground.BENEFIT_PAID
    elif asked_on < first_day:
        ground = Ground.BEFORE_COVER
    elif asked_on <= last_cooling_off_day(rules, issued_on):
        ground = Ground.COOLING_OFF
    elif rules.repayment == Repayment.NOTHING:
        ground = Ground.PRODUCT
    else:
        ground = Ground.UNEARNED if amount else Ground.ALL_EARNED
    repayment = _REPAID.get(ground, Repayment.NOTHING)
    given = {Repayment.WHOLE: premium, Repayment.PRO_RATA: amount}.get(repayment, Decimal("0.00"))
    return Returned(repayment=repayment, ground=ground, days=days, unearned=unearned, amount=given)


_REPAID = {
    Ground.BEFORE_COVER: Repayment.WHOLE,
    Ground.COOLING_OFF: Repayment.WHOLE,
    Ground.UNEARNED: Repayment.PRO_RATA,
}


def last_cooling_off_day(rules: "Rules", issued_on: date) -> date:
    """The last day on which all is given back to whoever cancels, cover or not."""
    return issued_on + timedelta(days=rules.cooling_off_days)
