"""Forms of the office: laid out on a grid of twelve, dense, with the house's own templates."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting
from django.forms.utils import ErrorDict
from django.http import HttpRequest, QueryDict
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from selfcard.core.actor import Actor
from selfcard.core.papers import printable
from selfcard.core.refusals import Operation, Refusal
from selfcard.core.serials import SerialRun, merge_runs
from selfcard.custody.queries import RangePart, usable_parts
from selfcard.web.forms import HouseForm, RequestIdMixin, refusals_shown_on
from selfcard.web.office.answers import RUNS_OFFERED, RangeAnswer
from selfcard.web.office.fields import SerialRunsField
from selfcard.web.office.named import naming
from selfcard.web.problems import Help

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

    `cleaned_data` holds the command's arguments, `request_id` included. While its cards are typed,
    the page asks the form which of them fit (`_judge`), or that only those be named (`_use`): then
    nothing is sent, and it is never valid.
    """

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        self.actor = actor
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if hasattr(field, "for_actor"):
                field.for_actor(actor)
        self._runs: dict[str, tuple[SerialRun, ...]] = {}
        self.asked_about = self._field_named("_judge")
        self.narrowed = self._field_named("_use")

    def is_valid(self) -> bool:
        return super().is_valid() and not (self.asked_about or self.narrowed)

    def full_clean(self) -> None:
        super().full_clean()
        # A refusal takes the value from its field, and just then one asks which cards do fit.
        typed = self.cleaned_data if self.is_bound else {}
        self._runs = {name: typed[name] for name in self._answered() if name in typed}
        if self.narrowed:
            self._name_only_what_fits(self.narrowed)

    def judged(self, name: str, runs: tuple[SerialRun, ...]) -> Iterable[RangePart]:
        """Which cards of a field fit what the form does, judged as its command judges.

        A form with rules of its own says them here.
        """
        field = self.fields[name]
        assert isinstance(field, SerialRunsField)
        assert field.deed is not None
        document_type = self.cleaned_data.get(field.type_field)
        return usable_parts(document_type, runs, self.actor, field.deed)

    def answer_about(self, name: str) -> RangeAnswer | None:
        """What stands below the runs of a field, once there are any."""
        runs = self._runs.get(name)
        return RangeAnswer.about(name, runs, self.judged) if runs else None

    def add_refusal(self, refusal: Refusal) -> None:
        super().add_refusal(refusal)
        help = self._helps.get(str(refusal))
        if help and refusal.help and not refusal.help.args:
            self._helps[str(refusal)] = self._naming_cards(help, refusal.help)

    def _naming_cards(self, help: Help, operation: Operation) -> Help:
        """The help with the cards that it is for filled in, as it stands beside the range."""
        for name in self._answered():
            answer = self.answer_about(name)
            parts = (
                [one.part for one in answer.parts if one.part.help == operation] if answer else []
            )
            if parts and parts[0].document_type:
                runs = merge_runs(part.run for part in parts)[:RUNS_OFFERED]
                return replace(help, url=f"{help.url}?{naming(parts[0].document_type, *runs)}")
        return help

    def fragment(self, request: HttpRequest) -> str:
        """What a page puts in its place that only asked about cards; empty for a whole page."""
        if self.asked_about:
            return self._answer_while_typing(request, self.asked_about)
        if self.narrowed and request.headers.get("HX-Request"):
            return self[self.narrowed].as_field_group()
        return ""

    def _answer_while_typing(self, request: HttpRequest, name: str) -> str:
        self.full_clean()
        answer = self.answer_about(name)
        if answer is None and self[name].data:
            answer = RangeAnswer(name, problems=map(str, self.errors.get(name, [])))
        facts = {"answer": answer, "html_name": self.add_prefix(name)}
        return render_to_string(self.fields[name].answer_template, facts, request)  # type: ignore[attr-defined]

    def _name_only_what_fits(self, name: str) -> None:
        answer = self.answer_about(name)
        if answer and answer.offers:
            data = QueryDict(mutable=True)
            data.update(self.data)
            self.fields[name].widget.put(data, self.add_prefix(name), answer.usable)
            self.data = data
            super().full_clean()
            self._runs[name] = tuple(answer.usable)
        # What is not yet filled in is no mistake: the form has not been sent.
        self._errors = ErrorDict()

    def _answered(self) -> Iterator[str]:
        """The fields that say which of their cards fit."""
        for name, field in self.fields.items():
            if isinstance(field, SerialRunsField) and field.answered:
                yield name

    def _field_named(self, wish: str) -> str:
        """The field of cards that the page names in a wish of its own."""
        wanted = self.data.get(wish) if self.is_bound else None
        return next((name for name in self._answered() if self.add_prefix(name) == wanted), "")


class DeedForm(OfficeForm):
    """A button that does one thing and asks nothing."""


class FilterForm(OfficeLook):
    """A form that only looks: its answers stand in the address."""

    only_looks = True


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
