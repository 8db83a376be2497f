"""The forms of money: how it came, why a receipt is void, what is left in advance."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from selfcard.core import clock
from selfcard.organisations.models import May, Organisation
from selfcard.organisations.queries import organisations_in_reach
from selfcard.payments.commands import PayeeGiven
from selfcard.payments.models import AdvanceAccount, PaymentReceipt, Receipt, TenderKind
from selfcard.payments.models.tenders import NO_NEW_MONEY, PAYS_OUT
from selfcard.payments.queries import accounts_in_name_of_payer, accounts_of_payer, ways_back
from selfcard.payments.tax_platform import ReadByHand, TaxAnswer
from selfcard.sales.queries import gifts_of
from selfcard.web.office.fields import DayField, MoneyField, OrganisationCodeField
from selfcard.web.office.forms import OfficeForm, printable_text
from selfcard.web.office.payments.tender_rows import Asked, TenderRowsForm

Way = PaymentReceipt.Way


class ConfirmForm(TenderRowsForm):
    """How the money of a receipt came. One that waits shows what it waits for."""

    def __init__(self, data: Any = None, *, receipt: Receipt, **kwargs: Any) -> None:
        self.receipt = receipt
        is_deposit = receipt.kind == Receipt.Kind.DEPOSIT
        self.gifts = [] if is_deposit else gifts_of(receipt)
        self.payers = () if is_deposit else accounts_of_payer(receipt)
        kwargs.setdefault("initial", {"rows": receipt.expected})
        super().__init__(data, asked=self._asked(), **kwargs)

    @property
    def why_not(self) -> Any:
        """Why what was typed cannot be confirmed as it stands; empty where it can."""
        if self.missing:
            return _("Can be confirmed when the tenders are exactly what the receipt is for.")
        if self.over_advance:
            return _("Can be confirmed when the advance account has what is taken from it.")
        if self.on_its_way:
            return _("Can be confirmed with the day on which it arrived.")
        if self.without_drawer:
            return _("Can be confirmed when a drawer is open here, or without what needs one.")
        return ""

    def _asked(self) -> Asked:
        accounts = tuple(account for account in self.payers if account.balance)
        return Asked(
            amount=self.receipt.amount,
            currency=self.receipt.currency,
            place=self.receipt.organisation,
            kinds=self._kinds(bool(accounts)),
            accounts=accounts,
        )

    def _kinds(self, has_advance: bool) -> tuple[TenderKind, ...]:
        """By which ways the money can come: free cards are paid by nobody."""
        if self.gifts:
            return (TenderKind.PROMOTION,)
        left_out = set(NO_NEW_MONEY) - ({TenderKind.ADVANCE} if has_advance else set())
        return tuple(kind for kind in TenderKind if kind not in left_out)


class OutlayRowsForm(TenderRowsForm):
    """How money is paid back, by the ways that its voucher allows.

    `came_by` is the receipt of the money that a refund pays back; none for an advance.
    """

    def __init__(
        self,
        data: Any = None,
        *,
        payment: PaymentReceipt,
        came_by: Receipt | None,
        **kwargs: Any,
    ) -> None:
        self.payment, self.came_by = payment, came_by
        asked = Asked(
            amount=payment.amount,
            currency=payment.currency,
            place=payment.organisation,
            kinds=tuple(kind for kind in TenderKind if kind in self._allowed()),
            accounts=self._accounts(),
        )
        today = {"amount": payment.amount, "arrived_on": clock.today()}
        super().__init__(data, asked=asked, initial={"rows": [today]}, **kwargs)
        for name, field in self.fields.items():
            if name.endswith("-arrived_on"):
                field.label, field.help_text = _("Paid on"), ""

    def _allowed(self) -> frozenset[TenderKind]:
        if self.payment.way == Way.PAYEE:
            return frozenset({TenderKind.TRANSFER})
        if self.came_by is None:
            return frozenset(PAYS_OUT) - frozenset(NO_NEW_MONEY)
        if self.payment.way == Way.ADVANCE:
            return frozenset({TenderKind.ADVANCE})
        return ways_back(self.came_by)

    def _accounts(self) -> tuple[AdvanceAccount, ...]:
        """The advance accounts that the money can go into."""
        if self.came_by is None:
            return ()
        if self.payment.account:
            return (self.payment.account,)
        return tuple(
            tender.account
            for tender in self.came_by.tenders.select_related("account").order_by("id")
            if tender.account
        )


class AdvanceForm(OfficeForm):
    """For whom an advance account is opened, and where."""

    organisation = OrganisationCodeField(
        reach=lambda actor: organisations_in_reach(actor, May.KEEP_ADVANCES, May.ISSUE_RECEIPTS),
        label=_("Organisation code"),
    )
    payer_name = forms.CharField(label=_("Payer"), max_length=100, validators=[printable_text])
    tax_number = forms.CharField(
        label=_("Tax number"),
        max_length=24,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("The unified social credit code, only when a company asks for it."),
    )
    refusal_fields: ClassVar = {"buyer_tax_number": "tax_number"}
    widths: ClassVar = {"organisation": 4, "payer_name": 8, "tax_number": 12}


class DepositForm(OfficeForm):
    """How much a payer leaves in advance."""

    amount = MoneyField(label=_("Amount"))
    widths: ClassVar = {"amount": 6}


class PayeeForm(OfficeForm):
    """Where an advance that is paid back goes."""

    way = forms.ChoiceField(
        label=_("Way"),
        choices=[
            (Way.ORIGINAL, _("At the counter, or the way it came")),
            (Way.PAYEE, _("By transfer to the account below")),
        ],
        widget=forms.RadioSelect,
        initial=Way.ORIGINAL,
    )
    payee_name = forms.CharField(
        label=_("Payee"), max_length=100, required=False, validators=[printable_text]
    )
    payee_bank = forms.CharField(
        label=_("Bank"), max_length=100, required=False, validators=[printable_text]
    )
    payee_account = forms.CharField(
        label=_("Bank account"),
        max_length=42,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    widths: ClassVar = {"payee_name": 6, "payee_bank": 6, "payee_account": 12}

    @property
    def payee(self) -> PayeeGiven:
        said = self.cleaned_data
        return PayeeGiven(
            way=said["way"],
            name=said["payee_name"],
            bank=said["payee_bank"],
            bank_account=said["payee_account"],
        )


class RefundPayeeForm(PayeeForm):
    """Where the money of cards goes: the way it came, to the payer's advance account, or to a
    named payee."""

    account = forms.ChoiceField(label=_("Advance account"), required=False)
    widths: ClassVar = {**PayeeForm.widths, "account": 12}

    def __init__(self, *args: Any, came_by: Receipt, **kwargs: Any) -> None:
        self.came_by, self.accounts = came_by, list(accounts_in_name_of_payer(came_by))
        super().__init__(*args, **kwargs)
        self.order_fields(["way", "account"])
        is_gift = TenderKind.PROMOTION in ways_back(came_by)
        ways = [] if is_gift else [(Way.PAYEE, _("By transfer to the account below"))]
        if self.accounts and not is_gift:
            ways.insert(0, (Way.ADVANCE, _("Into the payer's advance account")))
        self._offer("way", [(Way.ORIGINAL, _("The way the money came")), *ways])
        # By the other ways it goes to whoever paid.
        self.fields["payee_name"].widget.attrs["data-of-payee"] = True
        if is_gift or not self.accounts:
            del self.fields["account"]
        else:
            self._offer("account", [(str(one.pk), one.number) for one in self.accounts])
        if is_gift:
            for name in ("payee_name", "payee_bank", "payee_account"):
                del self.fields[name]

    def _offer(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    @property
    def payee(self) -> PayeeGiven:
        """What was said, of which only what the way asks for counts."""
        said = self.cleaned_data
        way = said["way"]
        if way != Way.PAYEE:
            chosen = said.get("account") if way == Way.ADVANCE else ""
            account = next((one for one in self.accounts if str(one.pk) == chosen), None)
            return PayeeGiven(way=way, name=self.came_by.payer_name, account=account)
        return super().payee


def payee_form(data: Any, *, came_by: Receipt | None, **kwargs: Any) -> PayeeForm:
    """The form that says where money goes that is paid back."""
    if came_by is None:
        return PayeeForm(data, **kwargs)
    return RefundPayeeForm(data, came_by=came_by, **kwargs)


class RefundForm(PayeeForm):
    """How much of an advance is paid back, and where it goes."""

    amount = MoneyField(label=_("Amount"))
    widths: ClassVar = {**PayeeForm.widths, "amount": 6}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(["amount", *PayeeForm.base_fields])


class TaxFactForm(OfficeForm):
    """What a tax platform says of an invoice, as somebody reads it there."""

    platform = forms.CharField(label=_("Tax platform"), max_length=40, validators=[printable_text])
    number = forms.CharField(
        label=_("Number of the tax platform"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    confirmed_on = DayField(label=_("Confirmed on"))
    confirmation = forms.CharField(
        label=_("Confirmation"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("The code or text by which the platform says so."),
    )
    widths: ClassVar = {"platform": 6, "number": 6, "confirmed_on": 6, "confirmation": 6}

    @property
    def read(self) -> ReadByHand:
        said = {name: self.cleaned_data[name] for name in self.widths}
        return ReadByHand(TaxAnswer(**said))


def usual_place(organisation: Organisation) -> dict[str, Any]:
    """Most accounts are kept where one works."""
    return {"organisation": organisation.code}


def usual_platform(earlier: Any) -> dict[str, Any]:
    """The platform of the last answer, confirmed today."""
    last = earlier.last()
    return {"platform": last.platform if last else "", "confirmed_on": clock.today()}


def cards_in(receipt: Receipt) -> int:
    """How many pieces a receipt asks for."""
    return sum(line["quantity"] for line in receipt.lines)


def cards_in_words(receipt: Receipt) -> str:
    count = cards_in(receipt)
    return ngettext("%(count)s card", "%(count)s cards", count) % {"count": f"{count:,}"}
