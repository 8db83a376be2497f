"""The entries of the books: the list of a period, one with its postings, and the journal."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from selfcard.ledger.models import Account, Entry
from selfcard.ledger.queries import (
    EntriesAsked,
    entries_before,
    find_entry,
    journal,
    require_sight_of_books,
)
from selfcard.web.office.exports import csv_file, spreadsheet
from selfcard.web.office.ledger.beancount import beancount_file
from selfcard.web.office.ledger.forms import EntriesForm
from selfcard.web.office.ledger.reasons import reason_of
from selfcard.web.office.ledger.views import SEEING_BOOKS
from selfcard.web.office.periods import PeriodForm, said
from selfcard.web.office.reports import Column, filed
from selfcard.web.office.views import OfficeRequest, found, office_view, show

ROWS_AT_ONCE = 2_000


@office_view(*SEEING_BOOKS)
def entries(request: OfficeRequest) -> HttpResponse:
    """The entries of a period, newest first; pages follow on, however many there are."""
    require_sight_of_books(request.actor)
    form = EntriesForm(request)
    if not form.is_valid():
        return show(request, "office/ledger/entries.html", {"form": form})
    asked = EntriesAsked(form.period, form.cleaned_data["kind"], form.cleaned_data["reason"])
    if file := filed(
        request,
        "entries",
        title=_("Entries"),
        period=said(form.period),
        columns=_columns(),
        rows=_rows(asked.rows().iterator(chunk_size=ROWS_AT_ONCE)),
    ):
        return file
    rows, older = entries_before(asked, request.GET.get("before", ""))
    return show(
        request,
        "office/ledger/entries.html",
        {
            "form": form,
            "entries": [(entry, reason_of(entry)) for entry in rows],
            "older": older,
            "turned": "before" in request.GET,
        },
    )


@office_view(*SEEING_BOOKS)
def entry(request: OfficeRequest, number: str) -> HttpResponse:
    """An entry with its postings, what it comes from, and what reverses it."""
    require_sight_of_books(request.actor)
    one = found(find_entry(number))
    return show(
        request,
        "office/ledger/entry.html",
        {
            "entry": one,
            "reason": reason_of(one),
            "reversed_by": getattr(one, "reversed_by", None),
        },
    )


@office_view(*SEEING_BOOKS)
def journal_page(request: OfficeRequest) -> HttpResponseBase:
    """The journal of a period, to be taken away: CSV, Excel, Beancount."""
    require_sight_of_books(request.actor)
    form = PeriodForm(request)
    if form.is_valid() and (wanted := request.GET.get("export")) in KINDS:
        name = f"journal-{form.period.first}-{form.period.last}"
        if wanted == "beancount":
            return beancount_file(name, form.period)
        head = [column.label for column in _columns()]
        return KINDS[wanted](name, head, _rows(journal(form.period)))
    return show(request, "office/ledger/journal.html", {"form": form})


KINDS: dict[str, Any] = {"csv": csv_file, "xlsx": spreadsheet, "beancount": beancount_file}


def _columns() -> list[Column]:
    return [
        Column(_("Entry")),
        Column(_("Counts from")),
        Column(_("Booked")),
        Column(_("What happened")),
        Column(_("Reason")),
        Column(_("Account")),
        Column(_("Name")),
        Column(_("Currency")),
        Column(_("Debit"), figures=True),
        Column(_("Credit"), figures=True),
    ]


def _rows(entries: Iterable[Entry]) -> Iterator[list[Any]]:
    """A row for each posting, so that a file can be summed by account."""
    for one in entries:
        for posting in one.postings.all():
            account: Account = posting.account
            yield [
                one.number,
                one.counts_from,
                one.booked_at,
                one.get_kind_display(),
                one.reason_number,
                account.code,
                account.name,
                one.currency,
                posting.debit or None,
                posting.credit or None,
            ]
