"""The policy's papers, built from the frozen rows, and the policy itself signed.

Once it is cancelled, its paper says so: nobody can show it off as in force.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.text import capfirst

from selfcard.core import clock
from selfcard.core.clock import zone
from selfcard.core.encryption import blind_index
from selfcard.core.money import Money
from selfcard.core.papers import MissingGlyph, Name, Text, pictures, printable, render
from selfcard.core.papers.facts import plain
from selfcard.policies.application import Application
from selfcard.policies.contact import address_in_full
from selfcard.policies.history import (
    changed_at,
    contact_changes_of,
    corrections,
    endorsements_of,
)
from selfcard.policies.identity import IdentityKind, written_phone
from selfcard.policies.models import (
    Beneficiary,
    ContactChange,
    Endorsement,
    EndorsementRequest,
    InsuredPerson,
    Person,
    Policy,
    Role,
)
from selfcard.policies.named import Named
from selfcard.policies.papers import (
    POLICY,
    POLICY_CARD,
    BeneficiaryFacts,
    ChangeFacts,
    CorrectedFacts,
    CoverageFacts,
    DetailFacts,
    InsuredFacts,
    InsuredOnCard,
    PersonFacts,
    PolicyCardFacts,
    PolicyFacts,
)
from selfcard.policies.signing.certificates import name_of, signing_key
from selfcard.policies.signing.codes import Code, Summary, code_address, code_of
from selfcard.products.details import Detail
from selfcard.products.occupations import find_occupation
from selfcard.products.people import Relationship, Sex
from selfcard.products.queries import claim_told


@dataclass(frozen=True, kw_only=True)
class SignedPaper:
    """A policy's paper, signed, and what its code says."""

    edition: int
    pdf: bytes
    code: Code
    certificate: bytes
    signed_at: datetime

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.pdf).digest()


def signed_paper(policy: Policy) -> SignedPaper:
    """The policy as PDF with the insurer's signature, made and signed at this moment.

    Chinese leads and English follows, on the same paper: a contract has one text.

    Raises:
        SigningKeyUnusable: nobody can sign it now.
    """
    # The library takes half a second to load: only who signs loads it.
    from selfcard.policies.signing.pades import signed

    now, certificate = clock.now(), signing_key().certificate
    code = code_of(summary_of(policy))
    facts = policy_facts(policy, code=code.written, signer=name_of(certificate))
    return SignedPaper(
        edition=policy.edition,
        pdf=signed(render(POLICY, frozen(policy, facts, now), settings.LANGUAGE_CODE), now),
        code=code,
        certificate=certificate.fingerprint(SHA256()),
        signed_at=now,
    )


def policy_card(policy: Policy, code: str) -> bytes:
    """The essentials on a card of 85.6 by 54 mm, to print."""
    return render(POLICY_CARD, _on_card(policy, code), settings.LANGUAGE_CODE)


def policy_card_pictures(policy: Policy, code: str) -> list[bytes]:
    """Its two sides as pictures, to keep on a phone."""
    return pictures(POLICY_CARD, _on_card(policy, code), settings.LANGUAGE_CODE)


def _on_card(policy: Policy, code: str) -> dict[str, Any]:
    return frozen(policy, policy_card_facts(policy, code=code), policy.issued_at)


def summary_of(policy: Policy) -> Summary:
    """The policy in the few facts that its code carries; whoever is insured is a digest only."""
    version = policy.product_version
    return Summary(
        number=policy.number,
        edition=policy.edition,
        state=policy.state,
        issued_at=policy.issued_at.replace(microsecond=0),
        starts_at=policy.starts_at,
        ends_at=policy.ends_at,
        people=people_digest(policy),
        product=version.product.code,
        product_version=version.number,
    )


def people_digest(policy: Policy) -> bytes:
    """Eight bytes that are equal as long as the same people are insured, and tell nobody whom."""
    people = sorted(bytes(one.identity_index).hex() for one in policy.insured.all())
    return blind_index("policy code", " ".join([policy.number, *people]))[:8]


def frozen(policy: Policy, facts: object, made_at: datetime) -> dict[str, Any]:
    """Facts as a paper of the policy is made from them, with the insurer as it was at the issue."""
    return plain(facts) | {
        "made_at": made_at.astimezone(zone()).isoformat(timespec="seconds"),
        "house": policy.house,
    }


