from collections.abc import Iterable
from itertools import takewhile
from uuid import UUID

from django.db.models import Q

from selfcard.approvals.commands import ask, grant, refuse, withdraw
from selfcard.approvals.locks import take_up
from selfcard.approvals.models import Approval
from selfcard.cards.models import Batch, DocumentType
from selfcard.cards.queries import batches_touching
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.numbering import document_number
from selfcard.core.refusals import Operation, ReasonMissing
from selfcard.core.serials import (
    RUNNING,
    SerialRun,
    count_cards,
    describe_runs,
    distinct_runs,
    note_runs,
)
from selfcard.custody.commands.write_offs import lose_cards
from selfcard.custody.count_errors import (
    CardsCountedAlready,
    CardsNeverOrdered,
    DifferencesLeft,
    NothingCounted,
    NothingToAdjust,
    OwnWitness,
    StackNotCounted,
    StockCountInOtherState,
    StockIsBeingCounted,
    WitnessMissing,
)
from selfcard.custody.counting import (
    Changed,
    Remedied,
    Remedy,
    answering_for,
    compare,
    counted_of,
    findings_in,
    judged,
    propose,
)
from selfcard.custody.errors import CardsOfOtherType
from selfcard.custody.freezes import frozen_for, lay_freeze, lift_freezes
from selfcard.custody.locks import lock_batches, lock_holder
from selfcard.custody.models import (
    STOCK_COUNT_REASON,
    CountedStack,
    CountFinding,
    StockCount,
    WriteOff,
)
from selfcard.custody.moving import Leg, move
from selfcard.custody.papers.counts import freeze_count_protocol, freeze_count_sheet
from selfcard.custody.parts import Part
from selfcard.custody.queries.stock_counts import ADJUST_STOCK
from selfcard.custody.statuses import CardStatus, MovementKind
from selfcard.custody.writing_off import refuse_own
from selfcard.organisations.models import May, Organisation, Party, Staff
from selfcard.organisations.queries import acting_staff, organisation_of, require

LONGEST_NOTE = 500  # of a write-off
LONGEST_WITNESS = 100
State = StockCount.State


@command
def open_stock_count(
    *,
    holder: Party,
    document_type: DocumentType,
    colleague: Staff | None = None,
    witness: str = "",
    remark: str = "",
    actor: Actor,
    request_id: UUID,
) -> StockCount:
    """Begin to count the cards of one type with one holder: an organisation or an individual.

    Counting stops nothing and changes nothing. Who stands by is a colleague, or a witness from
    outside by name; never whoever counts. Whoever counts their own cards names one.

    Raises:
        NotAuthorised: the actor may not count stock there.
        OwnWitness: they name themself as the witness.
        WitnessMissing: they hold the cards themself, and nobody else is by.
        StockIsBeingCounted: a count of the same stock has not come to its end.
    """
    require(actor, May.COUNT_STOCK, organisation_of(holder))
    lock_holder(holder)
    staff = acting_staff(actor)
    _refuse_themself(staff, colleague, witness)
    if staff.party_id == holder.pk and colleague is None and not witness.strip():
        raise WitnessMissing
    _refuse_second_count(holder, document_type)
    stock_count = StockCount.objects.create(
        number=document_number("SC", "custody_stock_count_number", digits=6),
        holder=holder,
        document_type=document_type,
        witness=_who_stands_by(colleague, witness),
        remark=remark.strip(),
        opened_by=staff,
        opened_at=clock.now(),
    )
    freeze_count_sheet(stock_count)
    record(
        actor,
        "stock_count.opened",
        stock_count,
        holder=holder.code,
        document_type=document_type.code,
    )
    return stock_count


def _refuse_themself(staff: Staff, colleague: Staff | None, witness: str) -> None:
    """Nobody is the witness of their own count, by code or by name."""
    party = staff.party
    themself = {one.casefold() for one in (party.code, party.name_zh, party.name_en)}
    if colleague == staff:
        raise OwnWitness
    if witness.strip().casefold() in themself:
        raise OwnWitness(field="witness")


