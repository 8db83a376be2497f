"""The administrative divisions of China by their codes (GB/T 2260), from a table beside this file.

A code is written as far as it says something: two digits for a province, four for a city, six for
a county. So a county's code begins with its city's, and whoever names a city names all of it.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from django.utils.translation import get_language

from selfcard.products.trees import Entry, Tree


@dataclass(frozen=True)
class Region(Entry):
    """A province, city or county, or what has the rank of one."""


@cache
def divisions() -> Tree[Region]:
    """All divisions."""
    text = files(__package__).joinpath("data/regions.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines())
    return Tree(Region(row["code"], row["zh"], row["en"]) for row in rows)


def find_region(code: str) -> Region | None:
    return divisions().find(code)


def provinces() -> list[Region]:
    return divisions().below()


def lies_in(code: str, regions: tuple[str, ...]) -> bool:
    """Whether a division is one of these or lies in one of them."""
    return any(code.startswith(region) for region in regions)


def region_in_full(code: str) -> str:
    """A division with all that it lies in, in the order of the reader's language."""
    names = [str(one) for one in divisions().path(code)] if find_region(code) else []
    if (get_language() or "").startswith("zh"):
        return "".join(names)
    return ", ".join(reversed(names))
