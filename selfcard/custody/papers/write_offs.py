"""The papers of a write-off: what was agreed about its cards, and what is published of a loss."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from selfcard.core.papers import Name, freeze_paper
from selfcard.core.serials import SerialRun, merge_runs
from selfcard.custody.models import WRITE_OFF_REASON, WriteOff
from selfcard.custody.parts import Part
from selfcard.organisations.models import Party
from selfcard.organisations.queries import organisation_of

WRITE_OFF = "write_off"
LOSS_ANNOUNCEMENT = "loss_announcement"


@dataclass(frozen=True, kw_only=True)
class GroundFacts:
    """Cards with the same past: why they were what they were, and the paper that says so."""

    cause: str  # of the write-off that made them so, or of their arrival from the printer
    number: str
    runs: tuple[SerialRun, ...]


@dataclass(frozen=True, kw_only=True)
class WriteOffFacts:
    """What one person reported about some cards and another agreed to."""

    number: str  # W-2026-000001
    kind: str
    document_type: Name
    holder: Name
    organisation: Name | None  # where an individual works
    cause: str
    note: str
    runs: tuple[SerialRun, ...]
    count: int
    grounds: tuple[GroundFacts, ...]
    asked_by: Name
    asked_at: datetime
    decided_by: Name
    decided_at: datetime
    place: str
    method: str
    destroyed_on: date | None
    announce_by: date | None


@dataclass(frozen=True, kw_only=True)
class LossAnnouncementFacts:
    """What the public is told of a loss: which cards are invalid, and nothing of who lost them."""

    number: str
    cause: str
    document_type: Name
    runs: tuple[SerialRun, ...]
    count: int
    announced_on: date | None  # none: it is the text that is to be published
    announced_in: str


def freeze_write_off(write_off: WriteOff, runs: Iterable[SerialRun], parts: Iterable[Part]) -> None:
    """The protocol of an agreed write-off; the parts are the cards as they were before it."""
    assert write_off.decided_by is not None
    assert write_off.decided_at is not None
    freeze_paper(
        kind=WRITE_OFF,
        number=write_off.number,
        facts=WriteOffFacts(
            number=write_off.number,
            kind=write_off.kind,
            document_type=Name.of(write_off.document_type),
            holder=Name.of(write_off.holder),
            organisation=_place(write_off.holder),
            cause=write_off.cause,
            note=write_off.note,
            runs=tuple(runs),
            count=write_off.count,
            grounds=_grounds(parts) if write_off.kind != WriteOff.Kind.LOSS else (),
            asked_by=Name.of(write_off.asked_by),
            asked_at=write_off.asked_at,
            decided_by=Name.of(write_off.decided_by),
            decided_at=write_off.decided_at,
            place=write_off.place,
            method=write_off.method,
            destroyed_on=write_off.destroyed_on,
            announce_by=write_off.announce_by,
        ),
    )


def announcement_of(loss: WriteOff, lost: Iterable[SerialRun]) -> LossAnnouncementFacts:
    """What is to be published of a loss, or what was."""
    runs = tuple(lost)
    return LossAnnouncementFacts(
        number=loss.number,
        cause=loss.cause,
        document_type=Name.of(loss.document_type),
        runs=runs,
        count=sum(run.count for run in runs),
        announced_on=loss.announced_on,
        announced_in=loss.announced_in,
    )


def freeze_announcement(loss: WriteOff, lost: Iterable[SerialRun]) -> None:
    freeze_paper(kind=LOSS_ANNOUNCEMENT, number=loss.number, facts=announcement_of(loss, lost))


def _grounds(parts: Iterable[Part]) -> tuple[GroundFacts, ...]:
    """Why the cards were void or lost before, by the paper that made them so."""
    by_reason: dict[tuple[str, str], list[SerialRun]] = {}
    for part in parts:
        if part.reason[0]:
            by_reason.setdefault(part.reason, []).append(part.run)
    earlier = [number for kind, number in by_reason if kind == WRITE_OFF_REASON]
    causes = (
        dict(WriteOff.objects.filter(number__in=earlier).values_list("number", "cause"))
        if earlier
        else {}
    )
    return tuple(
        GroundFacts(cause=causes.get(number, kind), number=number, runs=tuple(merge_runs(runs)))
        for (kind, number), runs in sorted(by_reason.items())
    )


def _place(holder: Party) -> Name | None:
    return Name.of(organisation_of(holder).party) if holder.is_person else None
