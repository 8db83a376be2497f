"""The drawers as they are now, a new one, and the beginning of a day."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.organisations.models import May
from selfcard.organisations.queries import organisations_in_reach
from selfcard.payments.commands import (
    define_drawer,
    open_drawer,
    retire_drawer,
    take_drawer_back,
)
from selfcard.payments.errors import DrawerAlreadyOpen, DrawerOutOfUse, EarlierDayNotCounted
from selfcard.payments.models import Drawer, DrawerDay, TenderKind
from selfcard.payments.queries import (
    SEEING_DRAWERS,
    drawer_days_in_reach,
    drawers_in_reach,
    last_count,
)
from selfcard.web.office.drawers.forms import DrawerForm, OpenForm
from selfcard.web.office.forms import DeedForm, refusals_shown_on
from selfcard.web.office.views import OfficeRequest, found, office_view, show

State = DrawerDay.State


@dataclass(frozen=True)
class ShownDrawer:
    """A drawer as it is now: its last day, the cash in it, and what comes next."""

    drawer: Drawer
    day: DrawerDay | None
    cash: Decimal | None
    deed: str  # "open", "count" or "close"; empty where nothing waits for the reader
    may_change_use: bool  # whether the reader may take it out of use, or back, as it is now

    @property
    def is_late(self) -> bool:
        """Whether an earlier day was never counted."""
        return self.day is not None and self.day.state == State.OPEN and not self.is_today

    @property
    def is_today(self) -> bool:
        return self.day is not None and self.day.day == clock.today()


@office_view(*SEEING_DRAWERS)
def drawers(request: OfficeRequest) -> HttpResponse:
    shown = _shown(request.actor)
    context = {
        "drawers": shown,
        "late": [one for one in shown if one.is_late],
        "may_define": May.CLOSE_DRAWERS in request.mays,
        "may_bank": May.KEEP_DRAWER in request.mays,
    }
    return show(request, "office/drawers/drawers.html", context)


def _shown(actor: Actor) -> list[ShownDrawer]:
    """Every drawer in reach with its last day."""
    last = {
        day.drawer_id: day
        for day in drawer_days_in_reach(actor).order_by("drawer_id", "-day").distinct("drawer_id")
    }
    keeps = set(organisations_in_reach(actor, May.KEEP_DRAWER).values_list("pk", flat=True))
    closes = set(organisations_in_reach(actor, May.CLOSE_DRAWERS).values_list("pk", flat=True))
    return [
        ShownDrawer(
            drawer,
            day := last.get(drawer.pk),
            _cash_in(day),
            _deed(
                day,
                actor,
                keeps=drawer.is_active and drawer.organisation_id in keeps,
                closes=drawer.organisation_id in closes,
            ),
            drawer.organisation_id in closes and _is_at_rest(drawer, day),
        )
        for drawer in drawers_in_reach(actor)
    ]


def _is_at_rest(drawer: Drawer, day: DrawerDay | None) -> bool:
    """Whether it is out of use, or could be: closed and empty."""
    if not drawer.is_active or day is None:
        return True
    return day.state == State.CLOSED and not _cash_in(day)


def _deed(day: DrawerDay | None, actor: Actor, *, keeps: bool, closes: bool) -> str:
    if day and day.state == State.OPEN:
        return "count" if keeps else ""
    if day and day.state == State.COUNTED and closes and day.counted_by_id != actor.id:
        return "close"
    if keeps and (day is None or day.day < clock.today()):
        return "open"
    return ""


def _cash_in(day: DrawerDay | None) -> Decimal | None:
    """What should be in it now: by what came and went, from its count on what was found."""
    if day is None:
        return None
    if day.state == State.OPEN:
        return day.cash
    return next(one.counted for one in last_count(day) if one.kind == TenderKind.CASH)


@office_view(May.CLOSE_DRAWERS)
def define(request: OfficeRequest) -> HttpResponse:
    form = DrawerForm(
        request.POST or None,
        actor=request.actor,
        initial={"organisation": request.staff.organisation.code},
    )
    if form.is_valid():
        with refusals_shown_on(form):
            drawer = define_drawer(**form.cleaned_data, actor=request.actor)
            messages.success(
                request, _("Drawer %(code)s can be opened now.") % {"code": drawer.code}
            )
            return redirect("office:drawers:list")
    return show(request, "office/drawers/define.html", {"form": form})


@office_view(May.KEEP_DRAWER)
def open_day(request: OfficeRequest, code: str) -> HttpResponse:
    """Begin a drawer's day."""
    drawer = found(drawers_in_reach(request.actor).filter(code=code).first())
    last = drawer.days.order_by("-day").first()
    if request.method != "POST" and last and (why := _why_not_today(drawer, last)):
        messages.warning(request, why)
        return redirect("office:drawers:day", drawer.code, last.day.isoformat())
    form = OpenForm(request.POST or None, actor=request.actor, drawer=drawer)
    if form.is_valid():
        with refusals_shown_on(form):
            day = open_drawer(drawer=drawer, **form.cleaned_data, actor=request.actor)
            messages.success(
                request, _("%(drawer)s is open. It takes money now.") % {"drawer": drawer.name}
            )
            return redirect("office:drawers:day", drawer.code, day.day.isoformat())
    return show(request, "office/drawers/open.html", {"form": form, "drawer": drawer})


@office_view(May.CLOSE_DRAWERS)
def use(request: OfficeRequest, code: str) -> HttpResponse:
    """Take a drawer out of use, or back into use."""
    drawer = found(drawers_in_reach(request.actor).filter(code=code).first())
    form = DeedForm(request.POST or None, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            if drawer.is_active:
                retire_drawer(drawer=drawer, **form.cleaned_data, actor=request.actor)
                said = _("%(drawer)s is out of use.")
            else:
                take_drawer_back(drawer=drawer, **form.cleaned_data, actor=request.actor)
                said = _("%(drawer)s is in use again.")
            messages.success(request, said % {"drawer": drawer.name})
            return redirect("office:drawers:list")
    return show(request, "office/drawers/use.html", {"form": form, "drawer": drawer})


def _why_not_today(drawer: Drawer, last: DrawerDay) -> Any:
    """Why a drawer cannot be opened today, before anybody fills in the form; empty where it can."""
    if not drawer.is_active:
        return DrawerOutOfUse(drawer=drawer.name)
    if last.day == clock.today() and last.state == State.OPEN:
        return DrawerAlreadyOpen(drawer=drawer.name)
    if last.day == clock.today():
        return _(
            "%(drawer)s was counted today, and opens again tomorrow. Until then transfers and"
            " advances are taken, or a manager defines another drawer."
        ) % {"drawer": drawer.name}
    if last.state == State.OPEN:
        return EarlierDayNotCounted(drawer=drawer.name, day=last.day)
    return ""
