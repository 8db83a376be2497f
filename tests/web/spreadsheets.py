"""Reads a workbook back as Excel would: what each cell is, and what it says."""

import io
import zipfile
from typing import Any
from xml.etree import ElementTree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def sheet_of(content: bytes, sheet: int = 1) -> ElementTree.Element:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return ElementTree.fromstring(book.read(f"xl/worksheets/sheet{sheet}.xml"))  # noqa: S314


def rows_of(content: bytes, sheet: int = 1) -> list[list[Any]]:
    """The rows of a sheet: text as `str`, numbers and days as `float`, nothing as None."""
    return [_cells(row) for row in sheet_of(content, sheet).iterfind(f"{MAIN}sheetData/{MAIN}row")]


def _cells(row: ElementTree.Element) -> list[Any]:
    cells: list[Any] = []
    for cell in row:
        column = ord(cell.attrib["r"][0]) - ord("A")
        cells += [None] * (column - len(cells))
        assert cell.find(f"{MAIN}f") is None, "a formula"
        text = "".join(cell.itertext())
        cells.append(text if cell.attrib.get("t") == "inlineStr" else float(text))
    return cells
