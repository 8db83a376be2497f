"""Forms of the office: laid out on a grid of twelve, dense, with the house's own templates."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy as _

from selfcard.core.actor import Actor
from selfcard.core.papers import printable
from selfcard.web.forms import HouseForm, RequestIdMixin, refusals_shown_on

__all__ = [
    "DeedForm",
    "FilterForm",
    "OfficeForm",
    "OfficeLook",
    "printable_text",
    "refusals_shown_on",
]


def printable_text(text: str) -> None:
    """Refuse what a paper could not show."""
    if missing := printable(text):
        raise ValidationError(
            _("These characters cannot be printed on our papers: %(characters)s."),
            params={"characters": " ".join(missing)},
        )


class OfficeRenderer(TemplatesSetting):
    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"


class OfficeLook(HouseForm):
    """The look of every form in the office, whatever it does."""

    default_renderer = OfficeRenderer
    # How many of the twelve columns a field takes; all of them where nothing is said.
    widths: ClassVar[dict[str, int]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.width = self.widths.get(name, 12)  # type: ignore[attr-defined]
            _dress(field.widget)
            _word(field)


class OfficeForm(RequestIdMixin, OfficeLook):
    """A form that ends in one command. Fields learn the actor, and offer only what is in reach.

    `cleaned_data` holds the command's arguments, `request_id` included.
    """

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        self.actor = actor
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if hasattr(field, "for_actor"):
                field.for_actor(actor)


class DeedForm(OfficeForm):
    """A button that does one thing and asks nothing."""


class FilterForm(OfficeLook):
    """A form that only looks: its answers stand in the address."""


def _dress(widget: forms.Widget) -> None:
    """Give a widget the class that the style sheet knows."""
    kind = ""
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        widget.template_name = "forms/choices.html"
    elif isinstance(widget, forms.CheckboxInput):
        kind = "form-check-input"
    elif isinstance(widget, forms.Select):
        kind = "form-select"
    elif isinstance(widget, forms.Textarea):
        kind = "form-control"
        if widget.attrs.get("rows") == "10":  # Django's own default is too tall for a remark
            widget.attrs["rows"] = 3
    elif isinstance(widget, forms.widgets.Input) and not widget.is_hidden:
        kind = "form-control"
    if kind:
        widget.attrs["class"] = f"{widget.attrs.get('class', '')} {kind}".strip()


def _word(field: forms.Field) -> None:
    """Say of a field that was left empty what to do, where it has no words of its own."""
    if field.error_messages.get("required") is forms.Field.default_error_messages["required"]:
        chosen = isinstance(field, forms.ChoiceField)
        field.error_messages["required"] = _("Choose one.") if chosen else _("Fill this in.")
