"""The papers of a stock count: the blank sheet that it begins with, and the protocol at its end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from selfcard.core.papers import Name, freeze_paper
from selfcard.core.serials import SerialRun, merge_runs
from selfcard.custody.models import CountFinding, StockCount
from selfcard.organisations.models import Party
from selfcard.organisations.queries import organisation_of

COUNT_SHEET = "count_sheet"
COUNT_PROTOCOL = "count_protocol"


@dataclass(frozen=True, kw_only=True)
class CountSheetFacts:
    """What is taken to the shelves: it says nothing of what the books expect there."""

    number: str  # SC-2026-000001
    opened_at: datetime
    document_type: Name
    prefix: str  # the six digits that every serial of the type opens with
    holder: Name
    organisation: Name | None  # where an individual works
    opened_by: Name
    witness: str
    remark: str


@dataclass(frozen=True, kw_only=True)
class FindingFacts:
    """One difference: what kind, which cards, who answers for them, what was agreed."""

    kind: str
    cards: SerialRun
    holder: Name | None  # none: never printed
    status: str
    reason: str  # the paper or freeze that the books knew the cards by
    remedy: str
    note: str


@dataclass(frozen=True, kw_only=True)
class CountProtocolFacts:
    """What the books had, what was counted, and what was agreed about every difference."""

    number: str
    opened_at: datetime
    document_type: Name
    holder: Name
    organisation: Name | None
    opened_by: Name
    witness: str
    remark: str
    compared_at: datetime
    compared_by: Name
    asked_by: Name | None
    closed_at: datetime
    closed_by: Name
    expected: int
    counted: int
    stacks: tuple[SerialRun, ...]  # stacks that follow on from each other as one
    findings: tuple[FindingFacts, ...]
    write_off: str  # the loss that was registered, if there is one


def freeze_count_sheet(stock_count: StockCount) -> None:
    holder = stock_count.holder
    freeze_paper(
        kind=COUNT_SHEET,
        number=stock_count.number,
        facts=CountSheetFacts(
            number=stock_count.number,
            opened_at=stock_count.opened_at,
            document_type=Name.of(stock_count.document_type),
            prefix=stock_count.document_type.prefix,
            holder=Name.of(holder),
            organisation=_place(holder),
            opened_by=Name.of(stock_count.opened_by),
            witness=stock_count.witness,
            remark=stock_count.remark,
        ),
    )


def freeze_count_protocol(stock_count: StockCount, findings: Iterable[CountFinding]) -> None:
    assert stock_count.compared_by is not None
    assert stock_count.compared_at is not None
    assert stock_count.closed_by is not None
    assert stock_count.closed_at is not None
    asked_by, write_off = stock_count.asked_by, stock_count.write_off
    freeze_paper(
        kind=COUNT_PROTOCOL,
        number=stock_count.number,
        facts=CountProtocolFacts(
            number=stock_count.number,
            opened_at=stock_count.opened_at,
            document_type=Name.of(stock_count.document_type),
            holder=Name.of(stock_count.holder),
            organisation=_place(stock_count.holder),
            opened_by=Name.of(stock_count.opened_by),
            witness=stock_count.witness,
            remark=stock_count.remark,
            compared_at=stock_count.compared_at,
            compared_by=Name.of(stock_count.compared_by),
            asked_by=Name.of(asked_by) if asked_by else None,
            closed_at=stock_count.closed_at,
            closed_by=Name.of(stock_count.closed_by),
            expected=stock_count.expected or 0,
            counted=stock_count.counted or 0,
            stacks=tuple(merge_runs(stack.run for stack in stock_count.stacks.all())),
            findings=tuple(_finding(finding) for finding in findings),
            write_off=write_off.number if write_off else "",
        ),
    )


def _finding(finding: CountFinding) -> FindingFacts:
    return FindingFacts(
        kind=finding.kind,
        cards=finding.run,
        holder=Name.of(finding.holder) if finding.holder else None,
        status=finding.status,
        reason=finding.reason_number,
        remedy=finding.remedy,
        note=finding.note,
    )


def _place(holder: Party) -> Name | None:
    return Name.of(organisation_of(holder).party) if holder.is_person else None
