"""Cards in somebody's hands, by commands alone; and custody as a test reads it."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from selfcard.cards.models import Batch, DocumentType
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.command import command
from selfcard.core.serials import SerialRun
from selfcard.custody.commands import (
    answer_requisition,
    ask_for_cards,
    ask_write_off,
    check_in,
    check_in_printed,
    freeze_cards,
    grant_write_off,
    hand_over_cards,
    issue_cards,
    recall_cards,
    record_announcement,
    release_cards,
    remember_opened,
)
from selfcard.custody.models import Holding, Issue, Recall, Requisition, WriteOff
from selfcard.organisations.models import Party
from tests.factories.cards import PrintedCard, a_printed_batch
from tests.factories.organisations import Insurer
from tests.factories.remembered import remembered


@remembered
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


@remembered
def cards_at_branch(
    insurer: Insurer, count: int = 100, document_type: DocumentType | None = None
) -> tuple[Batch, list[PrintedCard]]:
    """A batch in the branch's inventory."""
    batch, cards = cards_at_head_office(insurer, count, document_type)
    hand_down(insurer, batch.run, insurer.branch.party, checked_in_by="branch_keeper")
    return batch, cards


@remembered
def cards_at_institution(
    insurer: Insurer, count: int = 100, document_type: DocumentType | None = None
) -> tuple[Batch, list[PrintedCard]]:
    """A batch that went down the whole tree and is in the institution's inventory."""
    batch, cards = cards_at_branch(insurer, count, document_type)
    hand_down(
        insurer,
        batch.run,
        insurer.institution.party,
        "branch_keeper",
        checked_in_by="keeper",
    )
    return batch, cards


def a_requisition(
    insurer: Insurer, document_type: DocumentType, by: str = "keeper", **given: Any
) -> Requisition:
    """What the institution asks its branch for, unless something else is given."""
    question = {
        "organisation": insurer.institution,
        "count": 100,
        "reason": "Stock for the holidays",
        "wanted_by": clock.today() + timedelta(days=7),
        **given,
    }
    return ask_for_cards(
        document_type=document_type,
        **question,
        actor=insurer.actor(by),
        request_id=uuid4(),
    )


def granted(
    insurer: Insurer,
    document_type: DocumentType,
    count: int,
    by: str = "branch_keeper",
    **given: Any,
) -> Requisition:
    """A requisition that is granted whole."""
    return answer_requisition(
        requisition=a_requisition(insurer, document_type, count=count, **given),
        granted=count,
        actor=insurer.actor(by),
        request_id=uuid4(),
    )


def take_back(insurer: Insurer, run: SerialRun, by: str = "keeper", **given: Any) -> Recall:
    """Recall a run to whoever issued it."""
    batch = Batch.objects.get(serials__contains=run.first)
    return recall_cards(
        document_type=batch.type_version.document_type,
        runs=(run,),
        actor=insurer.actor(by),
        request_id=uuid4(),
        **given,
    )


def hand_over(insurer: Insurer, run: SerialRun, to: Party, by: str = "keeper") -> Issue:
    """Pass a run from one individual to another."""
    batch = Batch.objects.get(serials__contains=run.first)
    return hand_over_cards(
        document_type=batch.type_version.document_type,
        runs=(run,),
        to=to,
        actor=insurer.actor(by),
        request_id=uuid4(),
    )


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


def stop(insurer: Insurer, *runs: SerialRun, by: str = "chief", note: str = "A caller") -> str:
    """Freeze cards, for the note that is given; the number of the freeze."""
    return freeze_cards(
        document_type=_type_of(runs[0]),
        runs=runs,
        note=note,
        actor=insurer.actor(by),
        request_id=uuid4(),
    )


def let_go(insurer: Insurer, number: str, by: str = "chief") -> None:
    """Release all cards that a freeze stops."""
    release_cards(number=number, note="Found", actor=insurer.actor(by), request_id=uuid4())


def report(
    insurer: Insurer, kind: str, *runs: SerialRun, by: str = "chief", **changes: Any
) -> WriteOff:
    """Report cards as void, lost, found or destroyed; it waits for a second person."""
    given: dict[str, Any] = {
        "note": "As the keeper says",
        "cause": _CAUSES.get(WriteOff.Kind(kind), ""),
    }
    if kind == WriteOff.Kind.DESTRUCTION:
        given |= {"place": "Yard", "method": "Shredder", "destroyed_on": clock.today()}
    return ask_write_off(
        kind=kind,
        document_type=_type_of(runs[0]),
        runs=runs,
        actor=insurer.actor(by),
        request_id=uuid4(),
        **{**given, **changes},
    )


def agree(insurer: Insurer, write_off: WriteOff, by: str = "second") -> WriteOff:
    return grant_write_off(write_off=write_off, actor=insurer.actor(by), request_id=uuid4())


def written_off(
    insurer: Insurer, kind: str, *runs: SerialRun, by: str = "chief", **changes: Any
) -> WriteOff:
    """The same, and `second` has agreed to it."""
    return agree(insurer, report(insurer, kind, *runs, by=by, **changes))


def a_shortage(
    insurer: Insurer, batch: Batch, first: int, last: int, missing: tuple[int, int]
) -> Issue:
    """Cards sent to the branch, of which some are missing when it checks them in."""
    note = hand_down(insurer, cards_of(batch, first, last), insurer.branch.party)
    return check_in(
        issue=note,
        missing=(cards_of(batch, *missing),),
        actor=insurer.actor("branch_keeper"),
        request_id=uuid4(),
    )


def announce(
    insurer: Insurer,
    loss: WriteOff,
    day: date | None = None,
    where: str = "Morning Post",
    by: str = "chief",
) -> WriteOff:
    return record_announcement(
        write_off=loss,
        announced_on=day or clock.today(),
        announced_in=where,
        actor=insurer.actor(by),
        request_id=uuid4(),
    )


@command
def open_card(*, serial: int, actor: Actor, request_id: UUID) -> None:
    """Somebody types the right PIN of a card."""
    remember_opened(serial=serial, actor=actor)


def opened(serial: int) -> None:
    """The PIN of a card was used."""
    open_card(serial=serial, actor=Actor.holder(), request_id=uuid4())


def places(batch: Batch) -> list[tuple[str, int, int]]:
    """Every holding of a batch: status, first and last card, counted from 1."""
    return [(status, first, last) for _, status, first, last in custody(batch)]


_CAUSES = {WriteOff.Kind.VOID: "damaged", WriteOff.Kind.LOSS: "lost"}


def _type_of(run: SerialRun) -> DocumentType:
    batch = Batch.objects.get(serials__contains=run.first)
    return batch.type_version.document_type
