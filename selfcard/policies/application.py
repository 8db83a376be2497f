"""An application for insurance, as the applicant gives it, before it becomes a policy.

Plain frozen values: the portal, a desk or an API fills them, a draft keeps them as JSON
(encrypted, since they are personal data), and `issue_policy` turns them into a policy.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from selfcard.core.refusals import Refusal
from selfcard.policies.contact import problems_of_contact
from selfcard.policies.errors import (
    ApplicantIsAnotherPerson,
    ConsentMissing,
    InsuredIsTheApplicant,
    NameMissing,
    SamePersonTwice,
    ShareOutOfRange,
    SharesDoNotAddUp,
)
from selfcard.policies.identity import (
    IdentityKind,
    identity_index,
    normalised,
    require_identity,
)
from selfcard.products.ages import is_minor
from selfcard.products.codec import from_json, to_json
from selfcard.products.people import Relationship, Sex
from selfcard.products.rules import InsuredFacts


class ConsentKind(models.TextChoices):
    """What is agreed to, each on its own."""

    TERMS = "terms", _("insurance terms")
    PRIVACY = "privacy", _("handling of personal data")
    GUARDIAN = "guardian", _("consent of the parent or guardian")


@dataclass(frozen=True, kw_only=True)
class PersonGiven:
    """A person as an identity document names them."""

    name: str
    identity_kind: IdentityKind
    identity_number: str
    birth_date: date
    sex: Sex

    @property
    def index(self) -> bytes:
        """What is equal for the same person's document, however the number was typed."""
        return identity_index(self.identity_kind, self.identity_number)

    @property
    def columns(self) -> dict[str, Any]:
        """The person as a policy keeps them."""
        return {
            "name": self.name.strip(),
            "identity_kind": self.identity_kind,
            "identity_number": normalised(self.identity_kind, self.identity_number),
            "identity_index": self.index,
            "birth_date_text": self.birth_date.isoformat(),
            "sex": self.sex,
        }


@dataclass(frozen=True, kw_only=True)
class DetailGiven:
    """The answer to one of the fields that a product asks for, by the field's code."""

    code: str
    answer: str


def answers_in(details: tuple[DetailGiven, ...]) -> dict[str, str]:
    """The answers by the codes of their fields."""
    return {one.code: one.answer for one in details}


@dataclass(frozen=True, kw_only=True)
class InsuredGiven:
    """Somebody to be insured.

    `relationship` says what they are to the applicant. `declared_death_cover` is what
    other insurers would pay on their death, as the applicant declares it for a minor.
    """

    person: PersonGiven
    relationship: Relationship
    occupation: str
    declared_death_cover: Decimal = Decimal("0.00")
    details: tuple[DetailGiven, ...] = ()


@dataclass(frozen=True, kw_only=True)
class BeneficiaryGiven:
    """Somebody who is paid on the death of each insured, with a share in percent.

    `relationship` says what they are to the insured.
    """

    name: str
    relationship: Relationship
    share: Decimal
    identity_kind: IdentityKind | None = None
    identity_number: str = ""


@dataclass(frozen=True, kw_only=True)
class ContactGiven:
    """Where the applicant is reached.

    The phone is in E.164. The region is a code of `products.regions`, as far as it is known.
    """

    phone: str
    email: str = ""
    region: str = ""
    address: str = ""


@dataclass(frozen=True, kw_only=True)
class ConsentGiven:
    """A consent with the version of the text that was agreed to, and when."""

    kind: ConsentKind
    version: str
    given_at: datetime


@dataclass(frozen=True, kw_only=True)
class Application:
    """Who applies, who is to be insured from which day, who is paid, what was agreed to.

    No beneficiary named means the statutory ones. `details` answer what the product asks once for
    the policy.
    """

    applicant: PersonGiven
    contact: ContactGiven
    insured: tuple[InsuredGiven, ...]
    starts_on: date
    beneficiaries: tuple[BeneficiaryGiven, ...] = ()
    details: tuple[DetailGiven, ...] = ()
    consents: tuple[ConsentGiven, ...] = ()

    def to_json(self) -> dict[str, Any]:
        stored: dict[str, Any] = to_json(self)
        return stored

    @classmethod
    def from_json(cls, stored: Any) -> "Application":
        return from_json(cls, stored)

    @property
    def insures_a_minor(self) -> bool:
        return any(is_minor(one.person.birth_date, self.starts_on) for one in self.insured)

    def consents_needed(self) -> tuple[ConsentKind, ...]:
        """Terms and privacy always; the guardian's when a minor is insured."""
        if self.insures_a_minor:
            return (ConsentKind.TERMS, ConsentKind.PRIVACY, ConsentKind.GUARDIAN)
        return (ConsentKind.TERMS, ConsentKind.PRIVACY)


