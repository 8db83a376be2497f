"""Batches: the list, the order, and one batch on its way from order to check-in."""

from textwrap import wrap
from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.db.models import Q, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from selfcard.cards.access import is_still_theirs
from selfcard.cards.commands import order_batch
from selfcard.cards.models import Batch
from selfcard.cards.queries import current_version
from selfcard.custody.queries import freeze_of_batch
from selfcard.organisations.models import May
from selfcard.web.office.cards.forms import OrderForm
from selfcard.web.office.cards.stages import (
    MOVING,
    Stage,
    batches_with_stage,
    stage_of,
    waiting_request,
)
from selfcard.web.office.cards.terms import deadline_said, use_by_said
from selfcard.web.office.forms import DeedForm, OfficeForm, refusals_shown_on
from selfcard.web.office.lists import (
    Blank,
    CountColumn,
    DayColumn,
    ListDeed,
    NumberColumn,
    OfficeFilter,
    OfficeTable,
    Total,
    list_page,
)
from selfcard.web.office.views import OfficeRequest, found, office_view, show
from selfcard.web.office.whereabouts import whereabouts
from selfcard.web.templatetags.selfcard import count as counted
from selfcard.web.templatetags.selfcard import status as status_shown

SEEING_BATCHES = (May.ORDER_BATCHES, May.APPROVE_BATCHES, May.RELEASE_PRINT, May.AUDIT)


class BatchFilter(OfficeFilter):
    q = django_filters.CharFilter(label=gettext_lazy("Batch or document type"), method="named")
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"),
        choices=Batch.State.choices,
        empty_label=gettext_lazy("all"),
    )

    class Meta:
        model = Batch
        fields: ClassVar = ["q", "state"]

    def named(self, rows: QuerySet[Batch], name: str, text: str) -> QuerySet[Batch]:
        return rows.filter(
            Q(number__icontains=text)
            | Q(type_version__document_type__code__icontains=text)
            | Q(type_version__document_type__name_zh__icontains=text)
            | Q(type_version__document_type__name_en__icontains=text)
            | Q(type_version__name_zh__icontains=text)
            | Q(type_version__name_en__icontains=text)
        )


class BatchTable(OfficeTable):
    number = NumberColumn(
        verbose_name=gettext_lazy("Batch"), linkify=("office:cards:batch", [tables.A("number")])
    )
    state = tables.Column(gettext_lazy("State"))
    document_type = tables.Column(
        gettext_lazy("Document type"),
        accessor="type_version__name",
        order_by="type_version__document_type__code",
    )
    printer = tables.Column(
        gettext_lazy("Printer"), accessor="printer__name", order_by="printer__code"
    )
    ordered_at = DayColumn(verbose_name=gettext_lazy("Ordered"), attrs={"td": {"class": "nowrap"}})
    use_by = DayColumn(verbose_name=gettext_lazy("Last day to sell"))
    deadline = DayColumn(verbose_name=gettext_lazy("Last day to activate"))
    count = CountColumn(verbose_name=gettext_lazy("Cards"))

    class Meta(OfficeTable.Meta):
        order_by = "-number"
        sequence = ("number", "state", "count", "...")

    def render_state(self, record: Batch) -> Any:
        stage = stage_of(record)
        return status_shown(stage, stage.label)

    def value_state(self, record: Batch) -> str:
        return str(stage_of(record).label)


def _totals(rows: QuerySet[Batch]) -> list[Total]:
    cards = rows.order_by().aggregate(cards=Sum("count"))["cards"]
    return [Total(_("Cards"), counted(cards or 0))]


@office_view(*SEEING_BATCHES)
def batches(request: OfficeRequest) -> HttpResponse:
    deed = None
    if May.ORDER_BATCHES in request.mays:
        deed = ListDeed(_("Order a batch"), reverse("office:cards:order"))
    return list_page(
        request,
        rows=batches_with_stage(request.actor),
        table=BatchTable,
        filters=BatchFilter,
        totals=_totals,
        title=_("Batches"),
        lead=_("Print orders, from the order to the box that was checked in."),
        blank=Blank(
            _("No batch yet"),
            _("Cards begin with a batch: one person orders it, another approves it."),
            icon="package-in",
            url=deed.url if deed else "",
            deed=deed.label if deed else "",
        ),
        deed=deed,
        name="batches",
    )