def _who_stands_by(colleague: Staff | None, witness: str) -> str:
    """As the sheet names them, in both languages."""
    party = colleague.party if colleague else None
    named = f"{party.name_zh} {party.name_en} ({party.code})" if party else ""
    return ", ".join(one for one in (named, witness.strip()) if one)[:LONGEST_WITNESS]


@command
def enter_stacks(
    *, stock_count: StockCount, runs: tuple[SerialRun, ...], actor: Actor, request_id: UUID
) -> StockCount:
    """Write down stacks as they lie there, first and last card; single cards are stacks of one.

    Raises:
        NotAuthorised: the actor may not count stock there.
        StockCountInOtherState: it is not being counted any more.
        NoSerialsGiven, RunsOverlapEachOther: no serial is named, or one twice.
        CardsOfOtherType: their prefix is not the type's; they belong to another count.
        CardsNeverOrdered: no approved batch of the type has their serials.
        CardsCountedAlready: they are in a stack that was entered before.
    """
    distinct_runs(runs)
    stock_count = _being_counted(stock_count, actor)
    _refuse_other_type(runs, stock_count.document_type)
    _refuse_never_ordered(runs, stock_count.document_type)
    _refuse_counted(runs, stock_count)
    staff, now = acting_staff(actor), clock.now()
    CountedStack.objects.bulk_create(
        CountedStack(stock_count=stock_count, serials=run.range, entered_by=staff, entered_at=now)
        for run in runs
    )
    record(
        actor,
        "stock_count.stacks_entered",
        stock_count,
        serials=runs[0] if len(runs) == 1 else None,
        runs=note_runs(runs),
        cards=count_cards(runs),
    )
    return stock_count


@command
def remove_stack(
    *, stock_count: StockCount, run: SerialRun, actor: Actor, request_id: UUID
) -> StockCount:
    """Strike a stack out that was entered by mistake.

    Raises:
        NotAuthorised: the actor may not count stock there.
        StockCountInOtherState: it is not being counted any more.
        StackNotCounted: there is no such stack.
    """
    stock_count = _being_counted(stock_count, actor)
    gone, _ = stock_count.stacks.filter(serials=run.range).delete()
    if not gone:
        raise StackNotCounted(serials=str(run))
    record(actor, "stock_count.stack_removed", stock_count, serials=run)
    return stock_count


@command
def compare_stock_count(
    *, stock_count: StockCount, nothing_there: bool = False, actor: Actor, request_id: UUID
) -> StockCount:
    """Compare what was counted with what the books have with the holder in inventory.

    Each difference becomes a finding: cards that lack, and cards that are too many with whoever
    answers for them. Cards that lack are frozen until the count is decided, so that nobody sells
    what nobody can find.

    Raises:
        NotAuthorised: the actor may not count stock there.
        StockCountInOtherState: it is compared already, or has ended.
        NothingCounted: no stack was entered, and nobody says that nothing is there.
    """
    _may_count(stock_count, actor)
    _lock_books(stock_count)
    stock_count = _in_state(stock_count, State.OPEN)
    comparison = compare(stock_count)
    if not comparison.counted and not nothing_there:
        raise NothingCounted
    staff = acting_staff(actor)
    stock_count.state = State.COMPARED
    stock_count.compared_by, stock_count.compared_at = staff, clock.now()
    stock_count.counted, stock_count.expected = comparison.counted, comparison.expected
    stock_count.save(update_fields=["state", "compared_by", "compared_at", "counted", "expected"])
    CountFinding.objects.bulk_create(findings_in(stock_count, comparison))
    lay_freeze(comparison.gaps, stock_count.reason, staff=staff)
    record(
        actor,
        "stock_count.compared",
        stock_count,
        counted=comparison.counted,
        expected=comparison.expected,
        missing=note_runs(comparison.gaps),
        surplus=note_runs(comparison.surplus),
    )
    return stock_count


@command
def reopen_stock_count(*, stock_count: StockCount, actor: Actor, request_id: UUID) -> StockCount:
    """Go on counting: the differences are forgotten, and found anew by the next comparison.

    Raises:
        NotAuthorised: the actor may not count stock there.
        StockCountInOtherState: it is not compared, or somebody was asked to agree already.
    """
    _may_count(stock_count, actor)
    _lock_books(stock_count)
    stock_count = _in_state(stock_count, State.COMPARED)
    _let_go(stock_count, actor)
    stock_count.findings.all().delete()
    stock_count.state = State.OPEN
    stock_count.compared_by = stock_count.compared_at = None
    stock_count.counted = stock_count.expected = None
    stock_count.save(update_fields=["state", "compared_by", "compared_at", "counted", "expected"])
    record(actor, "stock_count.reopened", stock_count)
    return stock_count


