from datetime import timedelta
from typing import Any

from django.conf import settings

from selfcard.approvals.errors import (
    AlreadyAsked,
    AlreadyDecided,
    ApprovalExpired,
    NotYourOwnRequest,
    ReasonMissing,
)
from selfcard.approvals.models import Approval
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import step
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
        waiting.save()
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
        NotAuthorised, NotYourOwnRequest, AlreadyDecided, ApprovalExpired.
    """
    return _decide(approval, Approval.State.GRANTED, "", actor)


@step
def refuse(*, approval: Approval, reason: str, actor: Actor) -> Approval:
    """Refuse what another person asked for, with the reason.

    Raises:
        ReasonMissing: no reason is given.
        NotAuthorised, NotYourOwnRequest, AlreadyDecided, ApprovalExpired.
    """
    if not reason.strip():
        raise ReasonMissing
    return _decide(approval, Approval.State.REFUSED, reason.strip(), actor)


def _decide(approval: Approval, state: Approval.State, reason: str, actor: Actor) -> Approval:
    # Read again under the row's lock: another person may have decided meanwhile.
    approval = (
        Approval.objects.select_for_update(of=["self"])
        .select_related("organisation__party", "decided_by__party")
        .get(pk=approval.pk)
    )
    require(actor, May(approval.may), approval.organisation)
    if approval.asked_by_id == actor.id:
        raise NotYourOwnRequest
    if approval.decided_by is not None:
        raise AlreadyDecided(name=approval.decided_by.name)
    if approval.has_expired:
        raise ApprovalExpired
    approval.state = state
    approval.reason = reason
    approval.decided_by = acting_staff(actor)
    approval.decided_at = clock.now()
    approval.save()
    record(actor, f"approval.{state}", approval, kind=approval.kind, about=approval.subject_number)
    return approval
