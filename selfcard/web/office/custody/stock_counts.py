"""Stock counts: the list, the sheet to count on, and one count from its first stack to its end."""

from collections.abc import Iterable
from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.db.models import Q, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from selfcard.approvals.models import Approval
from selfcard.custody import commands
from selfcard.custody.counting import answering_for
from selfcard.custody.models import STOCK_COUNT_REASON, CountedStack, StockCount
from selfcard.custody.queries.stock_counts import (
    ADJUST_STOCK,
    SEEING_COUNTS,
    Difference,
    cards_differing,
    counted_so_far,
    differences_of,
    may_count,
    request_about,
    stacks_of,
    stock_counts_seen_by,
)
from selfcard.organisations.models import May
from selfcard.web.office.approvals.asked import Asked, asked_about
from selfcard.web.office.custody.count_forms import (
    CompareForm,
    OpenCountForm,
    StackForm,
    StacksForm,
    remedies_form,
)
from selfcard.web.office.custody.findings import shown_findings
from selfcard.web.office.exports import exported
from selfcard.web.office.forms import DeedForm, OfficeForm, refusals_shown_on
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
from selfcard.web.office.views import OfficeRequest, found, office_view, show
from selfcard.web.templatetags.selfcard import count as counted

STACKS_SHOWN = 50
State = StockCount.State


class StockCountFilter(OfficeFilter):
    q = django_filters.CharFilter(label=gettext_lazy("Count or holder"), method="named")
    document_type = django_filters.CharFilter(
        label=gettext_lazy("Document type code"),
        field_name="document_type__code",
        lookup_expr="iexact",
    )
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"), choices=State.choices, empty_label=gettext_lazy("all")
    )

    class Meta:
        model = StockCount
        fields: ClassVar = ["q", "document_type", "state"]

    def named(self, rows: QuerySet[StockCount], name: str, text: str) -> QuerySet[StockCount]:
        return rows.filter(Q(number__icontains=text) | parties_named(text, "holder"))


class StockCountTable(OfficeTable):
    number = NumberColumn(
        verbose_name=gettext_lazy("Count"),
        linkify=("office:custody:stock_count", [tables.A("number")]),
    )
    state = StatusColumn(verbose_name=gettext_lazy("State"))
    holder = tables.Column(gettext_lazy("Holder"), accessor="holder__name", order_by="holder__code")
    document_type = tables.Column(
        gettext_lazy("Document type"),
        accessor="document_type__name",
        order_by="document_type__code",
    )
    opened_at = MomentColumn(verbose_name=gettext_lazy("Opened"))
    opened_by = tables.Column(
        gettext_lazy("By"), accessor="opened_by__party__name", order_by="opened_by"
    )
    expected = CountColumn(verbose_name=gettext_lazy("By the books"))
    counted = CountColumn(verbose_name=gettext_lazy("Counted"))
    missing = CountColumn(verbose_name=gettext_lazy("Missing"))
    surplus = CountColumn(verbose_name=gettext_lazy("Surplus"))

    class Meta(OfficeTable.Meta):
        order_by = "-number"
        sequence = ("number", "state", "missing", "surplus", "...")


def _totals(rows: QuerySet[StockCount]) -> list[Total]:
    expected = rows.order_by().aggregate(cards=Sum("expected"))["cards"]
    differing = cards_differing(rows)
    return [
        Total(_("By the books"), counted(expected or 0)),
        *(
            Total(label, counted(cards), "wait" if cards else "")
            for label, cards in (
                (_("Missing"), differing.missing),
                (_("Surplus"), differing.surplus),
            )
        ),
    ]


@office_view(*SEEING_COUNTS)
def stock_counts(request: OfficeRequest) -> HttpResponse:
    deed = None
    if May.COUNT_STOCK in request.mays:
        deed = ListDeed(_("Count stock"), reverse("office:custody:open_stock_count"))
    return list_page(
        request,
        rows=stock_counts_seen_by(request.actor),
        table=StockCountTable,
        filters=StockCountFilter,
        totals=_totals,
        title=_("Stock counts"),
        lead=_("What lay there beside what the books say, and what was done about the difference."),
        blank=Blank(
            _("Nothing was counted yet"),
            _("A count is opened for one holder and one document type, and begins with a sheet."),
            icon="cards",
            url=deed.url if deed else "",
            deed=deed.label if deed else "",
        ),
        deed=deed,
        name="stock-counts",
    )


