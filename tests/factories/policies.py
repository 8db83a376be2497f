"""People, applications and policies as tests need them. Every number is computed, none is real."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from stdnum.cn import ric

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.command import command
from selfcard.core.money import Money
from selfcard.core.papers.facts import Text
from selfcard.organisations.models import Organisation
from selfcard.policies.application import (
    Application,
    ConsentGiven,
    ContactGiven,
    InsuredGiven,
    PersonGiven,
)
from selfcard.policies.cancelling import AskerGiven
from selfcard.policies.commands import (
    ask_endorsement,
    cancel_policy,
    change_contact,
    grant_endorsement,
    issue_policy,
)
from selfcard.policies.identity import IdentityKind
from selfcard.policies.models import (
    ContactChange,
    Endorsement,
    EndorsementRequest,
    Policy,
    Role,
)
from selfcard.policies.named import Named, Whom, named
from selfcard.products.models import ProductVersion
from selfcard.products.people import Relationship, Sex
from selfcard.products.rules import cover_period
from tests.factories.organisations import Insurer

PREMIUM = Money(Decimal("100.00"), "CNY")
RETIRED = "0104"
STUDENT = "0101002"
OFFICE_WORKER = "0102001"


def an_identity_number(
    birth_date: date, sex: Sex = Sex.FEMALE, *, place: str = "330106", order: int = 1
) -> str:
    """A number with a right check digit for a birth date and a sex."""
    serial = order * 2 + (1 if sex == Sex.MALE else 0)
    digits = f"{place}{birth_date:%Y%m%d}{serial:03d}0"
    return digits[:-1] + ric.calc_check_digit(digits)


def a_person(
    name: str = "王芳",
    birth_date: date = date(1986, 5, 17),
    sex: Sex = Sex.FEMALE,
    **numbered: Any,
) -> PersonGiven:
    return PersonGiven(
        name=name,
        identity_kind=IdentityKind.IDENTITY_CARD,
        identity_number=an_identity_number(birth_date, sex, **numbered),
        birth_date=birth_date,
        sex=sex,
    )


def an_insured(
    person: PersonGiven,
    relationship: Relationship = Relationship.SELF,
    occupation: str = OFFICE_WORKER,
    **given: Any,
) -> InsuredGiven:
    return InsuredGiven(person=person, relationship=relationship, occupation=occupation, **given)


def with_consents(application: Application) -> Application:
    """The application with every consent that it needs."""
    consents = tuple(
        ConsentGiven(kind=kind, version="2026-1", given_at=clock.now())
        for kind in application.consents_needed()
    )
    return replace(application, consents=consents)


def an_application(
    *insured: InsuredGiven, applicant: PersonGiven | None = None, **given: Any
) -> Application:
    """An adult who insures herself from tomorrow, unless told otherwise."""
    applicant = applicant or a_person()
    fields: dict[str, Any] = {
        "applicant": applicant,
        "contact": ContactGiven(
            phone="+8613800138000",
            email="wang@example.cn",
            region="330106",
            address="浙江省杭州市文三路1号",
        ),
        "insured": insured or (an_insured(applicant),),
        "starts_on": clock.today() + timedelta(days=1),
        **given,
    }
    return with_consents(Application(**fields))


@command
def issue_for_test(
    *,
    version: ProductVersion,
    application: Application,
    organisation: Organisation,
    reason: tuple[str, str],
    premium: Money,
    actor: Actor,
    request_id: UUID,
) -> Policy:
    """What an activation does around the inner step, and nothing else."""
    starts_at, ends_at = cover_period(version.bounds, application.starts_on)
    return issue_policy(
        version=version,
        application=application,
        starts_at=starts_at,
        ends_at=ends_at,
        premium=premium,
        reason=reason,
        source=Text(zh=f"自助卡 {reason[1]}", en=f"Card {reason[1]}"),
        source_type="",
        organisation=organisation,
        evidence={"source": "203.0.113.7"},
        actor=actor,
    )


def a_policy(
    version: ProductVersion,
    organisation: Organisation,
    application: Application | None = None,
    *,
    reason: tuple[str, str] | None = None,
    premium: Money = PREMIUM,
    actor: Actor | None = None,
) -> Policy:
    return issue_for_test(
        version=version,
        application=application or an_application(),
        organisation=organisation,
        reason=reason or ("card", str(uuid4().int % 10**15)),
        premium=premium,
        actor=actor or Actor.holder(source="203.0.113.7"),
        request_id=uuid4(),
    )


@command
def cancel_for_test(*, policy: Policy, asked_on: date, actor: Actor, request_id: UUID) -> Policy:
    """What a cancellation does around the inner step, and nothing else."""
    cancel_policy(
        policy=policy,
        asker=AskerGiven(policy.identity_number),
        asked_on=asked_on,
        reason="found another insurer",
        benefit_paid=False,
        actor=actor,
    )
    return policy


def cancelled(insurer: Insurer, policy: Policy) -> Policy:
    """The policy, cancelled today by the institution's keeper."""
    return cancel_for_test(
        policy=policy, asked_on=clock.today(), actor=insurer.actor("keeper"), request_id=uuid4()
    )


@command
def change_contact_for_test(
    *, policy: Policy, contact: ContactGiven, actor: Actor, request_id: UUID
) -> Policy:
    """What a code to the former phone does around the inner step, and nothing else."""
    change_contact(policy=policy, contact=contact, how=ContactChange.How.CODE, actor=actor)
    return policy


def reached_by_code(policy: Policy, contact: ContactGiven) -> Policy:
    """The policy, whose applicant is reached elsewhere since a code to the former phone."""
    return change_contact_for_test(
        policy=policy, contact=contact, actor=Actor.holder(), request_id=uuid4()
    )


APPLICANT = Whom(Role.APPLICANT)


def named_as(person: PersonGiven) -> Named:
    """Somebody as a policy names them once they are corrected."""
    return Named(
        name=person.name,
        identity_kind=person.identity_kind,
        identity_number=person.identity_number,
        birth_date=person.birth_date.isoformat(),
        sex=person.sex,
    )


def ask_correction(
    insurer: Insurer, policy: Policy, whom: Whom = APPLICANT, **given: Any
) -> EndorsementRequest:
    """The keeper asks for it as the applicant wishes: for another name, unless told otherwise."""
    facts: dict[str, Any] = {
        "after": replace(named(policy, whom), name="王方"),
        "asker": AskerGiven(policy.identity_number),
        "reason": "misspelt",
        "document_seen": "identity card",
        "actor": insurer.actor("keeper"),
        "request_id": uuid4(),
        **given,
    }
    return ask_endorsement(policy=policy, whom=whom, **facts)


def grant_correction(
    insurer: Insurer, asked: EndorsementRequest, by: str = "second"
) -> Endorsement:
    return grant_endorsement(asked=asked, actor=insurer.actor(by), request_id=uuid4())


def endorsed(insurer: Insurer, policy: Policy, whom: Whom = APPLICANT, **given: Any) -> Policy:
    """The policy, corrected as keeper and second have agreed."""
    grant_correction(insurer, ask_correction(insurer, policy, whom, **given))
    return Policy.objects.get(pk=policy.pk)
