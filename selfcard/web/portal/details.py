"""A product's own list of fields as controls of a page, and the answers to them."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from selfcard.core.refusals import Refusal
from selfcard.policies.application import DetailGiven
from selfcard.products.addresses import LONGEST_ADDRESS
from selfcard.products.details import LONGEST_TEXT, Detail, DetailKind
from selfcard.web.portal.fields import (
    Choices,
    DayField,
    code_input,
    printable_text,
    select_input,
    text_input,
)

FEW = 5  # choices that stand as rows; more of them stand in a list


class AnswerField(forms.CharField):
    """The answer to one field of a product's list, as it is kept."""

    def __init__(self, detail: Detail, **kwargs: Any) -> None:
        self.detail = detail
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        try:
            return printable_text(self.detail.read(text)) if text else ""
        except Refusal as refusal:
            raise ValidationError(str(refusal), code=refusal.code) from refusal


class DayAnswerField(DayField):
    """The same of a day."""

    def clean(self, value: Any) -> str:
        day = super().clean(value)
        return day.isoformat() if day else ""


def fields_for(details: tuple[Detail, ...]) -> dict[str, forms.Field]:
    """A control for each field, by its code."""
    return {one.code: _field_for(one) for one in details}


def given_to(details: tuple[Detail, ...], cleaned: Mapping[str, Any]) -> tuple[DetailGiven, ...]:
    """What was answered, of what was asked."""
    answers = ((one.code, cleaned.get(one.code)) for one in details)
    return tuple(DetailGiven(code=code, answer=answer) for code, answer in answers if answer)


def _field_for(detail: Detail) -> forms.Field:
    label = detail.label
    said: dict[str, Any] = {
        "label": label if detail.required else _("%(label)s (optional)") % {"label": label},
        "required": detail.required,
        "error_messages": {"required": _("Answer this: %(label)s.") % {"label": label}},
    }
    widget: Any
    match detail.kind:
        case DetailKind.DAY:
            return DayAnswerField(**said)
        case DetailKind.CHOICE:
            choices = [(one.code, one.label) for one in detail.choices]
            few = len(choices) <= FEW
            widget = Choices() if few else select_input()
            widget.choices = choices if few else [("", _("Choose")), *choices]
        case DetailKind.NUMBER:
            said["help_text"] = _bounds_of(detail)
            widget = text_input("pin", inputmode="decimal")
        case DetailKind.PLATE | DetailKind.VIN:
            widget = code_input("id")
        case DetailKind.ADDRESS:
            widget, said["max_length"] = text_input(), LONGEST_ADDRESS
        case DetailKind.TEXT:
            widget, said["max_length"] = text_input(), LONGEST_TEXT
    return AnswerField(detail, widget=widget, **said)


def _bounds_of(detail: Detail) -> str:
    """In what a figure is said, and between which bounds."""
    if detail.lowest is None or detail.highest is None:
        return detail.unit_label
    return _("%(unit)s, from %(lowest)s to %(highest)s") % {
        "unit": detail.unit_label,
        "lowest": f"{detail.lowest:f}",
        "highest": f"{detail.highest:f}",
    }
