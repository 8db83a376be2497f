from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import Exists, F, OuterRef, QuerySet
from psycopg.types.numeric import Int8

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.compiled import Compiled, prepared
from selfcard.core.reminding import days_reminded_of
from selfcard.organisations.models import May
from selfcard.organisations.queries import organisations_in_reach
from selfcard.policies.application import (
    Application,
    InsuredGiven,
    answers_in,
    insured_facts,
)
from selfcard.policies.errors import NoSuchPolicy, NotAPolicyNumber
from selfcard.policies.identity import (
    IdentityKind,
    identity_index,
    masked_email,
    masked_name,
    masked_number,
    masked_phone,
    written_phone,
)
from selfcard.policies.models import (
    CoverReminder,
    InsuredPerson,
    Person,
    Policy,
    SeenState,
    Unmasking,
)
from selfcard.policies.numbers import read_policy_number
from selfcard.products.details import answered, of_insured, of_policy
from selfcard.products.models import Product, ProductVersion
from selfcard.products.people import Relationship, Sex
from selfcard.products.rules import Facts, InsuredFacts


def policies() -> QuerySet[Policy]:
    """All policies with what a page says about them."""
    return Policy.objects.select_related(
        "product_version__product", "organisation__party"
    ).prefetch_related("insured", "beneficiaries")


def find_policy(number: str) -> Policy | None:
    """The policy of a number, however it was typed."""
    try:
        return policies().filter(number=read_policy_number(number)).first()
    except NotAPolicyNumber:
        return None


def covers_to_remind_of(days: int, most: int) -> list[Policy]:
    """Policies whose cover ends in so many days, or fewer if that was missed, and whose applicants
    were not reminded of it; those that end first come first.

    A cover that was shorter from its beginning is left out: its end was just told.
    """
    first, last = days_reminded_of(days, settings.COVER_REMINDERS)
    reminded = CoverReminder.objects.filter(policy=OuterRef("pk"), days=days)
    return list(
        Policy.objects.filter(
            ~Exists(reminded),
            state=Policy.State.ISSUED,
            ends_at__gt=clock.day_start(first),
            ends_at__lte=clock.day_start(last + timedelta(days=1)),
            starts_at__lt=F("ends_at") - timedelta(days=days),
        )
        .select_related("product_version", "organisation")
        .order_by("ends_at", "pk")[:most]
    )


def live_policy_for(reason: tuple[str, str]) -> Policy | None:
    """The policy that a thing (kind, number) has become and that is not cancelled."""
    return next(iter(_live_for(None, *reason)), None)


_live_for = Compiled(
    lambda _, kind, number: Policy.objects.filter(
        reason_kind=kind, reason_number=number, state=Policy.State.ISSUED
    )
)


def policies_of_person(actor: Actor, identity_number: str) -> QuerySet[Policy]:
    """The policies in reach in which somebody with this number applied or is insured.

    Whoever types a number does not say of which kind of document it is. It is found by its blind
    index: names cannot be searched, since they are kept sealed.
    """
    indexes = {identity_index(kind, identity_number) for kind in IdentityKind}
    insured = InsuredPerson.objects.filter(identity_index__in=indexes).values("policy")
    applied = Policy.objects.filter(identity_index__in=indexes).values("pk")
    return policies_in_reach(actor).filter(pk__in=insured.order_by().union(applied.order_by()))


def unmaskings_in_reach(actor: Actor) -> QuerySet[Unmasking]:
    """Who has seen what unmasked of the policies that the actor audits."""
    reach = organisations_in_reach(actor, May.AUDIT).values("pk")
    return Unmasking.objects.filter(policy__organisation__in=reach).select_related(
        "policy", "seen_by__party"
    )


def find_unmasking(actor: Actor, policy: Policy, key: int) -> Unmasking | None:
    """What the actor has just asked to see of a policy; a while later it is masked again."""
    since = clock.now() - settings.UNMASKED_FOR
    return policy.unmaskings.filter(pk=key, seen_by=actor.id, seen_at__gte=since).first()


def policies_in_reach(actor: Actor) -> QuerySet[Policy]:
    """The policies sold by the organisations whose policies the actor may see."""
    reach = organisations_in_reach(actor, May.SEE_POLICIES).values("pk")
    return policies().filter(organisation__in=reach)


def access_policy(actor: Actor, number: str) -> Policy:
    """A policy that the actor may see.

    Raises:
        NoSuchPolicy: there is none, or the actor may not see it: the answer is the same.
    """
    policy = find_policy(number)
    if policy is None or not policies_in_reach(actor).filter(pk=policy.pk).exists():
        raise NoSuchPolicy
    return policy


def is_of(policy: Policy, identity_kind: IdentityKind | str, identity_number: str) -> bool:
    """Whether a document is the applicant's or an insured person's."""
    index = identity_index(identity_kind, identity_number)
    people = [policy, *policy.insured.all()]
    return any(bytes(person.identity_index) == index for person in people)


@dataclass(frozen=True)
class InForce:
    """What one person has already during a period: by blind index, never by name."""

    policies: int = 0
    death_cover: Decimal = Decimal(0)


