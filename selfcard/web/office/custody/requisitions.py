"""Requisitions: asking for cards, the list, and one requisition from the question to its issues."""

from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.db.models import F, Q, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_POST

from selfcard.core import clock
from selfcard.custody import commands
from selfcard.custody.models import Requisition
from selfcard.custody.queries import SEEING_REQUISITIONS, issues_for, requisitions_seen_by
from selfcard.organisations.models import May, Organisation
from selfcard.organisations.queries import may
from selfcard.web.office.custody.note_forms import AnswerForm, AskForm
from selfcard.web.office.fields import cards_said
from selfcard.web.office.forms import DeedForm, OfficeForm, refusals_shown_on
from selfcard.web.office.lists import (
    Blank,
    CountColumn,
    DayColumn,
    ListDeed,
    NumberColumn,
    OfficeFilter,
    OfficeTable,
    StatusColumn,
    Total,
    list_page,
    parties_named,
)
from selfcard.web.office.views import OfficeRequest, found, office_view, show
from selfcard.web.templatetags.selfcard import count as counted

State = Requisition.State
LEFT = "left"  # granted, and not all of it issued


@office_view(May.REQUEST_CARDS)
def ask(request: OfficeRequest) -> HttpResponse:
    form = AskForm(request.POST or None, actor=request.actor, initial=_usual(request))
    if form.is_valid():
        with refusals_shown_on(form):
            one = commands.ask_for_cards(**form.cleaned_data, actor=request.actor)
            messages.success(
                request,
                _("%(number)s: %(name)s is asked for %(cards)s.")
                % {
                    "number": one.number,
                    "name": one.issuer.name,
                    "cards": cards_said(one.count),
                },
            )
            return redirect("office:custody:requisition", one.number)
    return show(request, "office/custody/ask.html", {"form": form})


def _usual(request: OfficeRequest) -> dict[str, Any]:
    """People mostly ask for where they work."""
    organisation = request.staff.organisation
    if organisation.level == Organisation.Level.HEAD_OFFICE:
        return {}
    return {"organisation": organisation.code}


class RequisitionFilter(OfficeFilter):
    q = django_filters.CharFilter(label=gettext_lazy("Requisition or organisation"), method="named")
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"),
        choices=[*State.choices, (LEFT, gettext_lazy("still to be issued"))],
        empty_label=gettext_lazy("all"),
        method="in_state",
    )

    class Meta:
        model = Requisition
        fields: ClassVar = ["q", "state"]

    def named(self, rows: QuerySet[Requisition], name: str, text: str) -> QuerySet[Requisition]:
        wanted = Q(number__icontains=text) | Q(document_type__code__iexact=text)
        return rows.filter(wanted | parties_named(text, "organisation__party", "issuer__party"))

    def in_state(self, rows: QuerySet[Requisition], name: str, state: str) -> QuerySet[Requisition]:
        if state == LEFT:
            return rows.filter(state=State.GRANTED, issued__lt=F("granted"))
        return rows.filter(state=state)


class RequisitionTable(OfficeTable):
    number = NumberColumn(
        verbose_name=gettext_lazy("Requisition"),
        linkify=("office:custody:requisition", [tables.A("number")]),
    )
    state = StatusColumn(verbose_name=gettext_lazy("State"))
    organisation = tables.Column(
        gettext_lazy("Who asks"), accessor="organisation__name", order_by="organisation__path"
    )
    issuer = tables.Column(
        gettext_lazy("Who is asked"), accessor="issuer__name", order_by="issuer__path"
    )
    document_type = tables.Column(
        gettext_lazy("Document type"),
        accessor="document_type__name",
        order_by="document_type__code",
    )
    wanted_by = DayColumn(verbose_name=gettext_lazy("Wanted by"))
    count = CountColumn(verbose_name=pgettext_lazy("how many", "Asked"))
    granted = CountColumn(verbose_name=pgettext_lazy("how many", "Granted"))
    issued = CountColumn(verbose_name=pgettext_lazy("how many", "Issued"))

    class Meta(OfficeTable.Meta):
        order_by = "-number"
        sequence = ("number", "state", "count", "granted", "issued", "...")


