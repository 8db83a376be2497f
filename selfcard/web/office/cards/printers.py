"""Printing houses and their keys."""

import django_tables2 as tables
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from selfcard.cards.commands import register_printer
from selfcard.cards.queries import printers as all_printers
from selfcard.organisations.models import May
from selfcard.web.office.cards.forms import PrinterForm
from selfcard.web.office.forms import refusals_shown_on
from selfcard.web.office.lists import (
    Blank,
    ListDeed,
    MomentColumn,
    OfficeTable,
    list_page,
)
from selfcard.web.office.views import OfficeRequest, office_view, show


class PrinterTable(OfficeTable):
    code = tables.Column(gettext_lazy("Printer code"), attrs={"td": {"class": "id"}})
    name = tables.Column(gettext_lazy("Printer"), order_by="name_en")
    public_key = tables.Column(gettext_lazy("Public key"), orderable=False)
    registered_at = MomentColumn(verbose_name=gettext_lazy("Registered"))

    class Meta(OfficeTable.Meta):
        order_by = "code"

    def render_public_key(self, value: str) -> SafeString:
        return format_html(
            '<span class="id" title="{}">{} … {}</span>', value, value[:8], value[-4:]
        )

    def value_public_key(self, value: str) -> str:
        return value


@office_view(May.DEFINE_TYPES, May.ORDER_BATCHES, May.RELEASE_PRINT)
def printers(request: OfficeRequest) -> HttpResponse:
    deed = None
    if May.DEFINE_TYPES in request.mays:
        deed = ListDeed(_("Register a printer"), reverse("office:cards:register_printer"))
    return list_page(
        request,
        rows=all_printers(),
        table=PrinterTable,
        title=_("Printers"),
        lead=_("Who prints our cards. A print file can be opened with the printer's own key only."),
        blank=Blank(
            _("No printer yet"),
            _("A batch is ordered from a printer, whose public key seals the print file."),
            icon="print",
            url=deed.url if deed else "",
            deed=deed.label if deed else "",
        ),
        deed=deed,
        name="printers",
    )


@office_view(May.DEFINE_TYPES)
def register(request: OfficeRequest) -> HttpResponse:
    form = PrinterForm(request.POST or None, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            printer = register_printer(**form.cleaned_data, actor=request.actor)
            messages.success(
                request,
                _("Printer %(code)s is registered, with the key that ends in %(ending)s.")
                % {"code": printer.code, "ending": printer.public_key[-4:]},
            )
            return redirect("office:cards:printers")
    return show(request, "office/cards/register_printer.html", {"form": form})
