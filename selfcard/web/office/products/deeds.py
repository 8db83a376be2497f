"""What is done with a version that is written: submitted, taken back, returned, thrown away."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from selfcard.organisations.models import May
from selfcard.organisations.queries import head_office, may
from selfcard.products import commands
from selfcard.products.models import ProductVersion
from selfcard.products.queries import find_version
from selfcard.web.office.forms import DeedForm, OfficeForm, printable_text, refusals_shown_on
from selfcard.web.office.products.drafting import may_define
from selfcard.web.office.products.views import version_page
from selfcard.web.office.views import OfficeRequest, found, office_view, show


class ReturnForm(OfficeForm):
    """Why a version goes back to its author."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=forms.Textarea,
        validators=[printable_text],
        help_text=gettext_lazy("What should be changed, so that it can be published."),
    )


@office_view(May.DEFINE_PRODUCTS)
@require_POST
def submit(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Ask a second person to publish it."""
    said = _("%(version)s is submitted. Another person publishes it.")
    return _do(request, code, number, commands.submit_version, said)


@office_view(May.DEFINE_PRODUCTS)
@require_POST
def withdraw(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Take it back, to change it."""
    said = _("%(version)s is a draft again.")
    return _do(request, code, number, commands.withdraw_version, said)


def _do(
    request: OfficeRequest, code: str, number: int, command: Callable[..., Any], said: str
) -> HttpResponse:
    one = _mine(request, code, number)
    form = DeedForm(request.POST, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            command(version=one, **form.cleaned_data, actor=request.actor)
            messages.success(request, said % {"version": one.code})
            return redirect("office:products:version", code, number)
    return version_page(request, _mine(request, code, number), form)


def _mine(request: OfficeRequest, code: str, number: int) -> ProductVersion:
    """A version, for those who may write it."""
    return found(find_version(code, number) if may_define(request) else None)


@office_view(May.DEFINE_PRODUCTS)
def discard(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Throw a draft away; asked first, since nothing of it is left."""
    one = _mine(request, code, number)
    form = DeedForm(request.POST or None, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            commands.discard_draft(version=one, **form.cleaned_data, actor=request.actor)
            messages.success(
                request, _("The draft %(version)s is thrown away.") % {"version": one.code}
            )
            return redirect("office:products:list")
    return show(request, "office/products/discard.html", {"form": form, "version": one})


@office_view(May.PUBLISH_PRODUCTS)
def give_back(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Give a submitted version back to its author, with the reason."""
    decides = may(request.actor, May.PUBLISH_PRODUCTS, head_office())
    one = found(find_version(code, number) if decides else None)
    form = ReturnForm(request.POST or None, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            commands.return_version(version=one, **form.cleaned_data, actor=request.actor)
            messages.success(
                request, _("%(version)s is back with its author.") % {"version": one.code}
            )
            return redirect("office:products:version", code, number)
    return show(request, "office/products/return.html", {"form": form, "version": one})
