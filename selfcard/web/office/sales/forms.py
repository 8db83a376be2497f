"""The forms of a sale: its registration, and the charge receipt that asks for its money."""

import re
from collections.abc import Iterable
from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from selfcard.core.actor import Actor
from selfcard.core.money import Money
from selfcard.core.papers.words import amount_in_words
from selfcard.core.serials import SerialRun, count_cards
from selfcard.core.wording import written_day, written_money
from selfcard.custody.deeds import SALE
from selfcard.custody.queries import RangePart
from selfcard.organisations.models import May, Organisation, Party
from selfcard.organisations.queries import parties_in_reach
from selfcard.payments.queries import advance_accounts_in_reach
from selfcard.sales.models import INDIRECT, Agency, BusinessSource
from selfcard.sales.queries import agencies_selling, sales_in_reach, sellable_parts
from selfcard.sales.terms import is_large, needs_second_person, version_of
from selfcard.web.office.answers import RangeAnswer
from selfcard.web.office.fields import (
    CodeField,
    DayField,
    DocumentTypeCodeField,
    OrganisationCodeField,
    PartyCodeField,
    SerialRunsField,
)
from selfcard.web.office.forms import OfficeForm, printable_text
from selfcard.web.portal.fields import PhoneField

CHOOSE = [("", pgettext_lazy("in a choice", "Choose"))]
MOST_SALES = 100  # on one receipt


class AgencyInForceField(CodeField):
    """An agency, named with the agreement under which it sells today."""

    def option(self, one: Any) -> tuple[str, str, str]:
        code, names, look_for = super().option(one)
        said: Any = _("no agreement in force")
        if one.agreement_number:
            said = _("agreement %(number)s, until %(day)s") % {
                "number": one.agreement_number,
                "day": written_day(one.agreement_ends),
            }
        return code, f"{names} · {said}", f"{look_for} · {said}"


class SaleAnswer(RangeAnswer):
    """What stands below the cards of a sale: also what they cost, and whether they are so many
    that it could be a mistake."""

    @cached_property
    def total(self) -> Money | None:
        """What all of them cost, to the cent; nothing where some do not fit."""
        if self.problems or self.unfitting:
            return None
        version = version_of(tuple(self.usable))
        return Money(version.face_value, version.currency) * self.cards

    @property
    def words(self) -> tuple[str, str]:
        """The total as the charge list says it: Chinese, English."""
        assert self.total is not None
        return amount_in_words(self.total)

    @property
    def is_large(self) -> bool:
        return is_large(self.cards)

    @property
    def needs_second_person(self) -> bool:
        return needs_second_person(self.cards)

    @property
    def limit(self) -> int:
        return settings.LARGE_SALE_CARDS


class SoldRunsField(SerialRunsField):
    answer_template = "office/sales/cards_answer.html"


