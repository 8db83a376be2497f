"""What stops cards: the list, the form, one freeze, and its release; whole batches, too."""

from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from selfcard.cards.models import Batch
from selfcard.cards.queries import batches_seen_by
from selfcard.custody import commands
from selfcard.custody.models import (
    BATCH_REASON,
    FREEZE_REASON,
    SHORTAGE_REASON,
    STOCK_COUNT_REASON,
    WRITE_OFF_REASON,
    Freeze,
)
from selfcard.custody.parts import what_releases
from selfcard.custody.queries import (
    SEEING_FREEZES,
    find_freeze,
    freeze_of_batch,
    freezes_by_number,
    type_of,
)
from selfcard.organisations.models import May
from selfcard.organisations.queries import organisations_in_reach
from selfcard.web.office.custody.write_off_forms import FreezeBatchForm, FreezeForm, ReleaseForm
from selfcard.web.office.fields import cards_said
from selfcard.web.office.forms import refusals_shown_on
from selfcard.web.office.lists import (
    Blank,
    CountColumn,
    ListDeed,
    MomentColumn,
    NumberColumn,
    OfficeFilter,
    OfficeTable,
    Total,
    list_page,
)
from selfcard.web.office.named import cards_named
from selfcard.web.office.views import OfficeRequest, found, office_view, show
from selfcard.web.office.whereabouts import whereabouts
from selfcard.web.operations import help_for
from selfcard.web.templatetags.selfcard import count as counted
from selfcard.web.templatetags.selfcard import status as status_shown

Row = dict[str, Any]

STOPPED_BY: dict[str, str | Promise] = {
    FREEZE_REASON: pgettext_lazy("what stops cards", "freeze"),
    BATCH_REASON: gettext_lazy("batch frozen"),
    SHORTAGE_REASON: gettext_lazy("missing at check-in"),
    WRITE_OFF_REASON: gettext_lazy("reported, to be decided"),
    STOCK_COUNT_REASON: gettext_lazy("missing at the stock count"),
}


class FreezeFilter(OfficeFilter):
    q = django_filters.CharFilter(label=gettext_lazy("Number or note"), method="named")
    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Stopped by"),
        field_name="reason_kind",
        choices=list(STOPPED_BY.items()),
        empty_label=gettext_lazy("all"),
    )
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"),
        choices=[
            ("in_force", pgettext_lazy("freeze", "in force")),
            ("released", pgettext_lazy("freeze", "released")),
        ],
        empty_label=gettext_lazy("all"),
        method="as_it_is",
    )

    class Meta:
        model = Freeze
        fields: ClassVar = ["q", "kind", "state"]

    def named(self, rows: QuerySet[Freeze], name: str, text: str) -> QuerySet[Freeze]:
        return rows.filter(Q(reason_number__icontains=text) | Q(note__icontains=text))

    def as_it_is(self, rows: QuerySet[Any], name: str, state: str) -> QuerySet[Any]:
        return rows.filter(cards__gt=0) if state == "in_force" else rows.filter(cards=0)


def _place(record: Row) -> str | None:
    """The page of whatever stops the cards."""
    help = help_for(what_releases((record["reason_kind"], record["reason_number"])))
    return help.url if help else None


class FreezeTable(OfficeTable):
    reason_number = NumberColumn(verbose_name=gettext_lazy("Number"), linkify=_place)
    reason_kind = tables.Column(gettext_lazy("Stopped by"))
    state = tables.Column(gettext_lazy("State"), accessor="cards", order_by="cards")
    said = tables.Column(gettext_lazy("Note"))
    by = tables.Column(gettext_lazy("Frozen by"), empty_values=(), order_by="by_zh")
    since = MomentColumn(verbose_name=gettext_lazy("Frozen since"))
    cards = CountColumn(verbose_name=gettext_lazy("Cards frozen now"))

    class Meta(OfficeTable.Meta):
        order_by = "-since"
        sequence = ("reason_number", "state", "cards", "...")

    def render_reason_kind(self, value: str) -> Any:
        return STOPPED_BY.get(value, value)

    def render_state(self, value: int) -> Any:
        return status_shown("frozen" if value else "ended", _state(value))

    def value_state(self, value: int) -> str:
        return str(_state(value))

    def render_by(self, record: Row) -> str:
        return str(record["by_zh" if (get_language() or "").startswith("zh") else "by_en"])


def _state(cards: int) -> Any:
    return pgettext_lazy("freeze", "in force") if cards else pgettext_lazy("freeze", "released")