def policy_facts(policy: Policy, *, code: str, signer: str) -> PolicyFacts:
    """Everything that the policy says; personal data, so never kept in clear."""
    version = policy.product_version
    asked = version.bounds.details
    beneficiaries = tuple(_beneficiary(one) for one in policy.beneficiaries.all())
    return PolicyFacts(
        number=policy.number,
        product=Name(zh=version.name_zh, en=version.name_en, code=version.product.code),
        product_version=version.number,
        issued_at=policy.issued_at.astimezone(zone()),
        starts_at=policy.starts_at.astimezone(zone()),
        ends_at=policy.ends_at.astimezone(zone()),
        applicant=_person(
            policy,
            phone=written_phone(policy.phone),
            email=policy.email,
            address=address_in_full(policy.region, policy.address),
        ),
        insured=tuple(_insured(one, beneficiaries, asked) for one in policy.insured.all()),
        coverages=tuple(_coverage(one) for one in policy.coverages),
        exclusions=version.exclusion_texts,
        premium=policy.premium,
        net=policy.net,
        tax=policy.tax,
        source=Text(zh=policy.source_zh, en=policy.source_en),
        channel=_both(policy.channel_label),
        edition=policy.edition,
        signer=signer,
        code_address=code_address(policy.house["website"], code),
        check_page=_check_page(policy),
        claim=claim_told(version),
        claim_page=_claim_page(policy),
        details=details_in(asked, policy.details),
        summary=Text(zh=version.summary_zh, en=version.summary_en),
        changes=tuple(_changes(policy)),
        cancelled_at=_cancelled_at(policy),
    )


def policy_card_facts(policy: Policy, *, code: str) -> PolicyCardFacts:
    """What stands on the card for the wallet: enough at a hospital's desk, and no more."""
    version = policy.product_version
    return PolicyCardFacts(
        number=policy.number,
        product=Name(zh=version.name_zh, en=version.name_en, code=version.product.code),
        starts_at=policy.starts_at.astimezone(zone()),
        ends_at=policy.ends_at.astimezone(zone()),
        insured=tuple(
            InsuredOnCard(name=one.name, id_number=one.masked_number)
            for one in policy.insured.all()
        ),
        coverages=tuple(_coverage(one) for one in policy.coverages),
        code_address=code_address(policy.house["website"], code),
        check_page=_check_page(policy),
        claim=claim_told(version),
        claim_page=_claim_page(policy),
        cancelled_at=_cancelled_at(policy),
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
    for details in (application.details, *(one.details for one in application.insured)):
        texts += [one.answer for one in details]
    require_characters(*texts)


def require_characters(*texts: str) -> None:
    """Refuse what has a character that no typeface of ours has.

    Raises:
        MissingGlyph: with those characters.
    """
    if missing := printable("".join(texts)):
        raise MissingGlyph(characters=" ".join(missing))


def _check_page(policy: Policy) -> str:
    """Where a policy is checked by whoever types its number."""
    return f"{policy.house['website']}/check/{policy.number}"


def _claim_page(policy: Policy) -> str:
    """Where a claim is reported by whoever has the policy or its card."""
    return f"{policy.house['website']}/claim/"


def _cancelled_at(policy: Policy) -> datetime | None:
    return policy.cancelled_at.astimezone(zone()) if policy.cancelled_at else None


def _changes(policy: Policy) -> Iterator[ChangeFacts]:
    """What was changed since the issue, by and by; who is insured at the end stands elsewhere."""
    made: list[ContactChange | Endorsement] = [
        *contact_changes_of(policy),
        *endorsements_of(policy),
    ]
    for one in sorted(made, key=lambda change: change.edition):
        asked = one.asked if isinstance(one, Endorsement) else None
        yield ChangeFacts(
            edition=one.edition,
            at=changed_at(one).astimezone(zone()),
            whom=_whom(asked),
            corrected=tuple(_corrected(asked)) if asked else (),
        )


def _whom(asked: EndorsementRequest | None) -> Text:
    """Who was corrected, as the paper counts its people."""
    label = _both(Role(asked.role if asked else Role.APPLICANT).label)
    place = f" {asked.place}" if asked and asked.place else ""
    return Text(zh=label.zh + place, en=label.en + place)


def _corrected(asked: EndorsementRequest) -> Iterator[CorrectedFacts]:
    for one in corrections(Named.read(asked.before), Named.read(asked.after)):
        yield CorrectedFacts(
            label=_both(one.label), before=_both(one.before), after=_both(one.after)
        )


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


def _insured(
    one: InsuredPerson, beneficiaries: tuple[BeneficiaryFacts, ...], asked: tuple[Detail, ...]
) -> InsuredFacts:
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
        details=details_in(asked, one.details),
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


def details_in(asked: tuple[Detail, ...], answers: dict[str, str]) -> tuple[DetailFacts, ...]:
    """What was asked and answered, as people read it, in the order of the product's list."""
    return tuple(
        DetailFacts(label=one.name, value=one.said(answers[one.code]))
        for one in asked
        if one.code in answers
    )
