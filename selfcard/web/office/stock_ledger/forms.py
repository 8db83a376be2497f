"""Which stock ledger: whose, of which type, for which period. All of it stands in the address."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.core.validators import MinValueValidator
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from selfcard.cards.models import DocumentType
from selfcard.core import clock
from selfcard.core.periods import Period
from selfcard.custody.queries.stock_ledger import (
    COLUMNS,
    Column,
    Keepers,
    Side,
    Within,
    parties_with_stock,
)
from selfcard.organisations.models import Party
from selfcard.web.office.fields import DayField, DocumentTypeCodeField, PartyCodeField
from selfcard.web.office.forms import FilterForm
from selfcard.web.office.views import OfficeRequest

MONTH, QUARTER, YEAR, DAYS = "month", "quarter", "year", "days"
SPANS = {MONTH: Period.month_of, QUARTER: Period.quarter_of, YEAR: Period.year_of}
EARLIEST = date(2000, 1, 1)
BEFORE_ALL = MinValueValidator(EARLIEST, _("Choose a day after the year 1999."))


class LedgerForm(FilterForm):
    """Everything may be left out: then it is this month of the reader's own organisation."""

    widths: ClassVar = {
        "party": 4, "within": 4, "document_type": 4, "span": 4, "first": 4, "last": 4,
    }  # fmt: skip

    party = PartyCodeField(
        label=_("Organisation or individual"), reach=parties_with_stock, required=False
    )
    within = forms.ChoiceField(
        label=_("Counting"),
        choices=[
            (Within.BELOW.value, _("everything below it too")),
            (Within.HERE.value, _("it and the people who work there")),
            (Within.HOLDER.value, _("it alone")),
        ],
        required=False,
    )
    document_type = DocumentTypeCodeField(required=False)
    span = forms.ChoiceField(
        label=_("Period"),
        choices=[
            (MONTH, pgettext_lazy("period", "month")),
            (QUARTER, pgettext_lazy("period", "quarter")),
            (YEAR, pgettext_lazy("period", "year")),
            (DAYS, pgettext_lazy("period", "from – to")),
        ],
        required=False,
    )
    first = DayField(
        label=pgettext_lazy("period", "From, or any day in it"),
        required=False,
        validators=[BEFORE_ALL],
    )
    last = DayField(
        label=pgettext_lazy("period", "To, if it is from – to"),
        required=False,
        validators=[BEFORE_ALL],
    )

    def __init__(self, request: OfficeRequest, **given: str) -> None:
        self.actor = request.actor
        self.own = request.staff.organisation
        super().__init__({**_with_defaults(request), **given})
        for field in self.fields.values():
            if hasattr(field, "for_actor"):
                field.for_actor(request.actor)

    def clean_party(self) -> Party | None:
        """Whoever is named; else the own organisation, or the first that may be read about."""
        return self.cleaned_data["party"] or (
            parties_with_stock(self.actor)
            .filter(organisation__path__within=self.own.path)
            .order_by("organisation__path")
            .first()
            or parties_with_stock(self.actor).order_by("organisation__path").first()
        )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if "first" in self.errors or "last" in self.errors:
            return given
        first, last = given.get("first") or clock.today(), given.get("last") or clock.today()
        if first > clock.today():
            self.add_error("first", _("This day has not come yet."))
        elif given.get("span") == DAYS and last < first:
            self.add_error("last", _("The last day is before the first."))
        else:
            make = SPANS.get(given.get("span") or MONTH)
            given["period"] = make(first) if make else Period(first, last)
        return given

    @property
    def asked(self) -> "Asked":
        """What the ledger is asked for, once the form is valid."""
        given = self.cleaned_data
        party: Party = given["party"]
        within = Within(given["within"] or Within.BELOW)
        return Asked(
            keepers=Keepers(party, Within.HOLDER if party.is_person else within),
            period=given["period"],
            document_type=given["document_type"],
            span=given["span"] or MONTH,
            column=next((one for one in COLUMNS if one.code == given.get("column")), None),
        )


class MovementsForm(LedgerForm):
    """The same, narrowed to one column of the ledger."""

    widths: ClassVar = {**LedgerForm.widths, "column": 12}

    column = forms.ChoiceField(
        label=_("Column of the ledger"),
        choices=[
            ("", _("all")),
            *(
                (
                    label,
                    [
                        (one.code, one.label)
                        for one in COLUMNS
                        if one.side == side and one.has_its_own_words
                    ],
                )
                for label, side in (
                    (pgettext_lazy("stock ledger", "In"), Side.CAME),
                    (pgettext_lazy("stock ledger", "Out"), Side.WENT),
                )
            ),
        ],
        required=False,
    )


@dataclass(frozen=True)
class Asked:
    """What a ledger is asked for, and how an address says it."""

    keepers: Keepers
    period: Period
    document_type: DocumentType | None = None
    span: str = MONTH
    column: Column | None = None

    def at(self, page: str, **changes: Any) -> str:
        """The address of a page of the stock ledger that is asked for this, or for some other."""
        asked = replace(self, **changes)
        query = {"party": asked.keepers.party.code, **asked.query}
        return reverse(f"office:stock_ledger:{page}", query=query)

    @property
    def pdf(self) -> str:
        """The address of the report."""
        code = self.keepers.party.code
        return reverse("office:stock_ledger:pdf", args=[code], query=self.query)

    @property
    def query(self) -> dict[str, str]:
        """All that is asked for, but of whom."""
        query = {
            "within": self.keepers.within.value,
            "document_type": self.document_type.code if self.document_type else "",
            "span": self.span,
            "first": self.period.first.isoformat(),
            "last": self.period.last.isoformat() if self.span == DAYS else "",
            "column": self.column.code if self.column else "",
        }
        return {name: value for name, value in query.items() if value}


def _with_defaults(request: OfficeRequest) -> dict[str, str]:
    """What the address says, with what is left out filled in, so that the form shows it."""
    return {
        "party": request.staff.organisation.code,
        "within": Within.BELOW.value,
        "span": MONTH,
        "first": clock.today().isoformat(),
        **request.GET.dict(),
    }
