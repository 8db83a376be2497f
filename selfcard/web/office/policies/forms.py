"""Forms about a policy: who asks for something, its end, and where the unearned premium goes."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from selfcard.core import clock
from selfcard.payments.models import PaymentReceipt
from selfcard.policies.cancelling import AskerGiven
from selfcard.policies.identity import IdentityKind
from selfcard.policies.models import Policy
from selfcard.web.office.fields import DayField
from selfcard.web.office.forms import OfficeForm, printable_text
from selfcard.web.office.payments.forms import PayeeForm

Way = PaymentReceipt.Way


class AskerForm(OfficeForm):
    """Who asks for something about a policy, by the document that was seen, and why."""

    asker = forms.ChoiceField(
        label=pgettext_lazy("cancellation", "Who asks"),
        choices=[
            ("applicant", _("The applicant")),
            ("authority", _("Somebody with the applicant's written authority")),
        ],
        widget=forms.RadioSelect,
        initial="applicant",
    )
    identity_number = forms.CharField(
        label=_("Identity number"),
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Of whoever asks, from the document that you have seen."),
    )
    identity_kind = forms.ChoiceField(
        label=_("Kind of document"),
        choices=IdentityKind.choices,
        required=False,
        help_text=_("Only for somebody with an authority."),
    )
    name = forms.CharField(
        label=_("Person's name"),
        max_length=60,
        required=False,
        validators=[printable_text],
        help_text=_("Only for somebody with an authority."),
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=200, widget=forms.Textarea, validators=[printable_text]
    )

    widths: ClassVar = {"identity_kind": 6, "name": 6}

    @property
    def asker_given(self) -> AskerGiven:
        said = self.cleaned_data
        if said["asker"] == "applicant":
            return AskerGiven(said["identity_number"])
        return AskerGiven(said["identity_number"], True, said["name"], said["identity_kind"])


class CancelForm(AskerForm):
    """Who asks for a policy to be cancelled, on which day, and why."""

    asked_on = DayField(
        label=_("Asked for on"),
        help_text=_("The day on which the request came in: the premium is reckoned from it."),
    )
    benefit_paid = forms.BooleanField(
        label=_("A benefit was paid under this policy"), required=False
    )
    field_order = ("asked_on", "benefit_paid")
    widths: ClassVar = {"asked_on": 6, "benefit_paid": 6, **AskerForm.widths}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"asked_on": clock.today()})
        super().__init__(*args, **kwargs)


class PayBackForm(PayeeForm):
    """Where the unearned premium goes: most often to the applicant's account.

    The money of a gift goes nowhere but the way it came.
    """

    def __init__(self, *args: Any, policy: Policy, is_gift: bool, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"way": Way.PAYEE, "payee_name": policy.name})
        super().__init__(*args, **kwargs)
        if is_gift:
            self.fields["way"].choices = [(Way.ORIGINAL, _("The way it came"))]  # type: ignore[attr-defined]
            self.fields["way"].initial = self.initial["way"] = Way.ORIGINAL
