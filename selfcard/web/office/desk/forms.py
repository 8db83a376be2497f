from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from selfcard.activation.errors import SourceMustWait
from selfcard.activation.models import DeskCase
from selfcard.core.refusals import Refusal
from selfcard.organisations.models import May, Party
from selfcard.organisations.queries import parties_in_reach
from selfcard.policies.application import ConsentKind
from selfcard.web.office.desk.scanning import Scanned, read_code
from selfcard.web.office.fields import PartyCodeField
from selfcard.web.office.forms import OfficeForm, printable_text
from selfcard.web.portal.forms import GateForm, TollMixin
from selfcard.web.uploads import AttachmentsField


class BeginForm(OfficeForm):
    """Who calls or stands there, and which card they mean."""

    way = forms.ChoiceField(
        label=_("Where the customer is"),
        choices=[
            (DeskCase.Way.PHONE, _("On the telephone")),
            (DeskCase.Way.COUNTER, _("At the counter")),
        ],
        widget=forms.RadioSelect,
    )
    card_number = forms.CharField(
        label=_("Card number"),
        help_text=_("16 digits, as said or scanned. The PIN comes afterwards."),
        max_length=200,
        widget=forms.TextInput(
            {"inputmode": "numeric", "autocomplete": "off", "class": "id", "autofocus": True}
        ),
    )
    language = forms.ChoiceField(
        label=_("Language of the customer"), choices=settings.LANGUAGES, widget=forms.RadioSelect
    )
    phone = forms.CharField(
        label=_("Phone to call back"),
        help_text=_("For when the line breaks off. With the country code where it is not +86."),
        max_length=40,
        required=False,
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "off"}),
    )
    widths: ClassVar = {"way": 6, "language": 6, "card_number": 6, "phone": 6}
    scanned: Scanned | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_bound and (scanned := read_code(self.data.get("card_number", ""))):
            # The code under the panel has the PIN as well; it is not for this field.
            self.scanned = scanned
            self.put("card_number", scanned.card_number)


class PinForm(GateForm):
    """The PIN as the customer says it, or as the code under the panel has it. Nobody sees it, and
    it is not kept in the field.
    """

    pin = forms.CharField(
        label=_("PIN"),
        help_text=_("Usually 12 digits. Compare them group by group with the customer."),
        widget=forms.PasswordInput(
            {
                "class": "form-control id",
                "inputmode": "numeric",
                "autocomplete": "off",
                "autofocus": True,
            }
        ),
        error_messages={"required": _("Enter the PIN as the customer says it.")},
    )

    def clean_pin(self) -> str:
        typed: str = self.cleaned_data["pin"]
        scanned = read_code(typed)
        return scanned.pin if scanned else typed


class SendingForm(TollMixin, OfficeForm):
    """What has something sent to a phone, or a code compared: the gate's price holds here, too."""

    def add_refusal(self, refusal: Refusal) -> None:
        self.waits = isinstance(refusal, SourceMustWait)
        super().add_refusal(refusal)

    @property
    def status(self) -> int:
        return 429 if self.waits else super().status


class LinkForm(SendingForm):
    """To which phone a link is sent, by which the customer enters the PIN themselves."""

    phone = forms.CharField(
        label=_("Mobile phone for the link"),
        help_text=_("The customer opens it and enters the PIN; nobody here sees it."),
        max_length=40,
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "off"}),
    )
    widths: ClassVar = {"phone": 6}


class SellForm(OfficeForm):
    """Who sells the card that a customer at the counter wants."""

    seller = PartyCodeField(
        reach=lambda actor: parties_in_reach(actor, May.REGISTER_SALES).filter(
            kind=Party.Kind.PERSON
        ),
        label=_("Seller's code"),
    )
    widths: ClassVar = {"seller": 6}


class CopiesForm(OfficeForm):
    """Copies of the documents that a customer shows."""

    copies = AttachmentsField(label=_("Copy of the identity document"))


class AgreeForm(SendingForm):
    """What the customer said yes to, each on its own, before the code is sent."""

    def __init__(self, *args: Any, kinds: Sequence[ConsentKind], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in kinds:
            self.fields[kind.value] = forms.BooleanField(
                label=_YES[kind],
                error_messages={"required": _NOT_YET[kind]},
                widget=forms.CheckboxInput({"class": "form-check-input"}),
            )
        self.kinds = tuple(kinds)


_YES = {
    ConsentKind.TERMS: _("Read out, and the customer said yes to the terms"),
    ConsentKind.PRIVACY: _("Read out, and the customer said yes to the use of their data"),
    ConsentKind.GUARDIAN: _("Read out, and the customer said yes as parent or guardian"),
}
_NOT_YET = {
    ConsentKind.TERMS: _("Read the terms out, and tick the box if the customer agrees."),
    ConsentKind.PRIVACY: _("Read the privacy text out, and tick the box if the customer agrees."),
    ConsentKind.GUARDIAN: _("Ask the parent or guardian, and tick the box if they agree."),
}


class CodeForm(SendingForm):
    """The code that came to the customer's phone."""

    digits = forms.CharField(
        label=_("Code that the customer says"),
        max_length=20,
        widget=forms.TextInput(
            {
                "inputmode": "numeric",
                "autocomplete": "off",
                "class": "id",
                "autofocus": True,
            }
        ),
    )
    refusal_fields: ClassVar = {"code": "digits"}
    widths: ClassVar = {"digits": 6}


class ChaseForm(OfficeForm):
    """What came of calling back."""

    outcome = forms.CharField(
        label=_("What came of it"),
        help_text=_("Never write a PIN."),
        max_length=200,
        widget=forms.Textarea,
        validators=[printable_text],
    )


class LanguageForm(OfficeForm):
    """In which language the customer is spoken to, and the page on which that was chosen."""

    language = forms.ChoiceField(choices=settings.LANGUAGES)
    page = forms.CharField(max_length=200)


class CloseForm(OfficeForm):
    """Why a case becomes no policy."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Never write a PIN."),
        max_length=200,
        widget=forms.Textarea,
        validators=[printable_text],
    )
