"""Premium received in advance: the accounts, one account with its statement, deposits."""

from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.db.models import Q, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from selfcard.organisations.models import May
from selfcard.organisations.queries import may
from selfcard.payments.commands import ask_for_deposit, open_advance_account
from selfcard.payments.models import AdvanceAccount, AdvanceEntry, Receipt
from selfcard.payments.papers.statements import statement_pdf
from selfcard.payments.queries import (
    SEEING_RECEIPTS,
    advance_accounts_in_reach,
    open_refund,
    statement_of,
)
from selfcard.web.office.exports import exported
from selfcard.web.office.forms import refusals_shown_on
from selfcard.web.office.lists import (
    Blank,
    ListDeed,
    MomentColumn,
    MoneyColumn,
    NumberColumn,
    OfficeFilter,
    OfficeTable,
    Total,
    list_page,
)
from selfcard.web.office.payments.forms import AdvanceForm, DepositForm, usual_place
from selfcard.web.office.views import OfficeRequest, found, office_view, show
from selfcard.web.templatetags.selfcard import money

OPENING = (May.KEEP_ADVANCES, May.ISSUE_RECEIPTS)


class AdvanceFilter(OfficeFilter):
    q = django_filters.CharFilter(label=gettext_lazy("Account or payer"), method="named")
    left = django_filters.ChoiceFilter(
        label=gettext_lazy("Balance"),
        method="by_balance",
        empty_label=gettext_lazy("all"),
        choices=[("some", gettext_lazy("with a balance")), ("none", gettext_lazy("empty"))],
    )

    class Meta:
        model = AdvanceAccount
        fields: ClassVar = ["q", "left"]

    def named(
        self, rows: QuerySet[AdvanceAccount], name: str, text: str
    ) -> QuerySet[AdvanceAccount]:
        return rows.filter(
            Q(number__icontains=text) | Q(payer_name__icontains=text) | Q(tax_number__iexact=text)
        )

    def by_balance(
        self, rows: QuerySet[AdvanceAccount], name: str, left: str
    ) -> QuerySet[AdvanceAccount]:
        return rows.filter(balance__gt=0) if left == "some" else rows.filter(balance=0)


class AdvanceTable(OfficeTable):
    number = NumberColumn(
        verbose_name=gettext_lazy("Advance account"),
        linkify=("office:payments:advance", [tables.A("number")]),
    )
    payer_name = tables.Column(gettext_lazy("Payer"))
    tax_number = NumberColumn(verbose_name=gettext_lazy("Tax number"))
    organisation = tables.Column(
        gettext_lazy("Organisation"), accessor="organisation__name", order_by="organisation__path"
    )
    opened_at = MomentColumn(verbose_name=pgettext_lazy("account", "Opened"))
    balance = MoneyColumn(verbose_name=gettext_lazy("Balance"))

    class Meta(OfficeTable.Meta):
        order_by = "payer_name"


def _place_of_entry(record: AdvanceEntry) -> str:
    return reverse(f"office:payments:{record.reason_kind}", args=[record.reason_number])


class StatementTable(OfficeTable):
    at = MomentColumn(verbose_name=gettext_lazy("When"))
    kind = tables.Column(gettext_lazy("What"))
    paper = NumberColumn(
        verbose_name=gettext_lazy("Paper"), accessor="reason_number", linkify=_place_of_entry
    )
    by = tables.Column(gettext_lazy("By"), accessor="by__name")
    amount = MoneyColumn("account__currency", verbose_name=gettext_lazy("Amount"))
    balance = MoneyColumn("account__currency", verbose_name=gettext_lazy("Balance"))

    class Meta(OfficeTable.Meta):
        orderable = False