def _totals(rows: QuerySet[Any]) -> list[Total]:
    # One card may be stopped by several numbers: cards would be counted twice.
    in_force = rows.order_by().filter(cards__gt=0).count()
    return [Total(_("Freezes in force"), counted(in_force), "wait" if in_force else "")]


@office_view(*SEEING_FREEZES)
def freezes(request: OfficeRequest) -> HttpResponse:
    deed = None
    if May.FREEZE_CARDS in request.mays:
        deed = ListDeed(_("Freeze cards"), reverse("office:custody:freeze"))
    return list_page(
        request,
        rows=freezes_by_number(request.actor),
        table=FreezeTable,
        filters=FreezeFilter,
        totals=_totals,
        title=_("Frozen cards"),
        lead=_("What stops cards for a while, and until when it did."),
        blank=Blank(
            _("Nothing is frozen"),
            _("A freeze stops any range at once, whatever its status, until somebody releases it."),
            icon="lock",
            url=deed.url if deed else "",
            deed=deed.label if deed else "",
        ),
        deed=deed,
        name="freezes",
    )


@office_view(May.FREEZE_CARDS)
def freeze(request: OfficeRequest) -> HttpResponse:
    form = FreezeForm(request.POST or None, actor=request.actor, initial=cards_named(request))
    if form.is_valid():
        with refusals_shown_on(form):
            number = commands.freeze_cards(**form.cleaned_data, actor=request.actor)
            messages.success(request, _("%(number)s: the cards are frozen.") % {"number": number})
            return redirect("office:custody:freeze_note", number)
    return show(request, "office/custody/freeze.html", {"form": form})


@office_view(*SEEING_FREEZES)
def freeze_note(request: OfficeRequest, number: str) -> HttpResponse:
    one = found(find_freeze(number, request.actor))
    count = sum(run.count for run in one.in_force)
    return show(
        request,
        "office/custody/frozen.html",
        {
            "freeze": one,
            "cards": cards_said(count),
            "document_type": type_of(one.frozen),
            "now": whereabouts(request, one.frozen),
            "may_release": bool(count) and May.FREEZE_CARDS in request.mays,
        },
    )


@office_view(May.FREEZE_CARDS)
def release(request: OfficeRequest, number: str) -> HttpResponse:
    one = found(find_freeze(number, request.actor))
    if not one.in_force and request.method == "GET":
        return redirect("office:custody:freeze_note", number)
    form = ReleaseForm(
        request.POST or None,
        actor=request.actor,
        listed=one.in_force or one.frozen,
        all_seen=not one.goes_further,
    )
    if form.is_valid():
        with refusals_shown_on(form):
            commands.release_cards(number=number, **form.cleaned_data, actor=request.actor)
            messages.success(request, _("The cards of %(number)s go on.") % {"number": number})
            return redirect("office:custody:freeze_note", number)
    return show(request, "office/custody/release.html", {"form": form, "freeze": one})


@office_view(May.FREEZE_CARDS)
def freeze_batch(request: OfficeRequest, number: str) -> HttpResponse:
    """Stop a whole batch, or let it go on: whichever is next."""
    one = _batch(request, number)
    stopped = freeze_of_batch(one)
    form = FreezeBatchForm(request.POST or None, actor=request.actor)
    if form.is_valid():
        deed = commands.release_batch if "release" in request.POST else commands.freeze_batch
        with refusals_shown_on(form):
            deed(batch=one, **form.cleaned_data, actor=request.actor)
            said = (
                _("Batch %(number)s goes on.")
                if "release" in request.POST
                else _("Batch %(number)s is frozen.")
            )
            messages.success(request, said % {"number": one.number})
            return redirect(_after(request, one))
    return show(
        request,
        "office/custody/freeze_batch.html",
        {"form": form, "batch": one, "stopped": stopped, "cards": cards_said(one.count)},
    )


def _batch(request: OfficeRequest, number: str) -> Batch:
    places = organisations_in_reach(request.actor, May.FREEZE_CARDS).values("pk")
    batches = Batch.objects.filter(organisation__in=places, state=Batch.State.GENERATED)
    return found(
        batches.select_related("type_version__document_type", "organisation__party")
        .filter(number=number)
        .first()
    )


def _after(request: OfficeRequest, batch: Batch) -> str:
    """Back to the batch for whoever sees it, else to the list of what is frozen."""
    if batches_seen_by(request.actor).filter(pk=batch.pk).exists():
        return reverse("office:cards:batch", args=[batch.number])
    return reverse("office:custody:freezes")
