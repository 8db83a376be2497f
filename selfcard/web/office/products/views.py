"""Products: the list of versions, and a version with its publication by a second person."""

from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from selfcard.organisations.models import May
from selfcard.products.ages import ADULT_AT
from selfcard.products.commands import publish_version
from selfcard.products.differences import differences
from selfcard.products.models import Product, ProductVersion
from selfcard.products.occupations import occupations
from selfcard.products.queries import (
    PUBLISH_VERSION,
    VERSION,
    find_version,
    products_without_versions,
    version_before,
    versions,
)
from selfcard.products.words import rules_in_words
from selfcard.web.office.approvals.asked import asked_about
from selfcard.web.office.forms import DeedForm, OfficeForm, refusals_shown_on
from selfcard.web.office.lists import (
    Blank,
    ListDeed,
    MomentColumn,
    NumberColumn,
    OfficeFilter,
    OfficeTable,
    StatusColumn,
    list_page,
)
from selfcard.web.office.views import OfficeRequest, found, office_view, show
from selfcard.web.templatetags.selfcard import percent

SEEING_PRODUCTS = (May.DEFINE_PRODUCTS, May.PUBLISH_PRODUCTS, May.SEE_POLICIES)


class VersionFilter(OfficeFilter):
    q = django_filters.CharFilter(label=gettext_lazy("Product code or name"), method="named")
    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Kind of product"),
        field_name="product__kind",
        choices=Product.Kind.choices,
        empty_label=gettext_lazy("all"),
    )
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"),
        choices=ProductVersion.State.choices,
        empty_label=gettext_lazy("all"),
    )

    class Meta:
        model = ProductVersion
        fields: ClassVar = ["q", "kind", "state"]

    def named(
        self, rows: QuerySet[ProductVersion], name: str, text: str
    ) -> QuerySet[ProductVersion]:
        return rows.filter(
            Q(product__code__icontains=text)
            | Q(name_zh__icontains=text)
            | Q(name_en__icontains=text)
        )


class VersionTable(OfficeTable):
    code = NumberColumn(
        verbose_name=gettext_lazy("Version"),
        order_by=("product__code", "number"),
        linkify=("office:products:version", [tables.A("product__code"), tables.A("number")]),
    )
    name = tables.Column(pgettext_lazy("office", "Product"), order_by="name_en")
    kind = tables.Column(
        gettext_lazy("Kind of product"),
        accessor="product__get_kind_display",
        order_by="product__kind",
    )
    state = StatusColumn(verbose_name=gettext_lazy("State"))
    ages = tables.Column(gettext_lazy("Ages"), accessor="bounds__insured_age", orderable=False)
    length = tables.Column(
        gettext_lazy("Length of cover"), accessor="bounds__length", orderable=False
    )
    tax_rate = tables.Column(
        gettext_lazy("Tax"), empty_values=(), attrs={"th": {"class": "num"}, "td": {"class": "num"}}
    )
    published_at = MomentColumn(verbose_name=gettext_lazy("Published"))

    class Meta(OfficeTable.Meta):
        order_by = "code"

    def render_kind(self, value: str) -> str:
        return capfirst(value)

    def render_tax_rate(self, value: Any) -> str:
        return percent(value) or _("Exempt")


class PublishForm(OfficeForm):
    """The publication of what was read on the page: it remembers when that was written."""

    as_drafted_at = forms.DateTimeField(widget=forms.HiddenInput(attrs={"id": False}))


@office_view(*SEEING_PRODUCTS)
def products(request: OfficeRequest) -> HttpResponse:
    deed = None
    if May.DEFINE_PRODUCTS in request.mays:
        deed = ListDeed(_("Define a product"), reverse("office:products:define"))
    return list_page(
        request,
        rows=versions(),
        table=VersionTable,
        filters=VersionFilter,
        title=_("Products"),
        lead=_("What cards may become. A published version never changes."),
        blank=Blank(
            _("No product yet"),
            _("A product is drafted by one person and published by another."),
            icon="shield",
            url=deed.url if deed else "",
            deed=deed.label if deed else "",
        ),
        deed=deed,
        name="products",
        template="office/products/list.html",
        context={"without_versions": products_without_versions(), "may_define": bool(deed)},
    )


@office_view(*SEEING_PRODUCTS)
def named(request: OfficeRequest, named: str) -> HttpResponse:
    """A version by its code, as people call it: `ACC-1`."""
    code, _dash, number = named.rpartition("-")
    one = found(find_version(code, int(number)) if number.isdecimal() else None)
    return redirect("office:products:version", code, one.number)


@office_view(*SEEING_PRODUCTS)
def version(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """A version; sent back, it is published."""
    one = found(find_version(code, number))
    if request.method != "POST" or May.PUBLISH_PRODUCTS not in request.mays:
        return version_page(request, one)
    form = PublishForm(request.POST, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            publish_version(version=one, **form.cleaned_data, actor=request.actor)
            messages.success(request, _("%(version)s is published.") % {"version": one.code})
            return redirect("office:products:version", code, number)
    return version_page(request, one, form)


def version_page(
    request: OfficeRequest, one: ProductVersion, refused: OfficeForm | None = None
) -> HttpResponse:
    """All that a version says, and what can be done with it; with what was refused."""
    before = version_before(one)
    asked = asked_about(request, PUBLISH_VERSION, VERSION, one.code)
    may_publish = May.PUBLISH_PRODUCTS in request.mays
    return show(
        request,
        "office/products/version.html",
        {
            "version": one,
            "refused": refused,
            "deed": DeedForm(actor=request.actor),
            "publication": PublishForm(
                actor=request.actor, initial={"as_drafted_at": one.drafted_at.isoformat()}
            ),
            "asked": asked,
            "own": one.drafted_by_id == request.staff.pk,
            "may_publish": may_publish and asked is not None and asked.may_decide,
            "may_define": May.DEFINE_PRODUCTS in request.mays,
            "before": before,
            "differences": differences(before, one) if before else [],
            "rules": rules_in_words(one.bounds),
            "siblings": [each for each in one.product.versions.all() if each != one],
            "insures_minors": one.bounds.insured_age.lowest.years < ADULT_AT,
            "insured_occupations": sum(
                each.risk_class in one.bounds.occupation_classes
                and not each.code.startswith(one.bounds.excluded_occupations)
                for each in occupations().values()
            ),
            "all_occupations": len(occupations()),
        },
    )
