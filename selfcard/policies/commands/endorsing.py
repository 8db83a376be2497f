"""A policy that names somebody wrongly is corrected: asked for by one, agreed to by another."""

from typing import Any
from uuid import UUID

from selfcard.approvals.commands import ask, grant, refuse, withdraw
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.locks import LockSpace, lock
from selfcard.core.refusals import ReasonMissing
from selfcard.organisations.models import May
from selfcard.organisations.queries import require
from selfcard.policies.cancelling import AskerGiven, checked_asker
from selfcard.policies.endorsing import (
    APPROVE_ENDORSEMENT,
    POLICY_REASON,
    require_possible,
)
from selfcard.policies.errors import DocumentNotNamed, NamedOtherwiseMeanwhile
from selfcard.policies.identity import identity_index, normalised
from selfcard.policies.locks import lock_live
from selfcard.policies.models import Endorsement, EndorsementRequest, Policy, Role
from selfcard.policies.named import Named, Whom, named
from selfcard.policies.telling import tell_endorsed
from selfcard.products.people import Relationship


@command
def ask_endorsement(
    *,
    policy: Policy,
    whom: Whom,
    after: Named,
    asker: AskerGiven,
    reason: str,
    document_seen: str,
    actor: Actor,
    request_id: UUID,
) -> EndorsementRequest:
    """Ask a second person to agree that a policy names somebody as it should.

    Of one policy one correction waits at a time. Nothing changes before somebody agrees; what
    could not be done is refused now.

    Raises:
        NotAuthorised: the actor may not change policies of the selling organisation.
        ReasonMissing, DocumentNotNamed: nobody says why, or by which document.
        AlreadyAsked: something waits already.
        PolicyCancelledAlready: nobody is insured by it.
        What `checked_asker` and `require_possible` raise.
    """
    require(actor, May.CHANGE_POLICIES, policy.organisation)
    if not reason.strip():
        raise ReasonMissing
    if not document_seen.strip():
        raise DocumentNotNamed
    approval = ask(
        kind=APPROVE_ENDORSEMENT,
        subject_kind=POLICY_REASON,
        subject_number=policy.number,
        asked={},
        may=May.APPROVE_ENDORSEMENTS,
        organisation=policy.organisation,
        actor=actor,
    )
    lock_live(policy)
    asker = checked_asker(policy, asker)
    before, after = named(policy, whom), _as_kept(after)
    require_possible(policy, whom, after)
    asked = EndorsementRequest.objects.create(
        policy=policy,
        approval=approval,
        role=whom.role,
        place=whom.place,
        before_text=before.written(),
        after_text=after.written(),
        asker_name=asker.name,
        asker_kind=asker.identity_kind,
        asker_number=asker.identity_number,
        by_authority=asker.by_authority,
        reason=reason.strip(),
        document_seen=document_seen.strip(),
    )
    _write_down(actor, "policy.endorsement_asked", asked)
    return asked


@command
def grant_endorsement(*, asked: EndorsementRequest, actor: Actor, request_id: UUID) -> Endorsement:
    """Agree that a policy names somebody as it should: now it does, by its next edition.

    Whoever is found by the corrected number is found from now on, and the limits per person count
    it: so everybody insured who it is about is locked, under both numbers, and the product's rules
    are asked again.

    Raises:
        NotAuthorised, NotYourOwnRequest, AlreadyDecided, RequestWithdrawn, ApprovalExpired: as for
            every approval.
        PolicyCancelledAlready: nobody is insured by it any more.
        NamedOtherwiseMeanwhile: the person is not as they were when it was asked for.
        What `require_possible` raises: it is not possible any more.
    """
    policy, whom = asked.policy, Whom(Role(asked.role), asked.place)
    before, after = Named.read(asked.before), Named.read(asked.after)
    grant(approval=asked.approval, actor=actor)
    if whom.role != Role.BENEFICIARY:
        lock(LockSpace.PERSON, *(_index(one) for one in (before, after)))
    lock_live(policy)
    if named(policy, whom) != before:
        raise NamedOtherwiseMeanwhile
    require_possible(policy, whom, after)
    policy.edition += 1
    _correct(policy, whom, after)
    endorsement = Endorsement.objects.create(
        asked=asked, policy=policy, edition=policy.edition, endorsed_at=clock.now()
    )
    _write_down(actor, "policy.endorsed", asked, edition=policy.edition)
    tell_endorsed(policy, actor)
    return endorsement


@command
def refuse_endorsement(
    *, asked: EndorsementRequest, reason: str, actor: Actor, request_id: UUID
) -> EndorsementRequest:
    """Refuse an endorsement, with the reason; the policy stays as it is.

    Raises:
        ReasonMissing, NotAuthorised, NotYourOwnRequest, AlreadyDecided, RequestWithdrawn,
        ApprovalExpired: as for every approval.
    """
    refuse(approval=asked.approval, reason=reason, actor=actor)
    _write_down(actor, "policy.endorsement_refused", asked)
    return asked


@command
def withdraw_endorsement(
    *, asked: EndorsementRequest, actor: Actor, request_id: UUID
) -> EndorsementRequest:
    """Take the request for an endorsement back before anybody has decided it.

    Raises:
        NotAuthorised: the actor may not change policies there.
        AlreadyDecided, RequestWithdrawn: it does not wait any more.
    """
    require(actor, May.CHANGE_POLICIES, asked.policy.organisation)
    withdraw(approval=asked.approval, actor=actor)
    _write_down(actor, "policy.endorsement_withdrawn", asked)
    return asked


def _correct(policy: Policy, whom: Whom, after: Named) -> None:
    """Whom it is about is named anew, wherever they stand, from the policy's present edition."""
    if whom.role == Role.BENEFICIARY:
        policy.save(update_fields=["edition"])
        policy.beneficiaries.filter(place=whom.place).update(
            name=after.name,
            identity_kind=after.identity_kind,
            identity_number=after.identity_number,
            edition=policy.edition,
        )
        return
    columns = after.person.columns
    if whom.role == Role.APPLICANT:
        for name, value in columns.items():
            setattr(policy, name, value)
        policy.save(update_fields=[*columns, "edition"])
        rows = policy.insured.filter(relationship=Relationship.SELF)
    else:
        policy.save(update_fields=["edition"])
        rows = policy.insured.filter(place=whom.place)
    rows.update(**columns, edition=policy.edition)


def _as_kept(given: Named) -> Named:
    return Named(
        name=given.name.strip(),
        identity_kind=given.identity_kind,
        identity_number=normalised(given.identity_kind, given.identity_number),
        birth_date=given.birth_date,
        sex=given.sex,
    )


def _index(one: Named) -> bytes:
    return identity_index(one.identity_kind, one.identity_number)


def _write_down(actor: Actor, event: str, asked: EndorsementRequest, **facts: Any) -> None:
    before, after = Named.read(asked.before), Named.read(asked.after)
    record(
        actor,
        event,
        asked.policy,
        role=asked.role,
        place=asked.place,
        corrects=before.differs(after),
        **facts,
    )
