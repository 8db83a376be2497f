"""What is masked is shown for a reason that is kept; policies are found by an identity number."""

from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from selfcard.organisations.models import May
from selfcard.policies.commands import unmask as unmask_policy
from selfcard.policies.models import Unmasking
from selfcard.policies.queries import policies_of_person, unmaskings_in_reach
from selfcard.web.office.forms import refusals_shown_on
from selfcard.web.office.lists import (
    Blank,
    MomentColumn,
    NumberColumn,
    OfficeFilter,
    OfficeTable,
    list_page,
)
from selfcard.web.office.policies.cancelling import find as find_policy
from selfcard.web.office.policies.changing_forms import FindForm, UnmaskForm
from selfcard.web.office.views import OfficeRequest, office_view, show

MOST_FOUND = 100


@office_view(May.SEE_POLICIES)
def unmask(request: OfficeRequest, number: str) -> HttpResponse:
    """Say what is needed in full, and why; it is shown for a while."""
    one = find_policy(request, number, May.SEE_POLICIES)
    form = UnmaskForm(request.POST or None, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            seen = unmask_policy(policy=one, **form.cleaned_data, actor=request.actor)
            return redirect(
                f"{reverse('office:policies:policy', args=[one.number])}?shown={seen.pk}"
            )
    return show(request, "office/policies/unmask.html", {"form": form, "policy": one})


@office_view(May.SEE_POLICIES)
def by_person(request: OfficeRequest) -> HttpResponse:
    """The policies of whoever has an identity number. What is typed is in no address."""
    form = FindForm(request.POST or None)
    found = None
    if form.is_valid():
        found = policies_of_person(request.actor, form.cleaned_data["number"])[:MOST_FOUND]
    return show(request, "office/policies/by_person.html", {"form": form, "found": found})


class UnmaskingFilter(OfficeFilter):
    q = django_filters.CharFilter(
        label=pgettext_lazy("office", "Policy number"),
        field_name="policy__number",
        lookup_expr="iexact",
    )
    who = django_filters.CharFilter(
        label=gettext_lazy("Staff code"), field_name="seen_by__party__code", lookup_expr="iexact"
    )
    what = django_filters.ChoiceFilter(
        label=gettext_lazy("What"),
        choices=Unmasking.What.choices,
        empty_label=gettext_lazy("all"),
    )

    class Meta:
        model = Unmasking
        fields: ClassVar = ["q", "who", "what"]


class UnmaskingTable(OfficeTable):
    seen_at = MomentColumn(verbose_name=gettext_lazy("When"))
    seen_by = tables.Column(gettext_lazy("Who"), accessor="seen_by__name", orderable=False)
    policy = NumberColumn(
        verbose_name=gettext_lazy("Policy"),
        accessor="policy__number",
        linkify=("office:policies:policy", [tables.A("policy__number")]),
        orderable=False,
    )
    what = tables.Column(gettext_lazy("What"), accessor="get_what_display", orderable=False)
    reason = tables.Column(gettext_lazy("Why"), orderable=False, default="–")

    class Meta(OfficeTable.Meta):
        order_by = "-seen_at"


@office_view(May.AUDIT)
def unmaskings(request: OfficeRequest) -> HttpResponse:
    """Who has seen whom in full, and why."""
    given: dict[str, Any] = {
        "rows": unmaskings_in_reach(request.actor),
        "table": UnmaskingTable,
        "filters": UnmaskingFilter,
        "title": _("Seen unmasked"),
        "lead": _("Each time a member of staff has seen in full what is masked elsewhere."),
        "blank": Blank(
            _("Nobody has been seen in full"),
            _("Whoever unmasks a policy's people says why, and stands here."),
            icon="shield",
        ),
        "name": "unmaskings",
    }
    return list_page(request, **given)
