"""Fields as the portal draws them, and what people may type into them.

Everything is forgiving about separators, full-width figures and case; what was typed stays in the
field as it was typed.
"""

import re
import unicodedata
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from selfcard.core.papers import MissingGlyph, printable
from selfcard.core.refusals import Refusal
from selfcard.policies.contact import mobile_phone


class PortalRenderer(TemplatesSetting):
    """Draws forms the portal's way: label, error, hint, control, one under the other."""

    form_template_name = "portal/forms/form.html"
    field_template_name = "portal/forms/field.html"


class Choices(forms.RadioSelect):
    """Rows of which one is chosen; the whole row can be pressed."""

    template_name = "portal/forms/choices.html"
    option_template_name = "portal/forms/choice.html"

    def __init__(self, *args: Any, in_a_row: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.in_a_row = in_a_row

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["in_a_row"] = self.in_a_row
        return context


class DayParts(forms.MultiWidget):
    """A date in three boxes, in the order in which the reader's language says it."""

    template_name = "portal/forms/day.html"
    labels = {
        "year": pgettext_lazy("part of a date", "Year"),
        "month": pgettext_lazy("part of a date", "Month"),
        "day": pgettext_lazy("part of a date", "Day"),
    }

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        digits = {"inputmode": "numeric", "autocomplete": "off"}
        super().__init__(
            {
                part: forms.TextInput({**digits, "class": f"input input--w-{size}", "maxlength": 8})
                for part, size in (("year", 4), ("month", 2), ("day", 2))
            },
            attrs,
        )

    def decompress(self, value: Any) -> list[Any]:
        if isinstance(value, date):
            return [value.year, value.month, value.day]
        return [None, None, None]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        parts = dict(zip(("year", "month", "day"), context["widget"]["subwidgets"], strict=True))
        for part, widget in parts.items():
            widget["label"] = self.labels[part]
        context["widget"]["subwidgets"] = [parts[part] for part in self.order]
        return context

    @property
    def order(self) -> tuple[str, str, str]:
        chinese = (get_language() or "").startswith("zh")
        return ("year", "month", "day") if chinese else ("day", "month", "year")


class DayField(forms.MultiValueField):
    """A day typed in three boxes."""

    widget = DayParts
    default_error_messages = {"impossible": _("There is no such day. Check day, month and year.")}

    def __init__(self, **kwargs: Any) -> None:
        boxes = (forms.CharField(), forms.CharField(), forms.CharField())
        # A day with a box left empty is a day not given, and said as one sentence.
        super().__init__(boxes, require_all_fields=True, **kwargs)

    def compress(self, data_list: list[str]) -> date | None:
        if not data_list:
            return None
        try:
            year, month, day = (int(plain(part)) for part in data_list)
            return date(year, month, day)
        except ValueError:
            raise ValidationError(self.error_messages["impossible"], code="impossible") from None


class FigureField(forms.DecimalField):
    """An amount or a share, with or without the separators and signs that people write with it."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = re.sub(r"[,¥%元]", "", plain(value))
        return super().to_python(value)


class PhoneField(forms.CharField):
    """The number of a mobile phone; without a country code it is of the mainland. Gives E.164."""

    def __init__(self, **kwargs: Any) -> None:
        attributes = {"inputmode": "tel", "autocomplete": "tel", "class": "input input--w-id"}
        super().__init__(max_length=40, **{"widget": forms.TextInput(attributes), **kwargs})

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        try:
            return mobile_phone(text) if text else ""
        except Refusal as refusal:
            raise ValidationError(str(refusal), code=refusal.code) from refusal


def printable_text(text: str) -> str:
    """A text that stands on the policy; refused if its paper could not show it."""
    if missing := printable(text):
        raise ValidationError(str(MissingGlyph(characters=" ".join(missing))))
    return text.strip()


def text_input(size: str = "name", **attributes: Any) -> forms.TextInput:
    return forms.TextInput({"class": f"input input--w-{size}", "autocomplete": "off", **attributes})


def code_input(size: str, **attributes: Any) -> forms.TextInput:
    """A box for digits as they are printed: monospaced, never filled in by the browser."""
    return forms.TextInput(
        {
            "class": f"input input--code input--w-{size}",
            "autocomplete": "off",
            "spellcheck": "false",
            "maxlength": 40,
            **attributes,
        }
    )


def select_input() -> forms.Select:
    return forms.Select({"class": "input input--w-name"})


def plain(text: str) -> str:
    """What was typed, full-width figures made plain, spaces taken out."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