@command
def ask_adjustment(
    *,
    stock_count: StockCount,
    remedies: tuple[Remedied, ...],
    actor: Actor,
    request_id: UUID,
) -> StockCount:
    """Ask a second person to agree to what is proposed for every difference.

    Whoever decides may do so for everybody whose cards would change: for the holder, and for
    those whom cards are taken over from.

    Raises:
        NotAuthorised: the actor may not count stock there.
        StockCountInOtherState: it is not compared, or was asked for already.
        NothingToAdjust: count and books agree.
        NotADifference, RemedyMissing, RemedyDoesNotFit: not one remedy that fits for each.
        CardsMovedSinceCompared, CardsInOtherStatus, CardsFrozen, CardsOpened: some of the cards
            cannot be written off, or taken over.
    """
    _may_count(stock_count, actor)
    _lock_books(stock_count)
    stock_count = _in_state(stock_count, State.COMPARED)
    findings = _findings(stock_count)
    if not findings:
        raise NothingToAdjust(number=stock_count.number)
    propose(findings, remedies, stock_count.number)
    judged(stock_count, findings)
    CountFinding.objects.bulk_update(findings, ["remedy", "note"], batch_size=500)
    stock_count.state = State.ASKED
    stock_count.asked_by, stock_count.asked_at = acting_staff(actor), clock.now()
    stock_count.save(update_fields=["state", "asked_by", "asked_at"])
    ask(
        kind=ADJUST_STOCK,
        subject_kind=STOCK_COUNT_REASON,
        subject_number=stock_count.number,
        asked=_asked_for(findings),
        may=May.APPROVE_WRITE_OFFS,
        organisation=_above_all(stock_count, findings),
        actor=actor,
    )
    record(actor, "stock_count.adjustment_asked", stock_count, differences=len(findings))
    return stock_count


@command
def agree_adjustment(*, stock_count: StockCount, actor: Actor, request_id: UUID) -> StockCount:
    """Agree, as the second person, to every proposal: only now does the count change stock.

    What lacks and is written off becomes a loss like every other, with its announcement; what is
    taken over moves to the holder from whoever answered for it. The count is closed.

    Raises:
        NotAuthorised, NotYourOwnRequest, AlreadyDecided, RequestWithdrawn, ApprovalExpired.
        OwnStockDecided: cards are the actor's own to answer for.
        StockCountInOtherState: nothing is asked for any more.
        CardsMovedSinceCompared: some cards are not any more where the comparison found them.
        CardsInOtherStatus, CardsFrozen, CardsOpened: some cannot be written off, or taken over.
    """
    _lock_books(stock_count)
    stock_count = _in_state(stock_count, State.ASKED)
    grant(approval=_request(stock_count), actor=actor)
    findings = _findings(stock_count)
    staff = acting_staff(actor)
    refuse_own(answering_for(stock_count, findings), staff)
    changed = judged(stock_count, findings)
    # The freeze of what is lost ends with the loss, and the rest with the count.
    stock_count.write_off = _lose(stock_count, findings, actor)
    _let_go(stock_count, actor)
    if legs := _taken_over(stock_count, changed):
        move(legs, reason=stock_count.reason, actor=actor)
    _close(stock_count, State.CLOSED, staff)
    freeze_count_protocol(stock_count, findings)
    record(actor, "stock_count.adjusted", stock_count, agreed=_asked_for(findings))
    return stock_count


@command
def refuse_adjustment(
    *, stock_count: StockCount, reason: str, actor: Actor, request_id: UUID
) -> StockCount:
    """Refuse what was proposed, with the reason: it may be proposed otherwise, or counted again.

    Raises:
        ReasonMissing, NotAuthorised, NotYourOwnRequest, AlreadyDecided, RequestWithdrawn,
        ApprovalExpired.
        StockCountInOtherState: nothing is asked for any more.
    """
    stock_count = _in_state(stock_count, State.ASKED)
    refuse(approval=_request(stock_count), reason=reason, actor=actor)
    _back_to_compared(stock_count)
    record(actor, "stock_count.adjustment_refused", stock_count)
    return stock_count


