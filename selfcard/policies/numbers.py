"""Policy numbers: P, twelve digits of a sequence, and a Luhn digit that catches a slip."""

import re
import unicodedata

from stdnum import luhn

from selfcard.core.numbering import sequence_number
from selfcard.policies.errors import NotAPolicyNumber

_DIGITS = 12


def new_policy_number() -> str:
    """The next number; one whose policy is rolled back is not used again."""
    return policy_number(sequence_number("policies_number"))


def policy_number(running: int) -> str:
    digits = f"{running:0{_DIGITS}d}"
    return f"P{digits}{luhn.calc_check_digit(digits)}"


def read_policy_number(typed: str) -> str:
    """A policy number as it is written, however it was typed.

    Raises:
        NotAPolicyNumber: it has another shape, or a digit is mistyped.
    """
    plain = re.sub(r"[\s\-–]", "", unicodedata.normalize("NFKC", typed)).upper()
    if not re.fullmatch(rf"P?[0-9]{{{_DIGITS + 1}}}", plain) or not luhn.is_valid(
        plain.removeprefix("P")
    ):
        raise NotAPolicyNumber
    return f"P{plain.removeprefix('P')}"
