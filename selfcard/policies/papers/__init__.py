"""The policy as paper and as card: what the insured and their family hold in their hands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from selfcard.core.money import Money
from selfcard.core.papers.facts import Name, Text
from selfcard.products.papers import ClaimTold

POLICY = "policy"
POLICY_CARD = "policy_card"


@dataclass(frozen=True, kw_only=True)
class PersonFacts:
    """A person as the policy names them; the identity number stands in full."""

    name: str
    id_kind: Text
    id_number: str
    birth_date: date | None = None
    sex: Text | None = None
    phone: str = ""
    email: str = ""
    address: str = ""


@dataclass(frozen=True, kw_only=True)
class BeneficiaryFacts:
    """Who is paid after a death, and which share of it (percent)."""

    name: str
    relationship: Text
    share: Decimal
    id_number: str = ""


@dataclass(frozen=True, kw_only=True)
class DetailFacts:
    """What a product asks beside the people: a number plate, a floor area, a person's height."""

    label: Text
    value: Text


@dataclass(frozen=True, kw_only=True)
class InsuredFacts:
    """One insured person; without beneficiaries the statutory heirs are paid."""

    person: PersonFacts
    relationship: Text  # what the insured is to the applicant
    occupation: Text | None = None
    beneficiaries: tuple[BeneficiaryFacts, ...] = ()
    details: tuple[DetailFacts, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CoverageFacts:
    """One cover with the sum it pays at most, and on what conditions."""

    name: Name
    sum_insured: Money
    conditions: Text | None = None


@dataclass(frozen=True, kw_only=True)
class CorrectedFacts:
    """What was wrong and what is right: a name, a number, a birth date."""

    label: Text
    before: Text
    after: Text


@dataclass(frozen=True, kw_only=True)
class ChangeFacts:
    """A change since the issue, and the edition that it made; without anything corrected, the
    applicant is reached elsewhere."""

    edition: int
    at: datetime
    whom: Text
    corrected: tuple[CorrectedFacts, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PolicyFacts:
    """Everything that the policy says. Personal data: kept encrypted like its source.

    `code_address` leads to the authenticity check with the paper's signed code: whoever scans
    it learns whether the policy is genuine, not who is insured. `check_page` is the same for
    whoever types. What was changed since the issue stands on its first page; one that was cancelled
    says so across its head.
    """

    number: str
    product: Name
    product_version: int
    issued_at: datetime
    starts_at: datetime
    ends_at: datetime
    applicant: PersonFacts
    insured: tuple[InsuredFacts, ...]
    coverages: tuple[CoverageFacts, ...]
    exclusions: tuple[Text, ...]
    premium: Money  # what was paid, tax included
    net: Money
    tax: Money
    source: Text  # what the policy came from, e.g. the card and its number
    channel: Text
    edition: int
    signer: str  # whom the certificate names that signs the paper
    code_address: str
    check_page: str
    claim: ClaimTold
    claim_page: str  # where a claim is reported
    details: tuple[DetailFacts, ...] = ()
    summary: Text | None = None
    changes: tuple[ChangeFacts, ...] = ()
    cancelled_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class InsuredOnCard:
    """Somebody insured, as the card for the wallet names them: the number is masked."""

    name: str
    id_number: str


@dataclass(frozen=True, kw_only=True)
class PolicyCardFacts:
    """The essentials of a policy, on a card for the wallet."""

    number: str
    product: Name
    starts_at: datetime
    ends_at: datetime
    insured: tuple[InsuredOnCard, ...]
    coverages: tuple[CoverageFacts, ...]
    code_address: str
    check_page: str
    claim: ClaimTold
    claim_page: str
    cancelled_at: datetime | None = None
