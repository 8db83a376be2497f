"""What is done with a thing that has a number: each deed one command, those that ask why apart."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from selfcard.web.office.forms import DeedForm, OfficeForm, printable_text, refusals_shown_on
from selfcard.web.office.views import OfficeRequest, show


class ReasonForm(OfficeForm):
    """Why something is refused, cancelled or withdrawn."""

    reason = forms.CharField(
        label=_("Reason"), max_length=200, widget=forms.Textarea, validators=[printable_text]
    )


class Deed(NamedTuple):
    """A deed: its command, and what is said when it is done.

    One that asks why has a page of its own, with a heading and what follows from it.
    """

    command: Callable[..., Any]
    done: Promise
    heading: Promise | None = None
    warning: Promise | None = None


class Subject(NamedTuple):
    """What a deed is done with: what its command calls it, its own page, and the page that asks."""

    name: str
    thing: Any
    place: str
    page: Callable[[OfficeForm], HttpResponse]  # with what was refused
    reason_page: str


def do(request: OfficeRequest, deed: Deed, subject: Subject) -> HttpResponse:
    """Do a deed; one that needs a reason asks for it on a page of its own."""
    if deed.heading is None and request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    kind: type[OfficeForm] = ReasonForm if deed.heading else DeedForm
    form = kind(request.POST or None, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            named = {subject.name: subject.thing}
            deed.command(**named, **form.cleaned_data, actor=request.actor)
            messages.success(request, deed.done % {"number": subject.thing.number})
            return redirect(subject.place, subject.thing.number)
    if deed.heading is None:
        return subject.page(form)
    context = {"form": form, "deed": deed, subject.name: subject.thing}
    return show(request, subject.reason_page, context)