@office_view(*SEEING_RECEIPTS)
def advances(request: OfficeRequest) -> HttpResponse:
    deed = None
    if request.mays.intersection(OPENING):
        deed = ListDeed(_("Open an account"), reverse("office:payments:open_advance"))
    return list_page(
        request,
        rows=advance_accounts_in_reach(request.actor),
        table=AdvanceTable,
        filters=AdvanceFilter,
        totals=lambda rows: [
            Total(
                _("Left in advance"),
                money(rows.order_by().aggregate(sum=Sum("balance"))["sum"] or 0),
            )
        ],
        title=_("Payer advances"),
        lead=_("What payers left with us before it is matched to a receipt. It is theirs."),
        blank=Blank(
            _("No advance account yet"),
            _(
                "An account is opened for a payer; a deposit, or what a transfer brings too much,"
                " goes into it."
            ),
            icon="cash",
            url=deed.url if deed else "",
            deed=deed.label if deed else "",
        ),
        deed=deed,
        name="payer-advances",
        printed=True,
    )


@office_view(*OPENING)
def open_account(request: OfficeRequest) -> HttpResponse:
    form = AdvanceForm(
        request.POST or None,
        actor=request.actor,
        initial=usual_place(request.staff.organisation),
    )
    if form.is_valid():
        with refusals_shown_on(form):
            account = open_advance_account(**form.cleaned_data, actor=request.actor)
            messages.success(
                request,
                _("Advance account %(number)s is open.") % {"number": account.number},
            )
            return redirect("office:payments:advance", account.number)
    return show(request, "office/payments/open_advance.html", {"form": form})


@office_view(*SEEING_RECEIPTS)
def advance(request: OfficeRequest, number: str) -> HttpResponse:
    """An account: a page of its statement, newest first, what waits, and what can be done."""
    account = find_account(request, number)
    entries = statement_of(account)
    head = [_("When"), _("What"), _("Paper"), _("By"), _("Amount"), _("Balance")]
    if file := exported(request, account.number, head, map(_row, entries.iterator())):
        return file
    place = account.organisation
    context = {
        "account": account,
        "deposits": account.receipts.filter(
            kind=Receipt.Kind.DEPOSIT, state__in=[Receipt.State.ISSUED, Receipt.State.WAITING]
        ),
        "refund": open_refund(account),
        "may_deposit": may(request.actor, May.ISSUE_RECEIPTS, place),
        "may_refund": account.balance > 0 and may(request.actor, May.ISSUE_PAYMENTS, place),
    }
    return list_page(
        request,
        rows=entries.order_by("-id"),
        table=StatementTable,
        title=account.number,
        blank=Blank(
            _("Nothing has come in yet"),
            _("A deposit, or what a transfer brings too much, is the first line."),
            icon="cash",
        ),
        template="office/payments/advance.html",
        context=context,
    )


def _row(entry: AdvanceEntry) -> list[Any]:
    return [
        entry.at,
        entry.get_kind_display(),
        entry.reason_number,
        entry.by.name,
        entry.amount,
        entry.balance,
    ]


@office_view(*SEEING_RECEIPTS)
def statement(request: OfficeRequest, number: str) -> HttpResponse:
    """The statement as PDF, as the books are now."""
    account = find_account(request, number)
    pdf = statement_pdf(account, request.actor, get_language() or "en")
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{account.number}.pdf"'
    return response


@office_view(May.ISSUE_RECEIPTS)
def deposit(request: OfficeRequest, number: str) -> HttpResponse:
    """Ask for a deposit: a receipt that another person confirms."""
    account = find_account(request, number)
    form = DepositForm(request.POST or None, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            receipt = ask_for_deposit(account=account, **form.cleaned_data, actor=request.actor)
            messages.success(
                request,
                _("Deposit receipt %(number)s is issued.") % {"number": receipt.number},
            )
            return redirect("office:payments:receipt", receipt.number)
    return show(request, "office/payments/deposit.html", {"form": form, "account": account})


def find_account(request: OfficeRequest, number: str) -> AdvanceAccount:
    return found(advance_accounts_in_reach(request.actor).filter(number=number).first())
