"""The forms of a drawer: defined, opened, counted, and what is brought to the bank."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from selfcard.organisations.models import May
from selfcard.payments.models import Drawer, DrawerDay, TenderKind
from selfcard.payments.models.tenders import AT_THE_DRAWER, PAID_OUT_LATER
from selfcard.payments.queries import DrawerLine, drawer_days_in_reach, left_in, lines_of_day
from selfcard.web.office.fields import DayField, MoneyField, OrganisationCodeField
from selfcard.web.office.forms import OfficeForm, printable_text

NOTHING = Decimal("0.00")
NOTES = ("100", "50", "20", "10", "5", "1", "0.5", "0.1")
PIECES = {
    "invalid": _("Say how many pieces there are: a whole number."),
    "min_value": _("There cannot be less than none."),
    "max_value": _("There cannot be so many pieces in one drawer."),
}
TAKINGS = (
    (TenderKind.CASH, _("Cash that was carried to the bank")),
    (TenderKind.CARD, _("Payout of the card acquirer")),
    (TenderKind.WALLET, _("Payout of the mobile wallet")),
)
BANKED = (TenderKind.CASH, TenderKind.CARD, TenderKind.WALLET)


class DrawerForm(OfficeForm):
    """A new drawer, where it stands and what it is called."""

    organisation = OrganisationCodeField(May.CLOSE_DRAWERS, label=_("Organisation code"))
    code = forms.CharField(label=_("Drawer code"), max_length=20)
    name_zh = forms.CharField(label=_("Chinese name"), max_length=60, validators=[printable_text])
    name_en = forms.CharField(label=_("English name"), max_length=60, validators=[printable_text])
    widths: ClassVar = {"organisation": 6, "code": 6, "name_zh": 6, "name_en": 6}

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"]).strip()
        if not all(one.isascii() and (one.isalnum() or one == "-") for one in code):
            raise ValidationError(_("A code has letters, figures and hyphens."))
        return code


class OpenForm(OfficeForm):
    """With how much cash a drawer's day begins."""

    opening_cash = MoneyField(
        label=_("Cash in the drawer"),
        min_value=NOTHING,
        help_text=_("Its first day begins with nothing; then its float is fetched from the bank."),
    )
    widths: ClassVar = {"opening_cash": 6}

    def __init__(self, *args: Any, drawer: Drawer, **kwargs: Any) -> None:
        left = left_in(drawer)
        kwargs.setdefault("initial", {"opening_cash": left.amount if left else NOTHING})
        super().__init__(*args, **kwargs)
        if left is not None:
            self.fields["opening_cash"].help_text = _(
                "What the last count found. If it is not all there, say so at the day's count."
            )


class CountForm(OfficeForm):
    """What lies in a drawer, kind by kind; the cash by notes and coins where that is easier."""

    def __init__(self, *args: Any, day: DrawerDay, **kwargs: Any) -> None:
        self.day = day
        self.expected = lines_of_day(day)
        # Before the first count nobody is led to what should be found.
        self.is_blind = settings.BLIND_COUNT and day.state == DrawerDay.State.OPEN
        # What did not move need not be typed.
        idle = {one.kind.value: NOTHING for one in self.expected if not _moved(one)}
        kwargs.setdefault("initial", idle | {"explanation": day.explanation})
        super().__init__(*args, **kwargs)
        for one in self.expected:
            self.fields[one.kind.value] = MoneyField(
                label=one.kind.label,
                min_value=None if one.kind in PAID_OUT_LATER else NOTHING,
                required=one.kind != TenderKind.CASH,
            )
        for note in NOTES:
            self.fields[f"note_{note}"] = forms.IntegerField(
                label=_("Pieces of ¥%(note)s") % {"note": note},
                min_value=0,
                max_value=99_999,
                required=False,
                widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
                error_messages=PIECES,
            )
        self.fields["explanation"] = forms.CharField(
            label=_("Explanation of the difference"),
            max_length=400,
            required=False,
            widget=forms.Textarea,
            validators=[printable_text],
        )
        for name in self.fields:
            if name != "request_id":
                self._look(name)

    def _look(self, name: str) -> None:
        widget = self.fields[name].widget
        widget.attrs["class"] = f"{widget.attrs.get('class', '')} form-control".strip()
        if isinstance(widget, forms.Textarea):
            widget.attrs["rows"] = 2

    @property
    def rows(self) -> Iterator[tuple[DrawerLine, forms.BoundField, Decimal | None]]:
        """Each kind with what is expected, its field, and what it differs by so far."""
        for one in self.expected:
            counted = self._so_far(one.kind)
            yield one, self[one.kind.value], None if counted is None else counted - one.expected

    @property
    def notes(self) -> Iterator[tuple[str, forms.BoundField]]:
        return ((note, self[f"note_{note}"]) for note in NOTES)

    @property
    def cash_in_notes(self) -> Decimal | None:
        """What the notes and coins come to; none where none was counted."""
        counted = [(Decimal(note), _number(field.value())) for note, field in self.notes]
        if all(pieces is None for _note, pieces in counted):
            return None
        return sum((note * (pieces or 0) for note, pieces in counted), NOTHING)

    @property
    def differs(self) -> bool:
        return any(difference for _line, _field, difference in self.rows)

    def _so_far(self, kind: TenderKind) -> Decimal | None:
        field = self[kind.value]
        try:
            typed = field.field.clean(field.value())
        except ValidationError:
            return None
        return self.cash_in_notes if typed is None and kind == TenderKind.CASH else typed

    def clean(self) -> None:
        in_notes, typed = self.cash_in_notes, self.cleaned_data.get("cash")
        if in_notes is None and typed is None and "cash" not in self.errors:
            self.add_error("cash", _("Count the cash: the sum, or notes and coins."))
        elif in_notes is not None and typed is not None and in_notes != typed:
            self.add_error(
                "cash",
                _("Notes and coins make %(sum)s. Correct one of them, or leave this empty.")
                % {"sum": f"{in_notes:,.2f}"},
            )

    @property
    def counted(self) -> Mapping[TenderKind, Decimal]:
        """What was counted, as the command takes it."""
        said = {kind: self.cleaned_data[kind.value] for kind in AT_THE_DRAWER}
        if said[TenderKind.CASH] is None:
            said[TenderKind.CASH] = self.cash_in_notes
        return said


