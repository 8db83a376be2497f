"""Occupations by risk class, 1 (office) to 6 (most dangerous), from a table beside this file."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from django.utils.translation import get_language


@dataclass(frozen=True)
class Occupation:
    """An occupation with the class that its accident risk puts it in."""

    code: str
    risk_class: int
    name_zh: str
    name_en: str

    def __str__(self) -> str:
        return self.name_zh if (get_language() or "").startswith("zh") else self.name_en


@cache
def occupations() -> dict[str, Occupation]:
    """All occupations by code, in the order of the table."""
    text = files(__package__).joinpath("data/occupations.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines())
    return {
        row["code"]: Occupation(row["code"], int(row["class"]), row["zh"], row["en"])
        for row in rows
    }


def find_occupation(code: str) -> Occupation | None:
    return occupations().get(code)
