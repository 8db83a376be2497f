"""Trying a version out: a person and a day, and what each of its rules says of them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.http import HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from selfcard.core import clock
from selfcard.products.models import ProductVersion
from selfcard.products.occupations import classification, occupations
from selfcard.products.people import Relationship, Sex
from selfcard.products.queries import find_version
from selfcard.products.regions import divisions
from selfcard.products.rules import Facts, InsuredFacts, cover_period
from selfcard.products.trial import Tried, tried
from selfcard.web.office.fields import CountField, DayField, MoneyField
from selfcard.web.office.forms import FilterForm
from selfcard.web.office.products.fields import EntryField
from selfcard.web.office.products.views import SEEING_PRODUCTS
from selfcard.web.office.views import OfficeRequest, found, office_view, show


class TryForm(FilterForm):
    """A person whom nobody insures; the address keeps who it was."""

    birth_date = DayField(label=_("Birth date of the insured"))
    sex = forms.ChoiceField(
        label=pgettext_lazy("rule", "Sex"),
        choices=[(one.value, capfirst(one.label)) for one in Sex],
    )
    relationship = forms.ChoiceField(
        label=_("What the insured is to the applicant"),
        choices=[(one.value, capfirst(one.label)) for one in Relationship],
    )
    applicant_birth_date = DayField(
        label=_("Birth date of the applicant"),
        required=False,
        help_text=_("Empty: the insured applies."),
    )
    occupation = EntryField(
        label=_("Occupation"), tree=classification, help_text=_("By code, name or pinyin.")
    )
    region = EntryField(
        label=_("Region"), tree=divisions, required=False, help_text=_("By code, name or pinyin.")
    )
    asked_on = DayField(label=_("Day of activation"))
    starts_on = DayField(label=_("First day of cover"))
    people = CountField(label=_("Number of insured"), min_value=1, max_value=99)
    policies_in_force = CountField(
        label=_("Policies in force"),
        min_value=0,
        max_value=99,
        help_text=_("Of this product, for the same days."),
    )
    other_death_cover = MoneyField(
        label=_("Other death cover"),
        min_value=0,
        required=False,
        help_text=_("What all other policies would pay, own and declared."),
    )
    details = forms.MultipleChoiceField(
        label=_("What else is filled in"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    widths: ClassVar = {
        **dict.fromkeys(
            ("birth_date", "sex", "relationship", "applicant_birth_date", "occupation", "region",
             "asked_on", "starts_on", "people", "policies_in_force", "other_death_cover"), 6),
    }  # fmt: skip

    def __init__(self, *args: Any, version: ProductVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked = [(one.code, one.label) for one in version.bounds.details]
        self.fields["details"].choices = asked  # type: ignore[attr-defined]
        if not asked:
            del self.fields["details"]

    def clean_occupation(self) -> str:
        code: str = self.cleaned_data["occupation"]
        if code not in occupations():
            raise forms.ValidationError(_("Name one occupation, not a whole trade."))
        return code

    @property
    def person(self) -> InsuredFacts:
        said = self.cleaned_data
        return InsuredFacts(
            birth_date=said["birth_date"],
            sex=Sex(said["sex"]),
            relationship=Relationship(said["relationship"]),
            occupation=said["occupation"],
            policies_in_force=said["policies_in_force"],
            other_death_cover=said["other_death_cover"] or Decimal(0),
            details=frozenset(said.get("details", ())),
        )

    def facts_for(self, version: ProductVersion) -> Facts:
        said = self.cleaned_data
        return Facts(
            asked_on=said["asked_on"],
            starts_on=said["starts_on"],
            applicant_birth_date=said["applicant_birth_date"] or said["birth_date"],
            insured=(),
            region=said["region"],
            details=frozenset(said.get("details", ())),
            death_cover=version.death_cover,
            currency=version.currency,
        )


def _anybody(version: ProductVersion) -> dict[str, Any]:
    """Whom the form begins with: today, as soon as cover can start, everything filled in."""
    rules, today = version.bounds, clock.today()
    return {
        "relationship": rules.relationships[0].value,
        "asked_on": today,
        "starts_on": today + timedelta(days=rules.starts_earliest),
        "people": rules.insured_lowest,
        "policies_in_force": 0,
        "details": [one.code for one in rules.details],
    }


@office_view(*SEEING_PRODUCTS)
def try_out(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    one = found(find_version(code, number))
    form = TryForm(request.GET or None, version=one, initial=_anybody(one))
    context: dict[str, Any] = {"form": form, "version": one, "rules": None}
    if form.is_valid():
        rules: list[Tried] = tried(
            one.bounds, form.facts_for(one), form.person, form.cleaned_data["people"]
        )
        context |= {
            "rules": rules,
            "broken": sum(not rule.is_kept for rule in rules),
            "period": cover_period(one.bounds, form.cleaned_data["starts_on"]),
        }
    return show(request, "office/products/try.html", context)
