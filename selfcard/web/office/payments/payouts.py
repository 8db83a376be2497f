"""Payment receipts: the list, one voucher with its confirmation, and what else becomes of it."""

from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.db.models import Q, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from selfcard.inquiry.queries.mishaps import mishaps_of
from selfcard.ledger.queries import entries_for
from selfcard.organisations.models import May
from selfcard.organisations.queries import may
from selfcard.payments.commands import ask_advance_refund
from selfcard.payments.models import Outlay, PaymentReceipt, RedLetterInvoice
from selfcard.payments.queries import SEEING_RECEIPTS, payments_in_reach
from selfcard.sales.queries import receipt_behind
from selfcard.web.office.deeds import Deed, Subject, do
from selfcard.web.office.forms import OfficeForm, refusals_shown_on
from selfcard.web.office.lists import (
    Blank,
    NumberColumn,
    OfficeFilter,
    Total,
    list_page,
)
from selfcard.web.office.payments.advances import find_account
from selfcard.web.office.payments.debts import debt_of
from selfcard.web.office.payments.forms import OutlayRowsForm, RefundForm, payee_form
from selfcard.web.office.payments.frozen_lines import charge_line
from selfcard.web.office.payments.vouchers import VoucherTable
from selfcard.web.office.views import OfficeRequest, found, office_view, show
from selfcard.web.templatetags.selfcard import money

State = PaymentReceipt.State
OPEN = (State.ISSUED, State.FAILED)
Way = PaymentReceipt.Way


class PaymentFilter(OfficeFilter):
    q = django_filters.CharFilter(
        label=gettext_lazy("Payment receipt, payee, reference, or what it is for"), method="named"
    )
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"), choices=State.choices, empty_label=gettext_lazy("all")
    )
    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Kind"),
        choices=PaymentReceipt.Kind.choices,
        empty_label=gettext_lazy("all"),
    )

    class Meta:
        model = PaymentReceipt
        fields: ClassVar = ["q", "state", "kind"]

    def named(
        self, rows: QuerySet[PaymentReceipt], name: str, text: str
    ) -> QuerySet[PaymentReceipt]:
        return rows.filter(
            Q(number__icontains=text)
            | Q(reason_number__icontains=text)
            | Q(payee_name__icontains=text)
            | Q(pk__in=Outlay.objects.filter(reference__istartswith=text).values("payment"))
        )


def _place_of_debt(record: PaymentReceipt) -> str:
    return reverse(debt_of(record).url_name, args=[record.reason_number])


class PaymentTable(VoucherTable):
    number = NumberColumn(
        verbose_name=gettext_lazy("Payment receipt number"),
        linkify=("office:payments:payment", [tables.A("number")]),
    )
    payee = tables.Column(gettext_lazy("Payee"), order_by="payee_name")
    way = tables.Column(gettext_lazy("Way"), accessor="get_way_display", order_by="way")
    reason = NumberColumn(
        verbose_name=pgettext_lazy("receipt", "For"),
        accessor="reason_number",
        linkify=_place_of_debt,
    )

    class Meta(VoucherTable.Meta):
        pass


def _totals(rows: QuerySet[PaymentReceipt]) -> list[Total]:
    sums = rows.order_by().aggregate(
        paid=Sum("amount", filter=Q(state=State.CONFIRMED)),
        open=Sum("amount", filter=Q(state__in=OPEN)),
    )
    return [
        Total(_("Paid back"), money(sums["paid"] or 0)),
        Total(_("Still to be paid"), money(sums["open"] or 0), "wait" if sums["open"] else ""),
    ]


@office_view(*SEEING_RECEIPTS)
def payments(request: OfficeRequest) -> HttpResponse:
    return list_page(
        request,
        rows=payments_in_reach(request.actor),
        table=PaymentTable,
        filters=PaymentFilter,
        totals=_totals,
        title=_("Payment receipts"),
        lead=_("What is paid back, to whom, and whether it has gone out."),
        blank=Blank(
            _("No payment receipt yet"),
            _("One is issued on the page of a recovery, or of an advance account."),
            icon="cash",
            url=reverse("office:ways_back:recoveries"),
            deed=_("To the recoveries"),
        ),
        name="payment-receipts",
    )


@office_view(May.ISSUE_PAYMENTS)
def ask_refund(request: OfficeRequest, number: str) -> HttpResponse:
    """Write the voucher by which an advance is paid back."""
    account = find_account(request, number)
    if request.method != "POST" and not account.balance:
        return show(request, "office/payments/ask_refund.html", {"account": account})
    usual = {"amount": account.balance, "payee_name": account.payer_name}
    form = RefundForm(request.POST or None, actor=request.actor, initial=usual)
    if form.is_valid():
        with refusals_shown_on(form):
            payment = ask_advance_refund(
                account=account,
                amount=form.cleaned_data["amount"],
                payee=form.payee,
                actor=request.actor,
                request_id=form.cleaned_data["request_id"],
            )
            messages.success(
                request,
                _("Payment receipt %(number)s is issued.") % {"number": payment.number},
            )
            return redirect("office:payments:payment", payment.number)
    return show(request, "office/payments/ask_refund.html", {"form": form, "account": account})


