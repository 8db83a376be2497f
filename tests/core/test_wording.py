"""A sentence tells things as its reader writes them."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils.translation import override

from selfcard.core.money import Money
from selfcard.core.refusals import Refusal
from selfcard.core.wording import listed, said_by, written_money


class TooLate(Refusal):
    message = "%(amount)s until %(day)s, not %(count)s"


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "¥1,234.50 until 3 Nov 2026, not 7"),
        ("zh-hans", "¥1,234.50 until 2026年11月3日, not 7"),
    ],
)
def test_a_refusal_tells_amounts_and_days_as_pages_do(language: str, told: str) -> None:
    refusal = TooLate(amount=Money(Decimal("1234.5"), "CNY"), day=date(2026, 11, 3), count=7)

    with override(language):
        assert str(refusal) == told


def test_an_amount_has_its_currency_and_a_true_minus_sign() -> None:
    assert written_money(Money(Decimal("-7"), "CNY")) == "−¥7.00"
    assert written_money(Money(Decimal("1000"), "USD")) == "USD 1,000.00"


def test_lists_and_sayings_have_the_marks_of_the_language() -> None:
    with override("zh-hans"):
        assert (listed(["陈静", "西湖支公司"]), said_by("陈静", "客户不退了")) == (
            "陈静、西湖支公司",
            "陈静：客户不退了",
        )
    with override("en"):
        assert said_by("Chen Jing", "not wanted") == "Chen Jing: not wanted"