class BuyerPhoneField(PhoneField):
    """A phone that takes messages, as the portal reads it; nobody's browser fills it in here."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.widget = forms.TextInput({"inputmode": "tel", "autocomplete": "off", "maxlength": 40})


def language_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("Language of the messages"),
        choices=settings.LANGUAGES,
        initial=settings.LANGUAGE_CODE,
        required=False,
        widget=forms.RadioSelect,
    )


class SaleForm(OfficeForm):
    """Which cards were sold, and by whom."""

    document_type = DocumentTypeCodeField()
    runs = SoldRunsField(deed=SALE)
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
    agency = AgencyInForceField(
        reach=lambda actor: agencies_selling(),
        label=_("Agency of the sale"),
        help_text=_("Asked for because the source is indirect. It sells under its agreement."),
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
    phone = BuyerPhoneField(
        label=_("Phone of the buyer"),
        required=False,
        help_text=_(
            "Only if they want to be told when the cards can be activated, and until when. Their"
            " name is not asked for."
        ),
    )
    language = language_field()
    gift_reason = forms.CharField(
        label=_("Why the cards are free"),
        max_length=200,
        required=False,
        validators=[printable_text],
        help_text=_(
            "Only for cards that are given away. Nobody pays for them: promotion expense settles"
            " them, and another person confirms it."
        ),
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
        "phone": 6,
        "language": 6,
    }
    refusal_fields: ClassVar = {"serials": "runs"}

    def __init__(self, *args: Any, gives_away: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asks_about_size = False
        if not gives_away:
            del self.fields["gift_reason"]
        # The agency is a must exactly where the source is indirect; elsewhere it is not shown.
        self.fields["agency"].required = (
            not self.is_bound or self["business_source"].value() in INDIRECT
        )

    @property
    def cards(self) -> int:
        return count_cards(self.cleaned_data["runs"])

    @property
    def asks_second_person(self) -> bool:
        """Whether sending it asks another person to agree, and sells nothing yet."""
        return self.asks_about_size and needs_second_person(count_cards(self._runs["runs"]))

    def judged(self, name: str, runs: tuple[SerialRun, ...]) -> Iterable[RangePart]:
        seller = self.cleaned_data.get("seller_organisation")
        document_type = self.cleaned_data.get("document_type")
        parts = list(
            sellable_parts(document_type, runs, seller, self.actor)
            if seller
            else super().judged(name, runs)
        )
        if all(part.usable for part in parts):
            version_of(runs)  # what was printed under different terms is not one sale
        return parts

    def answer_about(self, name: str) -> SaleAnswer | None:
        runs = self._runs.get(name)
        return SaleAnswer.about(name, runs, self.judged) if runs else None

    def clean_agency(self) -> Agency | None:
        """What was typed before the source became a direct one does not count."""
        return self.cleaned_data["agency"] if self.fields["agency"].required else None

    def add_error(self, field: str | None, error: Any) -> None:
        # The box is only asked for once the sale was found to be large.
        self.asks_about_size = self.asks_about_size or field == "confirmed_large"
        super().add_error(field, error)


def codes_in(text: str) -> list[str]:
    """The sales IDs in a text, each once, in its order."""
    return list(dict.fromkeys(re.split(r"[\s,;，；、]+", text.strip().upper()))) if text else []


class SalesField(forms.CharField):
    """Several sales that the actor may see, by their sales IDs."""

    default_error_messages: ClassVar = {
        "unknown": _("There are no sales %(codes)s that you may ask for."),
        "too_many": _("One receipt asks for at most %(most)s sales."),
    }

    def for_actor(self, actor: Actor) -> None:
        self.actor = actor

    def clean(self, value: Any) -> Any:
        codes = codes_in(super().clean(value))
        if len(codes) > MOST_SALES:
            raise forms.ValidationError(
                self.error_messages["too_many"], params={"most": MOST_SALES}
            )
        sales = {one.number: one for one in sales_in_reach(self.actor).filter(number__in=codes)}
        if strange := [code for code in codes if code not in sales]:
            raise forms.ValidationError(
                self.error_messages["unknown"], params={"codes": ", ".join(strange[:5])}
            )
        return tuple(sales[code] for code in codes)


class AdvanceAccountField(CodeField):
    """An advance account, by its number; chosen, it is named with its payer."""

    def option(self, one: Any) -> tuple[str, str, str]:
        left = written_money(Money(one.balance, one.currency))
        return one.number, one.payer_name, f"{one.payer_name} · {left}"


class ReceiptForm(OfficeForm):
    """Who is asked for the money of sales of one place."""

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
    payer_account = AdvanceAccountField(
        reach=advance_accounts_in_reach,
        code="number",
        names=("payer_name",),
        label=_("Advance account of the payer"),
        required=False,
        help_text=_(
            "Only when the payer wants to pay out of it, or to keep a surplus there: ask for its"
            " number. Who pays is whose account it is."
        ),
    )

    def __init__(self, *args: Any, place: Organisation | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["payer_account"]
        assert isinstance(field, AdvanceAccountField)
        field.reach = lambda actor: advance_accounts_in_reach(actor).filter(organisation=place)


class TogetherForm(ReceiptForm):
    """Who is asked for the money of several sales, and of which."""

    sales = SalesField(
        widget=forms.HiddenInput,
        error_messages={"required": _("Choose the sales first.")},
    )


class BuyerPhoneForm(OfficeForm):
    """The phone that the buyer of a sale leaves, or another in its place."""

    phone = BuyerPhoneField(
        label=_("Phone of the buyer"),
        help_text=_("With the country code where it is not +86."),
        error_messages={"required": _("Enter a mobile phone number.")},
    )
    language = language_field()
    widths: ClassVar = {"phone": 6, "language": 6}


class AgencyForm(OfficeForm):
    """A firm that sells for the insurer."""

    code = forms.RegexField(
        r"^[A-Za-z0-9-]+$",
        label=_("Agency code"),
        max_length=20,
        error_messages={"invalid": _("Only letters, figures and hyphens.")},
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=[*CHOOSE, *Agency.Kind.choices])
    licence = forms.CharField(label=_("Licence number"), max_length=40)
    name_zh = forms.CharField(label=_("Chinese name"), max_length=100, validators=[printable_text])
    name_en = forms.CharField(label=_("English name"), max_length=100, validators=[printable_text])
    widths: ClassVar = {"code": 4, "kind": 4, "licence": 4, "name_zh": 6, "name_en": 6}


class AgreementForm(OfficeForm):
    """An agreement with an agency."""

    number = forms.CharField(
        label=_("Agreement number"), max_length=40, validators=[printable_text]
    )
    valid_from = DayField(label=_("First day"))
    valid_to = DayField(label=_("Last day"), help_text=_("This day included."))
    widths: ClassVar = {"number": 12, "valid_from": 6, "valid_to": 6}


class EndForm(OfficeForm):
    """The last day of an agreement that ends early."""

    last_day = DayField(label=_("Last day"), help_text=_("On this day it still sells."))
    widths: ClassVar = {"last_day": 6}
