"""What a product gives back: in full, by days, or nothing, and on which ground."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from selfcard.products.cancelling import Ground, Repayment, Returned, returned
from tests.factories.products import some_rules

ISSUED = date(2026, 3, 2)
FIRST, LAST = date(2026, 3, 10), date(2027, 3, 9)  # 365 days


def on(day: date, *, benefit_paid: bool = False, **rules: Any) -> Returned:
    return returned(
        some_rules(**rules),
        issued_on=ISSUED,
        first_day=FIRST,
        last_day=LAST,
        premium=Decimal("100.00"),
        asked_on=day,
        benefit_paid=benefit_paid,
    )


@pytest.mark.parametrize(
    ("day", "rules", "ground", "amount"),
    [
        (FIRST - timedelta(days=1), {}, Ground.BEFORE_COVER, "100.00"),
        # Whatever the product gives back later, and whatever it keeps of it.
        (ISSUED, {"repayment": Repayment.NOTHING}, Ground.BEFORE_COVER, "100.00"),
        (ISSUED, {"expense_rate": Decimal("0.35")}, Ground.BEFORE_COVER, "100.00"),
        (date(2026, 3, 17), {"cooling_off_days": 15}, Ground.COOLING_OFF, "100.00"),
        (date(2026, 3, 18), {"cooling_off_days": 15}, Ground.UNEARNED, "97.53"),
        # The day on which cover begins has begun.
        (FIRST, {}, Ground.UNEARNED, "99.73"),
        (FIRST, {"expense_rate": Decimal("0.35")}, Ground.UNEARNED, "64.82"),
        (FIRST, {"repayment": Repayment.NOTHING}, Ground.PRODUCT, "0.00"),
        (LAST - timedelta(days=1), {}, Ground.UNEARNED, "0.27"),
        (LAST, {}, Ground.ALL_EARNED, "0.00"),
    ],
)
def test_how_much_is_given_back_follows_from_the_day(
    day: date, rules: dict[str, Any], ground: Ground, amount: str
) -> None:
    back = on(day, **rules)

    assert (back.ground, back.amount) == (ground, Decimal(amount))


@pytest.mark.parametrize("day", [ISSUED, FIRST, LAST])
def test_nothing_is_given_back_once_a_benefit_was_paid(day: date) -> None:
    back = on(day, benefit_paid=True, cooling_off_days=15)

    assert (back.repayment, back.ground) == (Repayment.NOTHING, Ground.BENEFIT_PAID)
    assert back.amount == Decimal("0.00")


def test_the_whole_premium_is_never_a_part_and_a_part_is_never_the_whole() -> None:
    for days in range((LAST - ISSUED).days + 1):
        back = on(ISSUED + timedelta(days=days), cooling_off_days=15)
        whole = back.repayment == Repayment.WHOLE
        assert (back.amount == Decimal("100.00")) == whole
        assert 0 <= back.unearned <= back.days == 365
