"""Passports as their readers type them."""

from selfcard.policies.passports import check_digit


def lines_of(
    name: str = "SMITH<<JOHN", number: str = "123456789", born: str = "900215", sex: str = "M"
) -> str:
    """The two lines of a British passport that is good until 2034."""
    first = f"P<GBR{name}".ljust(44, "<")
    checked = f"{number:<9}".replace(" ", "<")
    checked += check_digit(checked)
    dates = f"{born}{check_digit(born)}", f"340101{check_digit('340101')}"
    personal = "<" * 14 + "0"
    whole = checked + dates[0] + dates[1] + personal
    return f"{first}{checked}GBR{dates[0]}{sex}{dates[1]}{personal}{check_digit(whole)}"
