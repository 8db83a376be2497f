"""What is asked of the books: a day, a period, an account; and up to which day to close them."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from selfcard.ledger.models import EntryKind
from selfcard.web.office.fields import DayField
from selfcard.web.office.forms import FilterForm, OfficeForm
from selfcard.web.office.periods import KNOWN_DAYS, PeriodForm


class DayForm(FilterForm):
    """As of which day; without one, everything that was booked."""

    day = DayField(label=_("Counting up to"), required=False, validators=KNOWN_DAYS)


class EntriesForm(PeriodForm):
    """Entries of a period; only of a kind, only for one receipt, payment or policy."""

    widths: ClassVar = {**PeriodForm.widths, "kind": 6, "reason": 6}

    kind = forms.ChoiceField(
        label=_("What happened"), choices=[("", _("all")), *EntryKind.choices], required=False
    )
    reason = forms.CharField(
        label=_("Receipt, payment receipt or policy"), max_length=40, required=False
    )

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"].strip()
        return reason


class CloseForm(OfficeForm):
    """Up to which day; where a drawer of these days is not closed, it has to be meant."""

    widths: ClassVar = {"up_to": 6, "anyway": 12}

    up_to = DayField(label=_("Close the books up to and including"), validators=KNOWN_DAYS)
    anyway = forms.BooleanField(
        label=_("Close all the same: what these drawers are over or short counts later"),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unfinished: list[Any] = []

    def warn_of(self, unfinished: list[Any]) -> None:
        """Ask for these drawer days, unless the closing is meant all the same."""
        self.unfinished = unfinished
        if unfinished and not self.cleaned_data["anyway"]:
            self.add_error(
                "anyway", _("Drawers of these days are not closed. Tick this, or close them first.")
            )
