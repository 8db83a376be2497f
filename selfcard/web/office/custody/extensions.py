"""More time for paid cards that are out of date: the list, the form, and one request."""

from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from selfcard.core import clock
from selfcard.custody import commands
from selfcard.custody.models import Extension, PlaceTally
from selfcard.custody.queries.extensions import (
    APPROVE_EXTENSION,
    SEEING_EXTENSIONS,
    extensions_seen_by,
    may_extend,
    owed_for,
    paid_past_deadline,
    runs_extended,
    runs_past_deadline,
)
from selfcard.organisations.models import May
from selfcard.web.office.approvals.asked import asked_about
from selfcard.web.office.custody.extension_forms import ExtensionForm
from selfcard.web.office.deeds import Deed, Subject, do
from selfcard.web.office.fields import MOST_RUNS, cards_said
from selfcard.web.office.forms import DeedForm, OfficeForm, refusals_shown_on
from selfcard.web.office.lists import (
    Blank,
    CountColumn,
    DayColumn,
    ListDeed,
    MomentColumn,
    NumberColumn,
    OfficeFilter,
    OfficeTable,
    StatusColumn,
    Total,
    list_page,
    parties_named,
)
from selfcard.web.office.named import cards_named
from selfcard.web.office.views import OfficeRequest, found, office_view, show
from selfcard.web.office.whereabouts import whereabouts
from selfcard.web.templatetags.selfcard import count as counted

State = Extension.State
SUBJECT = "extension"

DEEDS: dict[str, Deed] = {
    "agree": Deed(
        commands.grant_extension,
        gettext_lazy("You have agreed to %(number)s: the cards can be activated again."),
    ),
    "ask-again": Deed(
        commands.ask_extension_again, gettext_lazy("A second person is asked again.")
    ),
    "refuse": Deed(
        commands.refuse_extension,
        gettext_lazy("You have refused %(number)s. The cards stay out of date."),
        gettext_lazy("Refuse the extension"),
        gettext_lazy("The cards stay out of date. Whoever asked reads your reason."),
    ),
    "withdraw": Deed(
        commands.withdraw_extension,
        gettext_lazy("%(number)s is withdrawn. The cards stay out of date."),
    ),
}


class ExtensionFilter(OfficeFilter):
    q = django_filters.CharFilter(label=gettext_lazy("Number, holder or reason"), method="named")
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"), choices=State.choices, empty_label=gettext_lazy("all")
    )

    class Meta:
        model = Extension
        fields: ClassVar = ["q", "state"]

    def named(self, rows: QuerySet[Extension], name: str, text: str) -> QuerySet[Extension]:
        wanted = Q(number__icontains=text) | Q(reason__icontains=text)
        return rows.filter(wanted | parties_named(text, "holder"))


class ExtensionTable(OfficeTable):
    number = NumberColumn(
        verbose_name=gettext_lazy("Number"),
        linkify=("office:custody:extension", [tables.A("number")]),
    )
    state = StatusColumn(verbose_name=gettext_lazy("State"))
    count = CountColumn(verbose_name=pgettext_lazy("how many", "Cards"))
    last_day = DayColumn(verbose_name=gettext_lazy("New last day"))
    document_type = tables.Column(
        gettext_lazy("Document type"),
        accessor="document_type__name",
        order_by="document_type__code",
    )
    holder = tables.Column(
        gettext_lazy("Last with us"), accessor="holder__name", order_by="holder__code"
    )
    reason = tables.Column(gettext_lazy("Reason"))
    asked_at = MomentColumn(verbose_name=gettext_lazy("Asked"))

    class Meta(OfficeTable.Meta):
        order_by = "-number"


def _totals(rows: QuerySet[Extension]) -> list[Total]:
    waiting = Q(state=State.ASKED)
    sums = rows.order_by().aggregate(
        granted=Sum("count", filter=Q(state=State.GRANTED)), waiting=Count("pk", filter=waiting)
    )
    return [
        Total(_("Cards given more time"), counted(sums["granted"] or 0)),
        Total(
            _("Waiting for a second person"),
            counted(sums["waiting"]),
            "wait" if sums["waiting"] else "",
        ),
    ]


