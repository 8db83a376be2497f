"""A large sale that a second person has to agree to: asked for, granted, refused, withdrawn."""

from uuid import UUID

from selfcard.approvals.commands import ask, grant, refuse, withdraw
from selfcard.approvals.locks import take_up
from selfcard.approvals.models import Approval
from selfcard.cards.models import DocumentType
from selfcard.core import numbering
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.serials import SerialRun, distinct_runs, note_runs
from selfcard.custody.commands import require_sellable
from selfcard.custody.locks import lock_custody
from selfcard.organisations.errors import NotAuthorised
from selfcard.organisations.models import May, Organisation, Party
from selfcard.organisations.queries import require, staff_actor
from selfcard.sales.commands.registration import enter_sale
from selfcard.sales.errors import NotYourSale, RegistrarMayNotSell
from selfcard.sales.models import Agency, Sale
from selfcard.sales.queries import APPROVE_SALE, SALE_REASON, holders_selling_for
from selfcard.sales.terms import (
    SaleTerms,
    refuse_unconfirmed,
    require_may_sell,
    require_terms,
    version_of,
)


@command
def ask_large_sale(
    *,
    document_type: DocumentType,
    runs: tuple[SerialRun, ...],
    seller_organisation: Organisation,
    seller: Party,
    business_source: str,
    agency: Agency | None = None,
    customer_reference: str = "",
    remark: str = "",
    gift_reason: str = "",
    confirmed_large: bool = False,
    actor: Actor,
    request_id: UUID,
) -> Approval:
    """Ask a second person to agree to a large sale. Its sales ID is drawn now.

    Nothing happens to the cards before somebody agrees; until then others may sell them.

    Raises:
        What `register_sale` raises, but for the second person.
    """
    terms = SaleTerms(
        document_type=document_type,
        runs=tuple(distinct_runs(runs)),
        seller_organisation=seller_organisation,
        seller=seller,
        business_source=business_source,
        agency=agency,
        customer_reference=customer_reference.strip(),
        remark=remark.strip(),
        gift_reason=gift_reason.strip(),
    )
    refuse_unconfirmed(terms, confirmed_large)
    _require_possible(terms, actor)
    approval = _ask(terms, numbering.document_number("S", "sales_sale_number"), actor)
    _write_down(actor, "sales.large_sale_asked", approval, terms)
    return approval


@command
def ask_large_sale_again(*, approval: Approval, actor: Actor, request_id: UUID) -> Approval:
    """Ask again, under the same sales ID, after the request has expired undecided.

    Raises:
        NotYourSale: somebody else asked; whoever asks is the one who cannot agree.
        AlreadyAsked: the request has not expired.
        What `register_sale` raises: it is not possible any more.
    """
    if approval.asked_by_id != actor.id:
        raise NotYourSale(name=approval.asked_by.name)
    terms = SaleTerms.read(approval.asked)
    _require_possible(terms, actor)
    again = _ask(terms, approval.subject_number, actor)
    _write_down(actor, "sales.large_sale_asked_again", again, terms)
    return again


@command
def grant_large_sale(*, approval: Approval, actor: Actor, request_id: UUID) -> Sale:
    """Agree to a large sale: now it is registered, by whoever asked.

    Raises:
        NotAuthorised, NotYourOwnRequest, AlreadyDecided, RequestWithdrawn, ApprovalExpired: as for
            every approval.
        RegistrarMayNotSell: whoever asked may not register such sales there any more.
        What `register_sale` raises: the cards, the seller or the agency are not as they were.
    """
    terms, approval = _taken_up(approval)
    approval = grant(approval=approval, actor=actor)
    registrar = staff_actor(approval.asked_by, actor.channel)
    try:
        require_may_sell(terms, registrar)
    except NotAuthorised as missing:
        raise RegistrarMayNotSell(name=approval.asked_by.name) from missing
    return enter_sale(
        number=approval.subject_number,
        terms=terms,
        registrar=registrar,
        agreed_by=approval.decided_by,
        actor=actor,
    )


@command
def refuse_large_sale(
    *, approval: Approval, reason: str, actor: Actor, request_id: UUID
) -> Approval:
    """Refuse a large sale, with the reason. Its sales ID stays unused.

    Raises:
        ReasonMissing, NotAuthorised, NotYourOwnRequest, AlreadyDecided, RequestWithdrawn,
        ApprovalExpired: as for every approval.
    """
    terms, approval = _taken_up(approval)
    approval = refuse(approval=approval, reason=reason, actor=actor)
    _write_down(actor, "sales.large_sale_refused", approval, terms)
    return approval


@command
def withdraw_large_sale(*, approval: Approval, actor: Actor, request_id: UUID) -> Approval:
    """Take the request for a large sale back before anybody has decided it.

    Raises:
        NotAuthorised: the actor may not register sales there.
        AlreadyDecided, RequestWithdrawn: it does not wait any more.
    """
    require(actor, May.REGISTER_SALES, approval.organisation)
    terms, approval = _taken_up(approval)
    approval = withdraw(approval=approval, actor=actor)
    _write_down(actor, "sales.large_sale_withdrawn", approval, terms)
    return approval


def _require_possible(terms: SaleTerms, actor: Actor) -> None:
    """Nobody is asked to agree to what could not be done."""
    require_terms(terms, actor)
    require_sellable(
        runs=terms.runs,
        document_type=terms.document_type,
        holders=holders_selling_for(terms.seller_organisation, actor),
        actor=actor,
    )
    version_of(terms.runs)


def _ask(terms: SaleTerms, number: str, actor: Actor) -> Approval:
    return ask(
        kind=APPROVE_SALE,
        subject_kind=SALE_REASON,
        subject_number=number,
        asked=terms.written(),
        may=May.APPROVE_SALES,
        organisation=terms.seller_organisation,
        actor=actor,
    )


def _taken_up(approval: Approval) -> tuple[SaleTerms, Approval]:
    """What was asked, and the request as it is now: batches locked first, then its row."""
    terms = SaleTerms.read(approval.asked)  # what was asked never changes
    lock_custody(terms.runs)
    latest = take_up(APPROVE_SALE, SALE_REASON, approval.subject_number)
    assert latest is not None, "a request is kept"
    return terms, latest


def _write_down(actor: Actor, event: str, approval: Approval, terms: SaleTerms) -> None:
    record(
        actor,
        event,
        approval,
        number=approval.subject_number,
        count=terms.count,
        runs=note_runs(terms.runs),
    )
