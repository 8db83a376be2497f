"""Recoveries: the list, one with its steps, its payment receipt, and calling it off."""

from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.db.models import Q, QuerySet, Sum
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from selfcard.core.serials import count_cards
from selfcard.inquiry.queries.ways_back import inspected
from selfcard.organisations.models import May
from selfcard.organisations.queries import may
from selfcard.payments.models import PaymentReceipt
from selfcard.payments.papers import AN_INDIVIDUAL
from selfcard.payments.queries import SEEING_RECEIPTS
from selfcard.sales.commands import issue_payment_receipt, withdraw_recovery
from selfcard.sales.models import Recovery
from selfcard.sales.queries import (
    SEEING_SALES,
    live_payment,
    live_receipt,
    payments_of_recovery,
    recoveries_in_reach,
    runs_taken_back,
)
from selfcard.web.office.deeds import Deed, Subject, do
from selfcard.web.office.fields import cards_said
from selfcard.web.office.forms import OfficeForm, refusals_shown_on
from selfcard.web.office.lists import (
    Blank,
    CountColumn,
    ListDeed,
    MomentColumn,
    MoneyColumn,
    NumberColumn,
    OfficeFilter,
    OfficeTable,
    StatusColumn,
    Total,
    list_page,
)
from selfcard.web.office.payments.forms import RefundPayeeForm
from selfcard.web.office.views import OfficeRequest, found, office_view, show
from selfcard.web.office.whereabouts import whereabouts
from selfcard.web.templatetags.selfcard import count as counted
from selfcard.web.templatetags.selfcard import money

State = Recovery.State
WITHDRAW = Deed(
    withdraw_recovery,
    gettext_lazy("Recovery %(number)s is withdrawn."),
    gettext_lazy("Withdraw the recovery"),
    gettext_lazy(
        "The cards are to be activated again, as they were before. A payment receipt that was"
        " issued for them becomes void."
    ),
)


class RecoveryFilter(OfficeFilter):
    q = django_filters.CharFilter(label=gettext_lazy("Recovery ID or sale"), method="named")
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"), choices=State.choices, empty_label=gettext_lazy("all")
    )
    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Kind"), choices=Recovery.Kind.choices, empty_label=gettext_lazy("all")
    )

    class Meta:
        model = Recovery
        fields: ClassVar = ["q", "state", "kind"]

    def named(self, rows: QuerySet[Recovery], name: str, text: str) -> QuerySet[Recovery]:
        return rows.filter(Q(number__icontains=text) | Q(sale__number__icontains=text))


class RecoveryTable(OfficeTable):
    number = NumberColumn(
        verbose_name=gettext_lazy("Recovery ID"),
        linkify=("office:ways_back:recovery", [tables.A("number")]),
    )
    state = StatusColumn(gettext_lazy("State"))
    kind = tables.Column(gettext_lazy("Kind"), accessor="get_kind_display", order_by="kind")
    sale = NumberColumn(
        verbose_name=gettext_lazy("Sales ID"),
        accessor="sale__number",
        linkify=("office:sales:sale", [tables.A("sale__number")]),
    )
    organisation = tables.Column(
        gettext_lazy("Organisation"),
        accessor="sale__seller_organisation__name",
        order_by="sale__seller_organisation__path",
    )
    registered_at = MomentColumn(verbose_name=gettext_lazy("Registered"))
    registered_by = tables.Column(
        gettext_lazy("Registered by"),
        accessor="registered_by__name",
        order_by="registered_by__username",
    )
    count = CountColumn(verbose_name=pgettext_lazy("how many", "Cards"))
    amount = MoneyColumn(verbose_name=gettext_lazy("Amount"), currency="sale__currency")

    class Meta(OfficeTable.Meta):
        order_by = "-number"
        sequence = ("number", "state", "count", "amount", "sale", "...")


def _totals(rows: QuerySet[Recovery]) -> list[Total]:
    live = ~Q(state=State.WITHDRAWN)
    sums = rows.order_by().aggregate(
        cards=Sum("count", filter=live),
        open=Sum("amount", filter=Q(state=State.REGISTERED)),
    )
    return [
        Total(_("Cards taken back"), counted(sums["cards"] or 0)),
        Total(_("Still to be paid back"), money(sums["open"] or 0), "wait" if sums["open"] else ""),
    ]


@office_view(*SEEING_SALES)
def recoveries(request: OfficeRequest) -> HttpResponse:
    deed = None
    if May.RECALL_SALES in request.mays:
        deed = ListDeed(_("Take sold cards back"), reverse("office:ways_back:guide"))
    return list_page(
        request,
        rows=recoveries_in_reach(request.actor),
        table=RecoveryTable,
        filters=RecoveryFilter,
        totals=_totals,
        title=_("Recoveries"),
        lead=_("Sold cards that came back, or whose money is on its way back."),
        blank=Blank(
            _("Nothing was taken back yet"),
            _("When a customer brings sold cards back, a recovery is registered."),
            icon="back",
            url=deed.url if deed else "",
            deed=deed.label if deed else "",
        ),
        deed=deed,
        name="recoveries",
    )


