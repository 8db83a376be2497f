"""Message templates: what is said on each occasion, and where the insurer says it in words of its
own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import django_tables2 as tables
from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from selfcard.cards.queries import document_types
from selfcard.messaging.models import Template
from selfcard.messaging.occasions import Occasion, occasions
from selfcard.messaging.queries import TemplateKey, latest_templates
from selfcard.organisations.models import May
from selfcard.web.office.lists import Blank, ListFilter, MomentColumn, OfficeTable, list_page
from selfcard.web.office.views import OfficeRequest, office_view

SEEING_TEMPLATES = (May.DEFINE_TYPES, May.AUDIT)
MOST_SHOWN = 80
LANGUAGES: dict[str, Any] = dict(settings.LANGUAGES)


class Whose(StrEnum):
    """Whose words hold."""

    OWN = "own"
    FOR_ALL = "for_all"
    BUILT_IN = "built_in"

    @property
    def label(self) -> str:
        return str(_WHOSE[self])


_WHOSE = {
    Whose.OWN: pgettext_lazy("template", "own words"),
    Whose.FOR_ALL: pgettext_lazy("template", "as for all document types"),
    Whose.BUILT_IN: pgettext_lazy("template", "built-in words"),
}


@dataclass(frozen=True)
class Wording:
    """What is said now, on one occasion and by one template."""

    occasion: Occasion
    key: TemplateKey
    whose: Whose
    subject: str
    words: str
    latest: Template | None  # the version that counts, also where it has no words any more

    @property
    def changed_at(self) -> datetime | None:
        return self.latest.changed_at if self.latest else None


def wording_of(
    occasion: Occasion, key: TemplateKey, latest: Mapping[TemplateKey, Template]
) -> Wording:
    own, for_all = latest.get(key), latest.get(key.for_all)
    for whose, one in ((Whose.OWN, own), (Whose.FOR_ALL, for_all)):
        if one and one.is_own:
            return Wording(occasion, key, whose, one.subject, one.words, own)
    return Wording(occasion, key, Whose.BUILT_IN, *occasion.built_in(key.language), own)


def page_of(key: TemplateKey) -> str:
    """The page of a template."""
    return reverse("office:messaging:template", args=[one for one in key.columns.values() if one])


class WordingFilter(ListFilter):
    """For which cards, in which language, and whose words."""

    document_type = forms.ChoiceField(label=gettext_lazy("Document type"), required=False)
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=[("", gettext_lazy("all")), *settings.LANGUAGES],
        required=False,
    )
    whose = forms.ChoiceField(
        label=pgettext_lazy("template", "Whose words"),
        choices=[("", gettext_lazy("all")), *_WHOSE.items()],
        required=False,
    )

    def __init__(self, *args: Any, types: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["document_type"].choices = [  # type: ignore[attr-defined]
            ("", _("all")),
            *((code, f"{code} {name}") for code, name in types.items()),
        ]

    @property
    def wanted(self) -> dict[str, str]:
        """What is asked for; nothing where it cannot be asked."""
        return {name: str(value) for name, value in self.cleaned_data.items() if value}


class WordingTable(OfficeTable):
    occasion = tables.Column(gettext_lazy("Occasion"), linkify=lambda record: page_of(record.key))
    document_type = tables.Column(
        gettext_lazy("Document type"), accessor="key__document_type", default=gettext_lazy("all")
    )
    language = tables.Column(gettext_lazy("Language"), accessor="key__language")
    words = tables.Column(gettext_lazy("Text of the message"))
    whose = tables.Column(
        pgettext_lazy("template", "Whose words"), attrs={"td": {"class": "nowrap"}}
    )
    changed_at = MomentColumn(
        verbose_name=gettext_lazy("Changed"), attrs={"td": {"class": "nowrap"}}
    )

    class Meta(OfficeTable.Meta):
        orderable = False

    def render_occasion(self, value: Occasion) -> str:
        name = str(value.name)
        return name[:1].upper() + name[1:]

    def render_language(self, value: str) -> str:
        return str(LANGUAGES[value])

    def render_words(self, value: str) -> str:
        return Truncator(value).chars(MOST_SHOWN)

    def value_words(self, value: str) -> str:
        return value

    def render_whose(self, value: Whose) -> str:
        return value.label


@office_view(*SEEING_TEMPLATES)
def templates(request: OfficeRequest) -> HttpResponse:
    """What is said on every occasion to all, and where a document type has words of its own."""
    types = {one.code: one.name for one in document_types().prefetch_related(None)}
    form = WordingFilter(request.GET, types=types)
    wanted = form.wanted if form.is_valid() else {}
    return list_page(
        request,
        rows=list(_rows(wanted, ["", *types])),
        table=WordingTable,
        title=_("Message templates"),
        lead=_(
            "What people are told on each occasion: for all document types, and for those that"
            " have words of their own."
        ),
        blank=Blank(_("No occasion"), _("Nobody is told anything.")),
        name="message-templates",
        context={"filter": {"form": form}, "filtered": bool(wanted)},
    )


def _rows(wanted: Mapping[str, str], types: list[str]) -> Iterator[Wording]:
    """Of each occasion what is said to all, and to each type with words of its own; of a type that
    is asked for everything."""
    latest = {one.key: one for one in latest_templates()}
    if "document_type" in wanted:
        types = [wanted["document_type"]]
    for occasion in occasions():
        for document_type in types:
            for language in LANGUAGES:
                one = wording_of(
                    occasion, TemplateKey(occasion.code, language, document_type), latest
                )
                is_shown = not document_type or "document_type" in wanted or one.whose == Whose.OWN
                if is_shown and _is_wanted(one, wanted):
                    yield one


def _is_wanted(one: Wording, wanted: Mapping[str, str]) -> bool:
    return (
        wanted.get("language", one.key.language) == one.key.language
        and wanted.get("whose", one.whose) == one.whose
    )
