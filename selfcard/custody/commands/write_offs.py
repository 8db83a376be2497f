from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet

from selfcard.approvals.commands import ask, grant, refuse, withdraw
from selfcard.approvals.locks import take_up
from selfcard.approvals.models import Approval
from selfcard.cards.models import DocumentType
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command, step
from selfcard.core.compiled import Compiled
from selfcard.core.refusals import Operation, ReasonMissing
from selfcard.core.serials import SerialRun, describe_runs, distinct_runs, note_runs
from selfcard.custody.errors import (
    AnnouncedOutOfTime,
    AnnouncementNotDescribed,
    CauseOfLostCards,
    LossAlreadyAnnounced,
    LossNotAgreed,
    NothingToAnnounce,
    NotYourWriteOff,
    WriteOffInOtherState,
)
from selfcard.custody.freezes import frozen_for, lay_freeze, lift_freezes
from selfcard.custody.locks import lock_custody, lock_custody_of
from selfcard.custody.models import WRITE_OFF_REASON, WriteOff, WriteOffRun
from selfcard.custody.papers.write_offs import freeze_announcement
from selfcard.custody.parts import Part, one_holder, read_parts, refuse_unusable
from selfcard.custody.queries.write_offs import APPROVE_WRITE_OFF, still_lost
from selfcard.custody.statuses import CardStatus
from selfcard.custody.writing_off import (
    COURSES,
    Happened,
    agree,
    begin_write_off,
    refuse_own,
    use_of,
)
from selfcard.organisations.models import May, Party, Staff
from selfcard.organisations.queries import acting_staff, organisation_of, require

Kind = WriteOff.Kind
State = WriteOff.State


@command
def ask_write_off(
    *,
    kind: str,
    document_type: DocumentType,
    runs: tuple[SerialRun, ...],
    cause: str = "",
    note: str,
    place: str = "",
    method: str = "",
    destroyed_on: date | None = None,
    actor: Actor,
    request_id: UUID,
) -> WriteOff:
    """Report cards as void, lost, found again or destroyed, and ask a second person to agree.

    The cards of one holder, frozen from this moment until it is decided; only then do they
    change. A loss is to be announced publicly so many working days after the report. Where a
    kind has only one cause, none need be given. A destruction names its place, method and day.

    Raises:
        ReasonMissing: no note says what happened.
        CauseDoesNotFit: the cause is not one of this kind.
        DestructionNotDescribed, DestroyedInFuture: a destruction does not say where, how, when.
        NoSerialsGiven, RunsOverlapEachOther, NoSuchCards, CardsOfOtherType, CardsNotHeld,
        CardsInOtherStatus, CardsFrozen, CardsOpened, CardsNeverCame, CardsDeclaredInvalid: it
            cannot be done with some of the cards.
        CardsOfSeveralHolders: they lie with several holders.
        CauseOfLostCards: cards are said to be lost, and were never reported so.
    """
    happened = Happened(cause, note, place, method, destroyed_on).checked(kind)
    runs = tuple(distinct_runs(runs))
    lock_custody(runs)
    parts = read_parts(runs)
    refuse_unusable(parts, COURSES[kind].deed.use_by(actor, document_type, parts))
    holder = one_holder(parts)
    if kind == Kind.VOID and happened.cause in COURSES[Kind.LOSS].causes:
        _refuse_unreported(parts)
    staff = acting_staff(actor)
    write_off = begin_write_off(
        kind, document_type, holder, runs, happened, asked_by=staff, asked_at=clock.now()
    )
    lay_freeze(runs, write_off.reason, staff=staff)
    _ask_second_person(write_off, actor)
    _write_down(actor, "write_off.asked", write_off, runs)
    return write_off


@command
def ask_write_off_again(*, write_off: WriteOff, actor: Actor, request_id: UUID) -> WriteOff:
    """Ask again for a second person, after the request has expired undecided.

    Only whoever reported it asks: whoever asks is the one who cannot agree.

    Raises:
        WriteOffInOtherState: it was decided or withdrawn.
        NotYourWriteOff: somebody else reported it.
        AlreadyAsked: the request has not expired.
    """
    write_off, runs = _locked(write_off)
    if write_off.asked_by_id != actor.id:
        raise NotYourWriteOff(name=write_off.asked_by.name)
    _ask_second_person(write_off, actor)
    _write_down(actor, "write_off.asked_again", write_off, runs)
    return write_off


