"""What waits for a second person, what one asked for oneself, and what became of it all."""

from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from selfcard.approvals.models import Approval
from selfcard.approvals.queries import (
    approvals_asked_by,
    approvals_past,
)
from selfcard.custody.queries.approvals import approvals_to_decide
from selfcard.web.office.approvals.subjects import SUBJECTS, about, place_of, words_for
from selfcard.web.office.lists import (
    Blank,
    MomentColumn,
    OfficeFilter,
    OfficeTable,
    list_page,
    parties_named,
)
from selfcard.web.office.views import OfficeRequest, office_view
from selfcard.web.templatetags.selfcard import status as status_shown

State = Approval.State


class ApprovalTable(OfficeTable):
    kind = tables.Column(_("What"))
    asked_by = tables.Column(_("Asked by"), accessor="asked_by__party__name", order_by="asked_by")
    organisation = tables.Column(
        _("Organisation"), accessor="organisation__name", order_by="organisation__path"
    )
    asked_at = MomentColumn(verbose_name=_("Asked"))
    expires_at = MomentColumn(verbose_name=_("Decide by"))
    deed = tables.Column(_("Decide"), empty_values=(), orderable=False, exclude_from_export=True)

    class Meta(OfficeTable.Meta):
        order_by = "asked_at"

    def render_kind(self, record: Approval) -> SafeString:
        number = record.subject_number
        said = about(record)
        return format_html(
            '{}<small><span class="id">{}</span>{}</small>',
            words_for(record),
            number,
            f" · {said}" if said else "",
        )

    def value_kind(self, record: Approval) -> str:
        return " ".join((str(words_for(record)), record.subject_number, about(record))).strip()

    def render_deed(self, record: Approval) -> SafeString:
        place = place_of(record)
        return format_html('<a class="btn btn-sm" href="{}">{}</a>', place, _("Review"))


class FateTable(ApprovalTable):
    fate = tables.Column(_("State"))
    decided_by = tables.Column(
        _("Decided by"), accessor="decided_by__party__name", order_by="decided_by"
    )
    decided_at = MomentColumn(verbose_name=_("Decided"))
    reason = tables.Column(_("Reason"), orderable=False)

    class Meta(ApprovalTable.Meta):
        order_by = "-asked_at"
        sequence = ("kind", "fate", "asked_by", "asked_at", "...", "deed")
        exclude: ClassVar[tuple[str, ...]] = ("expires_at",)

    def render_fate(self, value: str) -> SafeString:
        return status_shown(value, State(value).label)

    def value_fate(self, value: str) -> str:
        return str(State(value).label)

    def render_deed(self, record: Approval) -> SafeString:
        # An expired request is asked again on the page of what it is about.
        word = _("Ask again") if self.is_own and record.fate == State.EXPIRED else _("Open")  # type: ignore[attr-defined]
        place = place_of(record)
        return format_html('<a class="btn btn-sm" href="{}">{}</a>', place, word)

    is_own = False


class OwnTable(FateTable):
    is_own = True

    class Meta(FateTable.Meta):
        exclude: ClassVar[tuple[str, ...]] = ("asked_by", "organisation", "expires_at")


class FateFilter(OfficeFilter):
    q = django_filters.CharFilter(label=_("Number or person"), method="named")
    kind = django_filters.ChoiceFilter(
        label=_("What"),
        choices=[(kind, subject.words) for kind, subject in SUBJECTS.items()],
        empty_label=_("all"),
    )
    fate = django_filters.ChoiceFilter(
        label=_("State"), choices=State.choices, empty_label=_("all")
    )

    class Meta:
        model = Approval
        fields: ClassVar = ["q", "kind", "fate"]

    def named(self, rows: QuerySet[Approval], name: str, text: str) -> QuerySet[Approval]:
        people = parties_named(text, "asked_by__party", "decided_by__party")
        return rows.filter(Q(subject_number__icontains=text) | people)


@office_view()
def waiting(request: OfficeRequest) -> HttpResponse:
    return _page(
        request,
        rows=approvals_to_decide(request.actor),
        table=ApprovalTable,
        title=_("Approvals"),
        lead=_("What others have asked for and you may grant or refuse. Never your own requests."),
        blank=Blank(
            _("Nothing waits for you"),
            _("When a colleague asks for something that needs a second person, it stands here."),
            icon="users",
        ),
        name="approvals",
    )


@office_view()
def own(request: OfficeRequest) -> HttpResponse:
    return _page(
        request,
        rows=approvals_asked_by(request.actor),
        table=OwnTable,
        filters=FateFilter,
        title=_("Asked by me"),
        lead=_("What you asked another person to agree to, and what became of it."),
        blank=Blank(
            _("You have asked for nothing yet"),
            _("Whatever you ask a second person for stands here, also after it was decided."),
            icon="users",
        ),
        name="asked-by-me",
    )


@office_view()
def past(request: OfficeRequest) -> HttpResponse:
    return _page(
        request,
        rows=approvals_past(request.actor),
        table=FateTable,
        filters=FateFilter,
        title=_("Decided requests"),
        lead=_(
            "What was granted, refused or withdrawn, or expired, where you decide or took part."
        ),
        blank=Blank(
            _("Nothing was decided yet"),
            _("Every decision of a second person stays here, with its reason."),
            icon="users",
        ),
        name="decided",
    )


def _page(request: OfficeRequest, **given: Any) -> HttpResponse:
    return list_page(request, template="office/approvals/list.html", **given)