@office_view(May.ORDER_BATCHES)
def order(request: OfficeRequest) -> HttpResponse:
    initial = {name: request.GET.get(name, "") for name in ("document_type", "count", "printer")}
    form = OrderForm(request.POST or None, actor=request.actor, initial=initial)
    if form.is_valid():
        with refusals_shown_on(form):
            one = order_batch(**form.cleaned_data, actor=request.actor)
            messages.success(
                request,
                _("Batch %(number)s is ordered. Another person has to approve it.")
                % {"number": one.number},
            )
            return redirect("office:cards:batch", one.number)
    return show(request, "office/cards/order.html", {"form": form})


@office_view(*SEEING_BATCHES)
def batch(request: OfficeRequest, number: str) -> HttpResponse:
    return batch_page(request, find(request, number))


@office_view(*SEEING_BATCHES)
def progress(request: OfficeRequest, number: str) -> HttpResponse:
    """How far the making is. When the batch has come to another stage, the page is loaded anew."""
    one = find(request, number)
    stage = stage_of(one)
    if request.GET.get("stage") != stage:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "office/cards/_progress.html", {"batch": one, "stage": stage})


def find(request: OfficeRequest, number: str) -> Batch:
    return found(batches_with_stage(request.actor).filter(number=number).first())


def batch_page(
    request: OfficeRequest, one: Batch, refused: OfficeForm | None = None
) -> HttpResponse:
    """A batch with its steps and what can be done now; with what was refused, if something was."""
    stage = stage_of(one)
    version = one.type_version
    print_file = getattr(one, "print_file", None)
    return show(
        request,
        "office/cards/batch.html",
        {
            "batch": one,
            "stage": stage,
            "moves": stage in MOVING,
            "document_type": version.document_type,
            "type_number": f"{version.code}-{version.number}",
            "deadline": deadline_said(version.deadline_months, version.deadline_day),
            "use_by": use_by_said(version.use_by_months),
            "newer": _newer_version(one) if stage == Stage.ORDERED else None,
            "print_file": print_file,
            "digest": wrap(print_file.sha256, 8) if print_file else [],
            "asked": waiting_request(request, one, stage),
            "has": _has_come_to(stage),
            "may_order": May.ORDER_BATCHES in request.mays,
            "may_check_in": May.CHECK_IN_CARDS in request.mays,
            "has_cards": one.state == Batch.State.GENERATED,
            "may_freeze": May.FREEZE_CARDS in request.mays,
            "stopped": freeze_of_batch(one) if one.state == Batch.State.GENERATED else None,
            "cancellable": stage in (Stage.ORDERED, Stage.APPROVED, Stage.GENERATING, Stage.FAILED),
            "may_fetch_again": print_file is not None
            and stage == Stage.AT_PRINTER
            and is_still_theirs(print_file, request.staff.pk),
            "deed": refused or DeedForm(actor=request.actor),
            "refused": refused,
            "now": whereabouts(request, [one.run]) if stage == Stage.CHECKED_IN else None,
        },
    )


def _newer_version(batch: Batch) -> int | None:
    """The number of the newest version of the type, if the batch was ordered by an earlier one."""
    newest = current_version(batch.type_version.document_type)
    return newest.number if newest.pk != batch.type_version_id else None


def _has_come_to(stage: Stage) -> dict[str, str]:
    """The state of each step: done, now or ahead."""
    steps = {
        "ordered": Stage.ORDERED,
        "making": Stage.APPROVED,
        "asking": Stage.MADE,
        "downloading": Stage.RELEASED,
        "arriving": Stage.AT_PRINTER,
    }
    place = {
        Stage.GENERATING: Stage.APPROVED,
        Stage.FAILED: Stage.APPROVED,
        Stage.ASKED: Stage.MADE,
    }.get(stage, stage)
    if place in (Stage.REFUSED, Stage.CANCELLED):
        return dict.fromkeys(steps, "ahead")
    order = [*steps.values(), Stage.CHECKED_IN]
    at = order.index(place)
    return {
        name: "done" if order.index(step) < at else "now" if step == place else "ahead"
        for name, step in steps.items()
    }