@office_view(May.COUNT_STOCK)
def open_stock_count(request: OfficeRequest) -> HttpResponse:
    usual = {"holder": request.staff.organisation.party.code}
    usual |= {
        name: request.GET[name] for name in ("holder", "document_type") if name in request.GET
    }
    form = OpenCountForm(request.POST or None, actor=request.actor, initial=usual)
    if form.is_valid():
        with refusals_shown_on(form):
            one = commands.open_stock_count(**form.cleaned_data, actor=request.actor)
            messages.success(
                request,
                _("%(number)s is open. Count, and enter the stacks.") % {"number": one.number},
            )
            return redirect("office:custody:stock_count", one.number)
    return show(request, "office/custody/open_stock_count.html", {"form": form})


@office_view(*SEEING_COUNTS)
def stock_count(request: OfficeRequest, number: str) -> HttpResponse:
    one = find_count(request, number)
    head = [_("First"), _("Last"), pgettext("how many", "Cards"), _("Entered by"), _("Entered")]
    stacks = stacks_of(one).iterator(chunk_size=1000)
    if file := exported(request, one.number, head, (_row(stack) for stack in stacks)):
        return file
    return count_page(request, one)


def _row(stack: CountedStack) -> list[Any]:
    first, last = f"{stack.run.first:015d}", f"{stack.run.last:015d}"
    return [first, last, stack.run.count, stack.entered_by.name, stack.entered_at]


def find_count(request: OfficeRequest, number: str) -> StockCount:
    return found(stock_counts_seen_by(request.actor).filter(number=number).first())


def count_page(
    request: OfficeRequest, one: StockCount, refused: OfficeForm | None = None, **forms: OfficeForm
) -> HttpResponse:
    """A count as it stands, and what can be done now; with what was refused, if something was.

    `forms` are those of the page that were sent and not accepted, by their name on the page.
    """
    context: dict[str, Any] = {
        "count": one,
        "may_count": may_count(request.actor, one),
        "deed": DeedForm(actor=request.actor),
        "refused": refused,
    }
    context |= _of_state(request, one, counts=context["may_count"])
    return show(request, "office/custody/stock_count.html", context | forms)


def _of_state(request: OfficeRequest, one: StockCount, *, counts: bool) -> dict[str, Any]:
    """What a page shows of a count by how far it is."""
    if one.state == State.OPEN:
        return being_counted(request, one)
    differences = differences_of(one, request.actor)
    context: dict[str, Any] = {
        "findings": shown_findings(differences),
        "counted": one.counted if one.counted is not None else counted_so_far(one).cards,
    }
    if one.state == State.COMPARED:
        if counts and differences:
            form = remedies_form(differences)
            context["form"] = form(actor=request.actor, initial=_said(differences))
        last = request_about(one)
        context["refusal"] = last if last and last.state == Approval.State.REFUSED else None
    if one.state == State.ASKED:
        context["asked"] = _asked(request, one)
    return context


def being_counted(request: OfficeRequest, one: StockCount) -> dict[str, Any]:
    """What was counted so far, and the forms for what follows."""
    so_far = counted_so_far(one)
    return {
        "so_far": so_far,
        "stacks": stacks_of(one)[:STACKS_SHOWN],
        "earlier": max(so_far.stacks - STACKS_SHOWN, 0),
        "form": StackForm(actor=request.actor, document_type=one.document_type),
        "many": StacksForm(actor=request.actor, document_type=one.document_type, prefix="many"),
        "compare": CompareForm(actor=request.actor),
    }


def _said(differences: Iterable[Difference]) -> dict[str, str]:
    """What was proposed before and refused: it is there again, to be changed."""
    said = {}
    for one in (difference.finding for difference in differences):
        said[f"remedy_{one.pk}"], said[f"note_{one.pk}"] = one.remedy, one.note
    return said


def _asked(request: OfficeRequest, one: StockCount) -> Asked | None:
    """The request for a second person; whoever answers for any of the cards is not offered it."""
    asked = asked_about(request, ADJUST_STOCK, STOCK_COUNT_REASON, one.number)
    if asked and request.staff.party_id in answering_for(one, one.findings.all()):
        return asked._replace(may_decide=False)
    return asked