@command
def grant_write_off(*, write_off: WriteOff, actor: Actor, request_id: UUID) -> WriteOff:
    """Agree to what somebody reported: now the cards are void, lost, found or destroyed.

    Their freeze ends, and so does one as a shortage that a loss or a void explains.

    Raises:
        WriteOffInOtherState: it was decided or withdrawn.
        NotAuthorised, NotYourOwnRequest, ApprovalExpired: as for every approval.
        OwnStockDecided: the cards are the actor's own to answer for.
        CardsNotHeld, CardsInOtherStatus, CardsOpened, CardsDeclaredInvalid: it cannot be done
            any more.
    """
    write_off, runs = _locked(write_off)
    granted = grant(approval=_asked_for(write_off), actor=actor)
    assert granted.decided_by is not None
    refuse_own({write_off.holder_id}, granted.decided_by)
    parts = read_parts(runs)
    refuse_unusable(parts, use_of(write_off, parts))
    agree(write_off, runs, parts, decided_by=granted.decided_by, actor=actor)
    _write_down(actor, "write_off.agreed", write_off, runs)
    return write_off


@command
def refuse_write_off(
    *, write_off: WriteOff, reason: str, actor: Actor, request_id: UUID
) -> WriteOff:
    """Refuse what somebody reported, with the reason: nothing has happened to the cards.

    Raises:
        WriteOffInOtherState: it was decided or withdrawn.
        ReasonMissing, NotAuthorised, NotYourOwnRequest, ApprovalExpired: as for every approval.
    """
    write_off, runs = _locked(write_off)
    refuse(approval=_asked_for(write_off), reason=reason, actor=actor)
    write_off.state = State.REFUSED
    write_off.decided_by, write_off.decided_at = acting_staff(actor), clock.now()
    write_off.save(update_fields=["state", "decided_by", "decided_at"])
    _let_go(write_off, actor, note=reason)
    _write_down(actor, "write_off.refused", write_off, runs)
    return write_off


@command
def withdraw_write_off(
    *, write_off: WriteOff, reason: str, actor: Actor, request_id: UUID
) -> WriteOff:
    """Take a report back that nobody has decided, expired or not: the cards go on as before.

    Raises:
        ReasonMissing: no reason is given.
        NotAuthorised: the actor may not write off cards where the holder is.
        WriteOffInOtherState: it was decided or withdrawn.
    """
    if not reason.strip():
        raise ReasonMissing
    write_off, runs = _locked(write_off)
    require(actor, May.WRITE_OFF_CARDS, organisation_of(write_off.holder))
    withdraw(approval=_asked_for(write_off), actor=actor)
    write_off.state = State.WITHDRAWN
    write_off.save(update_fields=["state"])
    _let_go(write_off, actor, note=reason)
    _write_down(actor, "write_off.withdrawn", write_off, runs)
    return write_off


@command
def record_announcement(
    *,
    write_off: WriteOff,
    announced_on: date,
    announced_in: str,
    actor: Actor,
    request_id: UUID,
) -> WriteOff:
    """Write down where and when a loss was announced publicly.

    What is still lost of it is invalid for ever from now on: if it turns up, it is made void.

    Raises:
        AnnouncementNotDescribed: it is not said where.
        NotAuthorised: the actor may not write off cards where the holder is.
        LossNotAgreed: it is no loss, or nobody has agreed to it.
        LossAlreadyAnnounced: that was written down before.
        NothingToAnnounce: all its cards were found or made void meanwhile.
        AnnouncedOutOfTime: the day lies before the report, or ahead.
    """
    if not announced_in.strip():
        raise AnnouncementNotDescribed
    write_off, _ = _locked(write_off, *State)
    require(actor, May.WRITE_OFF_CARDS, organisation_of(write_off.holder))
    if write_off.kind != Kind.LOSS or write_off.state != State.DONE:
        raise LossNotAgreed(number=write_off.number)
    if write_off.announced_on is not None:
        raise LossAlreadyAnnounced(number=write_off.number, where=write_off.announced_in)
    lost = still_lost(write_off)
    if not lost:
        raise NothingToAnnounce(number=write_off.number)
    reported = clock.day_of(write_off.asked_at)
    if not reported <= announced_on <= clock.today():
        raise AnnouncedOutOfTime(reported=reported)
    write_off.announced_on = announced_on
    write_off.announced_in = announced_in.strip()
    write_off.announced_by = acting_staff(actor)
    write_off.save(update_fields=["announced_on", "announced_in", "announced_by"])
    freeze_announcement(write_off, lost)
    _write_down(actor, "loss.announced", write_off, lost)
    return write_off


