"""A page of figures as a file: PDF, Excel and CSV, of the same rows that the page shows."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from selfcard.core.papers.report import LONGEST, Column, Report, Table, report_pdf
from selfcard.web.office.exports import exported, file_name
from selfcard.web.office.views import OfficeRequest

__all__ = ["Column", "Table", "filed", "on_paper"]


def filed(
    request: OfficeRequest,
    name: str,
    *,
    title: str,
    period: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Any]],
    asked: Sequence[tuple[str, str]] = (),
    total: Sequence[Any] = (),
    empty: str = "",
    note: str = "",
) -> HttpResponse | None:
    """The file that the address asks for (`?export=pdf`, `xlsx`, `csv`), or nothing.

    `rows` are read only when a file is asked for. What is too long for a paper is told so.
    """
    if request.GET.get("export") != "pdf":
        return exported(request, name, [column.label for column in columns], rows)
    lines = list(islice(rows, LONGEST + 1))
    if len(lines) > LONGEST:
        messages.warning(
            request,
            _("This is more than %(lines)s lines: too long for a paper. Take it as Excel or CSV.")
            % {"lines": f"{LONGEST:,}"},
        )
        query = request.GET.copy()
        del query["export"]
        return redirect(f"{request.path}?{query.urlencode()}")
    table = Table(tuple(columns), lines, tuple(total), empty=empty or _("There is nothing."))
    return on_paper(
        request, name, title=title, period=period, asked=asked, tables=[table], note=note
    )


def on_paper(
    request: OfficeRequest,
    name: str,
    *,
    title: str,
    period: str,
    tables: Sequence[Table],
    asked: Sequence[tuple[str, str]] = (),
    note: str = "",
) -> HttpResponse:
    """One or several tables as PDF, with who printed it."""
    printed_by = (_("Printed by"), f"{request.staff.name} ({request.staff.code})")
    report = Report(title, period, (*asked, printed_by), tuple(tables), note)
    response = HttpResponse(report_pdf(report), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{file_name(name, "pdf")}"'
    return response
