"""Recall registration with its live answer, the list of recall notes, and one note."""

from typing import ClassVar

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.db.models import Q, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from selfcard.custody.commands import recall_cards
from selfcard.custody.models import Recall
from selfcard.custody.queries import SEEING_RECALLS, recalls_seen_by, runs_recalled
from selfcard.organisations.models import May
from selfcard.web.office.custody.note_forms import RecallForm
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
    parties_named,
)
from selfcard.web.office.named import cards_named
from selfcard.web.office.views import OfficeRequest, found, office_view, show
from selfcard.web.office.whereabouts import whereabouts
from selfcard.web.templatetags.selfcard import count as counted


@office_view(May.RECALL_CARDS)
def recall(request: OfficeRequest) -> HttpResponse:
    form = RecallForm(request.POST or None, actor=request.actor, initial=cards_named(request))
    if form.is_valid():
        with refusals_shown_on(form):
            one = recall_cards(**form.cleaned_data, actor=request.actor)
            messages.success(
                request,
                _("%(number)s: %(cards)s taken back from %(name)s.")
                % {
                    "number": one.number,
                    "cards": cards_said(one.count),
                    "name": one.from_party.name,
                },
            )
            return redirect("office:custody:recall_note", one.number)
    return show(request, "office/custody/recall.html", {"form": form})


class RecallFilter(OfficeFilter):
    q = django_filters.CharFilter(label=gettext_lazy("Note, giver or receiver"), method="named")
    document_type = django_filters.CharFilter(
        label=gettext_lazy("Document type code"),
        field_name="document_type__code",
        lookup_expr="iexact",
    )

    class Meta:
        model = Recall
        fields: ClassVar = ["q", "document_type"]

    def named(self, rows: QuerySet[Recall], name: str, text: str) -> QuerySet[Recall]:
        wanted = Q(number__icontains=text) | Q(remark__icontains=text)
        return rows.filter(wanted | parties_named(text, "from_party", "to_party"))


class RecallTable(OfficeTable):
    number = NumberColumn(
        verbose_name=gettext_lazy("Recall note"),
        linkify=("office:custody:recall_note", [tables.A("number")]),
    )
    document_type = tables.Column(
        gettext_lazy("Document type"),
        accessor="document_type__name",
        order_by="document_type__code",
    )
    from_party = tables.Column(
        pgettext_lazy("of a recall", "From"),
        accessor="from_party__name",
        order_by="from_party__code",
    )
    to_party = tables.Column(
        pgettext_lazy("of a recall", "To"), accessor="to_party__name", order_by="to_party__code"
    )
    recalled_at = MomentColumn(verbose_name=gettext_lazy("Recalled"))
    count = CountColumn(verbose_name=pgettext_lazy("how many", "Cards"))

    class Meta(OfficeTable.Meta):
        order_by = "-number"
        sequence = ("number", "count", "...")


def _totals(rows: QuerySet[Recall]) -> list[Total]:
    cards = rows.order_by().aggregate(cards=Sum("count"))["cards"]
    return [Total(pgettext("how many", "Cards"), counted(cards or 0))]


@office_view(*SEEING_RECALLS)
def recalls(request: OfficeRequest) -> HttpResponse:
    deed = None
    if May.RECALL_CARDS in request.mays:
        deed = ListDeed(_("Recall cards"), reverse("office:custody:recall"))
    return list_page(
        request,
        rows=recalls_seen_by(request.actor),
        table=RecallTable,
        filters=RecallFilter,
        totals=_totals,
        title=_("Recalls"),
        lead=_("Cards that went back up the tree, to whoever issued them."),
        blank=Blank(
            _("Nothing was recalled yet"),
            _("Cards that are not sold go back to whoever issued them, by a recall note."),
            icon="back",
            url=deed.url if deed else "",
            deed=deed.label if deed else "",
        ),
        deed=deed,
        name="recalls",
    )


@office_view(*SEEING_RECALLS)
def recall_note(request: OfficeRequest, number: str) -> HttpResponse:
    one = found(recalls_seen_by(request.actor).filter(number=number).first())
    runs = runs_recalled(one)
    return show(
        request,
        "office/custody/recall_note.html",
        {
            "recall": one,
            "cards": cards_said(one.count),
            "runs": runs,
            "now": whereabouts(request, runs),
        },
    )