@office_view(*SEEING_RECEIPTS)
def payment(request: OfficeRequest, number: str) -> HttpResponse:
    """A voucher; for the second person, while it waits, the form that says how it was paid."""
    one = _found(request, number)
    form = _outlay_form(request, one)
    if form is None or request.method != "POST":
        return _page(request, one, form)
    if "add" in request.POST:
        amount = f"{max(form.missing, 0):.2f}" if request.POST["add"] == "cash" else ""
        grown = OutlayRowsForm.with_row(
            request.POST,
            payment=one,
            came_by=form.came_by,
            amount=amount,
            actor=request.actor,
        )
        return _page(request, one, grown)
    if form.is_valid():
        with refusals_shown_on(form):
            settled = debt_of(one).settle(
                payment=one,
                outlays=form.tenders,
                actor=request.actor,
                request_id=form.cleaned_data["request_id"],
            )
            messages.success(request, _said(settled))
            return redirect("office:payments:payment", number)
        one = _found(request, number)  # somebody may have been faster by a moment
    return _page(request, one, form)


def _said(settled: Any) -> str:
    if isinstance(settled, RedLetterInvoice):
        return _("The money is paid back. Red-letter invoice %(number)s has been numbered.") % {
            "number": settled.number
        }
    return _("The advance is paid back.")


def _outlay_form(request: OfficeRequest, one: PaymentReceipt) -> OutlayRowsForm | None:
    """The form for whoever may pay this voucher now; a repeat of a sent form still counts."""
    if not may(request.actor, May.CONFIRM_PAYMENTS, one.organisation):
        return None
    came_by = receipt_behind(one)
    if request.method == "POST":
        return OutlayRowsForm(request.POST, payment=one, came_by=came_by, actor=request.actor)
    if one.state != State.ISSUED or one.is_written_by(request.staff):
        return None
    return OutlayRowsForm(payment=one, came_by=came_by, actor=request.actor)


def _page(
    request: OfficeRequest, one: PaymentReceipt, form: OfficeForm | None = None
) -> HttpResponse:
    is_open = one.state in OPEN
    if form and form.errors and not is_open:
        for problem in form.problems:
            messages.warning(request, problem.text)
        form = None
    writes = may(request.actor, May.ISSUE_PAYMENTS, one.organisation)
    pays = may(request.actor, May.CONFIRM_PAYMENTS, one.organisation)
    mishaps = mishaps_of(one)
    came_by = receipt_behind(one) if form else None
    context: dict[str, Any] = {
        "payment": one,
        "debt": debt_of(one),
        "debt_place": _place_of_debt(one),
        "line": charge_line(one.lines[0]),
        "receipt": came_by,
        "tenders": came_by.tenders.select_related("account").order_by("id") if came_by else (),
        "form": form,
        "is_open": is_open,
        "own": one.is_written_by(request.staff),
        "outlays": one.outlays.select_related("account", "drawer_day__drawer").order_by("id"),
        "mishaps": mishaps,
        "corrected": next((each for each in mishaps if each.is_current), None),
        "red_letter": getattr(one, "red_letter", None),
        "entries": entries_for("payment", one.number),
        "may_write": is_open and writes,
        "may_fail": pays and one.state == State.ISSUED and one.way != Way.ADVANCE,
        "sees_account": writes or pays,
    }
    return show(request, "office/payments/payment.html", context)


@office_view(May.CONFIRM_PAYMENTS)
@require_POST
def outlays_sum(request: OfficeRequest, number: str) -> HttpResponse:
    """The sum beside the form while it is typed."""
    one = _found(request, number)
    form = OutlayRowsForm(
        request.POST, payment=one, came_by=receipt_behind(one), actor=request.actor
    )
    return render(request, "office/payments/_outlays_sum.html", {"form": form, "payment": one})


@office_view(May.ISSUE_PAYMENTS)
def correct(request: OfficeRequest, number: str) -> HttpResponse:
    """Say anew where the money goes."""
    one = _found(request, number)
    form = payee_form(
        request.POST or None,
        came_by=receipt_behind(one),
        actor=request.actor,
        initial={
            "way": one.way,
            "payee_name": one.payee_name,
            "payee_bank": one.payee_bank,
            "account": one.account_id,
        },
    )
    if form.is_valid():
        with refusals_shown_on(form):
            debt_of(one).correct(
                payment=one,
                payee=form.payee,
                actor=request.actor,
                request_id=form.cleaned_data["request_id"],
            )
            messages.success(request, _("The payee is corrected."))
            return redirect("office:payments:payment", number)
    context = {"form": form, "payment": one, "failure": one.failures.last()}
    return show(request, "office/payments/correct_payee.html", context)


@office_view(May.CONFIRM_PAYMENTS)
def failed(request: OfficeRequest, number: str) -> HttpResponse:
    """The money came back because of the payee's account."""
    return _do(request, number, "failed")


@office_view(May.ISSUE_PAYMENTS)
def void(request: OfficeRequest, number: str) -> HttpResponse:
    """Take the voucher back before it is paid."""
    return _do(request, number, "void")


def _do(request: OfficeRequest, number: str, what: str) -> HttpResponse:
    one = _found(request, number)
    deed: Deed = getattr(debt_of(one), what)
    subject = Subject(
        "payment",
        one,
        "office:payments:payment",
        lambda form: _page(request, one, form),
        "office/payments/payment_reason.html",
    )
    return do(request, deed, subject)


def _found(request: OfficeRequest, number: str) -> PaymentReceipt:
    return found(
        payments_in_reach(request.actor)
        .filter(number=number)
        .select_related(
            "organisation__party",
            "issued_by__party",
            "confirmed_by__party",
            "voided_by__party",
            "account",
            "red_letter",
        )
        .first()
    )
