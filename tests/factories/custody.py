"""Cards in somebody's hands, by commands alone; and custody as a test reads it."""

from uuid import uuid4

from selfcard.cards.models import Batch, DocumentType
from selfcard.core.serials import SerialRun
from selfcard.custody.commands import check_in, check_in_printed, issue_cards
from selfcard.custody.models import Holding, Issue
from selfcard.organisations.models import Party
from tests.factories.cards import PrintedCard, a_printed_batch
from tests.factories.organisations import Insurer


def cards_at_head_office(
    insurer: Insurer, count: int = 100, document_type: DocumentType | None = None
) -> tuple[Batch, list[PrintedCard]]:
    """A batch in head office's inventory, and the cards with their PINs."""
    batch, cards = a_printed_batch(insurer, count, document_type)
    check_in_printed(batch=batch, actor=insurer.actor("chief"), request_id=uuid4())
    return batch, cards


def hand_down(
    insurer: Insurer, run: SerialRun, to: Party, by: str = "chief", *, checked_in_by: str = ""
) -> Issue:
    """Issue a run, and check it in where `checked_in_by` names who does."""
    batch = Batch.objects.get(serials__contains=run.first)
    issue = issue_cards(
        document_type=batch.type_version.document_type,
        runs=(run,),
        to=to,
        actor=insurer.actor(by),
        request_id=uuid4(),
    )
    if checked_in_by:
        check_in(issue=issue, actor=insurer.actor(checked_in_by), request_id=uuid4())
    return issue


def cards_at_institution(
    insurer: Insurer, count: int = 100, document_type: DocumentType | None = None
) -> tuple[Batch, list[PrintedCard]]:
    """A batch that went down the whole tree and is in the institution's inventory."""
    batch, cards = cards_at_head_office(insurer, count, document_type)
    hand_down(insurer, batch.run, insurer.branch.party, checked_in_by="branch_keeper")
    hand_down(
        insurer,
        batch.run,
        insurer.institution.party,
        "branch_keeper",
        checked_in_by="keeper",
    )
    return batch, cards


def custody(batch: Batch) -> list[tuple[str, str, int, int]]:
    """Every holding of a batch: holder, status, first and last card, counted from 1."""
    first = batch.run.first
    return [
        (
            holding.holder.name_en,
            holding.status,
            holding.run.first - first + 1,
            holding.run.last - first + 1,
        )
        for holding in Holding.objects.filter(batch=batch)
        .select_related("holder")
        .order_by("serials")
    ]


def cards_of(batch: Batch, first: int, last: int) -> SerialRun:
    """Cards of a batch, counted from 1."""
    return SerialRun(batch.run.first + first - 1, batch.run.first + last - 1)
