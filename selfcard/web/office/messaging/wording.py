"""One message template: its words, how they arrive, and what they were before."""

from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from selfcard.cards.models import DocumentType
from selfcard.cards.queries import document_types
from selfcard.core.refusals import Refusal
from selfcard.core.wording import listed
from selfcard.messaging.commands import change_template, withdraw_template
from selfcard.messaging.errors import NoSuchOccasion
from selfcard.messaging.models import MOST_SUBJECT, Template, TemplateKey
from selfcard.messaging.occasions import Said, get_occasion, put_together
from selfcard.messaging.places import place, tidied
from selfcard.messaging.queries import latest_templates, template_versions
from selfcard.messaging.templates import check
from selfcard.organisations.models import May
from selfcard.organisations.queries import head_office, may
from selfcard.sms.segments import cut
from selfcard.web.office.forms import OfficeForm, refusals_shown_on
from selfcard.web.office.messaging.wordings import (
    LANGUAGES,
    SEEING_TEMPLATES,
    Wording,
    page_of,
    wording_of,
)
from selfcard.web.office.views import OfficeRequest, office_view, show


@dataclass(frozen=True)
class Preview:
    """What arrives, with examples filled in; or why nothing could."""

    language: str
    said: Said | None = None
    refusal: str = ""

    @property
    def parts(self) -> int:
        """As how many SMS it is sent, and paid."""
        assert self.said is not None
        return len(cut(self.said.words, 0))


class SinceForm(OfficeForm):
    """Whatever is done with a template is done with the version that one has read."""

    begins_from = forms.IntegerField(widget=forms.HiddenInput(attrs={"id": False}))

    def __init__(self, *args: Any, wording: Wording, **kwargs: Any) -> None:
        self.wording = wording
        initial = {
            "subject": wording.subject,
            "words": wording.words,
            "begins_from": wording.latest.version if wording.latest else 0,
        }
        super().__init__(*args, initial=initial, **kwargs)


class WordingForm(SinceForm):
    """The subject of the e-mail, where there is one, and the words."""

    subject = forms.CharField(
        label=pgettext_lazy("e-mail", "Subject"),
        widget=forms.TextInput(attrs={"maxlength": MOST_SUBJECT}),
    )
    words = forms.CharField(
        label=gettext_lazy("Text of the message"),
        widget=forms.Textarea(attrs={"rows": 7}),
        help_text=gettext_lazy("The insurer's name is put before it by itself."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("subject", "words"):
            self.fields[name].widget.attrs["lang"] = self.wording.key.language
        if not self.wording.occasion.by_email:
            del self.fields["subject"]

    @property
    def preview(self) -> Preview:
        """How that would arrive which stands in the form, whether or not it can be sent."""
        data = self.data if self.is_bound else self.initial
        return preview_of(self.wording, data.get("subject", ""), data.get("words", ""))


@office_view(*SEEING_TEMPLATES)
def template(
    request: OfficeRequest, occasion: str, language: str, document_type: str = ""
) -> HttpResponse:
    """Look at a template and, for those who may, write it anew."""
    if request.method == "POST" and not _may_change(request):
        raise PermissionDenied(May.DEFINE_TYPES.label)
    wording = _wording(occasion, language, document_type)
    form = WordingForm(request.POST or None, actor=request.actor, wording=wording)
    if "_look" in request.POST:
        return _look(request, wording, form)
    if form.is_valid():
        with refusals_shown_on(form):
            change_template(
                key=wording.key, **{"subject": "", **form.cleaned_data}, actor=request.actor
            )
            messages.success(request, _("From now on this is what is said."))
            return redirect(page_of(wording.key))
    return _page(request, wording, form)


@office_view(May.DEFINE_TYPES)
@require_POST
def withdraw(
    request: OfficeRequest, occasion: str, language: str, document_type: str = ""
) -> HttpResponse:
    """Go back from words of one's own."""
    if not _may_change(request):
        raise PermissionDenied(May.DEFINE_TYPES.label)
    wording = _wording(occasion, language, document_type)
    form = SinceForm(request.POST, actor=request.actor, wording=wording)
    if form.is_valid():
        with refusals_shown_on(form):
            withdraw_template(key=wording.key, **form.cleaned_data, actor=request.actor)
            messages.success(request, _("From now on this is what is said."))
            return redirect(page_of(wording.key))
    return _page(request, wording, form)


def preview_of(wording: Wording, subject: str, words: str) -> Preview:
    """What arrives with these words, whoever may have typed them."""
    occasion, language = wording.occasion, wording.key.language
    subject, words = tidied(subject), tidied(words)
    try:
        check(occasion, subject, words)
    except Refusal as refusal:
        return Preview(language, refusal=str(refusal))
    return Preview(language, put_together(subject, words, occasion.samples, language))


def _wording(occasion: str, language: str, document_type: str) -> Wording:
    """What is said by a template that there can be; else the page is not found."""
    types = DocumentType.objects.filter(code=document_type)
    if language not in LANGUAGES or (document_type and not types.exists()):
        raise Http404
    try:
        it = get_occasion(occasion)
    except NoSuchOccasion as refusal:
        raise Http404(str(refusal)) from refusal
    key = TemplateKey(occasion, language, document_type)
    return wording_of(it, key, _latest(key))


def _latest(key: TemplateKey) -> dict[TemplateKey, Template]:
    """What counts of an occasion in a language, for all and for every type."""
    same = latest_templates().filter(occasion=key.occasion, language=key.language)
    return {one.key: one for one in same}


def _look(request: OfficeRequest, wording: Wording, form: WordingForm) -> HttpResponse:
    """The preview while one types; without script the whole page, with what was typed."""
    if request.headers.get("HX-Request"):
        return render(request, "office/messaging/_preview.html", {"preview": form.preview})
    return _page(request, wording, form)


def _page(request: OfficeRequest, wording: Wording, form: SinceForm) -> HttpResponse:
    """The page, with the form that was sent, if one was."""
    writing = (
        form
        if isinstance(form, WordingForm)
        else WordingForm(None, actor=request.actor, wording=wording)
    )
    occasion, key = wording.occasion, wording.key
    facts: dict[str, Any] = {
        "wording": wording,
        "language_name": LANGUAGES[key.language],
        "form": writing,
        "withdrawing": form
        if form is not writing
        else SinceForm(None, actor=request.actor, wording=wording),
        "preview": writing.preview,
        "places": [
            (place(name), example) for name, example in occasion.examples(key.language).items()
        ],
        "needed": listed(place(name) for name in sorted(occasion.needed)),
        "versions": list(template_versions(key)),
        "languages": [
            (name, page_of(replace(key, language=code)), code == key.language)
            for code, name in LANGUAGES.items()
        ],
        "types": _types(wording),
        "may_change": _may_change(request),
    }
    return show(request, "office/messaging/template.html", facts)


def _types(wording: Wording) -> list[tuple[str, Wording, str]]:
    """The same occasion and language for all, and for every document type."""
    latest = _latest(wording.key)
    named = {"": _("all document types")} | {
        one.code: f"{one.code} {one.name}" for one in document_types().prefetch_related(None)
    }
    keys = [replace(wording.key, document_type=code) for code in named]
    return [
        (named[key.document_type], wording_of(wording.occasion, key, latest), page_of(key))
        for key in keys
    ]


def _may_change(request: OfficeRequest) -> bool:
    """Templates are head office's, as document types are."""
    return may(request.actor, May.DEFINE_TYPES, head_office())
