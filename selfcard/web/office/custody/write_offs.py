"""What became of cards: the list of write-offs, the form for each kind, and one case."""

from typing import Any, ClassVar, NamedTuple

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from selfcard.core import clock
from selfcard.custody import commands
from selfcard.custody.models import WRITE_OFF_REASON, WriteOff
from selfcard.custody.queries import (
    APPROVE_WRITE_OFF,
    SEEING_WRITE_OFFS,
    freezes_of,
    losses_to_announce,
    may_write_off,
    runs_written_off,
    still_lost,
    write_offs_seen_by,
)
from selfcard.organisations.models import May
from selfcard.web.office.approvals.asked import Asked, asked_about
from selfcard.web.office.custody.write_off_forms import REPORTS
from selfcard.web.office.fields import cards_said
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

Kind = WriteOff.Kind
State = WriteOff.State


class Report(NamedTuple):
    """How the form of a kind is called, what it says of itself, and what is said when it is sent.

    What is void or lost already goes nowhere, and so nobody is told that it is frozen.
    """

    title: Promise
    lead: Promise
    submit: Promise
    done: Promise
    stops: bool = False


FROZEN = gettext_lazy("%(number)s: %(cards)s frozen, and a second person is asked.")


REPORTED: dict[str, Report] = {
    Kind.VOID: Report(
        gettext_lazy("Make cards void"),
        gettext_lazy("Damaged, misprinted, scratched or out of date: nobody gets them any more."),
        gettext_lazy("Report as void"),
        FROZEN,
        stops=True,
    ),
    Kind.LOSS: Report(
        gettext_lazy("Report a loss"),
        gettext_lazy("Lost or stolen: the cards are frozen the moment you report them."),
        gettext_lazy("Freeze and report the loss"),
        FROZEN,
        stops=True,
    ),
    Kind.FOUND: Report(
        gettext_lazy("Lost cards found again"),
        gettext_lazy("With their panels untouched they become inventory again."),
        gettext_lazy("Report as found"),
        gettext_lazy("%(number)s: a second person is asked whether %(cards)s came to light."),
    ),
    Kind.DESTRUCTION: Report(
        gettext_lazy("Destroy void cards"),
        gettext_lazy("Where, how and when, with a protocol that names both persons."),
        gettext_lazy("Report the destruction"),
        gettext_lazy("%(number)s: a second person is asked about the destruction of %(cards)s."),
    ),
}


@office_view(May.WRITE_OFF_CARDS)
def report(request: OfficeRequest, kind: str) -> HttpResponse:
    """Report what happened to cards; a second person decides."""
    form = REPORTS[kind](request.POST or None, actor=request.actor, initial=cards_named(request))
    if form.is_valid():
        with refusals_shown_on(form):
            one = commands.ask_write_off(kind=kind, **form.cleaned_data, actor=request.actor)
            said = {"number": one.number, "cards": cards_said(one.count)}
            messages.success(request, REPORTED[kind].done % said)
            return redirect("office:custody:write_off", one.number)
    return show(
        request,
        "office/custody/report.html",
        {"form": form, "kind": kind, "words": REPORTED[kind]},
    )


class WriteOffFilter(OfficeFilter):
    q = django_filters.CharFilter(label=gettext_lazy("Number, holder or note"), method="named")
    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("What happened"),
        choices=Kind.choices,
        empty_label=gettext_lazy("all"),
    )
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"), choices=State.choices, empty_label=gettext_lazy("all")
    )
    announce = django_filters.ChoiceFilter(
        label=gettext_lazy("Announcement"),
        choices=[
            ("due", gettext_lazy("to be announced")),
            ("late", gettext_lazy("overdue")),
            ("done", gettext_lazy("announced")),
        ],
        empty_label=gettext_lazy("all"),
        method="announced",
    )

    class Meta:
        model = WriteOff
        fields: ClassVar = ["q", "kind", "state", "announce"]

    def named(self, rows: QuerySet[WriteOff], name: str, text: str) -> QuerySet[WriteOff]:
        wanted = Q(number__icontains=text) | Q(note__icontains=text)
        return rows.filter(wanted | parties_named(text, "holder"))

    def announced(self, rows: QuerySet[WriteOff], name: str, which: str) -> QuerySet[WriteOff]:
        if which == "done":
            return rows.filter(announced_on__isnull=False)
        waiting = rows.filter(pk__in=losses_to_announce(self.request.actor).values("pk"))
        return waiting.filter(announce_by__lt=clock.today()) if which == "late" else waiting


