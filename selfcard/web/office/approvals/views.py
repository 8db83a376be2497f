"""What waits for a second person, and may be decided by whoever looks."""

import django_tables2 as tables
from django.http import HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from selfcard.approvals.models import Approval
from selfcard.approvals.queries import approvals_waiting_for
from selfcard.web.office.approvals.subjects import place_of, words_for
from selfcard.web.office.lists import Blank, MomentColumn, OfficeTable, list_page
from selfcard.web.office.views import OfficeRequest, office_view


class ApprovalTable(OfficeTable):
    kind = tables.Column(_("What"))
    asked_by = tables.Column(_("Asked by"), accessor="asked_by__party__name", order_by="asked_by")
    organisation = tables.Column(
        _("Organisation"), accessor="organisation__name", order_by="organisation__path"
    )
    asked_at = MomentColumn(verbose_name=_("Asked"))
    expires_at = MomentColumn(verbose_name=_("Decide by"))
    deed = tables.Column("", empty_values=(), orderable=False, exclude_from_export=True)

    class Meta(OfficeTable.Meta):
        order_by = "asked_at"

    def render_kind(self, record: Approval) -> SafeString:
        return format_html(
            '{}<small class="id">{}</small>', words_for(record.kind), record.subject_number
        )

    def value_kind(self, record: Approval) -> str:
        return f"{words_for(record.kind)} {record.subject_number}"

    def render_deed(self, record: Approval) -> SafeString:
        place = place_of(record.kind, record.subject_number)
        return format_html('<a class="btn btn-sm" href="{}">{}</a>', place, _("Review"))


@office_view()
def waiting(request: OfficeRequest) -> HttpResponse:
    return list_page(
        request,
        rows=approvals_waiting_for(request.actor),
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
