"""The policy's paper, built from the frozen rows: the same facts, so the same bytes, for ever.

Once it is cancelled, its paper says so: nobody can show it off as in force.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.utils import translation
from django.utils.functional import Promise
from django.utils.text import capfirst

from selfcard.core.clock import zone
from selfcard.core.money import Money
from selfcard.core.papers import MissingGlyph, Name, Text, printable, render
from selfcard.core.papers.facts import plain
from selfcard.policies.application import Application
from selfcard.policies.identity import IdentityKind, written_phone
from selfcard.policies.models import Beneficiary, InsuredPerson, Person, Policy
from selfcard.policies.papers import (
    POLICY,
    BeneficiaryFacts,
    CoverageFacts,
    DetailFacts,
    InsuredFacts,
    PersonFacts,
    PolicyFacts,
)
from selfcard.products.occupations import find_occupation
from selfcard.products.people import Detail, Relationship, Sex


def policy_pdf(policy: Policy, language: str) -> bytes:
    """The policy as PDF in a language (`zh-hans` or `en`). It names people in full."""
    facts = plain(policy_facts(policy)) | {
        "made_at": policy.issued_at.astimezone(zone()).isoformat(timespec="seconds"),
        "house": policy.house,
    }
    return render(POLICY, facts, language)


def policy_facts(policy: Policy) -> PolicyFacts:
    """Everything that the policy says; personal data, so never kept in clear."""
    version = policy.product_version
    beneficiaries = tuple(_beneficiary(one) for one in policy.beneficiaries.all())
    return PolicyFacts(
        number=policy.number,
        product=Name(zh=version.name_zh, en=version.name_en, code=version.product.code),
        product_version=version.number,
        issued_at=policy.issued_at.astimezone(zone()),
        starts_at=policy.starts_at.astimezone(zone()),
        ends_at=policy.ends_at.astimezone(zone()),
        applicant=_person(
            policy, phone=written_phone(policy.phone), email=policy.email, address=policy.address
        ),
        insured=tuple(_insured(one, beneficiaries) for one in policy.insured.all()),
        coverages=tuple(_coverage(one) for one in policy.coverages),
        exclusions=version.exclusion_texts,
        premium=policy.premium,
        net=policy.net,
        tax=policy.tax,
        source=Text(zh=policy.source_zh, en=policy.source_en),
        channel=_both(policy.channel_label),
        check_address=f"{policy.house['website']}/check/{policy.number}",
        details=tuple(_details(policy)),
        summary=Text(zh=version.summary_zh, en=version.summary_en),
        cancelled_at=policy.cancelled_at.astimezone(zone()) if policy.cancelled_at else None,
    )


def require_printable(application: Application) -> None:
    """Refuse what the policy's paper could not say, before there is a policy.

    Raises:
        MissingGlyph: with the characters that no typeface of ours has.
    """
    people = [application.applicant, *(one.person for one in application.insured)]
    texts = [person.name for person in people]
    texts += [one.name for one in application.beneficiaries]
    texts += [application.contact.address, application.contact.email]
    texts += [application.home_address, application.vehicle_plate]
    if missing := printable("".join(texts)):
        raise MissingGlyph(characters=" ".join(missing))


def _both(label: str | Promise) -> Text:
    """A translatable label as a paper keeps it."""
    with translation.override("zh-hans"):
        chinese = str(label)
    with translation.override("en"):
        return Text(zh=chinese, en=capfirst(str(label)))


def _person(person: Person, *, phone: str = "", email: str = "", address: str = "") -> PersonFacts:
    return PersonFacts(
        name=person.name,
        id_kind=_both(IdentityKind(person.identity_kind).label),
        id_number=person.identity_number,
        birth_date=person.birth_date,
        sex=_both(Sex(person.sex).label),
        phone=phone,
        email=email,
        address=address,
    )


def _insured(one: InsuredPerson, beneficiaries: tuple[BeneficiaryFacts, ...]) -> InsuredFacts:
    occupation = find_occupation(one.occupation)
    assert occupation is not None  # the rules let only known occupations through
    return InsuredFacts(
        person=_person(one),
        relationship=_both(Relationship(one.relationship).label),
        occupation=Text(
            zh=f"{occupation.name_zh}（{occupation.risk_class} 类）",
            en=f"{occupation.name_en} (class {occupation.risk_class})",
        ),
        beneficiaries=beneficiaries,
    )


def _beneficiary(one: Beneficiary) -> BeneficiaryFacts:
    return BeneficiaryFacts(
        name=one.name,
        relationship=_both(Relationship(one.relationship).label),
        share=one.share,
        id_number=one.identity_number,
    )


def _coverage(kept: dict[str, Any]) -> CoverageFacts:
    conditions = Text(zh=kept["conditions_zh"], en=kept["conditions_en"])
    return CoverageFacts(
        name=Name(zh=kept["name_zh"], en=kept["name_en"]),
        sum_insured=Money(Decimal(kept["sum_insured"]), kept["currency"]),
        conditions=conditions if conditions.zh else None,
    )


def _details(policy: Policy) -> Iterator[DetailFacts]:
    given = {Detail.VEHICLE_PLATE: policy.vehicle_plate, Detail.HOME_ADDRESS: policy.home_address}
    for detail, value in given.items():
        if value:
            yield DetailFacts(label=_both(detail.label), value=value)
