"""Closing the books: up to which day they are closed, and closing some more."""

from datetime import timedelta

import django_tables2 as tables
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from selfcard.core import clock
from selfcard.core.wording import written_day
from selfcard.inquiry.queries.closing import unfinished_drawers
from selfcard.ledger.commands import close_days
from selfcard.ledger.queries import closings, require_sight_of_books
from selfcard.organisations.models import May
from selfcard.organisations.queries import head_office, may
from selfcard.web.office.forms import refusals_shown_on
from selfcard.web.office.ledger.forms import CloseForm
from selfcard.web.office.ledger.views import SEEING_BOOKS
from selfcard.web.office.lists import Blank, DayColumn, MomentColumn, OfficeTable, list_page
from selfcard.web.office.views import OfficeRequest, office_view, show


class ClosingTable(OfficeTable):
    up_to = DayColumn(verbose_name=gettext_lazy("Closed up to and including"))
    closed_at = MomentColumn(verbose_name=gettext_lazy("Closed at"))
    closed_by = tables.Column(
        gettext_lazy("Closed by"),
        accessor="closed_by__name",
        order_by="closed_by__username",
        default=gettext_lazy("the system, at night"),
    )

    class Meta(OfficeTable.Meta):
        order_by = "-up_to"


@office_view(*SEEING_BOOKS)
def closings_page(request: OfficeRequest) -> HttpResponse:
    """Every closing, the latest first."""
    require_sight_of_books(request.actor)
    return list_page(
        request,
        rows=closings(),
        table=ClosingTable,
        title=_("Closed days"),
        lead=_("Nothing counts from a closed day any more; what comes late counts from the next."),
        blank=Blank(
            _("No day is closed yet"),
            _("Days are closed when they are over and their drawers are."),
            icon="scales",
        ),
        name="closings",
        template="office/ledger/closings.html",
        context={"may_close": may(request.actor, May.CLOSE_BOOKS, head_office())},
    )


@office_view(May.CLOSE_BOOKS)
def close(request: OfficeRequest) -> HttpResponse:
    """Close days that are over; drawers of theirs that are not closed are named before."""
    yesterday = clock.today() - timedelta(days=1)
    form = CloseForm(request.POST or None, actor=request.actor, initial={"up_to": yesterday})
    if form.is_valid():
        form.warn_of(unfinished_drawers(form.cleaned_data["up_to"]))
    if form.is_valid():
        with refusals_shown_on(form):
            closing = close_days(
                up_to=form.cleaned_data["up_to"],
                actor=request.actor,
                request_id=form.cleaned_data["request_id"],
            )
            messages.success(
                request,
                _("The books are closed up to and including %(day)s.")
                % {"day": written_day(closing.up_to)},
            )
            return redirect("office:ledger:closings")
    unfinished = form.unfinished if form.is_bound else unfinished_drawers(yesterday)
    return show(request, "office/ledger/close.html", {"form": form, "unfinished": unfinished})
