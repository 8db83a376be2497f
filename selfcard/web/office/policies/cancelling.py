"""Cancelling a policy: what follows is shown first, then it is done; and the money goes back."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from selfcard.activation.commands import cancel_policy, issue_refund_payment
from selfcard.activation.queries import is_gift, live_refund, paid_by
from selfcard.core import clock
from selfcard.organisations.models import May
from selfcard.organisations.queries import may
from selfcard.policies.errors import NoSuchPolicy
from selfcard.policies.models import Policy
from selfcard.policies.queries import access_policy
from selfcard.products.cancelling import Repayment
from selfcard.web.office.fields import DayField
from selfcard.web.office.forms import refusals_shown_on
from selfcard.web.office.policies.consequences import Consequence, consequence
from selfcard.web.office.policies.forms import CancelForm, PayBackForm
from selfcard.web.office.views import OfficeRequest, office_view, show


@office_view(May.CANCEL_POLICIES)
def cancel(request: OfficeRequest, number: str) -> HttpResponse:
    """Show what follows from the cancellation, and do just that."""
    one = find(request, number, May.CANCEL_POLICIES)
    form = CancelForm(request.POST or None, actor=request.actor)
    follows = _consequence(one, request.POST or {})
    if form.is_valid():
        if follows.back and request.POST.get("shown") != follows.token:
            form.add_error(
                None, _("Something else follows now than you have seen. Look again, then send it.")
            )
        else:
            with refusals_shown_on(form):
                cancel_policy(
                    policy=one,
                    asker=form.asker_given,
                    asked_on=form.cleaned_data["asked_on"],
                    reason=form.cleaned_data["reason"],
                    benefit_paid=form.cleaned_data["benefit_paid"],
                    actor=request.actor,
                    request_id=form.cleaned_data["request_id"],
                )
                messages.success(
                    request, _("Policy %(number)s is cancelled.") % {"number": one.number}
                )
                return redirect("office:policies:policy", one.number)
    if one.state == Policy.State.CANCELLED and not form.is_bound:
        return redirect("office:policies:policy", one.number)
    return show(
        request,
        "office/policies/cancel.html",
        {"form": form, "policy": one, "version": one.product_version, "follows": follows},
    )


@office_view(May.CANCEL_POLICIES)
def what_follows(request: OfficeRequest, number: str) -> HttpResponse:
    """The same for another day, while it is typed."""
    one = find(request, number, May.CANCEL_POLICIES)
    follows = _consequence(one, request.GET)
    return render(request, "office/policies/_consequence.html", {"follows": follows})


@office_view(May.ISSUE_PAYMENTS)
def pay_back(request: OfficeRequest, number: str) -> HttpResponse:
    """Write the voucher by which the unearned premium is paid back."""
    one = find(request, number, May.ISSUE_PAYMENTS)
    cancellation = getattr(one, "cancellation", None)
    if cancellation is None or cancellation.repayment != Repayment.PRO_RATA:
        raise Http404
    sale, receipt = paid_by(one)
    form = PayBackForm(
        request.POST or None, policy=one, is_gift=is_gift(receipt), actor=request.actor
    )
    if form.is_valid():
        with refusals_shown_on(form):
            payment = issue_refund_payment(
                policy=one,
                payee=form.payee,
                actor=request.actor,
                request_id=form.cleaned_data["request_id"],
            )
            messages.success(
                request, _("Payment receipt %(number)s is issued.") % {"number": payment.number}
            )
            return redirect("office:payments:payment", payment.number)
    elif not form.is_bound and live_refund(one):
        return redirect("office:policies:policy", one.number)
    return show(
        request,
        "office/policies/pay_back.html",
        {
            "form": form,
            "policy": one,
            "cancellation": cancellation,
            "sale": sale,
            "receipt": receipt,
        },
    )


def find(request: OfficeRequest, number: str, what: May) -> Policy:
    """A policy that the actor may see, and do this with.

    Raises:
        Http404: there is none, or they may not.
    """
    try:
        one = access_policy(request.actor, number)
    except NoSuchPolicy as refusal:
        raise Http404(str(refusal)) from refusal
    if not may(request.actor, what, one.organisation):
        raise Http404
    return one


def _consequence(one: Policy, said: Any) -> Consequence:
    return consequence(
        one, _day(said.get("asked_on", "")), benefit_paid=bool(said.get("benefit_paid"))
    )


def _day(text: str) -> date:
    """The day that was typed; today where it is none yet."""
    field = DayField(required=False)
    try:
        day: date | None = field.clean(text)
    except ValidationError:
        day = None
    return day or clock.today()
