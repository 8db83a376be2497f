"""What a counter does beside what the telephone does: copies of documents that were shown."""

from uuid import UUID

from django.conf import settings

from selfcard.activation.errors import NoCopy, TooManyCopies
from selfcard.activation.hands import case_in_hand
from selfcard.activation.models import CaseCopy, DeskCase, PinProof
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.attachments import Attachment
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.organisations.models import May
from selfcard.organisations.queries import require


@command
def add_copies(
    *,
    case: DeskCase,
    proof: PinProof,
    files: tuple[Attachment, ...],
    actor: Actor,
    request_id: UUID,
) -> DeskCase:
    """Keep copies of the documents that a customer shows.

    Raises:
        NoCopy: there is none.
        TooManyCopies: the case would have more than are kept.
        CaseOver, CaseInOtherHands, PinNotShown: the case is not in the actor's hands.
    """
    held = case_in_hand(case, proof, actor)
    if not files:
        raise NoCopy
    has = held.copies.count()
    if has + len(files) > settings.COPIES_OF_A_CASE:
        raise TooManyCopies(most=settings.COPIES_OF_A_CASE, has=has)
    now = clock.now()
    CaseCopy.objects.bulk_create(
        CaseCopy(
            case=held,
            place=place,
            kind=one.kind,
            name=one.name,
            size=len(one.content),
            content=one.content,
            added_at=now,
        )
        for place, one in enumerate(files, has + 1)
    )
    record(actor, "case.copies_added", held, files=len(files))
    return held


@command
def open_copy(*, copy: CaseCopy, actor: Actor, request_id: UUID) -> CaseCopy:
    """Look at a copy; that somebody did is written down.

    Raises:
        NotAuthorised: the actor may not see the case.
    """
    require(actor, May.ACTIVATE_FOR_CUSTOMER, copy.case.organisation)
    record(actor, "case.copy_opened", copy.case, copy=copy.place)
    return copy
