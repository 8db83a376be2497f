"""Issue registration with its live answer, the list of issue notes, and one note."""

from dataclasses import dataclass
from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.db.models import Q, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from selfcard.core.serials import SerialRun, count_cards
from selfcard.custody.commands import issue_cards
from selfcard.custody.models import Issue, WriteOff
from selfcard.custody.queries import (
    SEEING_ISSUES,
    fates_of,
    issues_seen_by,
    overdue_since,
    requisitions_to_issue,
    runs_of,
    still_missing,
    stock_of,
    with_missing,
    write_offs_seen_by,
)
from selfcard.organisations.models import May, Organisation, Party
from selfcard.organisations.queries import may
from selfcard.web.office.custody.forms import IssueForm
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
    StatusColumn,
    Total,
    list_page,
    parties_named,
)
from selfcard.web.office.named import cards_named, naming
from selfcard.web.office.views import OfficeRequest, found, office_view, show
from selfcard.web.office.whereabouts import whereabouts
from selfcard.web.templatetags.selfcard import count as counted

# Whoever works at these places hands cards to people; all others hand them to places.
TO_PEOPLE = (Organisation.Level.INSTITUTION, Organisation.Level.DEPARTMENT)


@office_view(May.ISSUE_CARDS)
def issue(request: OfficeRequest) -> HttpResponse:
    form = IssueForm(request.POST or None, actor=request.actor, initial=_usual(request))
    if form.is_valid():
        with refusals_shown_on(form):
            one = issue_cards(**form.arguments, actor=request.actor)
            messages.success(
                request,
                _("%(number)s: %(cards)s issued to %(name)s.")
                % {"number": one.number, "cards": cards_said(one.count), "name": one.to_party.name},
            )
            return redirect("office:custody:issue_note", one.number)
    organisation = request.staff.organisation
    return show(
        request,
        "office/custody/issue.html",
        {"form": form, "organisation": organisation, "stock": stock_of(organisation.party)},
    )


def _usual(request: OfficeRequest) -> dict[str, Any]:
    """An institution's administrator mostly hands cards to themself, a branch's to institutions."""
    usual: dict[str, Any] = {"recipient_type": Party.Kind.ORGANISATION}
    if request.staff.organisation.level in TO_PEOPLE:
        usual = {"recipient_type": Party.Kind.PERSON, "to": request.staff.party.code}
    return {**usual, **cards_named(request), **_asked_for(request)}


def _asked_for(request: OfficeRequest) -> dict[str, Any]:
    """What an issue for the requisition in the address is mostly."""
    number = request.GET.get("requisition", "")
    wanted = requisitions_to_issue(request.actor).filter(number=number).first() if number else None
    if wanted is None:
        return {}
    return {
        "recipient_type": Party.Kind.ORGANISATION,
        "requisition": wanted.number,
        "to": wanted.organisation.code,
        "document_type": wanted.document_type.code,
    }


class IssueFilter(OfficeFilter):
    q = django_filters.CharFilter(label=gettext_lazy("Note, sender or recipient"), method="named")
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"), choices=Issue.State.choices, empty_label=gettext_lazy("all")
    )

    class Meta:
        model = Issue
        fields: ClassVar = ["q", "state"]

    def named(self, rows: QuerySet[Issue], name: str, text: str) -> QuerySet[Issue]:
        wanted = Q(number__icontains=text) | Q(remark__icontains=text)
        return rows.filter(wanted | parties_named(text, "from_party", "to_party"))


def _state(issue: Issue, missing: int) -> str:
    """What became of the cards on a note, and how many nobody has found."""
    state = capfirst(issue.get_state_display())
    if not missing:
        return state
    return _("%(state)s, %(missing)s missing") % {"state": state, "missing": counted(missing)}


class IssueStateColumn(StatusColumn):
    """The state of a note that says how many of its cards are missing."""

    def render(self, value: Any, record: Any, bound_column: Any) -> SafeString:
        return super().render(_state(record, record.missing), record, bound_column)

    def value(self, record: Any) -> str:
        return _state(record, record.missing)


