"""The forms of a sale: its registration, and the charge receipt that asks for its money."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from selfcard.core.serials import SerialRun
from selfcard.custody.deeds import SALE
from selfcard.custody.queries import RangePart
from selfcard.organisations.models import May, Party
from selfcard.organisations.queries import parties_in_reach
from selfcard.sales.models import INDIRECT, Agency, BusinessSource
from selfcard.sales.queries import agencies, sellable_parts
from selfcard.web.office.fields import (
    CodeField,
    DocumentTypeCodeField,
    OrganisationCodeField,
    PartyCodeField,
    SerialRunsField,
)
from selfcard.web.office.forms import OfficeForm, printable_text

CHOOSE = [("", pgettext_lazy("in a choice", "Choose"))]


class SaleForm(OfficeForm):
    """Which cards were sold, and by whom."""

    document_type = DocumentTypeCodeField()
    runs = SerialRunsField(deed=SALE)
    seller_organisation = OrganisationCodeField(
        May.REGISTER_SALES, label=_("Seller's organisation code")
    )
    seller = PartyCodeField(
        reach=lambda actor: parties_in_reach(actor, May.REGISTER_SALES).filter(
            kind=Party.Kind.PERSON
        ),
        label=_("Seller's code"),
    )
    business_source = forms.ChoiceField(
        label=_("Business source"), choices=[*CHOOSE, *BusinessSource.choices]
    )
    agency = CodeField(
        reach=lambda actor: agencies(),
        label=_("Agency of the sale"),
        help_text=_("Asked for because the source is indirect."),
    )
    customer_reference = forms.CharField(
        label=_("Reference of the buyer"),
        max_length=60,
        required=False,
        validators=[printable_text],
        help_text=_("A contract or order number. A buyer may stay unnamed."),
    )
    remark = forms.CharField(
        label=_("Remark"), max_length=200, required=False, validators=[printable_text]
    )
    confirmed_large = forms.BooleanField(
        label=_("So many cards in one sale are meant"), required=False
    )
    widths: ClassVar = {
        "document_type": 4,
        "seller_organisation": 4,
        "seller": 4,
        "business_source": 4,
        "agency": 8,
        "customer_reference": 6,
        "remark": 6,
    }
    refusal_fields: ClassVar = {"serials": "runs"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asks_about_size = False
        # The agency is a must exactly where the source is indirect; elsewhere it is not shown.
        self.fields["agency"].required = (
            not self.is_bound or self["business_source"].value() in INDIRECT
        )

    def judged(self, name: str, runs: tuple[SerialRun, ...]) -> Iterable[RangePart]:
        seller = self.cleaned_data.get("seller_organisation")
        if seller is None:
            return super().judged(name, runs)
        return sellable_parts(self.cleaned_data.get("document_type"), runs, seller, self.actor)

    def clean_agency(self) -> Agency | None:
        """What was typed before the source became a direct one does not count."""
        return self.cleaned_data["agency"] if self.fields["agency"].required else None

    def add_error(self, field: str | None, error: Any) -> None:
        # The box is only asked for once the sale was found to be large.
        self.asks_about_size = self.asks_about_size or field == "confirmed_large"
        super().add_error(field, error)


class ReceiptForm(OfficeForm):
    """Who is asked for the money of a sale."""

    payer_name = forms.CharField(
        label=_("Payer"),
        max_length=100,
        required=False,
        validators=[printable_text],
        help_text=_("Left empty, the receipt and the invoice say 个人, an individual."),
    )
    buyer_tax_number = forms.CharField(
        label=_("Tax number"),
        max_length=24,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("The unified social credit code, only when a company asks for it."),
    )


class AgencyForm(OfficeForm):
    """A firm that sells for the insurer."""

    code = forms.CharField(label=_("Agency code"), max_length=20)
    kind = forms.ChoiceField(label=_("Kind"), choices=[*CHOOSE, *Agency.Kind.choices])
    licence = forms.CharField(label=_("Licence number"), max_length=40)
    name_zh = forms.CharField(label=_("Chinese name"), max_length=100, validators=[printable_text])
    name_en = forms.CharField(label=_("English name"), max_length=100, validators=[printable_text])
    widths: ClassVar = {"code": 4, "kind": 4, "licence": 4, "name_zh": 6, "name_en": 6}
