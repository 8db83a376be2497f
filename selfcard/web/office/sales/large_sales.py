"""A large sale that waits for a second person: what is asked, and what is decided."""

from collections.abc import Callable
from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from selfcard.approvals.models import Approval
from selfcard.core.money import Money
from selfcard.core.papers.words import amount_in_words
from selfcard.organisations.models import May
from selfcard.organisations.queries import may, staff_actor
from selfcard.sales import commands
from selfcard.sales.queries import (
    APPROVE_SALE,
    SALE_REASON,
    SEEING_SALES,
    large_sales_in_reach,
    sellable_parts,
)
from selfcard.sales.terms import SaleTerms, version_of
from selfcard.web.office.approvals.asked import asked_about
from selfcard.web.office.deeds import ReasonForm
from selfcard.web.office.fields import cards_said
from selfcard.web.office.forms import DeedForm, OfficeForm, refusals_shown_on
from selfcard.web.office.lists import (
    Blank,
    CountColumn,
    MomentColumn,
    NumberColumn,
    OfficeFilter,
    OfficeTable,
    list_page,
)
from selfcard.web.office.views import OfficeRequest, found, office_view, show
from selfcard.web.templatetags.selfcard import status as status_shown

State = Approval.State


class LargeSaleFilter(OfficeFilter):
    q = django_filters.CharFilter(
        label=gettext_lazy("Sales ID"), field_name="subject_number", lookup_expr="icontains"
    )
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"),
        field_name="fate",
        choices=State.choices,
        empty_label=gettext_lazy("all"),
    )

    class Meta:
        model = Approval
        fields: ClassVar = ["q", "state"]


class LargeSaleTable(OfficeTable):
    subject_number = NumberColumn(
        verbose_name=gettext_lazy("Sales ID"),
        linkify=("office:sales:large_sale", [tables.A("subject_number")]),
    )
    state = tables.Column(gettext_lazy("State"), accessor="fate")
    count = CountColumn(
        verbose_name=pgettext_lazy("how many", "Cards"), accessor="asked__count", orderable=False
    )
    document_type = tables.Column(
        gettext_lazy("Document type"), accessor="asked__document_type", orderable=False
    )
    organisation = tables.Column(
        gettext_lazy("Organisation"), accessor="organisation__name", order_by="organisation__path"
    )
    asked_by = tables.Column(
        pgettext_lazy("approval", "Asked by"),
        accessor="asked_by__name",
        order_by="asked_by__username",
    )
    asked_at = MomentColumn(verbose_name=pgettext_lazy("approval", "Asked"))
    decided_by = tables.Column(
        pgettext_lazy("approval", "Decided by"),
        accessor="decided_by__name",
        order_by="decided_by__username",
    )

    class Meta(OfficeTable.Meta):
        order_by = "-asked_at"

    def render_state(self, value: str) -> Any:
        return status_shown(value, State(value).label)

    def value_state(self, value: str) -> str:
        return str(State(value).label)


@office_view(*SEEING_SALES)
def requests(request: OfficeRequest) -> HttpResponse:
    """The large sales that a second person was asked about."""
    return list_page(
        request,
        rows=large_sales_in_reach(request.actor),
        table=LargeSaleTable,
        filters=LargeSaleFilter,
        title=_("Large sales"),
        lead=_("Sales of more than %(limit)s cards, to which another person has to agree.")
        % {"limit": f"{settings.LARGE_SALE_CARDS:,}"},
        blank=Blank(
            _("Nobody was asked about a large sale"),
            _("Where the insurer wants it, a second person agrees before so many cards are sold.")
            if settings.LARGE_SALE_NEEDS_SECOND_PERSON
            else _("Large sales are only warned of here: no second person is asked."),
            icon="users",
        ),
        name="large-sales",
    )


def find(request: OfficeRequest, number: str) -> Approval:
    """The latest request about a sale, as far as its organisation is in reach."""
    return found(large_sales_in_reach(request.actor).filter(subject_number=number).first())


@office_view(*SEEING_SALES)
def large_sale(request: OfficeRequest, number: str) -> HttpResponse:
    return _page(request, find(request, number))


def _page(request: OfficeRequest, one: Any, refused: OfficeForm | None = None) -> HttpResponse:
    """What is asked and how it stands; with what was refused, if something was."""
    if one.state == Approval.State.GRANTED:
        for problem in refused.problems if refused else ():
            messages.warning(request, problem.text)
        return redirect("office:sales:sale", one.subject_number)
    terms = SaleTerms.read(one.asked)
    waits = one.state == Approval.State.ASKED
    version = version_of(terms.runs)
    amount = Money(version.face_value, version.currency) * terms.count
    return show(
        request,
        "office/sales/large_sale.html",
        {
            "one": one,
            "fate": State(one.fate).label,
            "number": one.subject_number,
            "terms": terms,
            "cards": cards_said(terms.count),
            "amount": amount,
            "words": amount_in_words(amount),
            "each": version.face_value,
            "lines": [(run, version.face_value * run.count) for run in terms.runs],
            "limit": settings.LARGE_SALE_CARDS,
            "asked": asked_about(request, APPROVE_SALE, SALE_REASON, one.subject_number),
            "waits": waits,
            "amiss": _amiss(one, terms) if waits else [],
            "may_withdraw": waits and may(request.actor, May.REGISTER_SALES, one.organisation),
            "deed": refused or DeedForm(actor=request.actor),
            "refused": refused,
        },
    )


def _amiss(one: Approval, terms: SaleTerms) -> list[Any]:
    """The cards that could not be sold any more, judged as for whoever asked."""
    asker = staff_actor(one.asked_by)
    parts = sellable_parts(terms.document_type, terms.runs, terms.seller_organisation, asker)
    return [part for part in parts if not part.usable]


@office_view(*SEEING_SALES)
@require_POST
def grant(request: OfficeRequest, number: str) -> HttpResponse:
    """Agree: now it is a sale."""
    said = _("You have agreed: sale %(number)s is registered.")
    return _do(request, number, commands.grant_large_sale, said)


@office_view(May.REGISTER_SALES)
@require_POST
def withdraw(request: OfficeRequest, number: str) -> HttpResponse:
    """Take the request back."""
    said = _("The request for sale %(number)s is withdrawn.")
    return _do(request, number, commands.withdraw_large_sale, said)


@office_view(May.REGISTER_SALES)
@require_POST
def ask_again(request: OfficeRequest, number: str) -> HttpResponse:
    """Ask again, after nobody has decided in time."""
    said = _("A second person is asked about sale %(number)s again.")
    return _do(request, number, commands.ask_large_sale_again, said)


def _do(
    request: OfficeRequest, number: str, command: Callable[..., Any], said: str
) -> HttpResponse:
    one = find(request, number)
    form = DeedForm(request.POST, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            command(approval=one, **form.cleaned_data, actor=request.actor)
            messages.success(request, said % {"number": number})
            return redirect("office:sales:large_sale", number)
    return _page(request, find(request, number), form)


@office_view(*SEEING_SALES)
def refuse(request: OfficeRequest, number: str) -> HttpResponse:
    """Refuse, with the reason."""
    one = find(request, number)
    form = ReasonForm(request.POST or None, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            commands.refuse_large_sale(approval=one, **form.cleaned_data, actor=request.actor)
            messages.success(request, _("You have refused sale %(number)s.") % {"number": number})
            return redirect("office:sales:large_sale", number)
    return show(
        request,
        "office/sales/refuse_large_sale.html",
        {"form": form, "one": one, "cards": cards_said(one.asked["count"])},
    )