def insured_facts(
    one: InsuredGiven,
    *,
    policies_in_force: int = 0,
    own_death_cover: Decimal = Decimal(0),
    details: frozenset[str] = frozenset(),
) -> InsuredFacts:
    """What the rules of a product need to know about one insured, nothing personal beyond it."""
    return InsuredFacts(
        birth_date=one.person.birth_date,
        sex=one.person.sex,
        relationship=one.relationship,
        occupation=one.occupation,
        policies_in_force=policies_in_force,
        other_death_cover=own_death_cover + one.declared_death_cover,
        details=details,
    )


def problems(application: Application, *, today: date) -> list[Refusal]:
    """What makes an application impossible, whatever the product.

    Each problem carries its field: `applicant.identity_number`, `insured.0.name`,
    `beneficiaries`, `consents.terms`.
    """
    found: list[Refusal] = []
    found += _problems_of_person("applicant", application.applicant, today)
    for place, one in enumerate(application.insured):
        field = f"insured.{place}"
        found += _problems_of_person(field, one.person, today)
    found += _problems_of_oneself(application)
    found += _repeated_people(application.insured)
    contact = application.contact
    found += problems_of_contact(
        phone=contact.phone, region=contact.region, address=contact.address
    )
    found += _problems_of_shares(application.beneficiaries)
    given = {consent.kind for consent in application.consents}
    found += [
        ConsentMissing(field=f"consents.{kind}", consent=kind.label)
        for kind in application.consents_needed()
        if kind not in given
    ]
    return found


def _problems_of_person(field: str, person: PersonGiven, today: date) -> Iterator[Refusal]:
    if not person.name.strip():
        yield NameMissing(field=f"{field}.name")
    try:
        require_identity(
            person.identity_kind,
            person.identity_number,
            birth_date=person.birth_date,
            sex=person.sex,
            today=today,
        )
    except Refusal as refusal:
        refusal.field = f"{field}.{refusal.field or 'identity_number'}"
        yield refusal


def _problems_of_oneself(application: Application) -> Iterator[Refusal]:
    """Whoever insures themself is said to, with the same data; nobody else has their number.

    Who stands on the list as the applicant and once more otherwise is a repeated person.
    """
    applicant, insured = application.applicant, application.insured
    is_insured = any(one.relationship == Relationship.SELF for one in insured)
    for place, one in enumerate(insured):
        field = f"insured.{place}.relationship"
        if one.relationship == Relationship.SELF and one.person != applicant:
            yield ApplicantIsAnotherPerson(field=field)
        elif not is_insured and one.person.index == applicant.index:
            yield InsuredIsTheApplicant(field=field)


def _repeated_people(insured: tuple[InsuredGiven, ...]) -> Iterator[Refusal]:
    seen: set[str] = set()
    for place, one in enumerate(insured):
        number = normalised(one.person.identity_kind, one.person.identity_number)
        if number in seen:
            yield SamePersonTwice(field=f"insured.{place}.identity_number")
        seen.add(number)


def _problems_of_shares(beneficiaries: tuple[BeneficiaryGiven, ...]) -> Iterator[Refusal]:
    for place, one in enumerate(beneficiaries):
        if not one.name.strip():
            yield NameMissing(field=f"beneficiaries.{place}.name")
        if not 0 < one.share <= 100:
            yield ShareOutOfRange(field=f"beneficiaries.{place}.share")
    total = sum((one.share for one in beneficiaries), Decimal(0))
    if beneficiaries and total != 100:
        yield SharesDoNotAddUp(field="beneficiaries", total=f"{total.normalize():f}")
