from datetime import date
from uuid import UUID

from selfcard.cards.models import DocumentType
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.numbering import document_number
from selfcard.core.refusals import ReasonMissing
from selfcard.custody.locks import lock_requisition
from selfcard.custody.models import Requisition
from selfcard.custody.note_errors import (
    AskedByYourself,
    HeadOfficeAsksNobody,
    IssuerIsNotAbove,
    MoreThanAskedFor,
    NoCardsAskedFor,
    RequisitionAnswered,
    WantedInThePast,
)
from selfcard.organisations.models import May, Organisation
from selfcard.organisations.queries import acting_staff, is_within, require

State = Requisition.State


@command
def ask_for_cards(
    *,
    organisation: Organisation,
    document_type: DocumentType,
    count: int,
    reason: str,
    wanted_by: date,
    issuer: Organisation | None = None,
    actor: Actor,
    request_id: UUID,
) -> Requisition:
    """Ask for stock: of which type, how many, why, and by which day.

    Whoever stands right above answers – a department's institution, an institution's branch, a
    branch's head office – unless another organisation above is named.

    Raises:
        NotAuthorised: the actor may not ask for the organisation.
        NoCardsAskedFor, ReasonMissing, WantedInThePast: the question is not whole.
        HeadOfficeAsksNobody: there is nobody to ask.
        IssuerIsNotAbove: the organisation named does not hand cards down to this one.
    """
    require(actor, May.REQUEST_CARDS, organisation)
    if count < 1:
        raise NoCardsAskedFor
    if not reason.strip():
        raise ReasonMissing
    if wanted_by < clock.today():
        raise WantedInThePast(day=wanted_by)
    requisition = Requisition.objects.create(
        number=document_number("RQ", "custody_requisition_number", digits=6),
        organisation=organisation,
        issuer=_issuer(organisation, issuer),
        document_type=document_type,
        count=count,
        reason=reason.strip(),
        wanted_by=wanted_by,
        asked_by=acting_staff(actor),
        asked_at=clock.now(),
    )
    record(
        actor,
        "cards.asked_for",
        requisition,
        organisation=organisation.code,
        document_type=document_type.code,
        count=count,
    )
    return requisition


@command
def answer_requisition(
    *, requisition: Requisition, granted: int, answer: str = "", actor: Actor, request_id: UUID
) -> Requisition:
    """Grant all that was asked for, a part of it, or nothing, which needs a reason.

    Nothing moves by it: what was granted is handed down by issues that refer to it.

    Raises:
        NotAuthorised: the actor may not issue cards for the organisation that was asked.
        RequisitionAnswered: it was answered or withdrawn before.
        AskedByYourself: another person answers than asked.
        MoreThanAskedFor: so many were not asked for.
        ReasonMissing: nothing is granted, and no answer says why.
    """
    requisition = lock_requisition(requisition)
    require(actor, May.ISSUE_CARDS, requisition.issuer)
    if requisition.state != State.ASKED:
        raise _answered(requisition)
    if requisition.asked_by_id == actor.id:
        raise AskedByYourself
    if not 0 <= granted <= requisition.count:
        raise MoreThanAskedFor(count=f"{requisition.count:,}", granted=f"{granted:,}")
    if granted == 0 and not answer.strip():
        raise ReasonMissing(field="answer")
    requisition.state = State.GRANTED if granted else State.REFUSED
    requisition.granted, requisition.answer = granted, answer.strip()
    requisition.answered_by, requisition.answered_at = acting_staff(actor), clock.now()
    requisition.save(update_fields=["state", "granted", "answer", "answered_by", "answered_at"])
    record(actor, "requisition.answered", requisition, granted=granted)
    return requisition


@command
def withdraw_requisition(
    *, requisition: Requisition, actor: Actor, request_id: UUID
) -> Requisition:
    """The cards are not wanted any more: nothing, or nothing more, is issued for it.

    Raises:
        NotAuthorised: the actor may not ask for the organisation.
        RequisitionAnswered: it was refused or withdrawn before, or all of it was issued.
    """
    requisition = lock_requisition(requisition)
    require(actor, May.REQUEST_CARDS, requisition.organisation)
    if requisition.state != State.ASKED and not requisition.left:
        raise _answered(requisition)
    requisition.state = State.WITHDRAWN
    requisition.save(update_fields=["state"])
    record(actor, "requisition.withdrawn", requisition)
    return requisition


def _issuer(organisation: Organisation, named: Organisation | None) -> Organisation:
    if organisation.parent is None:
        raise HeadOfficeAsksNobody(organisation=organisation.name)
    if named is None:
        return organisation.parent
    if named == organisation or not is_within(organisation, named):
        raise IssuerIsNotAbove(issuer=named.name, organisation=organisation.name)
    return named


def _answered(requisition: Requisition) -> RequisitionAnswered:
    state = State(requisition.state).label
    return RequisitionAnswered(requisition=requisition.number, state=state)
