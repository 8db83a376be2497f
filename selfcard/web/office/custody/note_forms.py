"""Forms by which cards are asked for, handed over, refused and recalled."""

from typing import Any, ClassVar

from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from selfcard.core.actor import Actor
from selfcard.core.serials import SerialRun
from selfcard.custody.deeds import HAND_OVER
from selfcard.custody.models import Requisition
from selfcard.custody.queries import RangePart, recallable_parts, requisitions_to_issue
from selfcard.organisations.models import May, Organisation, Party
from selfcard.organisations.queries import organisations_in_reach, parties_in_reach
from selfcard.web.office.cards.forms import CountField
from selfcard.web.office.fields import (
    CodeField,
    DayField,
    DocumentTypeCodeField,
    OrganisationCodeField,
    PartyCodeField,
    SerialRunsField,
    cards_said,
)
from selfcard.web.office.forms import OfficeForm, printable_text


def _individuals(actor: Actor) -> QuerySet[Party]:
    return parties_in_reach(actor, May.ISSUE_CARDS).filter(kind=Party.Kind.PERSON)


def _issuers(actor: Actor) -> QuerySet[Organisation]:
    """Whoever stands above an organisation for which the actor may ask."""
    askers = organisations_in_reach(actor, May.REQUEST_CARDS).filter(path__within=OuterRef("path"))
    return Organisation.objects.select_related("party").filter(
        Exists(askers.exclude(pk=OuterRef("pk")))
    )


class RemarkField(forms.CharField):
    """What is printed on the note beside the cards."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=_("Remark"),
            max_length=200,
            required=False,
            validators=[printable_text],
            **kwargs,
        )


class HandOverForm(OfficeForm):
    """Which cards pass from one individual to another."""

    document_type = DocumentTypeCodeField()
    to = PartyCodeField(
        reach=_individuals,
        label=_("Recipient code"),
        help_text=_("A colleague of the same institution, who may hold cards."),
    )
    runs = SerialRunsField(deed=HAND_OVER)
    remark = RemarkField(help_text=_("Printed on the issue note."))
    widths: ClassVar = {"document_type": 6, "to": 6}


class RecallForm(OfficeForm):
    """Which cards go back, and to whom."""

    document_type = DocumentTypeCodeField()
    to = OrganisationCodeField(
        May.RECALL_CARDS,
        label=_("Who takes them back"),
        required=False,
        help_text=_("Left empty: the organisation that they came from."),
    )
    runs = SerialRunsField(answered=True)
    remark = RemarkField(help_text=_("Printed on the recall note."))
    widths: ClassVar = {"document_type": 6, "to": 6}

    def judged(self, name: str, runs: tuple[SerialRun, ...]) -> list[RangePart]:
        given = self.cleaned_data
        return recallable_parts(given.get("document_type"), runs, given.get("to"), self.actor)


class AskForm(OfficeForm):
    """How many cards an organisation wants, why, and by when."""

    organisation = OrganisationCodeField(
        May.REQUEST_CARDS, label=_("Organisation code"), help_text=_("Who wants the cards.")
    )
    issuer = OrganisationCodeField(
        reach=_issuers,
        label=_("Who is asked"),
        required=False,
        help_text=_("Left empty: the organisation right above."),
    )
    document_type = DocumentTypeCodeField()
    count = CountField(label=_("How many cards"), min_value=1, max_value=100_000_000)
    wanted_by = DayField(label=_("Wanted by"))
    reason = forms.CharField(
        label=_("Reason"), max_length=200, validators=[printable_text], help_text=_("What for.")
    )
    widths: ClassVar = {
        "organisation": 6,
        "issuer": 6,
        "document_type": 6,
        "count": 3,
        "wanted_by": 3,
    }


class AnswerForm(OfficeForm):
    """How many of the cards asked for are granted."""

    granted = CountField(
        label=_("Granted cards"),
        min_value=0,
        help_text=_("All of them, fewer, or none."),
    )
    answer = forms.CharField(
        label=_("Answer"),
        max_length=200,
        required=False,
        validators=[printable_text],
        help_text=_("Where nothing is granted, it says why."),
    )
    widths: ClassVar = {"granted": 4, "answer": 8}


class RequisitionField(CodeField):
    """A requisition that was granted and is not all issued, by its number or by who asked."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            reach=requisitions_to_issue,
            names=("organisation__party__name_zh", "organisation__party__name_en"),
            code="number",
            **kwargs,
        )

    def option(self, one: Requisition) -> tuple[str, str, str]:
        said = f"{one.organisation.name} · {one.document_type.code} · {cards_said(one.left)}"
        return one.number, said, said