@office_view(*SEEING_SALES)
def recovery(request: OfficeRequest, number: str) -> HttpResponse:
    """A recovery: its next step, its cards, its money and its papers."""
    return _page(request, _found(request, number))


def _page(request: OfficeRequest, one: Recovery, form: OfficeForm | None = None) -> HttpResponse:
    if form:
        for problem in form.problems:
            messages.warning(request, problem.text)
    runs = inspected(one)
    payments = payments_of_recovery(one)
    live = next((each for each in payments if each.state != PaymentReceipt.State.VOID), None)
    place = one.sale.seller_organisation
    is_open = one.state == State.REGISTERED
    is_paid = one.kind == Recovery.Kind.PAID
    context: dict[str, Any] = {
        "recovery": one,
        "sale": one.sale,
        "cards": cards_said(one.count),
        "runs": runs,
        "scratched": count_cards(each.run for each in runs if each.is_scratched),
        "opened": count_cards(
            each.run for each in runs if each.is_opened and not each.is_scratched
        ),
        "void": count_cards(each.run for each in runs if each.is_void),
        "payments": payments,
        "payment": live,
        "red_letter": getattr(live, "red_letter", None),
        "invoice": one.receipt.invoice if one.receipt else None,
        "receipt": None if is_paid else live_receipt(one.sale),
        "is_open": is_open,
        "withdrawn": one.state == State.WITHDRAWN,
        "is_paid": is_paid,
        "now": whereabouts(request, runs_taken_back(one)),
        "may_pay_back": is_open and live is None and may(request.actor, May.ISSUE_PAYMENTS, place),
        "may_confirm": live is not None
        and not live.is_written_by(request.staff)
        and may(request.actor, May.CONFIRM_PAYMENTS, place),
        "may_withdraw": is_open and may(request.actor, May.RECALL_SALES, place),
        "sees_payments": bool(request.mays.intersection(SEEING_RECEIPTS)),
    }
    return show(request, "office/ways_back/recovery.html", context)


@office_view(May.ISSUE_PAYMENTS)
def pay_back(request: OfficeRequest, number: str) -> HttpResponse:
    """Write the voucher by which the money of a recovery is paid back."""
    one = _found(request, number)
    if one.receipt is None:
        raise Http404
    payer = one.receipt.payer_name
    usual = {
        "way": PaymentReceipt.Way.ORIGINAL,
        "payee_name": "" if payer == AN_INDIVIDUAL.zh else payer,
    }
    form = RefundPayeeForm(
        request.POST or None, came_by=one.receipt, actor=request.actor, initial=usual
    )
    if form.is_valid():
        with refusals_shown_on(form):
            payment = issue_payment_receipt(
                recovery=one,
                payee=form.payee,
                actor=request.actor,
                request_id=form.cleaned_data["request_id"],
            )
            messages.success(
                request, _("Payment receipt %(number)s is issued.") % {"number": payment.number}
            )
            return redirect("office:payments:payment", payment.number)
    elif not form.is_bound and (one.state != State.REGISTERED or live_payment(one)):
        return redirect("office:ways_back:recovery", number)
    return show(
        request,
        "office/ways_back/pay_back.html",
        {
            "form": form,
            "recovery": one,
            "sale": one.sale,
            "cards": cards_said(one.count),
            "receipt": one.receipt,
            "tenders": one.receipt.tenders.select_related("account").order_by("id"),
        },
    )


@office_view(May.RECALL_SALES)
def withdraw(request: OfficeRequest, number: str) -> HttpResponse:
    """Call a recovery off before its money is paid back."""
    one = _found(request, number)
    if request.method == "GET" and one.state != State.REGISTERED:
        return redirect("office:ways_back:recovery", number)
    subject = Subject(
        "recovery",
        one,
        "office:ways_back:recovery",
        lambda form: _page(request, one, form),
        "office/ways_back/withdraw.html",
    )
    return do(request, WITHDRAW, subject)


def _found(request: OfficeRequest, number: str) -> Recovery:
    return found(
        recoveries_in_reach(request.actor)
        .filter(number=number)
        .select_related(
            "sale__type_version__document_type",
            "sale__seller_organisation__party",
            "sale__seller",
            "sale__agency",
            "receipt__invoice",
            "registered_by__party",
            "withdrawn_by__party",
        )
        .first()
    )
