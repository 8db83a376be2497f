"""The facts of issue and check-in notes, taken from the books when the deed is done."""

from collections.abc import Iterable

from selfcard.cards.models import Batch
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.papers import Name, freeze_paper
from selfcard.core.serials import SerialRun, count_cards, merge_runs
from selfcard.custody.models import Issue, Recall
from selfcard.custody.papers import (
    CHECK_IN,
    ISSUE_NOTE,
    RECALL_NOTE,
    CheckInFacts,
    IssueNoteFacts,
    RecallNoteFacts,
)
from selfcard.custody.parts import Part
from selfcard.organisations.queries import acting_staff


def freeze_issue_note(issue: Issue, runs: tuple[SerialRun, ...], parts: Iterable[Part]) -> None:
    deadlines = {part.deadline for part in parts}
    for_whom = issue.for_organisation
    freeze_paper(
        kind=ISSUE_NOTE,
        number=issue.number,
        facts=IssueNoteFacts(
            number=issue.number,
            issued_at=issue.issued_at,
            document_type=Name.of(issue.document_type),
            deadline=deadlines.pop() if len(deadlines) == 1 else None,
            from_party=Name.of(issue.from_party),
            to_party=Name.of(issue.to_party),
            to_person=issue.to_party.is_person,
            for_organisation=Name.of(for_whom.party) if for_whom else None,
            runs=runs,
            count=issue.count,
            issued_by=Name.of(issue.issued_by),
            remark=issue.remark,
            from_person=issue.from_party.is_person,
            requisition=issue.requisition.number if issue.requisition else "",
        ),
    )


def freeze_issue_check_in(
    issue: Issue, sent: list[SerialRun], came: list[SerialRun], missing: list[SerialRun]
) -> None:
    assert issue.checked_in_at is not None
    assert issue.checked_in_by is not None
    freeze_paper(
        kind=CHECK_IN,
        number=issue.number,
        facts=CheckInFacts(
            number=issue.number,
            checked_in_at=issue.checked_in_at,
            document_type=Name.of(issue.document_type),
            from_party=Name.of(issue.from_party),
            to_party=Name.of(issue.to_party),
            sent=tuple(sent),
            came=tuple(came),
            missing=tuple(missing),
            damaged=(),
            sent_count=count_cards(sent),
            came_count=count_cards(came),
            checked_in_by=Name.of(issue.checked_in_by),
            refusal=issue.refusal,
        ),
    )


def freeze_recall_note(recall: Recall, runs: tuple[SerialRun, ...], parts: Iterable[Part]) -> None:
    freeze_paper(
        kind=RECALL_NOTE,
        number=recall.number,
        facts=RecallNoteFacts(
            number=recall.number,
            recalled_at=recall.recalled_at,
            document_type=Name.of(recall.document_type),
            from_party=Name.of(recall.from_party),
            from_person=recall.from_party.is_person,
            to_party=Name.of(recall.to_party),
            runs=runs,
            count=recall.count,
            stopped=tuple(merge_runs(part.run for part in parts if part.frozen)),
            recalled_by=Name.of(recall.recalled_by),
            remark=recall.remark,
        ),
    )


def freeze_batch_check_in(
    batch: Batch,
    came: list[SerialRun],
    missing: tuple[SerialRun, ...],
    damaged: tuple[SerialRun, ...],
    actor: Actor,
) -> None:
    freeze_paper(
        kind=CHECK_IN,
        number=batch.number,
        facts=CheckInFacts(
            number=batch.number,
            checked_in_at=clock.now(),
            document_type=Name.of(batch.type_version.document_type),
            from_party=Name.of(batch.printer),
            to_party=Name.of(batch.organisation.party),
            sent=(batch.run,),
            came=tuple(came),
            missing=missing,
            damaged=damaged,
            sent_count=batch.count,
            came_count=count_cards(came),
            checked_in_by=Name.of(acting_staff(actor)),
        ),
    )
