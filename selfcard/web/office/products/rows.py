"""Rows of a form that come and go: added, removed and moved by buttons that send the form."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django import forms
from django.http import QueryDict

MOST_ROWS = 40

Row = dict[str, list[str]]


@dataclass(frozen=True)
class Rows:
    """One kind of rows in a form; the fields of a row are named `<name>-0-<field>`."""

    name: str
    kind: type[forms.Form]

    def field(self, at: int, name: str) -> str:
        return f"{self.name}-{at}-{name}"

    def count(self, data: Iterable[str]) -> int:
        """How many rows were sent; a page shows at least one."""
        pattern = re.compile(rf"{self.name}-(\d{{1,2}})-\w+")
        places = [int(found[1]) for name in data if (found := pattern.fullmatch(name))]
        return min(max(places, default=0) + 1, MOST_ROWS)

    def read(self, data: QueryDict) -> list[Row]:
        names = self.kind.base_fields
        return [
            {name: data.getlist(self.field(at, name)) for name in names}
            for at in range(self.count(data))
        ]

    def write(self, data: QueryDict, rows: list[Row]) -> None:
        """Put these rows in the place of those that were sent."""
        for at in range(self.count(data)):
            for name in self.kind.base_fields:
                data.pop(self.field(at, name), None)
        for at, row in enumerate(rows):
            for name, values in row.items():
                data.setlist(self.field(at, name), values)


def rearranged(sent: QueryDict, groups: Iterable[Rows], deed: str) -> tuple[QueryDict, str]:
    """What was sent, with a row added, removed or moved, and the row where one goes on.

    A deed is `<name>-<what>` or `<name>-<what>-<place>`; of any other nothing comes.
    """
    data = sent.copy()
    name, _, rest = deed.partition("-")
    what, _, place = rest.partition("-")
    group = next((one for one in groups if one.name == name), None)
    if group is None:
        return data, ""
    rows = group.read(data)
    at = int(place) if place.isdecimal() and int(place) < len(rows) else len(rows) - 1
    if what == "add" and len(rows) < MOST_ROWS:
        rows.append({name: [""] for name in group.kind.base_fields})
        at = len(rows) - 1
    elif what == "remove":
        rows.pop(at)
        at = max(at - 1, 0)
    elif what == "up" and at > 0:
        rows[at - 1], rows[at] = rows[at], rows[at - 1]
        at -= 1
    elif what == "down" and at < len(rows) - 1:
        rows[at + 1], rows[at] = rows[at], rows[at + 1]
        at += 1
    group.write(data, rows)
    return data, f"{group.name}-{at}"
