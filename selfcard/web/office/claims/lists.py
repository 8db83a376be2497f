"""The list of notices: nobody is named in it, and nothing of what they say is."""

from contextlib import suppress
from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from selfcard.claims.models import CoverThen, Notice
from selfcard.claims.queries import notices_in_reach
from selfcard.core import clock
from selfcard.core.refusals import Refusal
from selfcard.core.serials import parse_serial
from selfcard.organisations.models import May
from selfcard.products.models import Product
from selfcard.web.office.fields import DayField
from selfcard.web.office.lists import (
    Blank,
    ListDeed,
    MomentColumn,
    NumberColumn,
    OfficeFilter,
    OfficeTable,
    StatusColumn,
    Total,
    list_page,
)
from selfcard.web.office.views import OfficeRequest, office_view
from selfcard.web.templatetags.selfcard import count as counted
from selfcard.web.templatetags.selfcard import day as day_shown
from selfcard.web.templatetags.selfcard import moment as moment_shown

State = Notice.State


class DayFilter(django_filters.Filter):
    """The rows from, or up to, a day at the insurer's."""

    field_class = DayField


class NoticeFilter(OfficeFilter):
    q = django_filters.CharFilter(
        label=gettext_lazy("Number of the notice, the policy or the card"), method="numbered"
    )
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"), choices=State.choices, empty_label=gettext_lazy("all")
    )
    kind = django_filters.ChoiceFilter(
        label=pgettext_lazy("claim", "For"),
        choices=[
            ("policy", gettext_lazy("a policy")),
            ("card", gettext_lazy("a card that is no policy")),
        ],
        empty_label=gettext_lazy("all"),
        method="of_kind",
    )
    product = django_filters.ChoiceFilter(
        label=gettext_lazy("Kind of product"),
        field_name="policy__product_version__product__kind",
        choices=Product.Kind.choices,
        empty_label=gettext_lazy("all"),
    )
    cover = django_filters.ChoiceFilter(
        label=gettext_lazy("Cover then"), choices=CoverThen.choices, empty_label=gettext_lazy("all")
    )
    since = DayFilter(label=gettext_lazy("Reported from"), method="reported_from")
    until = DayFilter(label=gettext_lazy("Reported to"), method="reported_to")

    class Meta:
        model = Notice
        fields: ClassVar = ["q", "state", "kind", "product", "cover", "since", "until"]

    def numbered(self, rows: QuerySet[Notice], name: str, text: str) -> QuerySet[Notice]:
        sought = Q(number__icontains=text) | Q(policy__number__iexact=text.replace(" ", ""))
        with suppress(Refusal):
            sought |= Q(serial=parse_serial(text))
        return rows.filter(sought)

    def of_kind(self, rows: QuerySet[Notice], name: str, kind: str) -> QuerySet[Notice]:
        return rows.filter(policy__isnull=kind == "card")

    def reported_from(self, rows: QuerySet[Notice], name: str, day: Any) -> QuerySet[Notice]:
        return rows.filter(reported_at__gte=clock.day_start(day))

    def reported_to(self, rows: QuerySet[Notice], name: str, day: Any) -> QuerySet[Notice]:
        return rows.filter(reported_at__lte=clock.day_end(day))


class NoticeTable(OfficeTable):
    number = NumberColumn(
        verbose_name=gettext_lazy("Notice of claim"),
        linkify=("office:claims:notice", [tables.A("number")]),
    )
    state = StatusColumn(gettext_lazy("State"))
    about = tables.Column(gettext_lazy("Policy or card"), empty_values=(), orderable=False)
    harm = tables.Column(
        gettext_lazy("What happened"), accessor="get_harm_display", order_by="harm"
    )
    happened_at = tables.Column(pgettext_lazy("claim", "When"))
    cover = tables.Column(
        gettext_lazy("Cover then"), accessor="get_cover_display", order_by="cover"
    )
    reported_at = MomentColumn(verbose_name=pgettext_lazy("claim", "Reported"))
    organisation = tables.Column(
        gettext_lazy("Sold by"), accessor="organisation__name", order_by="organisation__path"
    )
    handler = tables.Column(
        gettext_lazy("Taken on by"), accessor="handler__name", order_by="handler"
    )

    class Meta(OfficeTable.Meta):
        order_by = "-reported_at"

    def render_about(self, record: Notice) -> str:
        return record.policy.number if record.policy else record.card_number

    def render_happened_at(self, record: Notice) -> Any:
        return (moment_shown if record.hour_known else day_shown)(record.happened_at)

    def value_happened_at(self, record: Notice) -> Any:
        return record.happened_at if record.hour_known else record.happened_on


def _totals(rows: QuerySet[Notice]) -> list[Total]:
    sums = rows.order_by().aggregate(
        notices=Count("pk"),
        waiting=Count("pk", filter=Q(state=State.RECORDED)),
        looked_at=Count("pk", filter=Q(state=State.IN_REVIEW)),
    )
    return [
        Total(_("Notices"), counted(sums["notices"])),
        Total(_("To be taken on"), counted(sums["waiting"]), "wait" if sums["waiting"] else ""),
        Total(_("Being looked at"), counted(sums["looked_at"])),
    ]


@office_view(May.HANDLE_CLAIMS)
def notices(request: OfficeRequest) -> HttpResponse:
    return list_page(
        request,
        rows=notices_in_reach(request.actor),
        table=NoticeTable,
        filters=NoticeFilter,
        totals=_totals,
        title=_("Notices of claim"),
        lead=_("What has happened, as it was reported. Claims themselves are settled elsewhere."),
        blank=Blank(
            _("No notice of claim yet"),
            _("Holders report on the portal; for callers and at the counter you write it down."),
            icon="clipboard",
        ),
        deed=ListDeed(_("Record a notice of claim"), reverse("office:claims:record")),
        name="claims",
    )
