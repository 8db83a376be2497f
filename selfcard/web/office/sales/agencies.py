"""Agencies: who sells for the insurer under a licence of their own."""

import django_tables2 as tables
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from selfcard.organisations.models import May
from selfcard.organisations.queries import head_office, may
from selfcard.sales.commands import register_agency
from selfcard.sales.queries import agencies_at_work
from selfcard.web.office.forms import refusals_shown_on
from selfcard.web.office.lists import (
    Blank,
    CountColumn,
    ListDeed,
    OfficeTable,
    list_page,
)
from selfcard.web.office.sales.forms import AgencyForm
from selfcard.web.office.views import OfficeRequest, office_view, show


class AgencyTable(OfficeTable):
    code = tables.Column(gettext_lazy("Agency code"), attrs={"td": {"class": "id nowrap"}})
    name = tables.Column(gettext_lazy("Name"), order_by="name_zh")
    kind = tables.Column(gettext_lazy("Kind"), accessor="get_kind_display", order_by="kind")
    licence = tables.Column(gettext_lazy("Licence number"), attrs={"td": {"class": "id"}})
    sales = CountColumn(verbose_name=gettext_lazy("Sales"), accessor="sales_seen")

    class Meta(OfficeTable.Meta):
        order_by = "code"


@office_view(May.SEE_SALES, May.REGISTER_SALES, May.ADMINISTER)
def agency_list(request: OfficeRequest) -> HttpResponse:
    deed = (
        ListDeed(_("Register an agency"), reverse("office:sales:register_agency"))
        if may(request.actor, May.ADMINISTER, head_office())
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
    form = AgencyForm(request.POST or None, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            agency = register_agency(**form.cleaned_data, actor=request.actor)
            messages.success(request, _("Agency %(code)s is registered.") % {"code": agency.code})
            return redirect("office:sales:agencies")
    return show(request, "office/sales/register_agency.html", {"form": form})
