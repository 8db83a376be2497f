"""Forms that report what happened to cards, stop them, and let them go on."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from selfcard.core import clock
from selfcard.core.serials import SerialRun
from selfcard.custody.deeds import DESTRUCTION, FOUND, FREEZE, LOSS, VOID
from selfcard.custody.models import WriteOff
from selfcard.custody.writing_off import COURSES
from selfcard.web.office.custody.forms import PaperForm, RunsOfPaperField
from selfcard.web.office.fields import DayField, DocumentTypeCodeField, SerialRunsField
from selfcard.web.office.forms import OfficeForm, printable_text

Kind = WriteOff.Kind


def _said(label: Any, help_text: Any, most: int = 500) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=most,
        widget=forms.Textarea,
        validators=[printable_text],
    )


def _causes(kind: str) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("What caused it"),
        choices=[(cause.value, cause.label) for cause in COURSES[kind].causes],
        widget=forms.RadioSelect,
        initial=COURSES[kind].causes[0] if kind == Kind.LOSS else None,
    )


class VoidForm(OfficeForm):
    """Cards that nobody can use any more."""

    document_type = DocumentTypeCodeField()
    runs = SerialRunsField(deed=VOID)
    cause = _causes(Kind.VOID)
    note = _said(_("Note"), _("What is wrong with them, and how it was found. Printed."))
    refusal_fields: ClassVar = {"serials": "runs"}


class LossForm(OfficeForm):
    """Cards that were lost or stolen."""

    document_type = DocumentTypeCodeField()
    runs = SerialRunsField(deed=LOSS)
    cause = _causes(Kind.LOSS)
    note = _said(_("Note"), _("Who reported it, when and where the cards were seen last. Printed."))
    refusal_fields: ClassVar = {"serials": "runs"}


class FoundForm(OfficeForm):
    """Lost cards that came to light, their panels untouched."""

    document_type = DocumentTypeCodeField()
    runs = SerialRunsField(deed=FOUND)
    intact = forms.BooleanField(
        label=_("I have looked at every card: no panel is scratched"),
        error_messages={"required": _("Cards with a scratched panel are made void.")},
    )
    note = _said(_("Note"), _("Where they were, and who found them. Printed."))
    refusal_fields: ClassVar = {"serials": "runs"}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        return {name: value for name, value in cleaned.items() if name != "intact"}


class DestructionForm(OfficeForm):
    """Void cards that were destroyed."""

    document_type = DocumentTypeCodeField()
    runs = SerialRunsField(deed=DESTRUCTION)
    place = forms.CharField(label=_("Place"), max_length=100, validators=[printable_text])
    method = forms.CharField(
        label=_("Method"),
        max_length=100,
        validators=[printable_text],
        help_text=_("Shredded, burnt, pulped …"),
    )
    destroyed_on = DayField(label=_("Day of the destruction"))
    note = _said(_("Note"), _("Who was there. Printed in the protocol."))
    widths: ClassVar = {"place": 4, "method": 4, "destroyed_on": 4}
    refusal_fields: ClassVar = {"serials": "runs"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"destroyed_on": clock.today(), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)


REPORTS: dict[str, type[OfficeForm]] = {
    Kind.VOID: VoidForm,
    Kind.LOSS: LossForm,
    Kind.FOUND: FoundForm,
    Kind.DESTRUCTION: DestructionForm,
}


class AnnouncementForm(OfficeForm):
    """Where and when a loss was announced."""

    announced_on = DayField(label=_("Announced on"))
    announced_in = forms.CharField(
        label=_("Announced in"),
        max_length=100,
        validators=[printable_text],
        help_text=_("The newspaper or website, with its number or page."),
    )
    widths: ClassVar = {"announced_on": 4, "announced_in": 8}


class FreezeForm(OfficeForm):
    """Cards that are stopped for a while."""

    document_type = DocumentTypeCodeField()
    runs = SerialRunsField(deed=FREEZE)
    note = _said(_("Why"), _("Who called, and what is looked into."), most=200)
    refusal_fields: ClassVar = {"serials": "runs"}


class FreezeBatchForm(OfficeForm):
    """Why a whole batch is stopped, or goes on."""

    note = _said(_("Why"), "", most=200)


class ReleaseForm(PaperForm):
    """Which of the cards that a number stops go on: all of them, or those that are named."""

    runs = RunsOfPaperField(
        label=_("Cards that go on"), help_text=_("Leave this empty to release all of them.")
    )
    note = _said(_("Why"), _("What was found out."), most=200)
    refusal_fields: ClassVar = {"serials": "runs"}

    def __init__(
        self, *args: Any, listed: Iterable[SerialRun], all_seen: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, listed=list(listed), **kwargs)
        if not all_seen:
            self.fields["runs"].required = True
            self.fields["runs"].help_text = _("Name those of them that are let go.")