@office_view(*SEEING_EXTENSIONS)
def extensions(request: OfficeRequest) -> HttpResponse:
    deed = None
    if May.RECALL_SALES in request.mays:
        deed = ListDeed(_("Give more time"), reverse("office:custody:extend"))
    return list_page(
        request,
        rows=extensions_seen_by(request.actor),
        table=ExtensionTable,
        filters=ExtensionFilter,
        totals=_totals,
        title=_("Extensions"),
        lead=_("Later last days of paid cards: asked for by one person, agreed to by another."),
        blank=Blank(
            _("No paid card was given more time yet"),
            _(
                "Paid cards that nobody activated in time may be activated longer, if two people"
                " agree."
            ),
            icon="calendar",
            url=reverse("office:custody:past_deadline"),
            deed=_("Paid, out of date"),
        ),
        deed=deed,
        name="extensions",
    )


@office_view(May.RECALL_SALES)
def extend(request: OfficeRequest) -> HttpResponse:
    """Ask for a later last day; a second person decides."""
    form = ExtensionForm(request.POST or None, actor=request.actor, initial=_named(request))
    if form.is_valid():
        with refusals_shown_on(form):
            one = commands.ask_extension(**form.cleaned_data, actor=request.actor)
            said = {"number": one.number, "cards": cards_said(one.count)}
            messages.success(
                request, _("%(number)s: a second person is asked about %(cards)s.") % said
            )
            return redirect("office:custody:extension", one.number)
    return show(request, "office/custody/extend.html", {"form": form})


def _named(request: OfficeRequest) -> dict[str, Any]:
    """The cards that the address names: by their runs, or all of a line of the list."""
    named = cards_named(request)
    place = _place(request)
    if place is None:
        return named
    runs = tuple(runs_past_deadline(place.batch, place.holder)[:MOST_RUNS])
    return {"document_type": place.batch.type_version.document_type.code, "runs": runs}


def _place(request: OfficeRequest) -> PlaceTally | None:
    batch, holder = request.GET.get("batch", ""), request.GET.get("holder", "")
    if not (batch and holder):
        return None
    lines = paid_past_deadline(request.actor)
    return lines.filter(batch__number=batch, holder__code=holder).first()


def find(request: OfficeRequest, number: str) -> Extension:
    return found(extensions_seen_by(request.actor).filter(number=number).first())


@office_view(*SEEING_EXTENSIONS)
def extension(request: OfficeRequest, number: str) -> HttpResponse:
    return case_page(request, find(request, number))


def case_page(
    request: OfficeRequest, one: Extension, refused: OfficeForm | None = None
) -> HttpResponse:
    """A request as it stands and what can be done now; with what was refused, if something was."""
    runs = runs_extended(one)
    left, owed = owed_for(runs)
    return show(
        request,
        "office/custody/extension.html",
        {
            "case": one,
            "cards": cards_said(one.count),
            "runs": runs,
            "total": sum(run.count for run in runs),
            "now": whereabouts(request, runs),
            "left": left,
            "owed": owed,
            "is_over": one.state == State.GRANTED and one.last_day < clock.today(),
            "asked": asked_about(request, APPROVE_EXTENSION, SUBJECT, one.number),
            "may_ask": may_extend(request.actor, one),
            "deed": refused or DeedForm(actor=request.actor),
            "refused": refused,
        },
    )


@office_view(*SEEING_EXTENSIONS)
def deed(request: OfficeRequest, number: str, name: str) -> HttpResponse:
    """Do one of the deeds; a refusal asks why on a page of its own."""
    subject = Subject(
        "extension",
        find(request, number),
        "office:custody:extension",
        lambda form: case_page(request, find(request, number), form),
        "office/custody/extension_reason.html",
    )
    return do(request, DEEDS[name], subject)
