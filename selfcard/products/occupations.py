"""The classification of occupations by sector and trade, with the class that their accident risk
puts them in; the tables beside this file.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from selfcard.products.trees import Entry, Tree

CLASSES = (1, 2, 3, 4, 5, 6)  # from office work to the most dangerous


@dataclass(frozen=True)
class Occupation(Entry):
    """A sector (two digits), a trade in it (four), or an occupation in that (seven digits).

    An occupation without a class is insured by nobody.
    """

    risk_class: int | None = None


@cache
def classification() -> Tree[Occupation]:
    """Sectors, trades and occupations."""
    return Tree(sorted(_rows(), key=lambda one: one.code))


@cache
def occupations() -> dict[str, Occupation]:
    """All occupations by code, in the order of the table."""
    tree = classification()
    return {code: one for code, one in tree.entries.items() if tree.is_last(code)}


def find_occupation(code: str) -> Occupation | None:
    return occupations().get(code)


def _rows() -> Iterator[Occupation]:
    for row in _table("trades"):
        yield Occupation(row["code"], row["zh"], row["en"])
    for row in _table("occupations"):
        risk_class = int(row["class"]) if row["class"] else None
        yield Occupation(row["code"], row["zh"], row["en"], risk_class)


def _table(name: str) -> Iterator[dict[str, str]]:
    text = files(__package__).joinpath(f"data/{name}.csv").read_text("utf-8")
    yield from csv.DictReader(text.splitlines())
