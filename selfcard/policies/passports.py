"""The two lines of a passport that are made for readers, as a reader types them.

ICAO 9303 part 4 (TD3): two lines of 44 signs. The first has the name; the second number, birth date
and sex, with check digits, so that a line that was read wrongly says nothing rather than something
else.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from selfcard.core import clock
from selfcard.products.people import Sex

_LINES = re.compile(r"P[A-Z<][A-Z<]{42}[A-Z0-9<]{44}")
_SEXES = {"M": Sex.MALE, "F": Sex.FEMALE}


@dataclass(frozen=True)
class Passport:
    """What a passport says of its owner. The name is as the lines have it: in capitals, the family
    name first, without accents, and cut off where it is long."""

    name: str
    number: str
    birth_date: date
    sex: Sex | None  # some passports do not say it


def read_passport(text: str) -> Passport | None:
    """A passport from what its reader has typed; nothing where it is something else, or misread."""
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()
    found = _LINES.search(plain)
    if not found:
        return None
    names, line = found[0][5:44], found[0][44:]
    whole = line[:10] + line[13:20] + line[21:43]
    checked = ((line[:9], line[9]), (line[13:19], line[19]), (whole, line[43]))
    if any(check_digit(signs) != digit for signs, digit in checked):
        return None
    born = _birth_date(line[13:19])
    if born is None:
        return None
    return Passport(
        name=" ".join(names.replace("<", " ").split()),
        number=line[:9].rstrip("<"),
        birth_date=born,
        sex=_SEXES.get(line[20]),
    )


def check_digit(signs: str) -> str:
    """The check digit of a part of the lines: weights 7, 3, 1; letters from ten, fillers 0."""
    values = [0 if sign == "<" else int(sign, 36) for sign in signs]
    return str(sum(value * (7, 3, 1)[place % 3] for place, value in enumerate(values)) % 10)


def _birth_date(digits: str) -> date | None:
    """A birth date of which the century is not said: nobody is born tomorrow."""
    this_year = clock.today().year
    year = this_year - this_year % 100 + int(digits[:2]) if digits.isdigit() else 0
    try:
        born = date(year, int(digits[2:4]), int(digits[4:]))
        return born if born <= clock.today() else born.replace(year=year - 100)
    except ValueError:
        return None
