"""What each kind of write-off asks of cards, and what it makes of them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.conf import settings

from selfcard.cards.models import DocumentType
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.numbering import document_number
from selfcard.core.refusals import ReasonMissing
from selfcard.core.serials import SerialRun, count_cards, merge_runs
from selfcard.core.working_days import working_days_after
from selfcard.custody.deeds import DESTRUCTION, FOUND, LOSS, VOID, Deed, declared_invalid
from selfcard.custody.errors import (
    CauseDoesNotFit,
    DestroyedInFuture,
    DestructionNotDescribed,
    OwnStockDecided,
)
from selfcard.custody.freezes import frozen_for, lift_freezes
from selfcard.custody.models import (
    FREEZE_KINDS,
    SHORTAGE_REASON,
    STOCK_COUNT_REASON,
    Freeze,
    WriteOff,
    WriteOffRun,
)
from selfcard.custody.moving import Leg, move
from selfcard.custody.papers.write_offs import freeze_write_off
from selfcard.custody.parts import Part, Use
from selfcard.custody.statuses import CardStatus, MovementKind
from selfcard.organisations.models import Party, Staff

Kind = WriteOff.Kind
Cause = WriteOff.Cause


@dataclass(frozen=True)
class Course:
    """How one kind of write-off goes: for which causes, by which movement, into which status."""

    deed: Deed
    causes: tuple[Cause, ...]
    movement: MovementKind
    outcome: CardStatus
    # What else has stopped the cards and is explained by what has now become of them.
    explains: tuple[str, ...] = ()


COURSES: dict[str, Course] = {
    Kind.VOID: Course(
        VOID,
        (
            Cause.DAMAGED,
            Cause.MISPRINTED,
            Cause.SCRATCHED,
            Cause.EXPIRED,
            Cause.LOST,
            Cause.STOLEN,
            Cause.OTHER,
        ),
        MovementKind.VOID,
        CardStatus.VOID,
        explains=(SHORTAGE_REASON,),
    ),
    Kind.LOSS: Course(
        LOSS,
        (Cause.LOST, Cause.STOLEN),
        MovementKind.LOSS,
        CardStatus.LOST,
        explains=(SHORTAGE_REASON, STOCK_COUNT_REASON),
    ),
    Kind.FOUND: Course(FOUND, (Cause.RETURNED,), MovementKind.FOUND, CardStatus.INVENTORY),
    Kind.DESTRUCTION: Course(
        DESTRUCTION, (Cause.VOID,), MovementKind.DESTRUCTION, CardStatus.DESTROYED
    ),
}


@dataclass(frozen=True)
class Happened:
    """What happened to cards, as somebody reports it."""

    cause: str
    note: str
    place: str = ""
    method: str = ""
    destroyed_on: date | None = None

    def checked(self, kind: str) -> "Happened":
        """The same, trimmed and with the cause that goes without saying.

        Raises:
            ReasonMissing: no note says what happened.
            CauseDoesNotFit: the cause is not one of this kind.
            DestructionNotDescribed, DestroyedInFuture: a destruction says where, how and when.
        """
        causes = COURSES[kind].causes
        cause = self.cause or (causes[0] if len(causes) == 1 else "")
        if cause not in causes:
            raise CauseDoesNotFit
        if not self.note.strip():
            raise ReasonMissing(field="note")
        said = Happened(cause, self.note.strip())
        if kind != Kind.DESTRUCTION:
            return said
        place, method, day = self.place.strip(), self.method.strip(), self.destroyed_on
        if not (place and method and day):
            missing = "place" if not place else "method" if not method else "destroyed_on"
            raise DestructionNotDescribed(field=missing)
        if day > clock.today():
            raise DestroyedInFuture
        return replace(said, place=place, method=method, destroyed_on=day)


def begin_write_off(
    kind: str,
    document_type: DocumentType,
    holder: Party,
    runs: Iterable[SerialRun],
    happened: Happened,
    *,
    asked_by: Staff,
    asked_at: datetime,
) -> WriteOff:
    """Write down a report and its cards; the day by which a loss is announced counts from it."""
    runs = merge_runs(runs)
    announce_by = (
        working_days_after(clock.day_of(asked_at), settings.LOSS_ANNOUNCEMENT_DAYS)
        if kind == Kind.LOSS
        else None
    )
    write_off = WriteOff.objects.create(
        number=document_number("W", "custody_write_off_number", digits=6),
        kind=kind,
        document_type=document_type,
        holder=holder,
        count=count_cards(runs),
        cause=happened.cause,
        note=happened.note,
        place=happened.place,
        method=happened.method,
        destroyed_on=happened.destroyed_on,
        announce_by=announce_by,
        asked_by=asked_by,
        asked_at=asked_at,
    )
    WriteOffRun.objects.bulk_create(
        WriteOffRun(write_off=write_off, serials=run.range) for run in runs
    )
    return write_off


def agree(
    write_off: WriteOff,
    runs: Iterable[SerialRun],
    parts: Iterable[Part],
    *,
    decided_by: Staff,
    actor: Actor,
) -> None:
    """The cards go the way of the write-off; what had stopped them is explained by it, and ends.

    Whatever ends so is released with the number of the write-off.
    """
    write_off.state = WriteOff.State.DONE
    write_off.decided_by, write_off.decided_at = decided_by, clock.now()
    write_off.save(update_fields=["state", "decided_by", "decided_at"])
    course = COURSES[write_off.kind]
    leg = Leg(tuple(parts), course.movement, course.outcome)
    move([leg], reason=write_off.reason, actor=actor)
    explained = Freeze.objects.filter(reason_kind__in=course.explains)
    stopped = frozen_for(write_off.reason) | explained
    lift_freezes(stopped, runs, staff=decided_by, note=write_off.number)
    freeze_write_off(write_off, runs, parts)


def refuse_own(holders: Collection[int], staff: Staff) -> None:
    """Nobody agrees to what becomes of cards that they answer for themself.

    Raises:
        OwnStockDecided: they are one of the holders.
    """
    if staff.party_id in holders:
        raise OwnStockDecided


def use_of(write_off: WriteOff, parts: Iterable[Part]) -> Use:
    """What the cards must still be when a second person agrees; its own freeze lies on them."""
    deed = COURSES[write_off.kind].deed
    invalid = declared_invalid(parts) if deed.gives_back else ()
    use = deed.use(write_off.document_type, {write_off.holder_id}, declared_invalid=invalid)
    return replace(use, frozen_by=FREEZE_KINDS)
