"""Products: the list of versions, and a version with its publication by a second person."""

from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from selfcard.organisations.models import May
from selfcard.products.ages import ADULT_AT
from selfcard.products.commands import publish_version
from selfcard.products.models import Product, ProductVersion
from selfcard.products.occupations import occupations
from selfcard.products.queries import find_version, versions
from selfcard.products.words import rules_in_words
from selfcard.web.office.forms import DeedForm, refusals_shown_on
from selfcard.web.office.lists import (
    Blank,
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


@office_view(*SEEING_PRODUCTS)
def products(request: OfficeRequest) -> HttpResponse:
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
        ),
        name="products",
    )


@office_view(*SEEING_PRODUCTS)
def version(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    one = found(find_version(code, number))
    form = None
    # A click that is sent again meets the published version, and the command knows it again.
    asked = request.method == "POST" or not one.is_published
    if asked and May.PUBLISH_PRODUCTS in request.mays:
        form = DeedForm(request.POST or None, actor=request.actor)
        if form.is_valid():
            with refusals_shown_on(form):
                publish_version(version=one, **form.cleaned_data, actor=request.actor)
                messages.success(request, _("%(version)s is published.") % {"version": one.code})
                return redirect("office:products:version", code, number)
    return show(
        request,
        "office/products/version.html",
        {
            "version": one,
            "form": form,
            "own": one.drafted_by_id == request.staff.pk,
            "rules": rules_in_words(one.bounds),
            "siblings": [each for each in one.product.versions.all() if each != one],
            "insures_minors": one.bounds.insured_age.lowest.years < ADULT_AT,
            "insured_occupations": sum(
                each.risk_class in one.bounds.occupation_classes
                and each.code not in one.bounds.excluded_occupations
                for each in occupations().values()
            ),
            "all_occupations": len(occupations()),
        },
    )
