"""How money comes or goes, part by part: rows that grow, for receipts and for payments alike."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import strip_tags
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from selfcard.core import clock
from selfcard.core.refusals import Refusal
from selfcard.organisations.models import Organisation
from selfcard.payments.commands import TenderGiven
from selfcard.payments.models import AdvanceAccount, Drawer, DrawerDay, TenderKind
from selfcard.payments.models.tenders import ARRIVES_LATER, AT_THE_DRAWER, WITH_REFERENCE
from selfcard.payments.queries import open_drawers_at
from selfcard.web.office.fields import DayField, MoneyField
from selfcard.web.office.forms import OfficeForm, OfficeLook, printable_text
from selfcard.web.templatetags.selfcard import money

NOTHING = Decimal("0.00")
ROW = re.compile(r"tenders-(\d{1,2})-(\w+)")
MOST_TENDERS = 20


@dataclass(frozen=True)
class Asked:
    """The money that the rows are to make up: how much, where, and by which ways it may move."""

    amount: Decimal
    currency: str
    place: Organisation
    kinds: tuple[TenderKind, ...]
    accounts: tuple[AdvanceAccount, ...] = ()


@dataclass(frozen=True)
class OverAdvance:
    """A row that takes more out of an advance account than there is."""

    field: str
    account: AdvanceAccount
    rest: Decimal  # what the account falls short


class TenderRow(OfficeLook):
    """One part of the money. What its kind does not ask for is not shown and does not count."""

    kind = forms.ChoiceField(label=_("Tender"))
    amount = MoneyField(label=_("Amount"), required=False)
    arrived_on = DayField(
        label=_("Arrival date"),
        required=False,
        help_text=_("Empty while it has not arrived."),
    )
    reference = forms.CharField(
        label=_("Reference"), max_length=40, required=False, validators=[printable_text]
    )
    drawer = forms.ChoiceField(label=_("Drawer"), required=False)
    account = forms.ChoiceField(label=_("Advance account"), required=False)

    def __init__(self, asked: Asked, drawers: Iterable[DrawerDay]) -> None:
        super().__init__()
        # Typed or scanned row by row, never filled in from an earlier customer.
        self.fields["reference"].widget.attrs["autocomplete"] = "off"
        self.offer("kind", [(kind.value, kind.label) for kind in asked.kinds])
        self.offer("drawer", [(str(day.pk), str(day.drawer)) for day in drawers])
        self.offer(
            "account",
            [
                (str(one.pk), f"{one.number} · {strip_tags(money(one.balance, one.currency))}")
                for one in asked.accounts
            ],
        )

    def offer(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        if name != "kind" and len(choices) > 1:
            choices = [("", pgettext_lazy("in a choice", "Choose")), *choices]
        field.choices = choices


class TenderRowsForm(OfficeForm):
    """As many rows as the money takes.

    The fields of a row are named `tenders-0-amount`, as the refusals of the commands name them. A
    row without an amount does not count.
    """

    def __init__(self, data: Any = None, *, asked: Asked, **kwargs: Any) -> None:
        self.asked = asked
        self.drawers = list(open_drawers_at(asked.place, asked.currency))
        super().__init__(data, **kwargs)
        initial = self.initial.pop("rows", None) or [{"amount": asked.amount}]
        self.row_count = self.rows_in(data) if data is not None else len(initial)
        for at in range(self.row_count):
            for name, field in TenderRow(asked, self.drawers).fields.items():
                self.fields[f"tenders-{at}-{name}"] = field
        # What waits for its arrival is asked for that, everything else how much it is.
        first = "arrived_on" if initial[0].get("kind") else "amount"
        self.fields[f"tenders-0-{first}"].widget.attrs["autofocus"] = True
        own = next((day for day in self.drawers if day.opened_by_id == self.actor.id), None)
        for at, row in enumerate(initial):
            known = {"drawer": own.pk if own else None, **row}
            self.initial.update({f"tenders-{at}-{name}": value for name, value in known.items()})

    @classmethod
    def with_row(cls, data: Any, *, amount: str = "", **kwargs: Any) -> Self:
        """The form as it was sent, with one more row: so much in cash, or one of another kind."""
        data = data.copy()
        at = min(cls.rows_in(data), MOST_TENDERS - 1)
        data[f"tenders-{at}-kind"] = TenderKind.CASH if amount else TenderKind.TRANSFER
        data[f"tenders-{at}-amount"] = amount
        form = cls(data, **kwargs)
        form.is_bound = False
        form.initial = data.dict()
        for name in ("amount", "arrived_on"):
            form.fields[f"tenders-0-{name}"].widget.attrs.pop("autofocus", None)
        form.fields[f"tenders-{at}-amount"].widget.attrs["autofocus"] = True
        return form

    @staticmethod
    def rows_in(data: Any) -> int:
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
        """What was entered, as the commands take it."""
        return tuple(self._tender(at) for at in self._given())

    def _given(self) -> list[int]:
        """The rows that count."""
        return [
            at
            for at in range(self.row_count)
            if self.cleaned_data.get(f"tenders-{at}-amount") is not None
        ]

    def _tender(self, at: int) -> TenderGiven:
        """A row, of which only what its kind asks for counts."""
        said = {name: self.cleaned_data[f"tenders-{at}-{name}"] for name in TenderRow.base_fields}
        kind = TenderKind(said["kind"])
        return TenderGiven(
            kind=kind.value,
            amount=said["amount"],
            arrived_on=said["arrived_on"] if kind in ARRIVES_LATER else None,
            reference=said["reference"] if kind in WITH_REFERENCE else "",
            drawer=self._chosen(self.drawers, said["drawer"]) if kind in AT_THE_DRAWER else None,
            account=self._chosen(self.asked.accounts, said["account"])
            if kind == TenderKind.ADVANCE
            else None,
        )

    @staticmethod
    def _chosen(among: Iterable[Any], key: str) -> Any:
        return next((one for one in among if str(one.pk) == key), None)

    def add_refusal(self, refusal: Refusal) -> None:
        if found := ROW.fullmatch(refusal.field or ""):
            refusal.field = f"tenders-{self._given()[int(found[1])]}-{found[2]}"
        super().add_refusal(refusal)

    # The sum beside the form, as far as what was typed can be read.

    @property
    def sum_lines(self) -> list[tuple[Any, Decimal]]:
        """Each row's kind and amount."""
        return [(kind.label, amount) for kind, amount, _row in self._read()]

    @property
    def given(self) -> Decimal:
        """What the rows come to, arrived or not."""
        return sum((amount for _kind, amount, _row in self._read()), NOTHING)

    @property
    def on_its_way(self) -> Decimal:
        """What was sent and has not arrived: it has no arrival date."""
        return sum(
            (
                amount
                for kind, amount, row in self._read()
                if kind in ARRIVES_LATER and not row["arrived_on"].value()
            ),
            NOTHING,
        )

    @property
    def arrived(self) -> Decimal:
        over = self.over_advance
        return self.given - self.on_its_way - (over.rest if over else NOTHING)

    @property
    def missing(self) -> Decimal:
        """What the rows fall short; below zero where they are more."""
        return self.asked.amount - self.given

    @property
    def surplus(self) -> Decimal:
        return -self.missing

    @property
    def over_advance(self) -> OverAdvance | None:
        """The first row that takes more out of an advance account than there is."""
        for kind, amount, row in self._read():
            account = self._chosen(self.asked.accounts, str(row["account"].value()))
            if kind == TenderKind.ADVANCE and account and amount > account.balance:
                return OverAdvance(row["amount"].html_name, account, amount - account.balance)
        return None

    @property
    def wants_drawer(self) -> bool:
        """Whether money may come or go here through a drawer, and none is open."""
        return not self.drawers and any(kind in AT_THE_DRAWER for kind in self.asked.kinds)

    @property
    def without_drawer(self) -> bool:
        """Whether a row needs a drawer, and none is open."""
        return not self.drawers and any(
            kind in AT_THE_DRAWER and amount for kind, amount, _row in self._read()
        )

    @cached_property
    def drawers_are_over(self) -> bool:
        """Whether no drawer can be opened here any more today: each of them was counted."""
        here = Drawer.objects.filter(organisation=self.asked.place, is_active=True)
        over = here.filter(days__day=clock.today())
        return over.exists() and not here.exclude(pk__in=over.values("pk")).exists()

    @property
    def transferred(self) -> Decimal:
        """What comes by transfer."""
        return sum(
            (amount for kind, amount, _row in self._read() if kind == TenderKind.TRANSFER), NOTHING
        )

    def _read(self) -> list[tuple[TenderKind, Decimal, dict[str, forms.BoundField]]]:
        known = {kind.value: kind for kind in self.asked.kinds}
        return [
            (known.get(str(row["kind"].value()), self.asked.kinds[0]), _amount(row["amount"]), row)
            for row in self.rows
        ]


def _amount(amount: forms.BoundField) -> Decimal:
    try:
        return amount.field.clean(amount.value()) or NOTHING
    except ValidationError:
        return NOTHING
