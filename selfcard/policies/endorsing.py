"""Correcting whom a policy names: what it says and should say, and what stands against it.

A correction is judged as if the policy had been applied for with it: what it would have been
refused for then, it is refused for now. What was so before the correction stands against nothing,
such as an applicant who has moved since.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from django.utils.formats import date_format

from selfcard.core import clock
from selfcard.core.refusals import Operation, Refusal
from selfcard.policies.application import (
    Application,
    BeneficiaryGiven,
    ConsentGiven,
    ConsentKind,
    ContactGiven,
    DetailGiven,
    InsuredGiven,
    problems,
)
from selfcard.policies.errors import (
    ConsentMissing,
    CorrectionBreaksRules,
    CoverIsOver,
    GuardianNeverAgreed,
    NameMissing,
    NothingToCorrect,
)
from selfcard.policies.identity import IdentityKind, birth_and_sex, require_identity
from selfcard.policies.models import InsuredPerson, Policy, Role
from selfcard.policies.named import Named, Whom, as_named, named
from selfcard.policies.paperwork import require_characters
from selfcard.policies.queries import facts_for_rules, in_force
from selfcard.products.people import Relationship, Sex
from selfcard.products.rules import broken_rules

APPROVE_ENDORSEMENT = "policies.endorse"
POLICY_REASON = "policy"


def require_possible(policy: Policy, whom: Whom, after: Named) -> None:
    """Refuse a correction that the policy could not have been issued with.

    Call it under the lock of everybody insured who it is about, or another activation may come
    between.

    Raises:
        CoverIsOver: nobody relies on the policy any more.
        NothingToCorrect: it says so already.
        CorrectionBreaksRules: the product does not take this person, or not on these terms.
        MissingGlyph, or what makes a person impossible: as at the issue.
    """
    if clock.now() > policy.ends_at:
        last_day = clock.last_day_before(policy.ends_at)
        raise CoverIsOver(day=date_format(last_day, "DATE_FORMAT"))
    if not named(policy, whom).differs(after):
        raise NothingToCorrect
    require_characters(after.name)
    if whom.role == Role.BENEFICIARY:
        _require_document(after)
    then = application_of(policy)
    now = corrected(then, policy, whom, after)
    for problem in _only_in(_impossible(policy, now), _impossible(policy, then)):
        raise problem
    for broken in _only_in(_broken(policy, now), _broken(policy, then)):
        raise CorrectionBreaksRules(
            rule=str(broken), help=Operation.named("policies.cancel", number=policy.number)
        )


def application_of(policy: Policy) -> Application:
    """What a policy was applied for with, as far as it can be put together again."""
    return Application(
        applicant=as_named(policy).person,
        contact=ContactGiven(
            phone=policy.phone, email=policy.email, region=policy.region, address=policy.address
        ),
        insured=tuple(
            InsuredGiven(
                person=as_named(one).person,
                relationship=Relationship(one.relationship),
                occupation=one.occupation,
                declared_death_cover=one.declared_death_cover,
                details=_details(one.details),
            )
            for one in policy.insured.all()
        ),
        starts_on=clock.day_of(policy.starts_at),
        beneficiaries=tuple(
            BeneficiaryGiven(
                name=one.name,
                relationship=Relationship(one.relationship),
                share=one.share,
                identity_kind=IdentityKind(one.identity_kind) if one.identity_kind else None,
                identity_number=one.identity_number,
            )
            for one in policy.beneficiaries.all()
        ),
        details=_details(policy.details),
        consents=tuple(
            ConsentGiven(
                kind=ConsentKind(one["kind"]),
                version=one["version"],
                given_at=datetime.fromisoformat(one["given_at"]),
            )
            for one in policy.consents
        ),
    )


def corrected(application: Application, policy: Policy, whom: Whom, after: Named) -> Application:
    """The application with one person as they should be named, wherever they stand in it."""
    if whom.role == Role.BENEFICIARY:
        return application
    person = after.person

    def is_meant(row: InsuredPerson) -> bool:
        if whom.role == Role.APPLICANT:
            return row.relationship == Relationship.SELF
        return row.place == whom.place

    insured = tuple(
        replace(one, person=person) if is_meant(row) else one
        for row, one in zip(policy.insured.all(), application.insured, strict=True)
    )
    applicant = person if whom.role == Role.APPLICANT else application.applicant
    return replace(application, applicant=applicant, insured=insured)


def _details(answers: dict[str, str]) -> tuple[DetailGiven, ...]:
    return tuple(DetailGiven(code=code, answer=answer) for code, answer in answers.items())


def _impossible(policy: Policy, application: Application) -> list[Refusal]:
    """What would have made it impossible on the day of issue; consents are among the rules."""
    found = problems(application, today=clock.day_of(policy.issued_at))
    return [one for one in found if not isinstance(one, ConsentMissing)]


def _broken(policy: Policy, application: Application) -> list[Refusal]:
    """The rules that it would have broken, beside what its people have otherwise."""
    version = policy.product_version
    already = in_force(
        (one.person.index for one in application.insured),
        version.product,
        policy.starts_at,
        policy.ends_at,
        besides=policy,
    )
    asked_on = clock.day_of(policy.issued_at)
    facts = facts_for_rules(application, version, asked_on=asked_on, already=already)
    agreed = {one.kind for one in application.consents}
    missing = [
        GuardianNeverAgreed() for kind in application.consents_needed() if kind not in agreed
    ]
    return [*broken_rules(version.bounds, facts), *missing]


def _only_in(these: list[Refusal], those: list[Refusal]) -> Iterator[Refusal]:
    """What stands in the first list alone, told of what should be said instead."""
    known = {(type(one), one.field) for one in those}
    for one in these:
        if (type(one), one.field) not in known:
            one.field = f"after.{(one.field or '').rpartition('.')[2]}"
            yield one


def _require_document(heir: Named) -> None:
    """Refuse a beneficiary's document whose number is impossible; they need not have one.

    Raises:
        NameMissing, or what `require_identity` raises.
    """
    if not heir.name.strip():
        raise NameMissing(field="after.name")
    if heir.identity_kind or heir.identity_number:
        today = clock.today()
        kind = heir.identity_kind or IdentityKind.OTHER
        born, sex = birth_and_sex(kind, heir.identity_number) or (today, Sex.FEMALE)
        try:
            require_identity(kind, heir.identity_number, birth_date=born, sex=sex, today=today)
        except Refusal as refusal:
            refusal.field = f"after.{refusal.field}"
            raise
