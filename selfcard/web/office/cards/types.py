"""Document types: the list, one type, and the definition of another."""

from typing import Any

import django_tables2 as tables
from django.contrib import messages
from django.db.models import OuterRef, Subquery
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from selfcard.cards.commands import define_document_type, revise_document_type
from selfcard.cards.models import DocumentType, DocumentTypeVersion
from selfcard.cards.papers.words import card_words
from selfcard.cards.queries import (
    batches_seen_by,
    current_version,
    document_types,
    find_document_type,
    orders_waiting,
    printed_versions,
    versions_of,
)
from selfcard.core.wording import listed
from selfcard.organisations.models import May
from selfcard.organisations.queries import head_office, may
from selfcard.web.office.cards.forms import ReviseForm, TypeForm
from selfcard.web.office.cards.stages import batches_with_stage, stage_of
from selfcard.web.office.cards.terms import beside_each_other, deadline_said, use_by_said
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
BATCHES_OF_A_VERSION = 5


class TypeTable(OfficeTable):
    code = NumberColumn(
        verbose_name=gettext_lazy("Document type code"),
        linkify=("office:cards:type", [tables.A("code")]),
    )
    name = tables.Column(gettext_lazy("Document type"), order_by="name_en")
    prefix = tables.Column(gettext_lazy("Prefix"), attrs={"td": {"class": "id"}})
    products = tables.Column(gettext_lazy("Products"), empty_values=(), orderable=False)
    face_value = MoneyColumn(verbose_name=gettext_lazy("Face value"))
    version = CountColumn(verbose_name=gettext_lazy("Version"))
    deadline = tables.Column(
        gettext_lazy("Last day to activate"), empty_values=(), order_by="deadline_months"
    )
    holding_limit = CountColumn(verbose_name=gettext_lazy("Holding limit"))

    class Meta(OfficeTable.Meta):
        order_by = "code"

    def render_products(self, record: DocumentType) -> str:
        newest = max(record.versions.all(), key=lambda version: version.number)
        return listed(one.product.name for one in newest.product_versions.all())

    def render_deadline(self, record: Any) -> Any:
        return deadline_said(record.deadline_months, record.deadline_day)

    def value_deadline(self, record: Any) -> Any:
        return record.deadline_day or record.deadline_months


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
    terms = ("face_value", "currency", "deadline_months", "deadline_day", "holding_limit")
    return document_types().annotate(
        version=Subquery(newest.values("number")[:1]),
        **{term: Subquery(newest.values(term)[:1]) for term in terms},
    )


@office_view(*SEEING_TYPES)
def document_type(request: OfficeRequest, code: str) -> HttpResponse:
    one = found(find_document_type(code))
    versions = versions_of(one)
    batches = batches_with_stage(request.actor).filter(type_version__document_type=one)
    return show(
        request,
        "office/cards/type.html",
        {
            "document_type": one,
            "version": versions[0],
            "deadline": deadline_said(versions[0].deadline_months, versions[0].deadline_day),
            "use_by": use_by_said(versions[0].use_by_months),
            "columns": _with_batches(request, versions),
            "terms": beside_each_other(versions),
            "batches": [(batch, stage_of(batch)) for batch in batches[:BATCHES_SHOWN]],
            "words": card_words(versions[0]),
            "public_manual": public_manual(versions[0]),
            "may_order": May.ORDER_BATCHES in request.mays,
            "may_revise": _may_define(request),
        },
    )


def _with_batches(
    request: OfficeRequest, versions: list[DocumentTypeVersion]
) -> list[tuple[DocumentTypeVersion, list[str], int]]:
    """Each version, the newest batches that were printed by it, and how many more there are."""
    numbers: dict[int, list[str]] = {version.pk: [] for version in versions}
    printed = batches_seen_by(request.actor).filter(
        type_version__in=versions, serials__isnull=False
    )
    for version_id, number in printed.order_by("-pk").values_list("type_version_id", "number"):
        numbers[version_id].append(number)
    return [
        (one, numbers[one.pk][:BATCHES_OF_A_VERSION], len(numbers[one.pk][BATCHES_OF_A_VERSION:]))
        for one in versions
    ]


def public_manual(version: DocumentTypeVersion) -> str:
    """Where the public reads the manual; empty while there are no cards of the version."""
    if not printed_versions().filter(pk=version.pk).exists():
        return ""
    return reverse("portal:manual_of_version", args=[version.code, version.number])


def _may_define(request: OfficeRequest) -> bool:
    """Document types are head office's, wherever else somebody may define something."""
    return may(request.actor, May.DEFINE_TYPES, head_office())


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


@office_view(May.DEFINE_TYPES)
def revise(request: OfficeRequest, code: str) -> HttpResponse:
    one = found(find_document_type(code) if _may_define(request) else None)
    newest = current_version(one)
    form = ReviseForm(request.POST or None, actor=request.actor, initial=ReviseForm.given(newest))
    if form.is_valid():
        with refusals_shown_on(form):
            version = revise_document_type(
                version=found(one.versions.filter(number=form.cleaned_data["begins_from"]).first()),
                terms=form.terms,
                actor=request.actor,
                request_id=form.cleaned_data["request_id"],
            )
            messages.success(
                request,
                _("Version %(number)s of %(code)s is made. Batches are ordered by it from now on.")
                % {"number": version.number, "code": code},
            )
            return redirect("office:cards:type", one.code)
    return show(
        request,
        "office/cards/revise.html",
        {"form": form, "document_type": one, "newest": newest, "waiting": orders_waiting(newest)},
    )