def in_force(
    indexes: Iterable[bytes],
    product: Product,
    starts_at: datetime,
    ends_at: datetime,
    *,
    besides: Policy | None = None,
) -> dict[bytes, InForce]:
    """Per person: live policies of a product that share a moment with a period, and what all
    their policies of that time would pay on death; `besides` one that is not counted.

    Call it under the lock of every person named, or another activation may come between.
    """
    sql = """
        SELECT insured.identity_index,
               count(*) FILTER (WHERE version.product_id = %s),
               sum(insured.death_cover)
        FROM policies_insuredperson insured
        JOIN policies_policy policy ON policy.id = insured.policy_id
        JOIN products_productversion version ON version.id = policy.product_version_id
        WHERE insured.identity_index = ANY(%s) AND policy.state = 'issued'
          AND policy.starts_at < %s AND policy.ends_at > %s AND policy.id <> %s
        GROUP BY insured.identity_index
    """
    wanted = sorted(set(indexes))
    not_counted = Int8(besides.pk if besides else 0)
    with prepared() as cursor:
        cursor.execute(sql, [Int8(product.pk), wanted, ends_at, starts_at, not_counted])
        found = {bytes(index): InForce(count, cover) for index, count, cover in cursor}
    return {index: found.get(index, InForce()) for index in wanted}


def facts_for_rules(
    application: Application,
    version: ProductVersion,
    *,
    asked_on: date,
    already: dict[bytes, InForce],
) -> Facts:
    """What `broken_rules` asks about an application, with what each person has already."""
    nothing = InForce()
    return Facts(
        asked_on=asked_on,
        starts_on=application.starts_on,
        applicant_birth_date=application.applicant.birth_date,
        insured=tuple(
            _facts_of(one, version, already.get(one.person.index, nothing))
            for one in application.insured
        ),
        region=application.contact.region,
        details=answered(of_policy(version.bounds.details), answers_in(application.details)),
        death_cover=version.death_cover,
        currency=version.currency,
    )


def _facts_of(one: InsuredGiven, version: ProductVersion, already: InForce) -> InsuredFacts:
    return insured_facts(
        one,
        policies_in_force=already.policies,
        own_death_cover=already.death_cover,
        details=answered(of_insured(version.bounds.details), answers_in(one.details)),
    )


@dataclass(frozen=True, kw_only=True)
class PersonView:
    """A person as a page shows them; masked unless the reader has shown who they are."""

    name: str
    identity_kind: str
    identity_number: str
    birth_date: date | None
    sex: str
    relationship: str = ""
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class BeneficiaryView:
    name: str
    relationship: str
    share: Decimal


@dataclass(frozen=True, kw_only=True)
class PolicyView:
    """A policy for a page: all of it, or so little that a stranger learns no name."""

    policy: Policy
    state: SeenState
    masked: bool
    applicant: PersonView
    insured: tuple[PersonView, ...]
    beneficiaries: tuple[BeneficiaryView, ...]
    phone: str
    email: str
    address: str
    details: tuple[tuple[str, str], ...]


def policy_view(policy: Policy, *, masked: bool, contact_masked: bool | None = None) -> PolicyView:
    """A policy as it is shown.

    Masked for whoever came with card and PIN alone (a seller may know the PIN), and for staff who
    have not said why they need more: names by their first character, no birth date, numbers and
    contact hidden. Whole for the policy's own people. Staff see the people or the contact apart.
    """
    if contact_masked is None:
        contact_masked = masked
    return PolicyView(
        policy=policy,
        state=policy.seen_state(clock.now()),
        masked=masked,
        applicant=_person_view(policy, masked, ""),
        insured=tuple(
            _person_view(
                one,
                masked,
                str(Relationship(one.relationship).label),
                () if masked else _details(policy, one.details),
            )
            for one in policy.insured.all()
        ),
        beneficiaries=tuple(
            BeneficiaryView(
                name=masked_name(one.name) if masked else one.name,
                relationship=str(Relationship(one.relationship).label),
                share=one.share,
            )
            for one in policy.beneficiaries.all()
        ),
        phone=masked_phone(policy.phone) if contact_masked else written_phone(policy.phone),
        email=masked_email(policy.email) if contact_masked else policy.email,
        address="" if contact_masked else policy.address,
        details=() if masked else _details(policy, policy.details),
    )


def _details(policy: Policy, answers: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """What the product asked for beyond the people, each with its answer, for the reader."""
    asked = policy.product_version.bounds.details
    return tuple((one.label, one.shown(answers[one.code])) for one in asked if one.code in answers)


def _person_view(
    person: Person, masked: bool, relationship: str, details: tuple[tuple[str, str], ...] = ()
) -> PersonView:
    number = person.identity_number
    return PersonView(
        name=masked_name(person.name) if masked else person.name,
        identity_kind=str(IdentityKind(person.identity_kind).label),
        identity_number=masked_number(number) if masked else number,
        birth_date=None if masked else person.birth_date,
        sex="" if masked else str(Sex(person.sex).label),
        relationship=relationship,
        details=details,
    )