class OutOfADrawer(OfficeForm):
    """What names one of the drawers that are open, chosen already where there is only one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.open_days = list(
            drawer_days_in_reach(self.actor, May.KEEP_DRAWER).filter(state=DrawerDay.State.OPEN)
        )
        field = self.fields["drawer"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            *([] if len(self.open_days) == 1 else [("", pgettext_lazy("in a choice", "Choose"))]),
            *((str(day.pk), f"{day.drawer} · {day.day:%Y-%m-%d}") for day in self.open_days),
        ]

    def day_named(self, key: str) -> DrawerDay | None:
        return next((day for day in self.open_days if str(day.pk) == key), None)


class FetchForm(OutOfADrawer):
    """Cash that was fetched from the bank for a drawer."""

    drawer = forms.ChoiceField(label=_("Drawer"), help_text=_("Into which the cash is put."))
    amount = MoneyField(label=_("Amount"))
    left_on = DayField(label=_("Day of the bank"))
    reference = forms.CharField(
        label=_("Number of the slip"), max_length=40, validators=[printable_text]
    )
    widths: ClassVar = {"drawer": 6, "amount": 6, "left_on": 6, "reference": 6}

    @property
    def fetched(self) -> dict[str, Any]:
        """What was entered, as the command takes it."""
        said = {**self.cleaned_data}
        said["drawer_day"] = self.day_named(said.pop("drawer"))
        return said


class BankForm(OutOfADrawer):
    """Takings that came to the bank: carried there, or paid out by an acquirer.

    Cash is offered only where a drawer is open that it can come out of.
    """

    organisation = OrganisationCodeField(May.KEEP_DRAWER, label=_("Organisation code"))
    kind = forms.ChoiceField(
        label=pgettext_lazy("takings", "What"),
        choices=TAKINGS,
    )
    drawer = forms.ChoiceField(
        label=_("Drawer"), required=False, help_text=_("Out of which the cash was taken.")
    )
    amount = MoneyField(label=_("Amount"))
    arrived_on = DayField(label=_("Day of the bank"))
    reference = forms.CharField(
        label=_("Number of the slip or the payout"), max_length=40, validators=[printable_text]
    )
    widths: ClassVar = {
        "organisation": 6,
        "kind": 6,
        "drawer": 6,
        "amount": 6,
        "arrived_on": 6,
        "reference": 6,
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.open_days:
            kind = self.fields["kind"]
            assert isinstance(kind, forms.ChoiceField)
            kind.choices = [one for one in TAKINGS if one[0] != TenderKind.CASH]
            del self.fields["drawer"]

    @property
    def takings(self) -> dict[str, Any]:
        """What was entered, as the command takes it."""
        said = {**self.cleaned_data}
        key = said.pop("drawer", "")
        day = self.day_named(key) if said["kind"] == TenderKind.CASH else None
        said["drawer_day"] = day
        if day:  # cash belongs to whoever has the drawer
            said["organisation"] = day.drawer.organisation
        return said


def _moved(line: DrawerLine) -> bool:
    return bool(line.opening or line.came or line.went or line.banked)


def _number(text: Any) -> int | None:
    plain = str(text or "").strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 6 else None
