"""A drawer's days: the list, one day with all that came and went, its count and its end."""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy, pgettext, pgettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from selfcard.core import clock
from selfcard.ledger.queries import entries_for
from selfcard.organisations.models import May
from selfcard.organisations.queries import may
from selfcard.payments.commands import close_drawer, count_drawer
from selfcard.payments.models import DrawerCount, DrawerDay, TenderKind
from selfcard.payments.papers.statements import drawer_day_pdf
from selfcard.payments.queries import (
    SEEING_DRAWERS,
    DrawerLine,
    DrawerMovement,
    corrections_within,
    drawer_days_in_reach,
    lines_of_day,
    movements_of_day,
)
from selfcard.web.office.drawers.forms import CountForm
from selfcard.web.office.exports import exported
from selfcard.web.office.forms import DeedForm, refusals_shown_on
from selfcard.web.office.lists import (
    Blank,
    DayColumn,
    MoneyColumn,
    NumberColumn,
    OfficeFilter,
    OfficeTable,
    StatusColumn,
    Total,
    list_page,
)
from selfcard.web.office.views import OfficeRequest, found, office_view, show
from selfcard.web.templatetags.selfcard import money

State = DrawerDay.State


class DayFilter(OfficeFilter):
    q = django_filters.CharFilter(label=gettext_lazy("Drawer"), method="named")
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"), choices=State.choices, empty_label=gettext_lazy("all")
    )
    difference = django_filters.ChoiceFilter(
        label=gettext_lazy("Difference"),
        method="by_difference",
        empty_label=gettext_lazy("all"),
        choices=[("some", gettext_lazy("with a difference"))],
    )

    class Meta:
        model = DrawerDay
        fields: ClassVar = ["q", "state", "difference"]

    def named(self, rows: QuerySet[DrawerDay], name: str, text: str) -> QuerySet[DrawerDay]:
        return rows.filter(
            Q(drawer__code__icontains=text)
            | Q(drawer__name_zh__icontains=text)
            | Q(drawer__name_en__icontains=text)
            | Q(drawer__organisation__party__code__iexact=text)
        )

    def by_difference(self, rows: QuerySet[Any], name: str, some: str) -> QuerySet[Any]:
        return rows.exclude(difference=0).exclude(difference=None)


class DayTable(OfficeTable):
    drawer = NumberColumn(
        verbose_name=gettext_lazy("Drawer"),
        accessor="drawer__code",
        order_by="drawer__code",
        linkify=("office:drawers:day", [tables.A("drawer__code"), tables.A("day")]),
    )
    day = DayColumn(verbose_name=gettext_lazy("Day"))
    state = StatusColumn(gettext_lazy("State"))
    organisation = tables.Column(
        gettext_lazy("Organisation"),
        accessor="drawer__organisation__name",
        order_by="drawer__organisation__path",
    )
    counted_by = tables.Column(
        gettext_lazy("Counted by"), accessor="counted_by__name", order_by="counted_by__username"
    )
    closed_by = tables.Column(
        pgettext_lazy("drawer", "Closed by"),
        accessor="closed_by__name",
        order_by="closed_by__username",
    )
    opening_cash = MoneyColumn(verbose_name=pgettext_lazy("drawer", "Opening"))
    difference = MoneyColumn(verbose_name=gettext_lazy("Difference"))

    class Meta(OfficeTable.Meta):
        order_by = "-day"


def _with_difference(rows: QuerySet[DrawerDay]) -> QuerySet[DrawerDay]:
    """Each day with what its last count was over or short by, all kinds together."""
    same_day = DrawerCount.objects.filter(drawer_day=OuterRef("drawer_day")).order_by()
    last = same_day.values("drawer_day").annotate(last=Max("counting")).values("last")
    sums = (
        DrawerCount.objects.filter(drawer_day=OuterRef("pk"), counting=Subquery(last))
        .order_by()
        .values("drawer_day")
        .annotate(sum=Sum(F("counted") - F("expected")))
        .values("sum")
    )
    return rows.annotate(difference=Subquery(sums))


@office_view(*SEEING_DRAWERS)
def days(request: OfficeRequest) -> HttpResponse:
    return list_page(
        request,
        rows=_with_difference(drawer_days_in_reach(request.actor)),
        table=DayTable,
        filters=DayFilter,
        totals=lambda rows: [
            Total(
                pgettext("drawer", "Over and short"),
                money(rows.order_by().aggregate(sum=Sum("difference"))["sum"] or 0),
            )
        ],
        title=_("Days of the drawers"),
        lead=_("What was in each drawer at the end of its day, and who answers for it."),
        blank=Blank(
            _("No drawer was opened yet"),
            _("A drawer's day begins when a cashier opens it with its float."),
            icon="cash",
        ),
        name="drawer-days",
    )


