"""A report: what the books say when somebody asks, as a table on paper.

It is no document of a deed: nothing of it is frozen, and its words are already the reader's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language

from selfcard.core import clock
from selfcard.core.papers import frozen_facts, render
from selfcard.core.wording import written_day

REPORT = "report"
LONGEST = 3_000  # lines that still make a paper; beyond, a file is what one wants


@dataclass(frozen=True)
class Column:
    """What a column is called; figures stand to the right."""

    label: str
    figures: bool = False


@dataclass(frozen=True)
class Table:
    """A table with what it is about, and its sum."""

    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Any]]
    total: Sequence[Any] = ()
    title: str = ""
    empty: str = ""


@dataclass(frozen=True)
class Report:
    """A title, what was asked for, and the tables that answer."""

    title: str
    period: str
    asked: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]
    note: str = ""


def report_pdf(report: Report) -> bytes:
    """The report as PDF, in the language that is being spoken."""
    language = get_language() or ""
    facts = {
        "title": report.title,
        "period": report.period,
        "asked": [list(pair) for pair in report.asked],
        "tables": [
            {
                "title": table.title,
                "columns": [[one.label, one.figures] for one in table.columns],
                "rows": [[written(cell) for cell in row] for row in table.rows],
                "total": [written(cell) for cell in table.total],
                "empty": table.empty,
            }
            for table in report.tables
        ],
        "note": report.note,
        "printed_at": clock.now(),
    }
    return render(REPORT, frozen_facts(facts), language)


def written(cell: Any) -> str:
    """A cell as a paper shows it."""
    match cell:
        case None:
            return ""
        case bool():
            raise TypeError("a report says nothing by yes or no")
        case Decimal():
            return f"{'−' if cell < 0 else ''}{abs(cell):,.2f}"
        case int():
            return f"{'−' if cell < 0 else ''}{abs(cell):,}"
        case datetime():
            local = cell.astimezone(clock.zone())
            return f"{written_day(local)} {local:%H:%M}"
        case date():
            return written_day(cell)
    return str(cell)
