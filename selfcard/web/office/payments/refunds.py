"""What was left in advance is paid back: the voucher, where it goes, and that it was paid."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from selfcard.ledger.queries import entries_for
from selfcard.organisations.models import May
from selfcard.organisations.queries import may
from selfcard.payments.commands import (
    ask_advance_refund,
    confirm_refund,
    correct_refund,
    note_refund_failed,
    void_refund,
)
from selfcard.payments.models import PaymentReceipt
from selfcard.payments.queries import SEEING_RECEIPTS, payments_in_reach
from selfcard.web.office.deeds import Deed, Subject, do
from selfcard.web.office.forms import OfficeForm, refusals_shown_on
from selfcard.web.office.payments.advances import find_account
from selfcard.web.office.payments.forms import OutlayRowsForm, PayeeForm, RefundForm
from selfcard.web.office.payments.frozen_lines import charge_line
from selfcard.web.office.views import OfficeRequest, found, office_view, show

State = PaymentReceipt.State
OPEN = (State.ISSUED, State.FAILED)

FAILED = Deed(
    note_refund_failed,
    gettext_lazy("It is noted that %(number)s did not reach the payee."),
    gettext_lazy("The payment failed"),
    gettext_lazy(
        "The money came back because of the payee's account. It is still the payer's, and the"
        " voucher waits until the payee is corrected."
    ),
)
VOID = Deed(
    void_refund,
    gettext_lazy("Payment receipt %(number)s is void."),
    gettext_lazy("Make the payment receipt void"),
    gettext_lazy("Nothing is paid back by it, and the money stays in the advance account."),
)


@office_view(May.ISSUE_PAYMENTS)
def ask(request: OfficeRequest, number: str) -> HttpResponse:
    """Write the voucher by which an advance is paid back."""
    account = find_account(request, number)
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
            return redirect("office:payments:refund", payment.number)
    return show(request, "office/payments/ask_refund.html", {"form": form, "account": account})


@office_view(*SEEING_RECEIPTS)
def refund(request: OfficeRequest, number: str) -> HttpResponse:
    """A voucher; for the second person, while it waits, the form that says how it was paid."""
    one = _found(request, number)
    form = _outlay_form(request, one)
    if form is None or request.method != "POST":
        return _page(request, one, form)
    if "add" in request.POST:
        amount = f"{max(form.missing, 0):.2f}" if request.POST["add"] == "cash" else ""
        grown = OutlayRowsForm.with_row(
            request.POST, payment=one, amount=amount, actor=request.actor
        )
        return _page(request, one, grown)
    if form.is_valid():
        with refusals_shown_on(form):
            confirm_refund(
                payment=one,
                outlays=form.tenders,
                actor=request.actor,
                request_id=form.cleaned_data["request_id"],
            )
            messages.success(request, _("The advance is paid back."))
            return redirect("office:payments:refund", number)
    return _page(request, one, form)


def _outlay_form(request: OfficeRequest, one: PaymentReceipt) -> OutlayRowsForm | None:
    """The form for whoever may pay this voucher now; a repeat of a sent form still counts."""
    if not may(request.actor, May.CONFIRM_PAYMENTS, one.organisation):
        return None
    if request.method == "POST":
        return OutlayRowsForm(request.POST, payment=one, actor=request.actor)
    if one.state not in OPEN or one.issued_by_id == request.staff.pk:
        return None
    return OutlayRowsForm(payment=one, actor=request.actor)


def _page(
    request: OfficeRequest, one: PaymentReceipt, form: OfficeForm | None = None
) -> HttpResponse:
    is_open = one.state in OPEN
    if form and form.errors and not is_open:
        for problem in form.problems:
            messages.warning(request, problem.text)
        form = None
    writes = is_open and may(request.actor, May.ISSUE_PAYMENTS, one.organisation)
    context: dict[str, Any] = {
        "payment": one,
        "line": charge_line(one.lines[0]),
        "form": form,
        "is_open": is_open,
        "own": one.issued_by_id == request.staff.pk,
        "outlays": one.outlays.select_related("drawer_day__drawer").order_by("id"),
        "failures": one.failures.select_related("noted_by__party"),
        "entries": entries_for("payment", one.number),
        "may_write": writes,
        "may_fail": is_open and may(request.actor, May.CONFIRM_PAYMENTS, one.organisation),
    }
    return show(request, "office/payments/refund.html", context)


@office_view(May.CONFIRM_PAYMENTS)
@require_POST
def outlays_sum(request: OfficeRequest, number: str) -> HttpResponse:
    """The sum beside the form while it is typed."""
    one = _found(request, number)
    form = OutlayRowsForm(request.POST, payment=one, actor=request.actor)
    return render(request, "office/payments/_outlays_sum.html", {"form": form, "payment": one})


@office_view(May.ISSUE_PAYMENTS)
def correct(request: OfficeRequest, number: str) -> HttpResponse:
    """Say anew where the money goes."""
    one = _found(request, number)
    usual = {"way": one.way, "payee_name": one.payee_name, "payee_bank": one.payee_bank}
    form = PayeeForm(request.POST or None, actor=request.actor, initial=usual)
    if form.is_valid():
        with refusals_shown_on(form):
            correct_refund(
                payment=one,
                payee=form.payee,
                actor=request.actor,
                request_id=form.cleaned_data["request_id"],
            )
            messages.success(request, _("The payee is corrected."))
            return redirect("office:payments:refund", number)
    return show(request, "office/payments/correct_refund.html", {"form": form, "payment": one})


@office_view(May.CONFIRM_PAYMENTS)
def failed(request: OfficeRequest, number: str) -> HttpResponse:
    """The money came back because of the payee's account."""
    return do(request, FAILED, _subject(request, number))


@office_view(May.ISSUE_PAYMENTS)
def void(request: OfficeRequest, number: str) -> HttpResponse:
    """Take the voucher back before it is paid."""
    return do(request, VOID, _subject(request, number))


def _subject(request: OfficeRequest, number: str) -> Subject:
    one = _found(request, number)
    return Subject(
        "payment",
        one,
        "office:payments:refund",
        lambda form: _page(request, one, form),
        "office/payments/refund_reason.html",
    )


def _found(request: OfficeRequest, number: str) -> PaymentReceipt:
    return found(
        payments_in_reach(request.actor)
        .filter(kind=PaymentReceipt.Kind.ADVANCE, number=number)
        .select_related("account", "voided_by__party")
        .first()
    )
