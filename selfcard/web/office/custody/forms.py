"""Forms on which cards change hands."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from selfcard.core.serials import (
    PREFIX_DIGITS,
    SerialRun,
    count_cards,
    distinct_runs,
    merge_runs,
)
from selfcard.custody.deeds import ISSUE
from selfcard.custody.queries import RangePart
from selfcard.organisations.models import May, Party
from selfcard.organisations.queries import acting_staff
from selfcard.web.office.answers import RangeAnswer
from selfcard.web.office.custody.note_forms import RemarkField, RequisitionField
from selfcard.web.office.fields import (
    DocumentTypeCodeField,
    OrganisationCodeField,
    PartyCodeField,
    SerialRunsField,
)
from selfcard.web.office.forms import OfficeForm

PAPER_ANSWER = "office/custody/paper_answer.html"
ARRIVAL_ANSWER = "office/custody/arrival_answer.html"


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
        required=False,
        help_text=_(
            "An individual needs the authorisation to hold cards; left empty, it is you yourself."
        ),
    )
    for_organisation = OrganisationCodeField(
        May.ISSUE_CARDS,
        label=_("For which institution or department"),
        required=False,
        help_text=_("A branch always names it. An institution that receives is meant itself."),
    )
    requisition = RequisitionField(
        label=_("For requisition"),
        required=False,
        help_text=_("Where somebody asked for the cards."),
    )
    runs = SerialRunsField(deed=ISSUE)
    remark = RemarkField(help_text=_("Printed on the issue note."))
    widths: ClassVar = {
        "recipient_type": 6,
        "document_type": 6,
        "to": 6,
        "for_organisation": 6,
        "requisition": 6,
    }
    refusal_fields: ClassVar = {"serials": "runs"}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        to, kind = cleaned.get("to"), cleaned.get("recipient_type")
        if to is None and "to" not in self.errors:
            if kind == Party.Kind.PERSON:
                cleaned["to"] = acting_staff(self.actor).party
            else:
                self.add_error("to", self.fields["to"].error_messages["required"])
        elif to is not None and kind and to.kind != kind:
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

    def __init__(self, answer_template: str = PAPER_ANSWER, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        super().__init__(answered=True, **kwargs)
        self.answer_template = answer_template
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
        there = self._listed_among(wanted)
        strange = [part for run in wanted for part in run.without(there)]
        parts = [RangePart(run, None, None, None, usable=True) for run in there]
        parts += [RangePart(run, None, None, None, usable=False) for run in strange]
        return sorted(parts, key=lambda part: part.run)

    def _listed_among(self, runs: Iterable[SerialRun]) -> list[SerialRun]:
        return [both for run in runs for one in self.listed if (both := run.intersection(one))]


class ArrivalAnswer(RangeAnswer):
    """The answer about cards that did not come, and what becomes of all that were sent."""

    def __init__(self, *args: Any, sent: int, lacking: int, become_void: bool) -> None:
        super().__init__(*args)
        self.came, self.lacking, self.become_void = sent - lacking, lacking, become_void


class CheckInForm(PaperForm):
    """What of a shipment did not come."""

    missing = RunsOfPaperField(
        label=_("Missing cards"),
        help_text=_("Left empty: all of them came."),
        answer_template=ARRIVAL_ANSWER,
    )
    become_void = False  # the cards that did not come

    def answer_about(self, name: str) -> RangeAnswer | None:
        """What was named, and how many come and lack by all that the form names."""
        given = self.cleaned_data if self.is_bound else {}
        named = [run for field in self._lacking for run in given.get(field) or ()]
        if not given.get(name):
            return None
        lacking = count_cards(self._listed_among(merge_runs(named)))
        sent = count_cards(self.listed)
        return ArrivalAnswer(
            name,
            given[name],
            self.judged(name, given[name]),
            sent=sent,
            lacking=lacking,
            become_void=self.become_void,
        )

    @property
    def _lacking(self) -> list[str]:
        return [name for name in ("missing", "damaged") if name in self.fields]


class CheckInPrintedForm(CheckInForm):
    """What of a printed batch did not come, or came damaged."""

    damaged = RunsOfPaperField(label=_("Damaged cards"), answer_template=ARRIVAL_ANSWER)
    refusal_fields: ClassVar = {"serials": "missing"}
    become_void = True


class ExplainForm(PaperForm):
    """Which of the missing cards were found."""

    runs = RunsOfPaperField(label=_("Cards found"), required=True)
    refusal_fields: ClassVar = {"serials": "runs"}