@office_view(*SEEING_DRAWERS)
def day(request: OfficeRequest, code: str, day: str) -> HttpResponse:
    one = find_day(request, code, day)
    head = [_("Time"), _("Paper"), _("What"), _("Tender"), _("Reference"), _("Amount")]
    rows = (_row(movement) for movement in movements_of_day(one))
    if file := exported(request, f"{code}-{day}", head, rows):
        return file
    return _page(request, one, DeedForm(actor=request.actor))


def _row(movement: DrawerMovement) -> list[Any]:
    return [
        movement.at,
        movement.number,
        str(movement.what),
        str(movement.kind.label),
        movement.reference,
        movement.amount,
    ]


def _page(request: OfficeRequest, one: DrawerDay, form: DeedForm) -> HttpResponse:
    place = one.drawer.organisation
    lines = lines_of_day(one)
    counted = one.state == State.COUNTED
    return show(
        request,
        "office/drawers/day.html",
        {
            "day": one,
            "lines": lines,
            "left": _left(one, lines),
            "may_open": one.day < clock.today() and may(request.actor, May.KEEP_DRAWER, place),
            "differs": any(line.difference for line in lines),
            "movements": movements_of_day(one),
            "countings": one.counts.filter(kind="cash").count(),
            "is_over": one.state == State.OPEN and one.day < clock.today(),
            "may_count": one.state != State.CLOSED and may(request.actor, May.KEEP_DRAWER, place),
            "may_close": counted
            and one.counted_by_id != request.staff.pk
            and may(request.actor, May.CLOSE_DRAWERS, place),
            "own": one.counted_by_id == request.staff.pk,
            "entries": entries_for("drawer", f"{one.drawer.code} {one.day.isoformat()}"),
            "corrections": corrections_within(one),
            "may_correct": one.state == State.CLOSED and may(request.actor, May.KEEP_DRAWER, place),
            "form": form,
        },
    )


def _left(one: DrawerDay, lines: list[DrawerLine]) -> Decimal | None:
    """The cash that lies in the drawer after its last count, until it is opened again."""
    if one.state == State.OPEN or one.drawer.days.filter(day__gt=one.day).exists():
        return None
    return next(line.counted for line in lines if line.kind == TenderKind.CASH)


@office_view(May.KEEP_DRAWER)
def count(request: OfficeRequest, code: str, day: str) -> HttpResponse:
    """Say what lay in the drawer."""
    one = find_day(request, code, day)
    form = CountForm(request.POST or None, actor=request.actor, day=one)
    if request.method == "POST" and "_look" in request.POST:
        return render(request, "office/drawers/_counted.html", {"count": form, "day": one})
    if form.is_valid():
        with refusals_shown_on(form):
            count_drawer(
                day=one,
                counted=form.counted,
                explanation=form.cleaned_data["explanation"],
                actor=request.actor,
                request_id=form.cleaned_data["request_id"],
            )
            messages.success(request, _("The count is entered. A second person closes the drawer."))
            return redirect("office:drawers:day", code, day)
    return show(request, "office/drawers/count.html", {"form": form, "count": form, "day": one})


@office_view(May.CLOSE_DRAWERS)
@require_POST
def close(request: OfficeRequest, code: str, day: str) -> HttpResponse:
    """The second person agrees to the count."""
    one = find_day(request, code, day)
    form = DeedForm(request.POST, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            close_drawer(day=one, **form.cleaned_data, actor=request.actor)
            messages.success(request, _("The day is closed."))
            return redirect("office:drawers:day", code, day)
    return _page(request, find_day(request, code, day), form)


@office_view(*SEEING_DRAWERS)
def report(request: OfficeRequest, code: str, day: str) -> HttpResponse:
    """The day as PDF, as the books are now."""
    one = find_day(request, code, day)
    pdf = drawer_day_pdf(one, request.actor, get_language() or "en")
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{code}-{day}.pdf"'
    return response


def find_day(request: OfficeRequest, code: str, day: str) -> DrawerDay:
    """The day of a drawer, as far as it is in reach."""
    return found(
        drawer_days_in_reach(request.actor).filter(drawer__code=code, day=found(_day(day))).first()
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