@command
def withdraw_adjustment(*, stock_count: StockCount, actor: Actor, request_id: UUID) -> StockCount:
    """Take the request back that nobody has decided, also one that has expired.

    Raises:
        NotAuthorised: the actor may not count stock there.
        StockCountInOtherState: nothing is asked for any more.
    """
    _may_count(stock_count, actor)
    stock_count = _in_state(stock_count, State.ASKED)
    withdraw(approval=_request(stock_count), actor=actor)
    _back_to_compared(stock_count)
    record(actor, "stock_count.adjustment_withdrawn", stock_count)
    return stock_count


@command
def close_stock_count(*, stock_count: StockCount, actor: Actor, request_id: UUID) -> StockCount:
    """Close a count that agrees with the books: all is there.

    Raises:
        NotAuthorised: the actor may not count stock there.
        StockCountInOtherState: it is not compared, or has ended.
        DifferencesLeft: a difference needs a second person, even one that is explained.
    """
    _may_count(stock_count, actor)
    stock_count = _in_state(stock_count, State.COMPARED)
    findings = _findings(stock_count)
    if findings:
        raise DifferencesLeft(number=stock_count.number)
    _close(stock_count, State.CLOSED, acting_staff(actor))
    freeze_count_protocol(stock_count, findings)
    record(actor, "stock_count.closed", stock_count)
    return stock_count


@command
def cancel_stock_count(
    *, stock_count: StockCount, reason: str, actor: Actor, request_id: UUID
) -> StockCount:
    """End a count without a result; nothing has changed, and nothing is frozen any more.

    Raises:
        NotAuthorised: the actor may not count stock there.
        ReasonMissing: no reason is given.
        StockCountInOtherState: a second person is asked at this moment, or it has ended.
    """
    _may_count(stock_count, actor)
    if not reason.strip():
        raise ReasonMissing
    _lock_books(stock_count)
    stock_count = _in_state(stock_count, State.OPEN, State.COMPARED)
    _let_go(stock_count, actor)
    stock_count.cancelled_because = reason.strip()
    _close(stock_count, State.CANCELLED, acting_staff(actor))
    record(actor, "stock_count.cancelled", stock_count)
    return stock_count


def _may_count(stock_count: StockCount, actor: Actor) -> None:
    require(actor, May.COUNT_STOCK, organisation_of(stock_count.holder))


def _being_counted(stock_count: StockCount, actor: Actor) -> StockCount:
    """The count as it is now, its row locked, if the actor may write stacks into it."""
    _may_count(stock_count, actor)
    return _in_state(stock_count, State.OPEN)


def _lock_books(stock_count: StockCount) -> None:
    """Wait for whoever moves cards of the type: any of them may be in the count, or lack in it."""
    batches = Batch.objects.filter(
        type_version__document_type=stock_count.document_type, serials__isnull=False
    )
    lock_batches(batches.values_list("pk", flat=True))


def _in_state(stock_count: StockCount, *states: str) -> StockCount:
    """The count as it is now, its row locked, if it is in one of the states."""
    found = (
        StockCount.objects.select_for_update(of=["self"])
        .select_related(
            "holder", "document_type", "opened_by__party", "compared_by__party", "asked_by__party"
        )
        .get(pk=stock_count.pk)
    )
    if found.state not in states:
        raise StockCountInOtherState(
            number=found.number,
            state=found.get_state_display(),
            help=Operation.named("custody.stock_count", number=found.number),
        )
    return found


def _findings(stock_count: StockCount) -> list[CountFinding]:
    return list(stock_count.findings.select_related("holder"))


def _request(stock_count: StockCount) -> Approval:
    approval = take_up(ADJUST_STOCK, STOCK_COUNT_REASON, stock_count.number)
    assert approval is not None, "an adjustment is asked for together with its approval"
    return approval