@step
def lose_cards(
    *,
    document_type: DocumentType,
    holder: Party,
    runs: tuple[SerialRun, ...],
    note: str,
    asked_by: Staff,
    asked_at: datetime,
    actor: Actor,
) -> WriteOff:
    """Cards that lacked at a stock count are *lost*: what was asked and agreed there.

    One agreed loss of one holder, under a number of its own: `asked_by` asked for the adjustments
    of the count at `asked_at`, and the actor, another person whom the caller has found entitled,
    agrees to them now. They are inventory of the holder, frozen or not, and what froze them as
    missing ends. Its announcement is due as that of any loss, counted from `asked_at`.

    Raises:
        NoSerialsGiven, RunsOverlapEachOther, NoSuchCards, CardsOfOtherType, CardsNotHeld,
        CardsInOtherStatus: some of the cards cannot be lost by this holder.
        CardsFrozen: another write-off is about them.
    """
    runs = tuple(distinct_runs(runs))
    # The count has these batches since before its own row was locked: this waits for nobody.
    lock_custody(runs)
    parts = read_parts(runs)
    refuse_unusable(parts, COURSES[Kind.LOSS].deed.use(document_type, {holder.pk}))
    write_off = begin_write_off(
        Kind.LOSS,
        document_type,
        holder,
        runs,
        Happened(WriteOff.Cause.COUNTED, note),
        asked_by=asked_by,
        asked_at=asked_at,
    )
    agree(write_off, runs, parts, decided_by=acting_staff(actor), actor=actor)
    _write_down(actor, "write_off.agreed", write_off, runs)
    return write_off


def _locked(write_off: WriteOff, *states: str) -> tuple[WriteOff, list[SerialRun]]:
    """The write-off as it is now, and its cards: batches locked first, then its row.

    Without states it has to wait for its decision.
    """
    lock_custody_of(write_off)
    (found,) = _for_update(None, write_off.pk)
    if found.state not in (states or {State.ASKED}):
        raise WriteOffInOtherState(
            number=found.number,
            state=found.get_state_display(),
            help=Operation.named("custody.write_off", number=found.number),
        )
    return found, [SerialRun.of(serials) for serials in found.ranges]  # type: ignore[attr-defined]


def _with_runs(_: None, key: int) -> QuerySet[WriteOff]:
    named = WriteOffRun.objects.filter(write_off=OuterRef("pk")).order_by("serials")
    return (
        WriteOff.objects.select_for_update(of=["self"])
        .select_related(
            "document_type",
            "holder__organisation",
            "holder__staff__organisation__party",
            "asked_by__party",
        )
        .annotate(ranges=ArraySubquery(named.values("serials")))
        .filter(pk=key)
    )


_for_update = Compiled(_with_runs)


def _ask_second_person(write_off: WriteOff, actor: Actor) -> None:
    ask(
        kind=APPROVE_WRITE_OFF,
        subject_kind=WRITE_OFF_REASON,
        subject_number=write_off.number,
        asked={
            "kind": write_off.kind,
            "document_type": write_off.document_type.code,
            "count": write_off.count,
            "holder": write_off.holder.code,
            "cause": write_off.cause,
        },
        may=May.APPROVE_WRITE_OFFS,
        organisation=organisation_of(write_off.holder),
        actor=actor,
    )


def _asked_for(write_off: WriteOff) -> Approval:
    approval = take_up(APPROVE_WRITE_OFF, WRITE_OFF_REASON, write_off.number)
    assert approval is not None, "a write-off that waits was asked for"
    return approval


def _refuse_unreported(parts: list[Part]) -> None:
    """Cards that lack become void only after they were reported as a loss."""
    if unreported := [part.run for part in parts if part.status != CardStatus.LOST]:
        raise CauseOfLostCards(
            serials=describe_runs(unreported), help=Operation.named("custody.lost")
        )


def _let_go(write_off: WriteOff, actor: Actor, *, note: str) -> None:
    lift_freezes(frozen_for(write_off.reason), staff=acting_staff(actor), note=note.strip()[:200])


def _write_down(actor: Actor, event: str, write_off: WriteOff, runs: Sequence[SerialRun]) -> None:
    record(
        actor,
        event,
        write_off,
        serials=runs[0] if len(runs) == 1 else None,
        kind=write_off.kind,
        runs=note_runs(runs),
    )