class WriteOffTable(OfficeTable):
    number = NumberColumn(
        verbose_name=gettext_lazy("Number"),
        linkify=("office:custody:write_off", [tables.A("number")]),
    )
    kind = tables.Column(gettext_lazy("What happened"))
    state = StatusColumn(verbose_name=gettext_lazy("State"))
    holder = tables.Column(gettext_lazy("Holder"), accessor="holder__name", order_by="holder__code")
    document_type = tables.Column(
        gettext_lazy("Document type"),
        accessor="document_type__name",
        order_by="document_type__code",
    )
    cause = tables.Column(gettext_lazy("Cause"))
    asked_at = MomentColumn(verbose_name=gettext_lazy("Reported"))
    announce_by = DayColumn(verbose_name=gettext_lazy("Announce by"))
    count = CountColumn(verbose_name=pgettext_lazy("how many", "Cards"))

    class Meta(OfficeTable.Meta):
        order_by = "-number"
        sequence = ("number", "kind", "state", "count", "...")


def _totals(rows: QuerySet[WriteOff]) -> list[Total]:
    waiting, lost = Q(state=State.ASKED), Q(kind=Kind.LOSS, state=State.DONE)
    sums = rows.order_by().aggregate(
        cards=Sum("count"), waiting=Count("pk", filter=waiting), lost=Sum("count", filter=lost)
    )
    return [
        Total(pgettext("how many", "Cards"), counted(sums["cards"] or 0)),
        Total(
            _("Waiting for a second person"),
            counted(sums["waiting"]),
            "wait" if sums["waiting"] else "",
        ),
        Total(_("Cards lost"), counted(sums["lost"] or 0), "stop" if sums["lost"] else ""),
    ]


@office_view(*SEEING_WRITE_OFFS)
def write_offs(request: OfficeRequest) -> HttpResponse:
    deed = None
    if May.WRITE_OFF_CARDS in request.mays:
        deed = ListDeed(_("Report a loss"), reverse("office:custody:loss"))
    return list_page(
        request,
        rows=write_offs_seen_by(request.actor),
        table=WriteOffTable,
        filters=WriteOffFilter,
        totals=_totals,
        title=_("Void and lost cards"),
        lead=_("What was reported about cards, and what a second person decided."),
        blank=Blank(
            _("Nothing was reported yet"),
            _("Void, lost, found and destroyed cards are reported here; another person agrees."),
            icon="clipboard",
            url=deed.url if deed else "",
            deed=deed.label if deed else "",
        ),
        deed=deed,
        name="write-offs",
        template="office/custody/write_offs.html",
        context={"may_report": deed is not None},
    )


def find(request: OfficeRequest, number: str) -> WriteOff:
    return found(write_offs_seen_by(request.actor).filter(number=number).first())


@office_view(*SEEING_WRITE_OFFS)
def write_off(request: OfficeRequest, number: str) -> HttpResponse:
    return case_page(request, find(request, number))


def case_page(
    request: OfficeRequest, one: WriteOff, refused: OfficeForm | None = None
) -> HttpResponse:
    """A case as it stands and what can be done now; with what was refused, if something was."""
    runs = runs_written_off(one)
    agreed_loss = one.kind == Kind.LOSS and one.state == State.DONE
    lost = still_lost(one) if agreed_loss else []
    return show(
        request,
        "office/custody/write_off.html",
        {
            "case": one,
            "cards": cards_said(one.count),
            "runs": runs,
            "now": whereabouts(request, runs),
            "asked": _asked(request, one),
            "freeze": freezes_of(one).first(),
            "stops": REPORTED[one.kind].stops,
            "lost": lost,
            "days_left": _days_left(one) if lost and one.announced_on is None else None,
            "may_report": may_write_off(request.actor, one),
            "deed": refused or DeedForm(actor=request.actor),
            "refused": refused,
        },
    )


def _asked(request: OfficeRequest, one: WriteOff) -> Asked | None:
    """The request for a second person; whoever holds the cards is not offered to be it."""
    asked = asked_about(request, APPROVE_WRITE_OFF, WRITE_OFF_REASON, one.number)
    if asked and request.staff.party_id == one.holder_id:
        return asked._replace(may_decide=False)
    return asked


def _days_left(loss: WriteOff) -> dict[str, Any]:
    """How many calendar days are left to announce a loss, or by how many it is overdue."""
    assert loss.announce_by is not None
    days = (loss.announce_by - clock.today()).days
    return {"left": days, "late": -days, "is_late": days < 0}
