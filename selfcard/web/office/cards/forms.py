"""Forms of document types, printers and batches."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from selfcard.cards.errors import BatchSizeOutOfBounds
from selfcard.cards.models import LARGEST_BATCH, LONGEST_PIN, SHORTEST_PIN, DocumentTypeVersion
from selfcard.cards.queries import printers
from selfcard.cards.terms import PLAIN_TERMS, TermsGiven
from selfcard.core.wording import beside
from selfcard.products.models import ProductVersion
from selfcard.products.queries import published_versions
from selfcard.web.office.fields import (
    CodeField,
    CountField,
    DayField,
    DocumentTypeCodeField,
    MoneyField,
)
from selfcard.web.office.forms import OfficeForm, printable_text

# The two ways to say how long a card can be activated.
MONTHS, DAY = "months", "day"
CURRENCY = "CNY"


class ProductsField(forms.ModelMultipleChoiceField):
    """Published product versions, each named with its tax."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, version: ProductVersion) -> str:
        tax = _("tax-free") if version.tax_rate is None else f"{version.tax_rate:.0%}"
        return beside(f"{version.code} {version.name}", tax)


class TermsForm(OfficeForm):
    """The terms by which the cards of a document type are printed."""

    name_zh = forms.CharField(label=_("Chinese name"), max_length=60, validators=[printable_text])
    name_en = forms.CharField(label=_("English name"), max_length=60, validators=[printable_text])
    face_value = MoneyField(label=_("Face value"))
    deadline = forms.ChoiceField(
        label=_("Last day to activate"),
        choices=[
            (MONTHS, _("so many months from the approval of each order")),
            (DAY, _("a fixed day, the same for all batches")),
        ],
        initial=MONTHS,
        widget=forms.RadioSelect,
    )
    deadline_months = CountField(
        label=_("Months to activate"),
        initial=24,
        help_text=_("Counted from the approval of each order; the last day is included."),
    )
    deadline_day = DayField(
        label=_("Fixed day"), help_text=_("This day is included. An order needs a month before it.")
    )
    use_by_months = CountField(
        label=_("Months to sell"),
        required=False,
        help_text=_(
            "How long stock of a batch may be issued and sold, from the approval. Left empty: as"
            " long as it can be activated."
        ),
    )
    pin_length = CountField(
        label=_("PIN length"),
        initial=12,
        help_text=format_lazy(
            _("{shortest} to {longest} digits."), shortest=SHORTEST_PIN, longest=LONGEST_PIN
        ),
    )
    keyword_zh = forms.CharField(
        label=_("Chinese keyword of SMS"),
        max_length=10,
        required=False,
        help_text=_("2 to 10 characters; left empty: the keyword for all cards."),
    )
    keyword_en = forms.CharField(
        label=_("English keyword of SMS"),
        max_length=10,
        required=False,
        help_text=_("2 to 10 letters; left empty: the keyword for all cards."),
    )
    holding_limit = CountField(
        label=_("Holding limit"),
        initial=500,
        help_text=_("How many cards of the type one person may hold."),
    )
    administrator_limit = CountField(
        label=_("Limit of an administrator"),
        initial=50_000,
        help_text=_("How many a person may hold who issues cards to others."),
    )
    product_versions = ProductsField(
        label=_("Products that the card may become"),
        queryset=ProductVersion.objects.none(),
        help_text=_("All with the same tax rate: the premium is taxed before one is chosen."),
    )
    widths: ClassVar = {
        "code": 6,
        "prefix": 6,
        "name_zh": 6,
        "name_en": 6,
        "face_value": 6,
        "pin_length": 6,
        "keyword_zh": 6,
        "keyword_en": 6,
        "holding_limit": 6,
        "administrator_limit": 6,
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["product_versions"].queryset = published_versions()  # type: ignore[attr-defined]
        # One of the two is a must, and only that one is shown and counts.
        chosen = self["deadline"].value()
        for kind, name in ((MONTHS, "deadline_months"), (DAY, "deadline_day")):
            self.fields[name].required = not self.is_bound or chosen == kind

    def clean_product_versions(self) -> tuple[ProductVersion, ...]:
        """The products in the order in which the type has offered them; new ones follow."""
        before = [one.pk for one in self.initial.get("product_versions", ())]
        chosen = self.cleaned_data["product_versions"]
        return tuple(
            sorted(
                chosen, key=lambda one: before.index(one.pk) if one.pk in before else len(before)
            )
        )

    @property
    def terms(self) -> TermsGiven:
        given = {name: self.cleaned_data[name] for name in PLAIN_TERMS if name != "currency"}
        given["deadline_day" if self.cleaned_data["deadline"] == MONTHS else "deadline_months"] = (
            None
        )
        return TermsGiven(
            **given,
            currency=self.initial.get("currency", CURRENCY),
            product_versions=self.cleaned_data["product_versions"],
        )


class TypeForm(TermsForm):
    """A new kind of card."""

    code = forms.CharField(label=_("Document type code"), max_length=20)
    prefix = forms.CharField(  # type: ignore[assignment]  # a field, and gone from the class
        label=_("Prefix"),
        max_length=6,
        help_text=_("Six digits that open every serial and card number of the type."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    field_order = ("code", "prefix")


class ReviseForm(TermsForm):
    """Other terms for the batches that are ordered from now on.

    It begins from what the newest version says, and remembers which one that was.
    """

    begins_from = forms.IntegerField(widget=forms.HiddenInput(attrs={"id": False}))

    @classmethod
    def given(cls, version: DocumentTypeVersion) -> dict[str, Any]:
        """What the form begins with."""
        terms = TermsGiven.of(version)
        return {
            **{name: getattr(terms, name) for name in PLAIN_TERMS},
            "deadline": DAY if terms.deadline_day else MONTHS,
            "product_versions": terms.product_versions,
            "begins_from": version.number,
        }


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


def _within_a_batch(count: int) -> None:
    """Said with whatever else is wrong, and not only when the rest is right."""
    if not 1 <= count <= LARGEST_BATCH:
        raise ValidationError(str(BatchSizeOutOfBounds(most=f"{LARGEST_BATCH:,}")))


class OrderForm(OfficeForm):
    """A batch of cards to be printed."""

    document_type = DocumentTypeCodeField()
    count = CountField(label=_("How many cards"), validators=[_within_a_batch])
    printer = CodeField(reach=lambda actor: printers(), label=_("Printer code"))
    widths: ClassVar = {"document_type": 4, "count": 4, "printer": 4}
