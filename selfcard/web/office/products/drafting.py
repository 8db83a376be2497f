"""Defining a product, and writing a version: anew, after another one, or as it goes on."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from selfcard.core.papers.facts import Text
from selfcard.organisations.models import May
from selfcard.organisations.queries import head_office, may
from selfcard.products.commands import define_product, draft_version, redraft_version
from selfcard.products.given import VersionGiven
from selfcard.products.models import Product, ProductVersion
from selfcard.products.queries import find_product, find_version
from selfcard.web.office.forms import OfficeForm, printable_text, refusals_shown_on
from selfcard.web.office.products.draft_form import DraftForm
from selfcard.web.office.views import OfficeRequest, found, office_view, show


class ProductForm(OfficeForm):
    """A new product."""

    code = forms.CharField(
        label=gettext_lazy("Product code"),
        max_length=20,
        help_text=gettext_lazy("Capital letters, figures and hyphens. It stays for ever."),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind of product"),
        choices=[(one.value, capfirst(one.label)) for one in Product.Kind],
    )
    name_zh = forms.CharField(
        label=gettext_lazy("Chinese name"), max_length=80, validators=[printable_text]
    )
    name_en = forms.CharField(
        label=gettext_lazy("English name"), max_length=80, validators=[printable_text]
    )
    widths = {"code": 6, "kind": 6, "name_zh": 6, "name_en": 6}
    refusal_fields = {"name": "name_zh"}


def may_define(request: OfficeRequest) -> bool:
    """Products are head office's, wherever else somebody may define something."""
    return may(request.actor, May.DEFINE_PRODUCTS, head_office())


@office_view(May.DEFINE_PRODUCTS)
def define(request: OfficeRequest) -> HttpResponse:
    form = ProductForm(request.POST or None, actor=request.actor)
    if form.is_valid():
        said = form.cleaned_data
        with refusals_shown_on(form):
            product = define_product(
                code=said["code"],
                kind=said["kind"],
                name=Text(zh=said["name_zh"], en=said["name_en"]),
                actor=request.actor,
                request_id=said["request_id"],
            )
            messages.success(
                request,
                _("Product %(code)s is defined. Now say what it insures.") % {"code": product.code},
            )
            return redirect("office:products:draft", product.code)
    return show(request, "office/products/define.html", {"form": form})


@office_view(May.DEFINE_PRODUCTS)
def draft(request: OfficeRequest, code: str) -> HttpResponse:
    """A new version of a product: from nothing, or from what an earlier one says (`?from=2`)."""
    product = found(find_product(code) if may_define(request) else None)
    earlier = _earlier(request, code)
    initial = DraftForm.given_by(VersionGiven.of(earlier)) if earlier else _first(product)
    form = _form(request, initial)
    if form.is_valid():
        with refusals_shown_on(form):
            version = draft_version(
                product=product,
                given=form.given,
                actor=request.actor,
                request_id=form.cleaned_data["request_id"],
            )
            messages.success(request, _("%(version)s is drafted.") % {"version": version.code})
            return redirect("office:products:version", code, version.number)
    return show(
        request,
        "office/products/draft.html",
        {"form": form, "product": product, "earlier": earlier, "version": None},
    )


def _earlier(request: OfficeRequest, code: str) -> ProductVersion | None:
    number = request.GET.get("from", "")
    if not number:
        return None
    return found(find_version(code, int(number)) if number.isdecimal() else None)


def _first(product: Product) -> dict[str, Any]:
    return DraftForm.first(Text(zh=product.name_zh, en=product.name_en))


@office_view(May.DEFINE_PRODUCTS)
def redraft(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Go on with a draft."""
    version = found(find_version(code, number) if may_define(request) else None)
    initial = DraftForm.given_by(VersionGiven.of(version))
    form = _form(request, initial | {"as_drafted_at": version.drafted_at.isoformat()})
    if form.is_valid():
        with refusals_shown_on(form):
            redraft_version(
                version=version,
                given=form.given,
                as_drafted_at=form.cleaned_data["as_drafted_at"] or version.drafted_at,
                actor=request.actor,
                request_id=form.cleaned_data["request_id"],
            )
            messages.success(request, _("%(version)s is saved.") % {"version": version.code})
            return redirect("office:products:version", code, number)
    return show(
        request,
        "office/products/draft.html",
        {"form": form, "product": version.product, "earlier": None, "version": version},
    )


def _form(request: OfficeRequest, initial: dict[str, Any]) -> DraftForm:
    """The form as it was sent; or with a row more or less, if that was all that was asked."""
    if deed := request.POST.get("row", ""):
        return DraftForm.with_rows_moved(request.POST, deed, actor=request.actor, initial=initial)
    return DraftForm(request.POST or None, actor=request.actor, initial=initial)
