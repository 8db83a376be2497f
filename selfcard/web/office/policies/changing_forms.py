"""Forms of what changes a policy: where its applicant is reached, and whom it should name."""

from dataclasses import replace
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from selfcard.policies.application import ContactGiven
from selfcard.policies.identity import IdentityKind, masked_name
from selfcard.policies.models import Policy, Role, Unmasking
from selfcard.policies.named import Named, Whom, named, people_of
from selfcard.products.addresses import LONGEST_ADDRESS
from selfcard.products.people import Sex
from selfcard.products.regions import divisions, find_region
from selfcard.web.office.fields import DayField
from selfcard.web.office.forms import FilterForm, OfficeForm, printable_text
from selfcard.web.office.policies.forms import AskerForm

_AS_IT_IS = _("Empty: it stays as it is.")
_TYPED_ONCE = {"autocomplete": "off", "spellcheck": "false"}


class RegionField(forms.CharField):
    """A district or county: its code, or its name in Chinese, English or pinyin."""

    def clean(self, value: Any) -> str:
        typed: str = super().clean(value)
        if not typed or find_region(typed):
            return typed
        meant = divisions().meant(typed)
        if meant is None:
            raise ValidationError(_("Choose the district or county from the list."))
        return str(meant.code)


class ContactChangeForm(AskerForm):
    """Where the applicant is reached from now on; what is not filled in stays."""

    phone = forms.CharField(
        label=_("Mobile phone"), max_length=30, required=False, help_text=_AS_IT_IS,
        widget=forms.TextInput(attrs={**_TYPED_ONCE, "inputmode": "tel"}),
    )  # fmt: skip
    email = forms.EmailField(
        label=_("E-mail"), max_length=120, required=False, help_text=_AS_IT_IS,
        validators=[printable_text], widget=forms.EmailInput(attrs=_TYPED_ONCE),
    )  # fmt: skip
    no_email = forms.BooleanField(label=_("No e-mail address any more"), required=False)
    region = RegionField(
        label=_("District or county"), max_length=60, required=False,
        help_text=_("Its name or its code of six digits. Empty: it stays as it is."),
    )  # fmt: skip
    address = forms.CharField(
        label=_("Address"), max_length=LONGEST_ADDRESS, required=False, help_text=_AS_IT_IS,
        validators=[printable_text], widget=forms.TextInput(attrs=_TYPED_ONCE),
    )  # fmt: skip
    field_order = ("phone", "email", "no_email", "region", "address")
    widths: ClassVar = {"phone": 6, "email": 6, "region": 6, "address": 6, **AskerForm.widths}
    refusal_fields: ClassVar = {
        "contact.phone": "phone",
        "contact.region": "region",
        "contact.address": "address",
    }

    def contact(self, policy: Policy) -> ContactGiven:
        """The whole contact as it shall be."""
        said = self.cleaned_data
        return ContactGiven(
            phone=said["phone"] or policy.phone,
            email="" if said["no_email"] else said["email"] or policy.email,
            region=said["region"] or policy.region,
            address=said["address"] or policy.address,
        )


class CorrectionForm(AskerForm):
    """Whom the policy names wrongly, and what it should say of them."""

    whom = forms.ChoiceField(label=_("Who is named wrongly"))
    right_name = forms.CharField(
        label=_("Right name"), max_length=80, required=False, help_text=_AS_IT_IS,
        validators=[printable_text], widget=forms.TextInput(attrs=_TYPED_ONCE),
    )  # fmt: skip
    right_kind = forms.ChoiceField(label=_("Right kind of document"), required=False)
    right_number = forms.CharField(
        label=_("Right identity number"), max_length=30, required=False, help_text=_AS_IT_IS,
        widget=forms.TextInput(attrs=_TYPED_ONCE),
    )  # fmt: skip
    right_birth = DayField(
        label=_("Right date of birth"), required=False,
        help_text=_("Not of a beneficiary. Empty: it stays as it is."),
    )  # fmt: skip
    right_sex = forms.ChoiceField(label=_("Right sex"), required=False)
    document_seen = forms.CharField(
        label=_("Document seen"), max_length=100, validators=[printable_text],
        help_text=_("What shows that it is wrong: say which document, and keep a copy of it."),
    )  # fmt: skip
    field_order = (
        "whom", "right_name", "right_kind", "right_number", "right_birth", "right_sex",
        "document_seen",
    )  # fmt: skip
    widths: ClassVar = {
        "right_kind": 6, "right_number": 6, "right_birth": 6, "right_sex": 6, **AskerForm.widths,
    }  # fmt: skip
    refusal_fields: ClassVar = {
        "after.name": "right_name",
        "after.identity_kind": "right_kind",
        "after.identity_number": "right_number",
        "after.birth_date": "right_birth",
        "after.sex": "right_sex",
    }

    def __init__(self, *args: Any, policy: Policy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.policy = policy
        stays = ("", _("stays as it is"))
        self.fields["whom"].choices = [  # type: ignore[attr-defined]
            (f"{whom.role}-{whom.place}", f"{capfirst(role_of(whom))} {masked_name(one.name)}")
            for whom, one in people_of(policy)
        ]
        self.fields["right_kind"].choices = [stays, *IdentityKind.choices]  # type: ignore[attr-defined]
        self.fields["right_sex"].choices = [stays, *Sex.choices]  # type: ignore[attr-defined]

    @property
    def person(self) -> Whom:
        role, _dash, place = self.cleaned_data["whom"].partition("-")
        return Whom(Role(role), int(place))

    @property
    def after(self) -> Named:
        """What the policy should say of them."""
        said = self.cleaned_data
        born: date | None = said["right_birth"]
        given = {
            "name": said["right_name"],
            "identity_kind": said["right_kind"],
            "identity_number": said["right_number"],
        }
        if self.person.role != Role.BENEFICIARY:
            given |= {"birth_date": born.isoformat() if born else "", "sex": said["right_sex"]}
        return replace(
            named(self.policy, self.person), **{name: one for name, one in given.items() if one}
        )


class UnmaskForm(OfficeForm):
    """What somebody needs to see in full, and why."""

    what = forms.ChoiceField(
        label=_("What you need to see"),
        choices=[
            (one.value, capfirst(one.label))
            for one in (Unmasking.What.PEOPLE, Unmasking.What.CONTACT)
        ],
        widget=forms.RadioSelect,
        initial=Unmasking.What.PEOPLE,
    )
    reason = forms.CharField(
        label=_("Why"),
        max_length=200,
        widget=forms.Textarea,
        validators=[printable_text],
        help_text=_("Who asked, and for what. It is kept with your name, and auditors read it."),
    )


class FindForm(FilterForm):
    """An identity number by which policies are found. It is in no address."""

    number = forms.CharField(
        label=pgettext_lazy("office", "Identity number"), max_length=40,
        widget=forms.TextInput(attrs=_TYPED_ONCE),
        help_text=_("Of the applicant or of somebody insured, complete."),
    )  # fmt: skip


def role_of(whom: Whom) -> str:
    """What somebody is in a policy, with their place where there may be several."""
    label = str(whom.role.label)
    return f"{label} {whom.place}" if whom.place else label
