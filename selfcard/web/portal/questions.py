"""The portal's questions. Each page turns what was typed into the domain's own values."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from selfcard.core import clock
from selfcard.core.refusals import Refusal
from selfcard.policies.application import (
    BeneficiaryGiven,
    ConsentGiven,
    ConsentKind,
    ContactGiven,
    DetailGiven,
    InsuredGiven,
    PersonGiven,
)
from selfcard.policies.identity import IdentityKind, require_identity
from selfcard.products.addresses import LONGEST_ADDRESS, postal_address
from selfcard.products.ages import ADULT_AT, is_minor
from selfcard.products.details import of_insured, of_policy
from selfcard.products.people import Relationship, Sex
from selfcard.products.rules import Rules, first_days
from selfcard.web.portal.details import fields_for, given_to
from selfcard.web.portal.fields import (
    Choices,
    DayField,
    PhoneField,
    code_input,
    printable_text,
    select_input,
    text_input,
)
from selfcard.web.portal.forms import GateForm, PortalForm
from selfcard.web.portal.picks import PickField
from selfcard.web.problems import Problem
from selfcard.web.templatetags.portal import long_day


class StartsForm(PortalForm):
    """From which day the cover runs."""

    when = forms.ChoiceField(label=_("Cover starts"), widget=Choices)
    later_day = DayField(label=_("Which day"), required=False)

    def __init__(self, *args: Any, rules: Rules, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.first, self.last = first_days(rules, clock.today())
        self.fields["when"].choices = [  # type: ignore[attr-defined]
            ("first", _("On %(day)s, at 00:00") % {"day": long_day(self.first)}),
            ("later", _("On a later day, up to %(day)s") % {"day": long_day(self.last)}),
        ]
        self.fields["when"].initial = "first"

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("when") == "first":
            # What was typed for another day is in nobody's way any more.
            self.errors.pop("later_day", None)
        elif given.get("when") == "later" and "later_day" not in self.errors:
            if not given.get("later_day"):
                self.add_error("later_day", _("Enter the day on which cover should start."))
            elif not self.first <= given["later_day"] <= self.last:
                self.add_error(
                    "later_day",
                    _("Cover can start from %(first)s to %(last)s. Choose a day between them.")
                    % {"first": long_day(self.first), "last": long_day(self.last)},
                )
        return given

    @property
    def starts_on(self) -> date:
        if self.cleaned_data["when"] == "first":
            return self.first
        later: date = self.cleaned_data["later_day"]
        return later


class PersonForm(PortalForm):
    """A person as the identity document names them."""

    name = forms.CharField(
        label=_("Full name"),
        help_text=_("As on the identity document."),
        max_length=80,
        widget=text_input(autocomplete="off"),
        error_messages={"required": _("Enter the full name.")},
    )
    identity_kind = forms.ChoiceField(
        label=_("Identity document"),
        choices=lambda: [(one.value, capfirst(one.label)) for one in IdentityKind],
        initial=IdentityKind.IDENTITY_CARD,
        widget=select_input(),
        error_messages={"required": _("Choose the kind of identity document.")},
    )
    identity_number = forms.CharField(
        label=_("Number of the document"),
        help_text=_("An identity card number has 18 characters; the last can be the letter X."),
        max_length=40,
        widget=code_input("id"),
        error_messages={"required": _("Enter the number of the identity document.")},
    )
    birth_date = DayField(
        label=_("Date of birth"),
        error_messages={"required": _("Enter the date of birth: day, month and year.")},
    )
    sex = forms.ChoiceField(
        label=_("Sex"),
        choices=[(Sex.MALE, _("Male")), (Sex.FEMALE, _("Female"))],
        widget=Choices(in_a_row=True),
        error_messages={"required": _("Choose the sex, as on the identity document.")},
    )

    def clean_name(self) -> str:
        return printable_text(self.cleaned_data["name"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if {"identity_kind", "identity_number", "birth_date", "sex"} <= given.keys():
            try:
                require_identity(
                    given["identity_kind"],
                    given["identity_number"],
                    birth_date=given["birth_date"],
                    sex=given["sex"],
                    today=clock.today(),
                )
            except Refusal as refusal:
                self.add_refusal(refusal)
        return given

    @property
    def person(self) -> PersonGiven:
        given = self.cleaned_data
        return PersonGiven(
            name=given["name"].strip(),
            identity_kind=IdentityKind(given["identity_kind"]),
            identity_number=given["identity_number"].strip(),
            birth_date=given["birth_date"],
            sex=Sex(given["sex"]),
        )


IS_FOR = {
    Relationship.SELF: _("Me"),
    Relationship.SPOUSE: _("My husband or wife"),
    Relationship.CHILD: _("My son or daughter"),
    Relationship.WARD: _("A child in my guardianship"),
    Relationship.PARENT: _("My father or mother"),
    Relationship.FAMILY: _("Somebody else in my household"),
}


class InsuredForm(PersonForm):
    """Somebody to be insured, and what they are to whoever fills this in."""

    field_order = ("relationship", "name", "identity_kind", "identity_number", "birth_date", "sex")

    relationship = forms.ChoiceField(
        label=_("The card is for"),
        widget=Choices,
        error_messages={"required": _("Choose whom the card is for.")},
    )
    occupation = PickField(
        "occupation",
        label=_("Occupation"),
        help_text=_("The main work done now. “Retired” and “Student” are answers too."),
    )
    declared_death_cover = forms.DecimalField(
        label=_("Death cover with other insurers, in yuan"),
        help_text=_(
            "Only for a child under 18: what other insurance would pay if the child died."
            " Leave it empty if there is none."
        ),
        required=False,
        min_value=Decimal(0),
        max_digits=12,
        decimal_places=2,
        widget=text_input("pin", inputmode="numeric"),
        error_messages={"invalid": _("Enter an amount in digits, such as 50000.")},
    )

    def __init__(self, *args: Any, rules: Rules, **kwargs: Any) -> None:
        self.asked = of_insured(rules.details)
        super().__init__(*args, more=fields_for(self.asked), **kwargs)
        self.fields["relationship"].choices = [  # type: ignore[attr-defined]
            (kind.value, label) for kind, label in IS_FOR.items() if kind in rules.relationships
        ]
        if rules.insured_age.lowest.years >= ADULT_AT:
            del self.fields["declared_death_cover"]

    @property
    def insured(self) -> InsuredGiven:
        given = self.cleaned_data
        return InsuredGiven(
            person=self.person,
            relationship=Relationship(given["relationship"]),
            occupation=given["occupation"],
            declared_death_cover=given.get("declared_death_cover") or Decimal("0.00"),
            details=given_to(self.asked, given),
        )


class ApplicantForm(PersonForm):
    """Whoever applies, when that is not somebody who is insured."""

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        birth_date = given.get("birth_date")
        if birth_date and is_minor(birth_date, clock.today()):
            self.add_error(
                "birth_date",
                _("Only somebody of 18 or older can apply. Let a parent or guardian apply."),
            )
        return given


IS_TO_INSURED = {
    Relationship.SPOUSE.value: _("Husband or wife"),
    Relationship.CHILD.value: _("Son or daughter"),
    Relationship.PARENT.value: _("Father or mother"),
    Relationship.FAMILY.value: _("Another family member"),
}


class BeneficiaryForm(PortalForm):
    """One person who is paid if the insured dies; an empty row is nobody."""

    name = forms.CharField(label=_("Full name"), required=False, max_length=80, widget=text_input())
    relationship = forms.ChoiceField(
        label=_("What this person is to the insured"),
        required=False,
        choices=[("", _("Choose")), *IS_TO_INSURED.items()],
        widget=select_input(),
    )
    share = forms.DecimalField(
        label=_("Share in percent"),
        required=False,
        min_value=Decimal("0.01"),
        max_value=Decimal(100),
        decimal_places=2,
        widget=text_input("4", inputmode="decimal"),
        error_messages={
            "invalid": _("Enter the share in digits, such as 50."),
            "min_value": _("A share is more than 0 and at most 100."),
            "max_value": _("A share is more than 0 and at most 100."),
        },
    )

    def clean_name(self) -> str:
        return printable_text(self.cleaned_data["name"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        wanted = {
            "name": _("Enter the full name."),
            "relationship": _("Choose what this person is to the insured."),
            "share": _("Enter the share in percent."),
        }
        if any(given.get(name) for name in wanted) or self.errors:
            for name, sentence in wanted.items():
                if not given.get(name) and name not in self.errors:
                    self.add_error(name, sentence)
        return given

    @property
    def beneficiary(self) -> BeneficiaryGiven | None:
        given = self.cleaned_data
        if not given.get("name"):
            return None
        return BeneficiaryGiven(
            name=given["name"].strip(),
            relationship=Relationship(given["relationship"]),
            share=given["share"],
        )


class WhoIsPaidForm(PortalForm):
    """Who is paid on death: the heirs by law, or up to three people by name."""

    ROWS = 3

    who = forms.ChoiceField(
        label=_("If the insured dies, we pay"),
        choices=[("law", _("The heirs by law")), ("named", _("The people whom I name here"))],
        initial="law",
        widget=Choices,
        error_messages={"required": _("Choose who is paid.")},
    )

    def __init__(self, data: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.rows = [
            BeneficiaryForm(data, kept=kwargs.get("kept"), prefix=f"row{place}")
            for place in range(1, self.ROWS + 1)
        ]

    def is_valid(self) -> bool:
        valid = super().is_valid()
        if valid and self.cleaned_data["who"] == "named":
            if not all(row.is_valid() for row in self.rows):
                return False
            total = sum((one.share for one in self.beneficiaries), Decimal(0))
            if total != 100:
                self.add_error(
                    "who",
                    _("The shares make %(total)s percent. Together they must make 100.")
                    % {"total": f"{total.normalize():f}"},
                )
                return False
        return valid

    def typed(self) -> dict[str, str]:
        kept = super().typed()
        for row in self.rows:
            kept |= row.typed()
        return kept

    @property
    def problems(self) -> Iterator[Problem]:
        yield from super().problems
        if self.is_bound and self.data.get("who") == "named":
            for row in self.rows:
                yield from row.problems

    @property
    def beneficiaries(self) -> tuple[BeneficiaryGiven, ...]:
        if self.cleaned_data["who"] != "named":
            return ()
        named = (row.beneficiary for row in self.rows)
        return tuple(one for one in named if one is not None)


class DetailsForm(PortalForm):
    """What the product asks once, beyond the people: a vehicle, a home."""

    def __init__(self, *args: Any, rules: Rules, **kwargs: Any) -> None:
        self.asked = of_policy(rules.details)
        super().__init__(*args, more=fields_for(self.asked), **kwargs)

    @property
    def details(self) -> tuple[DetailGiven, ...]:
        return given_to(self.asked, self.cleaned_data)


class ContactForm(PortalForm):
    """Where the applicant is reached."""

    phone = PhoneField(
        label=_("Mobile phone"),
        help_text=_(
            "Codes and messages about this policy go to it. With the country code where it is not"
            " of the mainland: +852 9123 4567."
        ),
        error_messages={"required": _("Enter a mobile phone number.")},
    )
    email = forms.EmailField(
        label=_("E-mail (optional)"),
        required=False,
        max_length=120,
        widget=forms.EmailInput({"class": "input input--w-name", "autocomplete": "email"}),
        error_messages={"invalid": _("This is not a complete e-mail address: name@example.com.")},
    )
    region = PickField("region", label=_("District or county"))
    address = forms.CharField(
        label=_("Address"),
        help_text=_("Street or village, number, flat."),
        max_length=LONGEST_ADDRESS,
        widget=text_input(autocomplete="street-address"),
        error_messages={"required": _("Enter the address.")},
    )

    def clean_address(self) -> str:
        try:
            return postal_address(printable_text(self.cleaned_data["address"]))
        except Refusal as refusal:
            raise forms.ValidationError(str(refusal)) from refusal

    @property
    def contact(self) -> ContactGiven:
        given = self.cleaned_data
        return ContactGiven(
            phone=given["phone"],
            email=given["email"],
            region=given["region"],
            address=given["address"].strip(),
        )


class NewContactForm(GateForm, ContactForm):
    """Where the applicant of a policy wants to be reached from now on."""


class DeclarationsForm(PortalForm):
    """What is agreed to, each on its own, never ticked beforehand."""

    terms = forms.BooleanField(
        label=_("I have read the terms and when the insurer does not pay, and I agree."),
        error_messages={"required": _("Read the terms and tick the box if you agree.")},
    )
    privacy = forms.BooleanField(
        label=_("I agree that my data are used for this."),
        error_messages={"required": _("Read the privacy notice and tick the box if you agree.")},
    )
    guardian = forms.BooleanField(
        label=_("I am the parent or guardian, and I agree to this insurance and its sums."),
        error_messages={"required": _("A parent or guardian has to agree: tick the box.")},
    )

    texts = forms.CharField(required=False, widget=forms.HiddenInput(attrs={"id": False}))

    def __init__(self, *args: Any, kinds: tuple[ConsentKind, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in ConsentKind:
            if kind not in kinds:
                del self.fields[kind.value]

    def consents(self, versions: Mapping[ConsentKind, str]) -> tuple[ConsentGiven, ...]:
        """Each consent with the version of the text that stood on the page, given now."""
        now = timezone.localtime(clock.now())
        return tuple(
            ConsentGiven(kind=kind, version=versions[kind], given_at=now)
            for kind in ConsentKind
            if kind.value in self.fields
        )
