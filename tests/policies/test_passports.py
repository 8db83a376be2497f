"""Passports as their readers type them."""

from datetime import date

import pytest

from selfcard.core import clock
from selfcard.policies.passports import Passport, check_digit, read_passport
from selfcard.products.people import Sex
from tests.factories.passports import lines_of

# The specimen of ICAO 9303 part 4.
FIRST = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
SECOND = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
ANNA = Passport("ERIKSSON ANNA MARIA", "L898902C3", date(1974, 8, 12), Sex.FEMALE)


@pytest.mark.parametrize(
    "typed",
    [
        FIRST + SECOND,
        f"{FIRST}\r\n{SECOND}\r\n",
        f"]L0{FIRST} {SECOND}",
        (FIRST + SECOND).lower(),
        (FIRST + SECOND).replace("<", "＜"),
    ],
)
def test_a_passport_is_read_however_its_reader_ends_its_lines(typed: str) -> None:
    assert read_passport(typed) == ANNA


@pytest.mark.parametrize(
    "typed", ["", "L898902C3", FIRST, FIRST + SECOND[:-1], "330106198605170029", "P<" * 44]
)
def test_what_is_no_passport_says_nothing(typed: str) -> None:
    assert read_passport(typed) is None


@pytest.mark.parametrize("place", [0, 5, 9, 13, 16, 19, 24, 43])
def test_a_line_that_was_read_wrongly_says_nothing(place: int) -> None:
    misread = "4" if SECOND[place] != "4" else "5"

    assert read_passport(FIRST + SECOND[:place] + misread + SECOND[place + 1 :]) is None


@pytest.mark.parametrize(
    ("written", "born"), [("260101", date(2026, 1, 1)), ("270101", date(1927, 1, 1))]
)
def test_nobody_was_born_tomorrow(written: str, born: date) -> None:
    with clock.frozen(clock.day_start(date(2026, 11, 23))):
        passport = read_passport(lines_of(born=written))

    assert passport is not None
    assert passport.birth_date == born


def test_who_does_not_say_their_sex_is_asked() -> None:
    passport = read_passport(lines_of(sex="<"))

    assert passport is not None
    assert passport.sex is None


def test_the_check_digit_is_that_of_the_standard() -> None:
    assert check_digit("520727") == "3"
    assert check_digit("AB2134<<<") == "5"