class IssueTable(OfficeTable):
    number = NumberColumn(
        verbose_name=gettext_lazy("Issue note"),
        linkify=("office:custody:issue_note", [tables.A("number")]),
    )
    state = IssueStateColumn(verbose_name=gettext_lazy("State"))
    document_type = tables.Column(
        gettext_lazy("Document type"),
        accessor="document_type__name",
        order_by="document_type__code",
    )
    from_party = tables.Column(
        gettext_lazy("From"), accessor="from_party__name", order_by="from_party__code"
    )
    to_party = tables.Column(
        gettext_lazy("To"), accessor="to_party__name", order_by="to_party__code"
    )
    issued_at = MomentColumn(verbose_name=gettext_lazy("Issued"))
    count = CountColumn(verbose_name=pgettext_lazy("how many", "Cards"))

    class Meta(OfficeTable.Meta):
        order_by = "-number"
        sequence = ("number", "state", "count", "...")


def _totals(rows: QuerySet[Issue]) -> list[Total]:
    sums = rows.order_by().aggregate(
        cards=Sum("count"), moving=Sum("count", filter=Q(state=Issue.State.IN_TRANSIT))
    )
    moving = sums["moving"] or 0
    return [
        Total(pgettext("how many", "Cards"), counted(sums["cards"] or 0)),
        Total(_("In transit"), counted(moving), "wait" if moving else ""),
    ]


@office_view(*SEEING_ISSUES)
def issues(request: OfficeRequest) -> HttpResponse:
    deed = None
    if May.ISSUE_CARDS in request.mays:
        deed = ListDeed(_("Issue cards"), reverse("office:custody:issue"))
    return list_page(
        request,
        rows=with_missing(issues_seen_by(request.actor)),
        table=IssueTable,
        filters=IssueFilter,
        totals=_totals,
        title=_("Issues"),
        lead=_("Cards that were handed down, and whether they were checked in."),
        blank=Blank(
            _("Nothing was issued yet"),
            _("Cards go down the tree by issue notes. They begin with a batch in inventory."),
            icon="send",
            url=deed.url if deed else "",
            deed=deed.label if deed else "",
        ),
        deed=deed,
        name="issues",
    )


@office_view(*SEEING_ISSUES)
def issue_note(request: OfficeRequest, number: str) -> HttpResponse:
    one = found(issues_seen_by(request.actor).filter(number=number).first())
    runs = runs_of(one)
    in_transit = one.state == Issue.State.IN_TRANSIT
    still = still_missing(one)
    sender = None if one.from_party.is_person else one.from_party.organisation
    writes_off = sender is not None and may(request.actor, May.WRITE_OFF_CARDS, sender)
    return show(
        request,
        "office/custody/issue_note.html",
        {
            "issue": one,
            "cards": cards_said(one.count),
            "runs": runs,
            "now": whereabouts(request, runs),
            "fates": _fates(request, one),
            "still": still,
            "state": _state(one, count_cards(still)),
            "writing_off": naming(one.document_type, *still) if still and writes_off else "",
            "may_find": sender is not None
            and one.checked_in_by_id != request.staff.pk
            and may(request.actor, May.CHECK_IN_CARDS, sender),
            "in_transit": in_transit,
            "overdue": in_transit and one.issued_at < overdue_since(),
            "may_check_in": in_transit
            and one.issued_by_id != request.staff.pk
            and may(request.actor, May.CHECK_IN_CARDS, one.to_party.organisation),
        },
    )


@dataclass(frozen=True)
class ShownFate:
    """What became of cards that did not come, in words, and the write-off that says so."""

    said: str
    runs: list[SerialRun]
    write_off: WriteOff | None
    opens: bool


def _fates(request: OfficeRequest, issue: Issue) -> list[ShownFate]:
    fates = fates_of(issue)
    numbers = [fate.write_off.number for fate in fates if fate.write_off]
    seen = write_offs_seen_by(request.actor).filter(number__in=numbers) if numbers else ()
    return [
        ShownFate(
            _fate_said(count_cards(fate.runs), fate.write_off, issue),
            fate.runs,
            fate.write_off,
            fate.write_off in seen,
        )
        for fate in fates
    ]


def _fate_said(cards: int, write_off: WriteOff | None, issue: Issue) -> str:
    shown = {"cards": counted(cards), "sender": issue.from_party.name}
    if write_off is None:
        said = ngettext(
            "%(cards)s was found with %(sender)s", "%(cards)s were found with %(sender)s", cards
        )
    elif write_off.kind == WriteOff.Kind.LOSS:
        said = _("%(cards)s lost by")
    else:
        said = _("%(cards)s made void by")
    return said % shown