def _totals(rows: QuerySet[Requisition]) -> list[Total]:
    left = Q(state=State.GRANTED)
    sums = rows.order_by().aggregate(
        cards_asked=Sum("count"),
        cards_granted=Sum("granted"),
        cards_left=Sum(F("granted") - F("issued"), filter=left),
    )
    left_now = sums["cards_left"] or 0
    return [
        Total(pgettext("how many", "Asked"), counted(sums["cards_asked"] or 0)),
        Total(pgettext("how many", "Granted"), counted(sums["cards_granted"] or 0)),
        Total(_("Still to be issued"), counted(left_now), "wait" if left_now else ""),
    ]


@office_view(*SEEING_REQUISITIONS)
def requisitions(request: OfficeRequest) -> HttpResponse:
    deed = None
    if May.REQUEST_CARDS in request.mays:
        deed = ListDeed(_("Ask for cards"), reverse("office:custody:ask"))
    return list_page(
        request,
        rows=requisitions_seen_by(request.actor),
        table=RequisitionTable,
        filters=RequisitionFilter,
        totals=_totals,
        title=_("Requisitions"),
        lead=_("Who asked whom for cards, what was granted, and what has gone out for it."),
        blank=Blank(
            _("Nobody has asked for cards yet"),
            _("An institution or department asks for stock here; cards may also come without."),
            icon="inbox",
            url=deed.url if deed else "",
            deed=deed.label if deed else "",
        ),
        deed=deed,
        name="requisitions",
    )


@office_view(*SEEING_REQUISITIONS)
def requisition(request: OfficeRequest, number: str) -> HttpResponse:
    return _page(request, _seen(request, number))


@office_view(May.ISSUE_CARDS)
@require_POST
def answer(request: OfficeRequest, number: str) -> HttpResponse:
    """Grant all, a part, or nothing."""
    one = _seen(request, number)
    form = AnswerForm(request.POST, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            commands.answer_requisition(requisition=one, **form.cleaned_data, actor=request.actor)
            messages.success(request, _("%(number)s is answered.") % {"number": one.number})
            return redirect("office:custody:requisition", one.number)
    return _page(request, one, form)


@office_view(May.REQUEST_CARDS)
@require_POST
def withdraw(request: OfficeRequest, number: str) -> HttpResponse:
    """The cards are not wanted any more."""
    one = _seen(request, number)
    form = DeedForm(request.POST, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            commands.withdraw_requisition(requisition=one, **form.cleaned_data, actor=request.actor)
            messages.success(request, _("%(number)s is withdrawn.") % {"number": one.number})
            return redirect("office:custody:requisition", one.number)
    return _page(request, one, form)


def _seen(request: OfficeRequest, number: str) -> Requisition:
    return found(requisitions_seen_by(request.actor).filter(number=number).first())


def _page(
    request: OfficeRequest, one: Requisition, refused: OfficeForm | None = None
) -> HttpResponse:
    may_issue = may(request.actor, May.ISSUE_CARDS, one.issuer)
    may_ask = may(request.actor, May.REQUEST_CARDS, one.organisation)
    asked = one.state == State.ASKED
    own = one.asked_by_id == request.staff.pk
    wants_them = own or request.staff.organisation_id == one.organisation_id
    answering = refused if isinstance(refused, AnswerForm) else None
    if answering is None and asked and may_issue and not own:
        answering = AnswerForm(actor=request.actor, initial={"granted": one.count})
    return show(
        request,
        "office/custody/requisition.html",
        {
            "requisition": one,
            "cards": cards_said(one.count),
            "left": cards_said(one.left) if one.left else "",
            "answering": answering,
            "own": asked and may_issue and own,
            "may_issue": may_issue and bool(one.left),
            "withdrawing": DeedForm(actor=request.actor)
            if may_ask and (asked or one.left) and wants_them
            else None,
            "refused": refused if refused is not answering else None,
            "overdue": (asked or bool(one.left)) and one.wanted_by < clock.today(),
            "issues": issues_for(one),
        },
    )
