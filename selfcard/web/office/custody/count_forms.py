"""Forms of the stock count: opening it, entering stacks, saying what is done about differences."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from selfcard.cards.models import DocumentType
from selfcard.core.serials import RunReversed, SerialRun
from selfcard.custody.counting import Kind, Remedied
from selfcard.custody.queries.stock_counts import Difference
from selfcard.organisations.models import May, Staff
from selfcard.organisations.queries import acting_staff, staff_in_reach
from selfcard.web.office.custody.findings import ShownFinding
from selfcard.web.office.fields import (
    CodeField,
    DocumentTypeCodeField,
    PartyCodeField,
    SerialRunsField,
    SerialRunsInput,
)
from selfcard.web.office.forms import OfficeForm, printable_text

NOT_YET = ("", _("Choose"))


class ColleagueField(CodeField):
    """Somebody else on the staff, by code, name or pinyin."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            reach=lambda actor: (
                staff_in_reach(actor, May.COUNT_STOCK)
                .filter(is_active=True)
                .exclude(pk=acting_staff(actor).pk)
            ),
            names=("party__name_zh", "party__name_en", "party__pinyin"),
            code="party__code",
            **kwargs,
        )

    def option(self, one: Staff) -> tuple[str, str, str]:
        return super().option(one.party)


class OpenCountForm(OfficeForm):
    """Whose cards of which type are counted."""

    holder = PartyCodeField(
        May.COUNT_STOCK,
        label=_("Holder code"),
        help_text=_("An organisation, or an individual who holds cards."),
    )
    document_type = DocumentTypeCodeField()
    colleague = ColleagueField(
        label=_("Witness code"),
        required=False,
        help_text=_("Needed where you count cards that you hold yourself."),
    )
    witness = forms.CharField(
        label=_("Witness from outside"),
        max_length=60,
        required=False,
        validators=[printable_text],
        help_text=_("The name of somebody who is not on the staff."),
    )
    remark = forms.CharField(
        label=_("Remark"),
        max_length=200,
        required=False,
        validators=[printable_text],
        help_text=_("Printed on the count sheet and in the protocol."),
    )
    widths: ClassVar = {"holder": 6, "document_type": 6, "colleague": 6, "witness": 6}


class CountedRunsField(SerialRunsField):
    """Stacks as they lie there: short serials are the type's, and a stack may be upside down."""

    prefix = ""

    def _clean_bound_field(self, bound: BoundField) -> tuple[SerialRun, ...]:
        return self.clean(bound.data, self.prefix)

    def _run(self, row: dict[str, str], prefix: str) -> SerialRun:
        try:
            return super()._run(row, prefix)
        except RunReversed:
            return super()._run({**row, "first": row["last"], "last": row["first"]}, prefix)


class StackInput(SerialRunsInput):
    """The two places that a scanner fills, first and last card, again and again."""

    template_name = "office/custody/stack_input.html"


class StacksForm(OfficeForm):
    """Several stacks at once, typed or pasted as a list."""

    runs = CountedRunsField(label=_("Stacks"))

    def __init__(self, *args: Any, document_type: DocumentType, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["runs"]
        assert isinstance(field, CountedRunsField)
        field.prefix = document_type.prefix


class StackForm(StacksForm):
    """One stack. A card alone is sent a second time, so that a scanner's Enter is no stack yet."""

    runs = CountedRunsField(label=_("Stack"), widget=StackInput)
    alone = forms.BooleanField(required=False, widget=forms.HiddenInput)

    @property
    def awaits_last(self) -> bool:
        """Whether only the first card was sent: the next may be the last, or nothing."""
        if not self.is_bound or self.errors or self.cleaned_data["alone"]:
            return False
        return [bool(row["last"]) for row in self["runs"].data] == [False]


class StackNamedForm(OfficeForm):
    """The stack that is struck out."""

    first = forms.IntegerField(widget=forms.HiddenInput)
    last = forms.IntegerField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.pop("first", None), cleaned.pop("last", None)
        if first is None or last is None or last < first:
            raise ValidationError(_("This page is too old. Open it again and repeat the step."))
        return {**cleaned, "run": SerialRun(first, last)}


class CompareForm(OfficeForm):
    """Nothing is asked, unless nothing was counted."""

    nothing_there = forms.BooleanField(
        label=_("Nothing is there: no card of this type was found"), required=False
    )


class RemediesForm(OfficeForm):
    """What is proposed for each difference, and why; made for one count's differences.

    What is said for all of a kind counts where nothing is said for one.
    """

    differences: ClassVar[list[Difference]] = []

    @property
    def shared(self) -> list[tuple[str | Promise, BoundField, BoundField]]:
        """For all that lack, and for all that are too many, where there are several."""
        return [
            (kind.label, self[f"remedy_{kind}"], self[f"note_{kind}"])
            for kind in Kind
            if f"remedy_{kind}" in self.fields
        ]

    @property
    def rows(self) -> list[tuple[ShownFinding, BoundField, BoundField]]:
        return [
            (
                ShownFinding(one),
                self[f"remedy_{one.finding.pk}"],
                self[f"note_{one.finding.pk}"],
            )
            for one in self.differences
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        remedies = tuple(each for one in self.differences for each in self._remedied(one))
        return {"request_id": cleaned.get("request_id"), "remedies": remedies}

    def _remedied(self, difference: Difference) -> list[Remedied]:
        finding = difference.finding

        def said(what: str) -> str:
            own, shared = f"{what}_{finding.pk}", f"{what}_{finding.kind}"
            return self.cleaned_data.get(own, "") or self.cleaned_data.get(shared, "")

        remedy, note = said("remedy"), said("note")
        if remedy not in difference.fitting and f"remedy_{finding.pk}" not in self.errors:
            self.add_error(f"remedy_{finding.pk}", _("Choose what is to be done."))
        if not note and f"note_{finding.pk}" not in self.errors:
            self.add_error(f"note_{finding.pk}", _("Say why."))
        return [Remedied(one.run, remedy, note) for one in difference.findings]


def remedies_form(differences: Iterable[Difference]) -> type[RemediesForm]:
    """The form for these differences."""
    differences = list(differences)
    fields: dict[str, Any] = {"differences": differences}
    for kind in Kind:
        same = [one for one in differences if one.finding.kind == kind]
        if len(same) > 1:
            choices = dict.fromkeys(remedy for one in same for remedy in one.fitting)
            fields |= _asked_about(str(kind), kind.label, choices)
    for one in differences:
        fields |= _asked_about(str(one.finding.pk), str(one.run), one.fitting)
    return type("RemediesOfThisCount", (RemediesForm,), fields)


def _asked_about(name: str, what: Any, remedies: Iterable[Any]) -> dict[str, forms.Field]:
    about = {"what": what}
    remedy, note = _("What is done: %(what)s") % about, _("Why: %(what)s") % about
    return {
        f"remedy_{name}": forms.ChoiceField(
            label=remedy,
            choices=[NOT_YET, *((one, one.label) for one in remedies)],
            required=False,
            widget=forms.Select(attrs={"aria-label": remedy}),
        ),
        f"note_{name}": forms.CharField(
            label=note,
            max_length=200,
            required=False,
            validators=[printable_text],
            widget=forms.TextInput(
                attrs={"aria-label": note, "placeholder": _("Why"), "autocomplete": "off"}
            ),
        ),
    }
