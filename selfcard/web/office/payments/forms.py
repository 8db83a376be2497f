"""The forms of money: how it came, why a receipt is void, what is left in advance."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from selfcard.core import clock
from selfcard.organisations.models import May, Organisation
from selfcard.organisations.queries import organisations_in_reach
from selfcard.payments.commands import PayeeGiven
from selfcard.payments.models import PaymentReceipt, Receipt, TenderKind
from selfcard.payments.models.tenders import NO_NEW_MONEY, PAYS_OUT
from selfcard.payments.queries import accounts_of_payer
from selfcard.payments.tax_platform import ReadByHand, TaxAnswer
from selfcard.web.office.fields import DayField, MoneyField, OrganisationCodeField
from selfcard.web.office.forms import OfficeForm, printable_text
from selfcard.web.office.payments.tender_rows import Asked, TenderRowsForm

Way = PaymentReceipt.Way


class ConfirmForm(TenderRowsForm):
    """How the money of a receipt came. One that waits shows what it waits for."""

    def __init__(self, data: Any = None, *, receipt: Receipt, **kwargs: Any) -> None:
        self.receipt = receipt
        self.payers = () if receipt.kind == Receipt.Kind.DEPOSIT else accounts_of_payer(receipt)
        kwargs.setdefault("initial", {"rows": receipt.expected})
        super().__init__(data, asked=self._asked(), **kwargs)

    def _asked(self) -> Asked:
        accounts = tuple(account for account in self.payers if account.balance)
        left_out = set(NO_NEW_MONEY) if self.receipt.kind == Receipt.Kind.DEPOSIT else set()
        if not accounts:
            left_out.add(TenderKind.ADVANCE)
        return Asked(
            amount=self.receipt.amount,
            currency=self.receipt.currency,
            place=self.receipt.organisation,
            kinds=tuple(kind for kind in TenderKind if kind not in left_out),
            accounts=accounts,
        )


class OutlayRowsForm(TenderRowsForm):
    """How an advance is paid back."""

    def __init__(self, data: Any = None, *, payment: PaymentReceipt, **kwargs: Any) -> None:
        self.payment = payment
        by_transfer = payment.way == Way.PAYEE
        kinds = [TenderKind.TRANSFER] if by_transfer else [*PAYS_OUT]
        asked = Asked(
            amount=payment.amount,
            currency=payment.currency,
            place=payment.organisation,
            kinds=tuple(kind for kind in kinds if kind not in NO_NEW_MONEY),
        )
        today = {"amount": payment.amount, "arrived_on": clock.today()}
        super().__init__(data, asked=asked, initial={"rows": [today]}, **kwargs)
        for name, field in self.fields.items():
            if name.endswith("-arrived_on"):
                field.label, field.help_text = _("Paid on"), ""


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
