"""What came to the bank out of the drawers: cash that was carried there, payouts of acquirers."""

from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.db.models import Q, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from selfcard.core import clock
from selfcard.organisations.models import May
from selfcard.payments.commands import bank_takings, fetch_cash
from selfcard.payments.models import Banking, TenderKind
from selfcard.payments.queries import SEEING_DRAWERS, bankings_in_reach, drawers_in_reach
from selfcard.web.office.drawers.forms import BANKED, BankForm, FetchForm
from selfcard.web.office.forms import refusals_shown_on
from selfcard.web.office.lists import (
    Blank,
    DayColumn,
    ListDeed,
    MoneyColumn,
    NumberColumn,
    OfficeFilter,
    OfficeTable,
    Total,
    list_page,
)
from selfcard.web.office.views import OfficeRequest, office_view, show
from selfcard.web.templatetags.selfcard import money


class BankingFilter(OfficeFilter):
    q = django_filters.CharFilter(label=gettext_lazy("Number or slip"), method="named")
    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Tender"),
        choices=[(kind.value, kind.label) for kind in BANKED],
        empty_label=gettext_lazy("all"),
    )

    class Meta:
        model = Banking
        fields: ClassVar = ["q", "kind"]

    def named(self, rows: QuerySet[Banking], name: str, text: str) -> QuerySet[Banking]:
        return rows.filter(Q(number__icontains=text) | Q(reference__icontains=text))


class BankingTable(OfficeTable):
    number = NumberColumn(verbose_name=gettext_lazy("Number"))
    kind = tables.Column(gettext_lazy("Tender"))
    arrived_on = DayColumn(verbose_name=gettext_lazy("Day of the bank"))
    reference = NumberColumn(verbose_name=gettext_lazy("Slip or payout"))
    drawer = tables.Column(
        gettext_lazy("Drawer"), accessor="drawer_day__drawer__code", order_by="drawer_day__drawer"
    )
    organisation = tables.Column(
        gettext_lazy("Organisation"), accessor="organisation__name", order_by="organisation__path"
    )
    banked_by = tables.Column(
        gettext_lazy("Entered by"), accessor="banked_by__name", order_by="banked_by__username"
    )
    amount = MoneyColumn(verbose_name=gettext_lazy("Amount"))
    correct = tables.Column(
        gettext_lazy("Deed"), empty_values=(), orderable=False, exclude_from_export=True
    )

    class Meta(OfficeTable.Meta):
        order_by = "-number"

    def before_render(self, request: OfficeRequest) -> None:
        if May.KEEP_DRAWER not in request.mays:
            self.columns.hide("correct")

    def render_correct(self, record: Banking) -> Any:
        if record.is_taken_back:
            return ""
        place = reverse("office:drawers:correct_banking", args=[record.number])
        return format_html('<a href="{}">{}</a>', place, _("Put right"))


@office_view(*SEEING_DRAWERS)
def bankings(request: OfficeRequest) -> HttpResponse:
    deed = None
    if May.KEEP_DRAWER in request.mays:
        deed = ListDeed(_("Enter what came to the bank"), reverse("office:drawers:bank"))
    return list_page(
        request,
        rows=bankings_in_reach(request.actor),
        table=BankingTable,
        filters=BankingFilter,
        totals=lambda rows: [
            Total(_("Amount"), money(rows.order_by().aggregate(sum=Sum("amount"))["sum"] or 0))
        ],
        title=_("Brought to the bank"),
        lead=_(
            "Cash that left the drawers, and what acquirers paid out of their takings. What was"
            " fetched for a drawer is less than nothing."
        ),
        blank=Blank(
            _("Nothing was brought to the bank yet"),
            _("Cash is carried there out of an open drawer; acquirers pay out what they took."),
            icon="cash",
            url=deed.url if deed else "",
            deed=deed.label if deed else "",
        ),
        deed=deed,
        name="bankings",
    )


@office_view(May.KEEP_DRAWER)
def bank(request: OfficeRequest) -> HttpResponse:
    drawer = drawers_in_reach(request.actor).first()
    usual = {
        "organisation": (drawer or request.staff).organisation.code,
        "kind": TenderKind.CASH,
        "arrived_on": clock.today(),
        "drawer": request.GET.get("drawer", ""),
    }
    if "organisation" in request.GET:
        usual["organisation"] = request.GET["organisation"]
    form = BankForm(request.POST or None, actor=request.actor, initial=usual)
    if form.is_valid():
        with refusals_shown_on(form):
            banking = bank_takings(**form.takings, actor=request.actor)
            messages.success(
                request,
                _("%(number)s is entered: the money is at the bank.") % {"number": banking.number},
            )
            return redirect("office:drawers:bankings")
    return show(request, "office/drawers/bank.html", {"form": form})


@office_view(May.KEEP_DRAWER)
def fetch(request: OfficeRequest) -> HttpResponse:
    """Cash comes from the bank into a drawer: its float, or what it is to pay out."""
    usual = {"left_on": clock.today(), "drawer": request.GET.get("drawer", "")}
    form = FetchForm(request.POST or None, actor=request.actor, initial=usual)
    if form.is_valid():
        with refusals_shown_on(form):
            fetched = fetch_cash(**form.fetched, actor=request.actor)
            day = fetched.drawer_day
            assert day is not None, "cash is fetched into a drawer"
            messages.success(
                request,
                _("%(number)s is entered: the cash is in the drawer.") % {"number": fetched.number},
            )
            return redirect("office:drawers:day", day.drawer.code, day.day.isoformat())
    return show(request, "office/drawers/fetch.html", {"form": form})
