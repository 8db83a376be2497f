"""The trial balance, and what moved each of its accounts."""

from datetime import timedelta
from itertools import chain
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from selfcard.core import clock
from selfcard.core.periods import Period
from selfcard.core.wording import written_day
from selfcard.ledger.models import Account
from selfcard.ledger.queries import (
    AccountStatement,
    Place,
    StatementLine,
    TrialBalance,
    account_statement,
    last_closing,
    lines_of,
    page_of,
    require_sight_of_books,
    trial_balance,
)
from selfcard.organisations.models import May
from selfcard.web.office.ledger.forms import DayForm
from selfcard.web.office.ledger.reasons import reason_of
from selfcard.web.office.periods import PeriodForm, said, within
from selfcard.web.office.reports import Column, filed
from selfcard.web.office.views import OfficeRequest, found, office_view, show

SEEING_BOOKS = (May.AUDIT, May.CLOSE_BOOKS)
USUAL_CURRENCY = "CNY"


@office_view(*SEEING_BOOKS)
def trial_balance_page(request: OfficeRequest) -> HttpResponse:
    """Every account's turnover and balance, as of a day."""
    require_sight_of_books(request.actor)
    form = DayForm(request.GET if "day" in request.GET else None)
    day = form.cleaned_data["day"] if form.is_valid() else None
    balance = trial_balance(day)
    as_of = written_day(day) if day else _("everything booked")
    if file := filed(
        request,
        "trial-balance",
        title=_("Trial balance"),
        period=as_of,
        columns=_balance_columns(),
        rows=_balance_rows(balance),
        total=_balance_total(balance),
        empty=_("Nothing has been booked yet"),
    ):
        return file
    return show(
        request,
        "office/ledger/trial_balance.html",
        {
            "form": form,
            "day": day,
            "balance": balance,
            "closing": last_closing(),
            "period": within(Period.month_of(day or clock.today())),
        },
    )


def _balance_columns() -> list[Column]:
    return [
        Column(_("Code")),
        Column(_("Account")),
        Column(pgettext("account", "Kind")),
        Column(_("Currency")),
        *(
            Column(label, figures=True)
            for label in (_("Debits"), _("Credits"), _("Debit balance"), _("Credit balance"))
        ),
    ]


def _balance_rows(balance: TrialBalance) -> list[list[Any]]:
    return [
        [
            line.account.code,
            line.account.name,
            line.account.get_kind_display(),
            line.currency,
            line.debits,
            line.credits,
            line.debit_balance,
            line.credit_balance,
        ]
        for line in balance.lines
    ]


def _balance_total(balance: TrialBalance) -> list[Any]:
    """The sum at the foot of the paper, where there is one currency."""
    totals = balance.totals()
    if len(totals) != 1:
        return []
    one = totals[0]
    return [
        _("Total"), "", "", one.currency, one.debits, one.credits, one.debit_balance,
        one.credit_balance,
    ]  # fmt: skip


@office_view(*SEEING_BOOKS)
def account(request: OfficeRequest, code: str) -> HttpResponse:
    """An account's statement over a period: opening, what moved it, closing."""
    require_sight_of_books(request.actor)
    one = found(Account.objects.filter(pk=code).first())
    form = PeriodForm(request)
    if not form.is_valid():
        return show(request, "office/ledger/account.html", {"form": form, "account": one})
    currency = request.GET.get("currency", USUAL_CURRENCY)[:3].upper()
    statement = account_statement(one, form.period, currency)
    if file := filed(
        request,
        f"account-{one.code}",
        title=_("Statement of account %(code)s %(name)s") % {"code": one.code, "name": one.name},
        period=said(form.period),
        asked=[(_("Currency"), currency)],
        columns=_statement_columns(),
        rows=_statement_rows(statement),
        total=[
            _("Closing"), "", "", "", statement.debits, statement.credits, statement.closing,
        ],
        note=_("A balance is a debit if it is positive, and a credit if it is negative."),
    ):  # fmt: skip
        return file
    page = page_of(
        statement,
        after=Place.read(request.GET.get("after", "")),
        before=Place.read(request.GET.get("before", "")),
        from_the_end="end" in request.GET,
    )
    return show(
        request,
        "office/ledger/account.html",
        {
            "form": form,
            "account": one,
            "statement": statement,
            "page": page,
            "lines": [(line, reason_of(line.posting.entry)) for line in page.lines],
            "earlier": within(form.period.moved(-1)),
            "later": within(form.period.moved(1)),
        },
    )


def _statement_columns() -> list[Column]:
    return [
        Column(_("Counts from")),
        Column(_("Entry")),
        Column(_("What happened")),
        Column(_("Reason")),
        Column(_("Debit"), figures=True),
        Column(_("Credit"), figures=True),
        Column(_("Balance"), figures=True),
    ]


def _statement_rows(statement: AccountStatement) -> Any:
    eve = statement.period.first - timedelta(1)
    opening = [eve, "", _("Opening"), "", None, None, statement.opening]
    return chain([opening], map(_statement_row, lines_of(statement)))


def _statement_row(line: StatementLine) -> list[Any]:
    posting, entry = line.posting, line.posting.entry
    return [
        posting.counts_from,
        entry.number,
        entry.get_kind_display(),
        entry.reason_number,
        posting.debit or None,
        posting.credit or None,
        line.balance,
    ]
