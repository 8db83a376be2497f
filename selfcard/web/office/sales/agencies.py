"""Agencies: who sells for the insurer under a licence of their own."""

from datetime import timedelta
from typing import Any

import django_tables2 as tables
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from selfcard.core import clock
from selfcard.core.wording import written_day
from selfcard.organisations.models import May
from selfcard.organisations.queries import head_office, may, require
from selfcard.sales.commands import end_agreement, register_agency, register_agreement
from selfcard.sales.models import Agency, Agreement
from selfcard.sales.queries import (
    SEEING_SALES,
    agencies_at_work,
    agreement_in_force,
    agreements_of,
)
from selfcard.web.office.forms import refusals_shown_on
from selfcard.web.office.lists import (
    Blank,
    CountColumn,
    DayColumn,
    ListDeed,
    NumberColumn,
    OfficeTable,
    list_page,
)
from selfcard.web.office.sales.forms import AgencyForm, AgreementForm, EndForm
from selfcard.web.office.views import OfficeRequest, found, office_view, show
from selfcard.web.templatetags.selfcard import status as status_shown

SEEING_AGENCIES = (*SEEING_SALES, May.ADMINISTER)


class AgencyTable(OfficeTable):
    code = NumberColumn(
        verbose_name=gettext_lazy("Agency code"),
        linkify=("office:sales:agency", [tables.A("code")]),
    )
    name = tables.Column(gettext_lazy("Name"), order_by="name_zh")
    kind = tables.Column(gettext_lazy("Kind"), accessor="get_kind_display", order_by="kind")
    licence = tables.Column(gettext_lazy("Licence number"), attrs={"td": {"class": "id"}})
    agreement = tables.Column(
        gettext_lazy("Agreement in force"), accessor="agreement_number", empty_values=()
    )
    ends = DayColumn(verbose_name=gettext_lazy("Until"), accessor="agreement_ends")
    sales = CountColumn(verbose_name=gettext_lazy("Sales"), accessor="sales_seen")

    class Meta(OfficeTable.Meta):
        order_by = "code"

    def render_agreement(self, value: str | None) -> Any:
        return value or status_shown("ended", _("none"))


@office_view(*SEEING_AGENCIES)
def agency_list(request: OfficeRequest) -> HttpResponse:
    deed = (
        ListDeed(_("Register an agency"), reverse("office:sales:register_agency"))
        if _may_change(request)
        else None
    )
    return list_page(
        request,
        rows=agencies_at_work(request.actor),
        table=AgencyTable,
        title=_("Agencies"),
        lead=_("Who sells for us: agencies, concurrent agencies and brokers."),
        blank=Blank(
            _("No agency yet"),
            _("A sale that came through an agency or a broker names it."),
            icon="building",
            url=deed.url if deed else "",
            deed=deed.label if deed else "",
        ),
        deed=deed,
        name="agencies",
    )


@office_view(May.ADMINISTER)
def register(request: OfficeRequest) -> HttpResponse:
    _require_change(request)
    form = AgencyForm(request.POST or None, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            agency = register_agency(**form.cleaned_data, actor=request.actor)
            messages.success(request, _("Agency %(code)s is registered.") % {"code": agency.code})
            return redirect("office:sales:agency", agency.code)
    return show(request, "office/sales/register_agency.html", {"form": form})


@office_view(*SEEING_AGENCIES)
def agency(request: OfficeRequest, code: str) -> HttpResponse:
    """An agency with its agreements."""
    one = _find(request, code)
    return show(
        request,
        "office/sales/agency.html",
        {
            "agency": one,
            "agreements": [(each, _state_of(each)) for each in agreements_of(one)],
            "in_force": agreement_in_force(one, clock.today()),
            "may_change": _may_change(request),
            "sees_sales": bool(request.mays.intersection(SEEING_SALES)),
        },
    )


@office_view(May.ADMINISTER)
def new_agreement(request: OfficeRequest, code: str) -> HttpResponse:
    _require_change(request)
    one = _find(request, code)
    form = AgreementForm(request.POST or None, actor=request.actor, initial=_next_year(one))
    if form.is_valid():
        with refusals_shown_on(form):
            agreement = register_agreement(agency=one, **form.cleaned_data, actor=request.actor)
            messages.success(
                request, _("Agreement %(number)s is registered.") % {"number": agreement.number}
            )
            return redirect("office:sales:agency", one.code)
    return show(request, "office/sales/new_agreement.html", {"form": form, "agency": one})


@office_view(May.ADMINISTER)
def end(request: OfficeRequest, code: str, agreement: int) -> HttpResponse:
    """End an agreement early."""
    _require_change(request)
    one = _find(request, code)
    ending = found(agreements_of(one).filter(pk=agreement).first())
    form = EndForm(request.POST or None, actor=request.actor, initial={"last_day": clock.today()})
    if form.is_valid():
        with refusals_shown_on(form):
            ended = end_agreement(agreement=ending, **form.cleaned_data, actor=request.actor)
            messages.success(
                request,
                _("Agreement %(number)s ends on %(day)s.")
                % {"number": ended.number, "day": written_day(ended.valid_to)},
            )
            return redirect("office:sales:agency", one.code)
    return show(
        request,
        "office/sales/end_agreement.html",
        {"form": form, "agency": one, "agreement": ending},
    )


def _find(request: OfficeRequest, code: str) -> Agency:
    return found(agencies_at_work(request.actor).filter(code__iexact=code).first())


def _may_change(request: OfficeRequest) -> bool:
    return may(request.actor, May.ADMINISTER, head_office())


def _require_change(request: OfficeRequest) -> None:
    """Agencies are entered at the top: whoever administers only a branch has no page for it."""
    require(request.actor, May.ADMINISTER, head_office())


def _state_of(agreement: Agreement) -> tuple[str, str]:
    """How an agreement stands today: glyph and words."""
    if agreement.is_in_force():
        return "in_force", _("in force")
    if agreement.valid_from > clock.today():
        return "not_yet_begun", _("not yet begun")
    return "ended", _("ended")


def _next_year(agency: Agency) -> dict[str, Any]:
    """From the day after its last agreement, or today, for a year."""
    last = agreements_of(agency).first()
    first = max(last.valid_to + timedelta(days=1), clock.today()) if last else clock.today()
    return {"valid_from": first, "valid_to": first + timedelta(days=364)}
