from datetime import timedelta
from typing import Any

from django.conf import settings

from selfcard.approvals.errors import (
    AlreadyAsked,
    AlreadyDecided,
    ApprovalExpired,
    NotYourOwnRequest,
    ReasonMissing,
    RequestWithdrawn,
)
from selfcard.approvals.locks import locked
from selfcard.approvals.models import Approval
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import step
from selfcard.core.refusals import Operation
from selfcard.organisations.models import May, Organisation
from selfcard.organisations.queries import acting_staff, require


@step
def ask(
    *,
    kind: str,
    subject_kind: str,
    subject_number: str,
    asked: dict[str, Any],
    may: May,
    organisation: Organisation,
    actor: Actor,
) -> Approval:
    """Ask a second person, who has `may` at the organisation, to agree to something.

    A request that has expired makes room for a new one.

    Raises:
        AlreadyAsked: the same waits already.
    """
    same = Approval.objects.filter(
        kind=kind,
        subject_kind=subject_kind,
        subject_number=subject_number,
        state=Approval.State.ASKED,
    )
    waiting = same.select_for_update().first()
    if waiting is not None and not waiting.has_expired:
        raise AlreadyAsked
    if waiting is not None:
        waiting.state = Approval.State.EXPIRED
        waiting.save(update_fields=["state"])
    approval = Approval.objects.create(
        kind=kind,
        subject_kind=subject_kind,
        subject_number=subject_number,
        asked=asked,
        may=may,
        organisation=organisation,
        asked_by=acting_staff(actor),
        asked_at=clock.now(),
        expires_at=clock.now() + timedelta(days=settings.APPROVAL_DAYS),
    )
    record(actor, "approval.asked", approval, kind=kind, about=subject_number)
    return approval


@step
def grant(*, approval: Approval, actor: Actor) -> Approval:
    """Agree to what another person asked for; the command that calls this then does it.

    Raises:
        NotAuthorised, NotYourOwnRequest, AlreadyDecided, RequestWithdrawn, ApprovalExpired.
    """
    return _decide(approval, Approval.State.GRANTED, "", actor)


@step
def refuse(*, approval: Approval, reason: str, actor: Actor) -> Approval:
    """Refuse what another person asked for, with the reason.

    Raises:
        ReasonMissing: no reason is given.
        NotAuthorised, NotYourOwnRequest, AlreadyDecided, RequestWithdrawn, ApprovalExpired.
    """
    if not reason.strip():
        raise ReasonMissing
    return _decide(approval, Approval.State.REFUSED, reason.strip(), actor)


@step
def withdraw(*, approval: Approval, actor: Actor) -> Approval:
    """Take a request back that nobody has decided: a deed has made it pointless.

    The command that calls this has checked that the actor may do that deed.

    Raises:
        AlreadyDecided, RequestWithdrawn: it does not wait any more.
    """
    approval = locked(approval)
    _refuse_closed(approval)
    approval.state = Approval.State.WITHDRAWN
    approval.save(update_fields=["state"])
    record(actor, "approval.withdrawn", approval, kind=approval.kind, about=approval.subject_number)
    return approval


def _decide(approval: Approval, state: Approval.State, reason: str, actor: Actor) -> Approval:
    approval = locked(approval)
    require(actor, May(approval.may), approval.organisation)
    if approval.asked_by_id == actor.id:
        raise NotYourOwnRequest
    _refuse_closed(approval)
    if approval.has_expired:
        raise ApprovalExpired(help=Operation.named(approval.kind, number=approval.subject_number))
    approval.state = state
    approval.reason = reason
    approval.decided_by = acting_staff(actor)
    approval.decided_at = clock.now()
    approval.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    record(actor, f"approval.{state}", approval, kind=approval.kind, about=approval.subject_number)
    return approval


def _refuse_closed(approval: Approval) -> None:
    if approval.decided_by is not None:
        raise AlreadyDecided(name=approval.decided_by.name)
    if approval.state == Approval.State.WITHDRAWN:
        raise RequestWithdrawn
