"""Which period a report is of: a month, a quarter, a year, or from a day to a day.

All of it stands in the address, with what is left out filled in, so that the form shows it.
"""

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from selfcard.core import clock
from selfcard.core.periods import Period
from selfcard.core.wording import written_day
from selfcard.web.office.fields import DayField
from selfcard.web.office.forms import FilterForm
from selfcard.web.office.views import OfficeRequest

MONTH, DAYS = "month", "days"
SPANS = {MONTH: Period.month_of, "quarter": Period.quarter_of, "year": Period.year_of}
KNOWN_DAYS = [
    MinValueValidator(date(2000, 1, 1), _("Choose a day after the year 1999.")),
    MaxValueValidator(date(2999, 12, 31), _("Choose a day before the year 3000.")),
]


class PeriodForm(FilterForm):
    """Everything may be left out: then it is this month."""

    widths: ClassVar = {"span": 4, "first": 4, "last": 4}

    span = forms.ChoiceField(
        label=_("Period"),
        choices=[
            (MONTH, pgettext_lazy("period", "month")),
            ("quarter", pgettext_lazy("period", "quarter")),
            ("year", pgettext_lazy("period", "year")),
            (DAYS, pgettext_lazy("period", "from – to")),
        ],
        required=False,
    )
    first = DayField(
        label=pgettext_lazy("period", "From, or any day in it"),
        required=False,
        validators=KNOWN_DAYS,
    )
    last = DayField(
        label=pgettext_lazy("period", "To, if it is from – to"),
        required=False,
        validators=KNOWN_DAYS,
    )

    def __init__(self, request: OfficeRequest, **usual: str) -> None:
        usual = {"span": MONTH, "first": clock.today().isoformat(), **usual}
        super().__init__({**usual, **request.GET.dict()})
        for field in self.fields.values():
            if hasattr(field, "for_actor"):
                field.for_actor(request.actor)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if "first" in self.errors or "last" in self.errors:
            return given
        first = given.get("first") or clock.today()
        last = given.get("last") or max(clock.today(), first)
        if given.get("span") == DAYS and last < first:
            self.add_error("last", _("The last day is before the first."))
        else:
            make = SPANS.get(given.get("span") or MONTH)
            given["period"] = make(first) if make else Period(first, last)
        return given

    @property
    def period(self) -> Period:
        """The period that is asked for, once the form is valid."""
        period: Period = self.cleaned_data["period"]
        return period


def said(period: Period) -> str:
    """A period as a paper says it."""
    if period.first == period.last:
        return written_day(period.first)
    return f"{written_day(period.first)} – {written_day(period.last)}"


def within(period: Period) -> dict[str, str]:
    """A period as an address says it."""
    return {"span": DAYS, "first": period.first.isoformat(), "last": period.last.isoformat()}
