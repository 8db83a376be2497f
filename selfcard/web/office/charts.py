"""Figures as a picture: what `<c-chart>` draws, and the same figures as a table.

Bars stand on one another, upward for what comes and downward for what goes; a line goes over them
or alone. The picture is drawn where there is script; the table says everything without it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise

Text = str | Promise
Figure = int | Decimal


@dataclass(frozen=True)
class Series:
    """What one colour of a picture stands for: a figure for each category.

    `tone` is a colour of a strip (`s-sold` without the `s-`), so that a status looks the same
    everywhere: `look_of(status).fill`.
    """

    name: Text
    values: Sequence[Figure]
    tone: str = "paid"
    line: bool = False


@dataclass(frozen=True)
class Chart:
    """One picture: a period or a place a category, a series a colour; `unit` is what is counted."""

    title: Text
    categories: Sequence[Text]
    series: Sequence[Series]
    unit: Text = ""

    def __post_init__(self) -> None:
        assert all(len(one.values) == len(self.categories) for one in self.series)

    @property
    def data(self) -> dict[str, Any]:
        """What the script reads."""
        return {
            "title": str(self.title),
            "unit": str(self.unit),
            "categories": [str(one) for one in self.categories],
            "series": [
                {
                    "name": str(one.name),
                    "values": [float(value) for value in one.values],
                    "tone": one.tone,
                    "line": one.line,
                }
                for one in self.series
            ],
        }

    @property
    def rows(self) -> Iterator[tuple[Text, list[str]]]:
        """The table: each category with its figures."""
        for at, category in enumerate(self.categories):
            yield category, [f"{one.values[at]:,}".replace("-", "−") for one in self.series]
