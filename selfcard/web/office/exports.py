"""Rows as a file: CSV and Excel, written row by row, so that memory does not grow with them.

A page gives what the columns are called and an iterable of rows. Numbers, days and moments are
given as what they are; serials and card numbers as text, since a spreadsheet would round them.
"""

import csv
import html
import itertools
import re
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

import xlsxwriter
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.functional import Promise
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from selfcard.core import clock

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS_OF_A_SHEET = 1_048_576  # what Excel opens, the head included
LONGEST_TEXT = 32_767
LONGEST_NUMBER = 10**15  # beyond, Excel rounds
MEASURED_ROWS = 500
NARROWEST, WIDEST = 8, 60

Text = str | Promise
Rows = Iterable[Sequence[Any]]


def exported(
    request: HttpRequest, name: str, head: Sequence[Text], rows: Rows
) -> HttpResponse | None:
    """The file that the address asks for (`?export=csv`, `?export=xlsx`), or nothing."""
    make = KINDS.get(request.GET.get("export", ""))
    # By class a streamed answer is none of these; whoever gets it only hands it on.
    return cast(HttpResponse, make(name, head, rows)) if make else None


def csv_file(name: str, head: Sequence[Text], rows: Rows) -> StreamingHttpResponse:
    """Rows as CSV, with the mark by which spreadsheets know UTF-8."""
    writer = csv.writer(_Echo())

    def lines() -> Iterator[str]:
        yield "\ufeff"
        for row in itertools.chain([head], rows):
            yield writer.writerow([_plain(harmless(cell)) for cell in row])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file_name(name, "csv")}"'
    return response


def spreadsheet(name: str, head: Sequence[Text], rows: Rows) -> FileResponse:
    """Rows as an Excel workbook: typed cells, the head in sight, columns as wide as they need."""
    return workbook(name, [("", head, rows)])


def workbook(name: str, tables: Iterable[tuple[Text, Sequence[Text], Rows]]) -> FileResponse:
    """Several tables as an Excel workbook: title, head and rows of each, a sheet for each."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        for title, head, rows in tables:
            _Sheets(book, head, str(title)).write(iter(rows))
    file.seek(0)
    return FileResponse(
        file, as_attachment=True, filename=file_name(name, "xlsx"), content_type=SPREADSHEET
    )


# How the name of a file ends that is of a day or a period.
OF_DAYS = re.compile(r"\d{4}-\d{2}-\d{2}$")
KINDS: dict[str, Callable[[str, Sequence[Text], Rows], StreamingHttpResponse]] = {
    "csv": csv_file,
    "xlsx": spreadsheet,
}


def harmless(cell: Any) -> Any:
    """A cell without markup that no spreadsheet takes for a formula."""
    text = html.unescape(strip_tags(cell)) if isinstance(cell, SafeString) else cell
    text = str(text) if isinstance(text, Promise) else text
    if isinstance(text, str) and text.startswith(FORMULA_STARTS):
        return f"'{text}"
    return text


def file_name(name: str, kind: str) -> str:
    """What is of days says of which; everything else, when it was taken."""
    return f"{name}.{kind}" if OF_DAYS.search(name) else f"{name}-{clock.today()}.{kind}"


class _Echo:
    def write(self, line: str) -> str:
        return line


def _plain(cell: Any) -> Any:
    """A cell as CSV writes it: days as ISO 8601 does, the time of day at the insurer."""
    if isinstance(cell, datetime):
        return cell.astimezone(clock.zone()).strftime("%Y-%m-%d %H:%M")
    return cell.isoformat() if isinstance(cell, date) else cell


class _Sheets:
    """The sheets of one table; a new one begins where Excel opens no more rows."""

    def __init__(self, book: xlsxwriter.Workbook, head: Sequence[Text], title: str) -> None:
        self.book, self.head = book, [str(harmless(cell)) for cell in head]
        self.titles = itertools.chain([title or None], itertools.repeat(None))
        self.bold = book.add_format({"bold": True, "bottom": 1})
        self.looks: dict[type, Format] = {
            int: book.add_format({"num_format": "#,##0"}),
            Decimal: book.add_format({"num_format": "#,##0.00"}),
            date: book.add_format({"num_format": "yyyy-mm-dd"}),
            datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        }

    def write(self, rows: Iterator[Sequence[Any]]) -> None:
        following: Sequence[Any] | None = next(rows, None)
        while True:
            sheet = self.book.add_worksheet(next(self.titles))
            sheet.freeze_panes(1, 0)
            sheet.write_row(0, 0, self.head, self.bold)
            widths, last = [_width(text) for text in self.head], 0
            while following is not None and last < ROWS_OF_A_SHEET - 1:
                last += 1
                for column, cell in enumerate(following):
                    written = self._write(sheet, last, column, harmless(cell))
                    if last <= MEASURED_ROWS:
                        widths[column] = max(widths[column], _width(written))
                following = next(rows, None)
            for column, width in enumerate(widths):
                sheet.set_column(column, column, min(max(width, NARROWEST), WIDEST) + 2)
            sheet.autofilter(0, 0, last, len(self.head) - 1)
            if following is None:
                return

    def _write(self, sheet: Worksheet, row: int, column: int, cell: Any) -> str:
        """Write one cell as what it is; gives about what it looks like."""
        if cell is None or cell == "":
            return ""
        if isinstance(cell, datetime):
            local = cell.astimezone(clock.zone()).replace(tzinfo=None)
            sheet.write_datetime(row, column, local, self.looks[datetime])
        elif isinstance(cell, date):
            sheet.write_datetime(row, column, cell, self.looks[date])
        elif _counts(cell):
            kind = int if isinstance(cell, int) else Decimal
            sheet.write_number(row, column, cell, self.looks[kind])
            return f"{cell:,}"
        else:
            cell = str(cell)[:LONGEST_TEXT]
            sheet.write_string(row, column, cell)
        return str(_plain(cell))


def _counts(cell: Any) -> bool:
    """Whether a cell is a number that a spreadsheet keeps exactly."""
    number = isinstance(cell, int | Decimal) and not isinstance(cell, bool)
    return number and abs(cell) < LONGEST_NUMBER


def _width(text: str) -> int:
    """How many figures wide a text is: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)
