"""Daily reconciliation: what must say the same, side by side, and each line that does not."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from selfcard.core import clock
from selfcard.core.papers.report import written
from selfcard.inquiry.queries.reconciliation import (
    SEEING_RECONCILIATION,
    Mismatch,
    Reconciliation,
    reconciliation,
)
from selfcard.web.office.exports import csv_file, workbook
from selfcard.web.office.fields import OrganisationCodeField
from selfcard.web.office.ledger.reasons import page_of_paper
from selfcard.web.office.periods import DAYS, PeriodForm, said, within
from selfcard.web.office.reports import Column, Table, on_paper
from selfcard.web.office.views import OfficeRequest, office_view, show


class ReconciliationForm(PeriodForm):
    """Today, unless another day, or several, are asked for; of one organisation, or of all."""

    widths: ClassVar = {**PeriodForm.widths, "organisation": 12}

    organisation = OrganisationCodeField(
        *SEEING_RECONCILIATION,
        label=gettext_lazy("Organisation, and what is below it"),
        required=False,
    )

    def __init__(self, request: OfficeRequest) -> None:
        today = clock.today().isoformat()
        super().__init__(request, span=DAYS, first=today, last=request.GET.get("first") or today)

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if "period" in given and given["period"].first > clock.today():
            self.add_error("first", _("Of a day that is still to come nothing can be said yet."))
        return given


@dataclass(frozen=True)
class Line:
    """A mismatch as the page shows it: whose it is, and the page of its paper."""

    mismatch: Mismatch
    organisation: str
    url: str


@office_view(*SEEING_RECONCILIATION)
def reconciliation_page(request: OfficeRequest) -> HttpResponseBase:
    """The reconciliation of a day or of several, as page, PDF, Excel and CSV."""
    form = ReconciliationForm(request)
    if not form.is_valid():
        return show(request, "office/ledger/reconciliation.html", {"form": form})
    found = reconciliation(request.actor, form.period, form.cleaned_data["organisation"])
    lines = list(_lines(found))
    if file := _file(request, form, found, lines):
        return file
    return show(
        request,
        "office/ledger/reconciliation.html",
        {
            "form": form,
            "period": form.period,
            "reaches_today": form.period.last >= clock.today(),
            "notes": _notes(found),
            "found": found,
            "lines": lines,
            "earlier": within(form.period.moved(-1)),
            "later": within(form.period.moved(1)),
        },
    )


def _lines(found: Reconciliation) -> Iterator[Line]:
    for one in found.mismatches:
        place = found.organisations.get(one.organisation or 0)
        yield Line(one, place.name if place else "", page_of_paper(one.subject, one.number))


def _file(
    request: OfficeRequest, form: ReconciliationForm, found: Reconciliation, lines: list[Line]
) -> HttpResponseBase | None:
    """The file that the address asks for: what disagrees, and the figures of both sides."""
    kind = request.GET.get("export")
    days = dict.fromkeys(map(str, (form.period.first, form.period.last)))
    name = "-".join(["reconciliation", *days])
    disagree, figures = _line_columns(), _figure_columns()
    rows, sums = [_line_row(line) for line in lines], list(_figure_rows(found))
    if kind == "csv":
        return csv_file(name, [column.label for column in disagree], rows)
    if kind == "xlsx":
        return workbook(
            name,
            [
                (_("Lines that disagree"), [column.label for column in disagree], rows),
                (_("Figures"), [column.label for column in figures], sums),
            ],
        )
    if kind == "pdf":
        return _paper(request, name, form, rows, sums, _notes(found))
    return None


def _paper(
    request: OfficeRequest,
    name: str,
    form: ReconciliationForm,
    rows: list[list[Any]],
    sums: list[list[Any]],
    notes: list[str],
) -> HttpResponse:
    place = form.cleaned_data["organisation"]
    return on_paper(
        request,
        name,
        title=_("Daily reconciliation"),
        period=said(form.period),
        asked=[(_("Organisation"), place.name if place else _("all in reach"))],
        tables=[
            Table(
                tuple(_line_columns()),
                rows,
                title=_("Lines that disagree"),
                empty=_("Everything agrees, to the cent."),
            ),
            Table(
                tuple(_figure_columns()),
                sums,
                title=_("Figures"),
                empty=_("Nothing happened on these days."),
            ),
        ],
        note=" ".join(notes),
    )


def _notes(found: Reconciliation) -> list[str]:
    """What one has to know who sets the figures beside a trial balance."""
    notes = [
        _(
            "Activations stand on their own day, and count in the ledger from the first day of"
            " cover: a trial balance of the day differs by them in 2201, 2202 and the written"
            " premium."
        )
    ]
    if found.tells_what_is_owed:
        owed = _(
            "What is owed now, and held now, is of this moment, %(moment)s, whatever days are asked"
            " for."
        )
        notes.append(owed % {"moment": written(clock.now())})
    return notes


def _line_columns() -> list[Column]:
    return [
        Column(_("What disagrees")),
        Column(_("Paper")),
        Column(_("Organisation")),
        Column(_("Currency")),
        Column(_("Should be"), figures=True),
        Column(pgettext("amount", "Is"), figures=True),
    ]


def _line_row(line: Line) -> list[Any]:
    one = line.mismatch
    return [
        one.what.label,
        one.number,
        line.organisation,
        one.currency,
        _amount(one.expected),
        _amount(one.found),
    ]


def _amount(amount: Any) -> Any:
    return pgettext("amount", "nothing") if amount is None else amount


def _figure_columns() -> list[Column]:
    return [
        Column(_("What")),
        Column(_("Side")),
        Column(_("Currency")),
        Column(_("Papers"), figures=True),
        Column(pgettext("how many", "Cards"), figures=True),
        Column(_("Amount"), figures=True),
    ]


def _figure_rows(found: Reconciliation) -> Iterator[list[Any]]:
    for group in found.groups:
        for figure in group.figures:
            yield [
                str(group.title),
                str(figure.label),
                figure.currency,
                figure.papers,
                figure.cards,
                figure.amount,
            ]
