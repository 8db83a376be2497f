"""Document types: the list, one type, and the definition of another."""

from typing import Any

import django_tables2 as tables
from django.contrib import messages
from django.db.models import F, OuterRef, Subquery
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from selfcard.cards.commands import define_document_type
from selfcard.cards.models import DocumentType, DocumentTypeVersion
from selfcard.cards.queries import document_types, find_document_type
from selfcard.organisations.models import May
from selfcard.web.office.cards.forms import TypeForm
from selfcard.web.office.cards.stages import batches_with_stage, stage_of
from selfcard.web.office.forms import refusals_shown_on
from selfcard.web.office.lists import (
    Blank,
    CountColumn,
    ListDeed,
    MoneyColumn,
    NumberColumn,
    OfficeTable,
    list_page,
)
from selfcard.web.office.views import OfficeRequest, found, office_view, show

SEEING_TYPES = (May.DEFINE_TYPES, May.ORDER_BATCHES, May.SEE_CARDS, May.AUDIT)
BATCHES_SHOWN = 10


class TypeTable(OfficeTable):
    code = NumberColumn(
        verbose_name=gettext_lazy("Document type code"),
        linkify=("office:cards:type", [tables.A("code")]),
    )
    name = tables.Column(gettext_lazy("Document type"), order_by="name_en")
    prefix = tables.Column(gettext_lazy("Prefix"), attrs={"td": {"class": "id"}})
    products = tables.Column(gettext_lazy("Products"), empty_values=(), orderable=False)
    face_value = MoneyColumn(verbose_name=gettext_lazy("Face value"))
    deadline_months = CountColumn(verbose_name=gettext_lazy("Months to activate"))
    holding_limit = CountColumn(verbose_name=gettext_lazy("Holding limit"))

    class Meta(OfficeTable.Meta):
        order_by = "code"

    def render_products(self, record: DocumentType) -> str:
        newest = max(record.versions.all(), key=lambda version: version.number)
        return ", ".join(one.product.name for one in newest.product_versions.all())


@office_view(*SEEING_TYPES)
def types(request: OfficeRequest) -> HttpResponse:
    deed = None
    if May.DEFINE_TYPES in request.mays:
        deed = ListDeed(_("Define a document type"), reverse("office:cards:define"))
    return list_page(
        request,
        rows=_with_terms(),
        table=TypeTable,
        title=_("Document types"),
        lead=_("The kinds of cards: what they cost, and what they may become."),
        blank=Blank(
            _("No document type yet"),
            _("A document type comes first: then batches of it can be ordered."),
            icon="card",
            url=deed.url if deed else "",
            deed=deed.label if deed else "",
        ),
        deed=deed,
        name="document-types",
    )


def _with_terms() -> Any:
    """Each type with the terms by which its next batch will be printed."""
    newest = DocumentTypeVersion.objects.filter(document_type=OuterRef("pk")).order_by("-number")
    terms = ("face_value", "currency", "deadline_months", "holding_limit")
    return document_types().annotate(**{term: Subquery(newest.values(term)[:1]) for term in terms})


@office_view(*SEEING_TYPES)
def document_type(request: OfficeRequest, code: str) -> HttpResponse:
    one = found(find_document_type(code))
    version = (
        one.versions.select_related("defined_by__party")
        .prefetch_related("product_versions__product")
        .latest("number")
    )
    batches = batches_with_stage(request.actor).filter(type_version__document_type=one)
    return show(
        request,
        "office/cards/type.html",
        {
            "document_type": one,
            "version": version,
            "products": version.product_versions.order_by(F("typeproduct__order")),
            "batches": [(batch, stage_of(batch)) for batch in batches[:BATCHES_SHOWN]],
            "may_order": May.ORDER_BATCHES in request.mays,
        },
    )


@office_view(May.DEFINE_TYPES)
def define(request: OfficeRequest) -> HttpResponse:
    form = TypeForm(request.POST or None, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            version = define_document_type(
                code=form.cleaned_data["code"],
                prefix=form.cleaned_data["prefix"],
                terms=form.terms,
                actor=request.actor,
                request_id=form.cleaned_data["request_id"],
            )
            code = version.document_type.code
            messages.success(request, _("Document type %(code)s is defined.") % {"code": code})
            return redirect("office:cards:type", code)
    return show(request, "office/cards/define.html", {"form": form})