def _refuse_second_count(holder: Party, document_type: DocumentType) -> None:
    running = StockCount.objects.filter(
        holder=holder,
        document_type=document_type,
        state__in=[State.OPEN, State.COMPARED, State.ASKED],
    ).first()
    if running is not None:
        raise StockIsBeingCounted(
            holder=holder.name,
            number=running.number,
            help=Operation.named("custody.stock_count", number=running.number),
        )


def _refuse_other_type(runs: Iterable[SerialRun], document_type: DocumentType) -> None:
    first = int(document_type.prefix) * RUNNING
    of_type = SerialRun(first, first + RUNNING - 1)
    if strangers := [rest for run in runs for rest in run.without([of_type])]:
        raise CardsOfOtherType(serials=describe_runs(strangers), document_type=document_type.code)


def _refuse_never_ordered(runs: Iterable[SerialRun], document_type: DocumentType) -> None:
    ordered = [batch.run for batch in batches_touching(runs)]
    if strangers := [rest for run in runs for rest in run.without(ordered)]:
        raise CardsNeverOrdered(serials=describe_runs(strangers), document_type=document_type.code)


def _refuse_counted(runs: Iterable[SerialRun], stock_count: StockCount) -> None:
    if twice := counted_of(stock_count, runs):
        raise CardsCountedAlready(serials=describe_runs(twice))


def _asked_for(findings: Iterable[CountFinding]) -> dict[str, int]:
    """How many cards each remedy is about."""
    asked: dict[str, int] = {}
    for finding in findings:
        asked[finding.remedy] = asked.get(finding.remedy, 0) + finding.run.count
    return asked


def _above_all(stock_count: StockCount, findings: Iterable[CountFinding]) -> Organisation:
    """The lowest organisation that everybody whose cards would change belongs to."""
    holders = answering_for(stock_count, findings)
    concerned = Organisation.objects.filter(Q(pk__in=holders) | Q(staff__party__in=holders))
    paths = [path.split(".") for path in concerned.values_list("path", flat=True)]
    shared = takewhile(lambda labels: len(set(labels)) == 1, zip(*paths, strict=False))
    return Organisation.objects.get(path=".".join(labels[0] for labels in shared))


def _let_go(stock_count: StockCount, actor: Actor) -> None:
    """Release what was frozen because it lacked."""
    lift_freezes(frozen_for(stock_count.reason), staff=acting_staff(actor))


def _lose(
    stock_count: StockCount, findings: Iterable[CountFinding], actor: Actor
) -> WriteOff | None:
    """What is missing and written off: one loss, as a case of its own."""
    lost = [finding for finding in findings if finding.remedy == Remedy.LOSS]
    if not lost:
        return None
    assert stock_count.asked_by is not None
    assert stock_count.asked_at is not None
    notes = dict.fromkeys(finding.note for finding in lost)
    return lose_cards(
        document_type=stock_count.document_type,
        holder=stock_count.holder,
        runs=tuple(finding.run for finding in lost),
        note=f"{stock_count.number}: {'; '.join(notes)}"[:LONGEST_NOTE],
        asked_by=stock_count.asked_by,
        asked_at=stock_count.asked_at,
        actor=actor,
    )


def _taken_over(stock_count: StockCount, changed: Iterable[Changed]) -> list[Leg]:
    """Each difference is a leg of its own: it says who agreed to exactly these cards."""
    legs: dict[int, list[Part]] = {}
    for finding, part in changed:
        if finding.remedy == Remedy.TAKEN_OVER:
            legs.setdefault(finding.pk, []).append(part)
    return [
        Leg(tuple(parts), MovementKind.STOCK_COUNT, CardStatus.INVENTORY, stock_count.holder)
        for parts in legs.values()
    ]


def _back_to_compared(stock_count: StockCount) -> None:
    stock_count.state = State.COMPARED
    stock_count.asked_by = stock_count.asked_at = None
    stock_count.save(update_fields=["state", "asked_by", "asked_at"])


def _close(stock_count: StockCount, state: str, staff: Staff) -> None:
    stock_count.state = state
    stock_count.closed_by, stock_count.closed_at = staff, clock.now()
    stock_count.save(
        update_fields=["state", "closed_by", "closed_at", "cancelled_because", "write_off"]
    )
