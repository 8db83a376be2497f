"""Forms of document types, printers and batches."""

from typing import Any, ClassVar

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from selfcard.cards.models import LONGEST_PIN, SHORTEST_PIN
from selfcard.cards.queries import printers
from selfcard.core.serials import plain_digits
from selfcard.products.models import ProductVersion
from selfcard.products.queries import published_versions
from selfcard.web.office.fields import CodeField, DocumentTypeCodeField, MoneyField
from selfcard.web.office.forms import OfficeForm


class CountField(forms.IntegerField):
    """A whole number, typed with or without separators."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "num"})

    def to_python(self, value: Any) -> int | None:
        if isinstance(value, str):
            value = plain_digits(value).replace(",", "").replace("，", "")
        return super().to_python(value)


class ProductsField(forms.ModelMultipleChoiceField):
    """Published product versions, each named with its tax."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, version: ProductVersion) -> str:
        tax = _("tax-free") if version.tax_rate is None else f"{version.tax_rate:.0%}"
        return f"{version.code} {version.name} ({tax})"


class TypeForm(OfficeForm):
    """A new kind of card."""

    code = forms.CharField(label=_("Document type code"), max_length=20)
    prefix = forms.CharField(  # type: ignore[assignment]  # a field, and gone from the class
        label=_("Prefix"),
        max_length=6,
        help_text=_("Six digits that open every serial and card number of the type."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    face_value = MoneyField(label=_("Face value"))
    name_zh = forms.CharField(label=_("Chinese name"), max_length=60)
    name_en = forms.CharField(label=_("English name"), max_length=60)
    deadline_months = CountField(
        label=_("Months to activate"),
        initial=24,
        help_text=_("Counted from the approval of each order; the last day is included."),
    )
    pin_length = CountField(
        label=_("PIN length"),
        initial=12,
        help_text=format_lazy(
            _("{shortest} to {longest} digits."), shortest=SHORTEST_PIN, longest=LONGEST_PIN
        ),
    )
    holding_limit = CountField(
        label=_("Holding limit"),
        initial=500,
        help_text=_("How many cards of the type one person may hold."),
    )
    product_versions = ProductsField(
        label=_("Products that the card may become"),
        queryset=ProductVersion.objects.none(),
        help_text=_("All with the same tax rate: the premium is taxed before one is chosen."),
    )
    widths: ClassVar = {
        "code": 4,
        "prefix": 4,
        "face_value": 4,
        "name_zh": 6,
        "name_en": 6,
        "deadline_months": 4,
        "pin_length": 4,
        "holding_limit": 4,
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["product_versions"].queryset = published_versions()  # type: ignore[attr-defined]

    def clean_product_versions(self) -> tuple[ProductVersion, ...]:
        return tuple(self.cleaned_data["product_versions"])


class PrinterForm(OfficeForm):
    """A printing house and its key."""

    code = forms.CharField(label=_("Printer code"), max_length=20)
    name_zh = forms.CharField(label=_("Chinese name"), max_length=100)
    name_en = forms.CharField(label=_("English name"), max_length=100)
    public_key = forms.CharField(
        label=_("Public key"),
        max_length=100,
        help_text=_("Begins with age1. Let the printer read its last four characters to you."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    widths: ClassVar = {"code": 4, "name_zh": 4, "name_en": 4}


class OrderForm(OfficeForm):
    """A batch of cards to be printed."""

    document_type = DocumentTypeCodeField()
    count = CountField(label=_("How many cards"))
    printer = CodeField(reach=lambda actor: printers(), label=_("Printer code"))
    widths: ClassVar = {"document_type": 4, "count": 4, "printer": 4}


class ReasonForm(OfficeForm):
    """Why something is refused or cancelled."""

    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea)
