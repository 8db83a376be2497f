"""A policy is issued: what was applied for becomes what it says."""

import json
from datetime import datetime
from typing import Any

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import step
from selfcard.core.compiled import insert
from selfcard.core.money import Money, split_tax
from selfcard.core.papers import Text, letterhead
from selfcard.organisations.models import Organisation
from selfcard.policies.application import (
    Application,
    DetailGiven,
    answers_in,
    problems,
)
from selfcard.policies.errors import (
    ApplicationNotComplete,
    PolicyAlreadyLive,
    VersionNotPublished,
)
from selfcard.policies.models import Beneficiary, InsuredPerson, Policy
from selfcard.policies.numbers import new_policy_number
from selfcard.policies.paperwork import require_printable
from selfcard.policies.queries import live_policy_for
from selfcard.policies.telling import tell_issued
from selfcard.products.codec import to_json
from selfcard.products.details import Detail, of_insured, of_policy
from selfcard.products.models import ProductVersion


@step
def issue_policy(
    *,
    version: ProductVersion,
    application: Application,
    starts_at: datetime,
    ends_at: datetime,
    premium: Money,
    reason: tuple[str, str],
    source: Text,
    source_type: str,
    organisation: Organisation,
    evidence: dict[str, Any],
    actor: Actor,
) -> Policy:
    """Issue a policy: people, cover and consents are frozen as they are at this moment.

    Whoever calls has applied the product's rules, holds the lock of every insured person,
    and has been paid `premium`, tax included. The organisation is the one that sold what
    the policy comes from; its staff see it. `source` names that thing on the policy's paper, and
    `source_type` is the code of its type. `evidence` says how the policy came about (texts and
    versions shown, their language, times, the address); it is kept encrypted. The applicant is
    told, in that language, by the words for that type.

    Raises:
        VersionNotPublished: nobody may be insured by a draft.
        ApplicationNotComplete: with every problem of the application.
        MissingGlyph: a name cannot be printed on the policy.
        PolicyAlreadyLive: the same reason has a live policy.
    """
    if not version.is_published:
        raise VersionNotPublished
    if found := problems(application, today=clock.today()):
        raise ApplicationNotComplete(found)
    require_printable(application)
    if live := live_policy_for(reason):
        raise PolicyAlreadyLive(number=live.number)

    net, tax = split_tax(premium.amount, version.tax_rate)
    policy = Policy(
        number=new_policy_number(),
        product_version=version,
        organisation=organisation,
        reason_kind=reason[0],
        reason_number=reason[1],
        source_zh=source.zh,
        source_en=source.en,
        source_type=source_type,
        **application.applicant.columns,
        phone=application.contact.phone,
        email=application.contact.email,
        address=application.contact.address,
        region=application.contact.region,
        details_text=_details_text(of_policy(version.bounds.details), application.details),
        starts_at=starts_at,
        ends_at=ends_at,
        issued_at=clock.now(),
        channel=actor.channel,
        currency=premium.currency,
        premium_net=net,
        premium_tax=tax,
        premium_gross=premium.amount,
        coverages=_coverages(version),
        consents=to_json(application.consents),
        house=letterhead(),
        evidence_text=json.dumps(evidence, ensure_ascii=False),
    )
    insert(policy)
    _insure(policy, version, application)
    record(
        actor,
        "policy.issued",
        policy,
        version=version.code,
        reason=list(reason),
        starts_at=starts_at.isoformat(),
        ends_at=ends_at.isoformat(),
    )
    tell_issued(policy, actor)
    return policy


def _details_text(asked: tuple[Detail, ...], given: tuple[DetailGiven, ...]) -> str:
    """What the product asked for, as it was answered; nothing that it did not ask."""
    answers = answers_in(given)
    kept = {one.code: one.read(answers[one.code]) for one in asked if answers.get(one.code)}
    return json.dumps(kept, ensure_ascii=False)


def _coverages(version: ProductVersion) -> list[dict[str, str]]:
    return [
        {
            "name_zh": one.name_zh,
            "name_en": one.name_en,
            "sum_insured": str(one.sum_insured),
            "currency": one.currency,
            "conditions_zh": one.conditions_zh,
            "conditions_en": one.conditions_en,
        }
        for one in version.coverages.all()
    ]


def _insure(policy: Policy, version: ProductVersion, application: Application) -> None:
    insert(
        *(
            InsuredPerson(
                policy=policy,
                place=place,
                **one.person.columns,
                relationship=one.relationship,
                occupation=one.occupation,
                death_cover=version.death_cover,
                declared_death_cover=one.declared_death_cover,
                details_text=_details_text(of_insured(version.bounds.details), one.details),
            )
            for place, one in enumerate(application.insured, 1)
        )
    )
    if application.beneficiaries:
        Beneficiary.objects.bulk_create(
            Beneficiary(
                policy=policy,
                place=place,
                name=one.name.strip(),
                relationship=one.relationship,
                share=one.share,
                identity_kind=one.identity_kind or "",
                identity_number=one.identity_number,
            )
            for place, one in enumerate(application.beneficiaries, 1)
        )
