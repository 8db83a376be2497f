"""The forms of money: how it came, and why a receipt is void."""

import re
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from selfcard.core import clock
from selfcard.core.refusals import Refusal
from selfcard.payments.commands import TenderGiven
from selfcard.payments.models import Receipt, TenderKind
from selfcard.web.office.fields import DayField, MoneyField
from selfcard.web.office.forms import OfficeForm, OfficeLook

NOTHING = Decimal("0.00")
ROW = re.compile(r"tenders-(\d{1,2})-(\w+)")
MOST_TENDERS = 20


class TenderRow(OfficeLook):
    """One tender: what it is, how much, and for a transfer when it arrived and its reference."""

    kind = forms.ChoiceField(label=_("Tender"), choices=TenderKind.choices)
    arrived_on = DayField(label=_("Arrival date"), required=False)
    reference = forms.CharField(label=_("Bank reference"), max_length=40, required=False)
    amount = MoneyField(label=_("Amount"), required=False)


class ConfirmForm(OfficeForm):
    """How the money of a receipt came: as many rows of tenders as it takes.

    The fields of a row are named `tenders-0-amount`, as the refusals of `confirm_receipt` name
    them. A row without an amount does not count.
    """

    def __init__(self, data: Any = None, *, receipt: Receipt, **kwargs: Any) -> None:
        self.receipt = receipt
        super().__init__(data, **kwargs)
        self.row_count = self._rows_in(data) if data is not None else 1
        for at in range(self.row_count):
            for name, field in TenderRow().fields.items():
                self.fields[f"tenders-{at}-{name}"] = field
        self.initial["tenders-0-amount"] = receipt.amount

    @classmethod
    def with_row(
        cls, data: Any, *, receipt: Receipt, amount: str = "", **kwargs: Any
    ) -> "ConfirmForm":
        """The form as it was sent, with one more row: so much in cash, or a transfer of today."""
        data = data.copy()
        at = min(cls._rows_in(data), MOST_TENDERS - 1)
        data[f"tenders-{at}-kind"] = TenderKind.CASH if amount else TenderKind.TRANSFER
        data[f"tenders-{at}-amount"] = amount
        data[f"tenders-{at}-arrived_on"] = clock.today().isoformat()
        form = cls(data, receipt=receipt, **kwargs)
        form.is_bound = False
        form.initial = data.dict()
        return form

    @staticmethod
    def _rows_in(data: Any) -> int:
        places = [int(found[1]) for name in data if (found := ROW.fullmatch(name))]
        return min(max(places, default=0) + 1, MOST_TENDERS)

    @property
    def rows(self) -> list[dict[str, forms.BoundField]]:
        """The rows as a page shows them."""
        return [
            {name: self[f"tenders-{at}-{name}"] for name in TenderRow.base_fields}
            for at in range(self.row_count)
        ]

    @property
    def tenders(self) -> tuple[TenderGiven, ...]:
        return tuple(self._tender(at) for at in self._given())

    def _given(self) -> list[int]:
        """The rows that count."""
        return [
            at
            for at in range(self.row_count)
            if self.cleaned_data.get(f"tenders-{at}-amount") is not None
        ]

    def _tender(self, at: int) -> TenderGiven:
        kind, arrived_on, reference, amount = (
            self.cleaned_data[f"tenders-{at}-{name}"] for name in TenderRow.base_fields
        )
        if kind == TenderKind.CASH:  # what a transfer needed is not asked of cash
            return TenderGiven(kind, amount)
        return TenderGiven(kind, amount, arrived_on, reference)

    def add_refusal(self, refusal: Refusal) -> None:
        if found := ROW.fullmatch(refusal.field or ""):
            refusal.field = f"tenders-{self._given()[int(found[1])]}-{found[2]}"
        super().add_refusal(refusal)

    @property
    def sum_lines(self) -> list[tuple[str, Decimal]]:
        """Each row's kind and amount as far as they can be read, for the sum beside the form."""
        kinds = dict(TenderKind.choices)
        return [
            (str(kinds.get(row["kind"].value(), kinds[TenderKind.CASH])), _read(row["amount"]))
            for row in self.rows
        ]

    @property
    def arrived(self) -> Decimal:
        return sum((amount for _kind, amount in self.sum_lines), NOTHING)

    @property
    def missing(self) -> Decimal:
        """What the rows fall short of the receipt; below zero where they are more."""
        return self.receipt.amount - self.arrived

    @property
    def surplus(self) -> Decimal:
        return -self.missing


def _read(amount: forms.BoundField) -> Decimal:
    try:
        return amount.field.clean(amount.value()) or NOTHING
    except forms.ValidationError:
        return NOTHING


class VoidForm(OfficeForm):
    """Why a charge receipt is taken back."""

    reason = forms.CharField(label=_("Reason"), max_length=200)
    widths: ClassVar = {"reason": 12}


def cards_in(receipt: Receipt) -> int:
    """How many pieces a receipt asks for."""
    return sum(line["quantity"] for line in receipt.lines)


def cards_in_words(receipt: Receipt) -> str:
    count = cards_in(receipt)
    return ngettext("%(count)s card", "%(count)s cards", count) % {"count": f"{count:,}"}
