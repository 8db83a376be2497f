"""The organisation tree, and the staff with what each may do."""

from typing import ClassVar

import django_filters
import django_tables2 as tables
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from selfcard.organisations.models import May, Organisation, Staff
from selfcard.organisations.queries import authorisations_of, organisations_in_reach, staff_in_reach
from selfcard.web.office.lists import (
    Blank,
    CountColumn,
    NumberColumn,
    OfficeFilter,
    OfficeTable,
    list_page,
)
from selfcard.web.office.views import OfficeRequest, found, office_view, show


class OrganisationTable(OfficeTable):
    name = tables.Column(_("Organisation"), accessor="party__name", orderable=False)
    code = NumberColumn(
        verbose_name=_("Code"),
        accessor="party__code",
        order_by="party__code",
        linkify=("office:administration:organisation", [tables.A("party__code")]),
    )
    level = tables.Column(_("Level"), orderable=False)
    staff = CountColumn(verbose_name=_("Staff"), accessor="people", order_by="people")

    class Meta(OfficeTable.Meta):
        order_by = ()

    def render_name(self, record: Organisation, value: str) -> SafeString:
        depth = min(str(record.path).count("."), 3)
        return format_html('<span class="depth-{}">{}</span>', depth, value)


@office_view(May.ADMINISTER)
def organisations(request: OfficeRequest) -> HttpResponse:
    rows = organisations_in_reach(request.actor, May.ADMINISTER).annotate(
        people=Count("staff", filter=Q(staff__is_active=True))
    )
    return list_page(
        request,
        rows=rows.order_by("path"),
        table=OrganisationTable,
        title=_("Organisations"),
        lead=_("The tree from head office down; whoever may do a deed somewhere may do it below."),
        blank=Blank(_("No organisation"), _("Nothing is in your reach."), icon="tree"),
        name="organisations",
    )


class StaffFilter(OfficeFilter):
    q = django_filters.CharFilter(label=_("Code or name"), method="named")

    class Meta:
        model = Staff
        fields: ClassVar = ["q"]

    def named(self, rows: QuerySet[Staff], name: str, text: str) -> QuerySet[Staff]:
        return rows.filter(
            Q(username__icontains=text)
            | Q(party__name_zh__icontains=text)
            | Q(party__name_en__icontains=text)
            | Q(party__pinyin__icontains=text)
        )


class StaffTable(OfficeTable):
    username = NumberColumn(
        verbose_name=_("Staff code"),
        linkify=("office:administration:person", [tables.A("username")]),
    )
    name = tables.Column(
        pgettext_lazy("of a person", "Name"), accessor="party__name", order_by="party__pinyin"
    )
    title = tables.Column(_("Position"), orderable=False)
    organisation = tables.Column(
        _("Organisation"), accessor="organisation__name", order_by="organisation__path"
    )
    authorisations = CountColumn(verbose_name=_("Authorisations"), accessor="deeds")

    class Meta(OfficeTable.Meta):
        order_by = "username"


@office_view(May.ADMINISTER)
def staff(request: OfficeRequest) -> HttpResponse:
    rows = staff_in_reach(request.actor, May.ADMINISTER).annotate(deeds=Count("authorisations"))
    return list_page(
        request,
        rows=rows,
        table=StaffTable,
        filters=StaffFilter,
        title=_("Staff"),
        lead=_("Who works where, and what each may do."),
        blank=Blank(_("No staff"), _("Nobody works in the organisations in your reach."), "users"),
        name="staff",
    )


@office_view(May.ADMINISTER)
def person(request: OfficeRequest, code: str) -> HttpResponse:
    one = found(staff_in_reach(request.actor, May.ADMINISTER).filter(username=code).first())
    return show(
        request,
        "office/administration/person.html",
        {"person": one, "authorisations": authorisations_of(one)},
    )
