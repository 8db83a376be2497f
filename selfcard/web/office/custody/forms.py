"""Forms on which cards change hands."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from selfcard.core.serials import PREFIX_DIGITS, SerialRun, distinct_runs
from selfcard.custody.deeds import ISSUE
from selfcard.custody.queries import RangePart
from selfcard.organisations.models import May, Party
from selfcard.web.office.fields import (
    DocumentTypeCodeField,
    OrganisationCodeField,
    PartyCodeField,
    SerialRunsField,
)
from selfcard.web.office.forms import OfficeForm, printable_text


class IssueForm(OfficeForm):
    """Which cards go to whom."""

    recipient_type = forms.ChoiceField(
        label=_("Recipient type"),
        choices=[
            (Party.Kind.ORGANISATION, _("Organisation")),
            (Party.Kind.PERSON, _("Individual")),
        ],
        widget=forms.RadioSelect,
    )
    document_type = DocumentTypeCodeField()
    to = PartyCodeField(
        May.ISSUE_CARDS,
        label=_("Recipient code"),
        help_text=_("An individual needs the authorisation to hold cards."),
    )
    for_organisation = OrganisationCodeField(
        May.ISSUE_CARDS,
        label=_("For which institution or department"),
        required=False,
        help_text=_("A branch always names it. An institution that receives is meant itself."),
    )
    runs = SerialRunsField(deed=ISSUE)
    remark = forms.CharField(
        label=_("Remark"),
        max_length=200,
        required=False,
        validators=[printable_text],
        help_text=_("Printed on the issue note."),
    )
    widths: ClassVar = {"recipient_type": 6, "document_type": 6, "to": 6, "for_organisation": 6}
    refusal_fields: ClassVar = {"serials": "runs"}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        to, kind = cleaned.get("to"), cleaned.get("recipient_type")
        if to is not None and kind and to.kind != kind:
            self.add_error("to", _("%(name)s is not of this recipient type.") % {"name": to.name})
        return cleaned

    @property
    def arguments(self) -> dict[str, Any]:
        """What the command takes; the recipient's type follows from the recipient."""
        return {
            name: value for name, value in self.cleaned_data.items() if name != "recipient_type"
        }


class RunsOfPaperField(SerialRunsField):
    """Runs out of those on a paper: short serials are completed like the paper's own."""

    answer_template = "office/custody/paper_answer.html"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, answered=True, **kwargs)
        self.like: SerialRun | None = None

    def _clean_bound_field(self, bound: BoundField) -> tuple[SerialRun, ...]:
        prefix = f"{self.like.first:015d}"[:PREFIX_DIGITS] if self.like else ""
        return self.clean(bound.data, prefix)


class PaperForm(OfficeForm):
    """A form that names cards of one paper: of those that it lists."""

    def __init__(self, *args: Any, listed: Sequence[SerialRun], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.listed = listed
        for field in self.fields.values():
            if isinstance(field, RunsOfPaperField):
                field.like = listed[0]

    def judged(self, name: str, runs: tuple[SerialRun, ...]) -> list[RangePart]:
        wanted = distinct_runs(runs)
        there = [both for run in wanted for one in self.listed if (both := run.intersection(one))]
        strange = [part for run in wanted for part in run.without(there)]
        parts = [RangePart(run, None, None, None, usable=True) for run in there]
        parts += [RangePart(run, None, None, None, usable=False) for run in strange]
        return sorted(parts, key=lambda part: part.run)


class CheckInForm(PaperForm):
    """What of a shipment did not come."""

    missing = RunsOfPaperField(label=_("Missing cards"))


class CheckInPrintedForm(CheckInForm):
    """What of a printed batch did not come, or came damaged."""

    damaged = RunsOfPaperField(label=_("Damaged cards"))
    refusal_fields: ClassVar = {"serials": "missing"}


class FoundForm(PaperForm):
    """Which of the missing cards were found."""

    runs = RunsOfPaperField(label=_("Cards found"))
    refusal_fields: ClassVar = {"serials": "runs"}
