"""A stock count beside the books: where the two differ, and what may be done about it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, groupby

from django.db import connection
from psycopg.types.multirange import Multirange

from selfcard.core.refusals import Operation
from selfcard.core.serials import SerialRun, describe_runs
from selfcard.custody.count_errors import (
    CardsMovedSinceCompared,
    NotADifference,
    RemedyDoesNotFit,
    RemedyMissing,
)
from selfcard.custody.deeds import LOSS, Deed, declared_invalid
from selfcard.custody.models import (
    FREEZE_KINDS,
    STOCK_COUNT_REASON,
    WRITE_OFF_REASON,
    CountFinding,
    Reason,
    StockCount,
)
from selfcard.custody.parts import Part, read_parts, refuse_unusable
from selfcard.custody.statuses import CardStatus
from selfcard.organisations.models import May

Kind = CountFinding.Kind
Remedy = CountFinding.Remedy
# What changes stock; every difference may be explained instead.
CHANGING = {Kind.GAP: Remedy.LOSS, Kind.SURPLUS: Remedy.TAKEN_OVER}
# A difference and cards of it that lie in one place.
Changed = tuple[CountFinding, Part]

# What is too many here may be what another count misses, or what somebody lost.
TAKING_OVER = Deed(
    may=May.COUNT_STOCK,
    givers=lambda actor, holders: holders,
    from_one_holder=False,
    gives_back=True,
    statuses=(CardStatus.INVENTORY, CardStatus.LOST),
    may_be_expired=True,
    frozen_by=(STOCK_COUNT_REASON,),
)


@dataclass(frozen=True)
class Remedied:
    """What is proposed for one difference, and why."""

    run: SerialRun
    remedy: str
    note: str


@dataclass(frozen=True)
class Comparison:
    """What was counted against what the books have, and each run of cards that differs."""

    counted: int
    expected: int
    gaps: tuple[SerialRun, ...]
    surplus: tuple[SerialRun, ...]


def compare(stock_count: StockCount) -> Comparison:
    """Count and books as they are at this moment; one statement, however many stacks there are."""
    sql = """
        WITH books AS (
            SELECT coalesce(range_agg(holding.serials), '{}') AS cards
            FROM custody_holding holding
            JOIN cards_batch batch ON batch.id = holding.batch_id
            JOIN cards_documenttypeversion version ON version.id = batch.type_version_id
            WHERE holding.holder_id = %s AND holding.status = 'inventory'
              AND version.document_type_id = %s
        ),
        stacks AS (
            SELECT coalesce(range_agg(serials), '{}') AS cards
            FROM custody_countedstack WHERE stock_count_id = %s
        )
        SELECT (SELECT coalesce(sum(upper(run) - lower(run)), 0) FROM unnest(stacks.cards) run),
               (SELECT coalesce(sum(upper(run) - lower(run)), 0) FROM unnest(books.cards) run),
               books.cards - stacks.cards,
               stacks.cards - books.cards
        FROM books, stacks
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [stock_count.holder_id, stock_count.document_type_id, stock_count.pk])
        counted, expected, gaps, surplus = cursor.fetchone()
    return Comparison(int(counted), int(expected), _runs(gaps), _runs(surplus))


def counted_of(stock_count: StockCount, runs: Iterable[SerialRun]) -> list[SerialRun]:
    """Those cards of the runs that lie in a stack counted before."""
    sql = """
        SELECT int8multirange(serials) * wanted
        FROM custody_countedstack, (SELECT %s::int8multirange AS wanted) given
        WHERE stock_count_id = %s AND serials && wanted
    """
    wanted = str(Multirange(run.range for run in runs))
    with connection.cursor() as cursor:
        cursor.execute(sql, [wanted, stock_count.pk])
        return [run for (cards,) in cursor for run in _runs(cards)]


def _runs(cards: Multirange[int]) -> tuple[SerialRun, ...]:
    return tuple(SerialRun.of(run) for run in cards)


def findings_in(stock_count: StockCount, comparison: Comparison) -> list[CountFinding]:
    """The differences with whoever answers for them, cut where holder, status or reason change."""
    parts = read_parts([*comparison.gaps, *comparison.surplus])
    return [
        CountFinding(
            stock_count=stock_count,
            kind=kind,
            serials=run.range,
            holder=part.holder,
            status=part.status or "",
            reason_kind=told[0],
            reason_number=told[1],
        )
        for kind, runs in ((Kind.GAP, comparison.gaps), (Kind.SURPLUS, comparison.surplus))
        for run, part, told in _alike(part for _, part in _parts_within(runs, parts))
    ]


def _parts_within(
    runs: Iterable[SerialRun], parts: Iterable[Part]
) -> Iterator[tuple[SerialRun, Part]]:
    """Each run with the parts in it, cut to it; both are in order, and are gone through once."""
    ahead = iter(parts)
    part = next(ahead, None)
    for run in runs:
        while part is not None and part.run.first <= run.last:
            if both := part.run.intersection(run):
                yield run, part.within(both)
            if part.run.last > run.last:
                break
            part = next(ahead, None)


def _alike(parts: Iterable[Part]) -> Iterator[tuple[SerialRun, Part, Reason]]:
    """Neighbours that the books say the same of, as one run."""

    def same(one: tuple[int, Part]) -> tuple[object, ...]:
        # Among neighbours the serial grows as fast as the number of cards before it.
        before, part = one
        return part.run.first - before, part.holder, part.status, _told(part)

    parts = list(parts)
    before = accumulate((part.count for part in parts), initial=0)
    for _, neighbours in groupby(zip(before, parts, strict=False), key=same):
        group = [part for _, part in neighbours]
        first, last = group[0], group[-1]
        yield SerialRun(first.run.first, last.run.last), first, _told(first)


def _told(part: Part) -> Reason:
    """What else the books know of the cards: why they are stopped, or the paper they go by."""
    return part.freezes[0] if part.freezes else part.reason


def fitting(finding: CountFinding, *, is_invalid: bool = False) -> tuple[CountFinding.Remedy, ...]:
    """What is offered for a difference: what the books already say of it limits the choice.

    Lost cards that were declared invalid (`is_invalid`) come back to nobody.
    """
    if finding.kind == Kind.GAP:
        changes = finding.reason_kind != WRITE_OFF_REASON
    else:
        # Lost cards are held by the number of their loss, which stops nothing.
        stopped = finding.reason_kind in FREEZE_KINDS - set(TAKING_OVER.frozen_by)
        held_by_loss = finding.status == CardStatus.LOST and finding.reason_kind == WRITE_OFF_REASON
        changes = (
            finding.status in TAKING_OVER.statuses
            and not is_invalid
            and (held_by_loss or not stopped)
        )
    change = CHANGING[Kind(finding.kind)]
    return (change, Remedy.EXPLAINED) if changes else (Remedy.EXPLAINED,)


def propose(findings: Iterable[CountFinding], remedies: Iterable[Remedied], number: str) -> None:
    """Write what is proposed for each difference beside it; `judged` says whether it can be done.

    Raises:
        NotADifference, RemedyMissing, RemedyDoesNotFit: not exactly one that fits for each.
    """
    proposed = {one.run: one for one in remedies}
    findings = list(findings)
    if strangers := proposed.keys() - {finding.run for finding in findings}:
        raise NotADifference(serials=describe_runs(strangers), number=number)
    lacking, unfit = [], []
    for finding in findings:
        one = proposed.get(finding.run)
        if one is None or not one.remedy or not one.note.strip():
            lacking.append(finding.run)
        elif one.remedy not in (CHANGING[Kind(finding.kind)], Remedy.EXPLAINED):
            unfit.append(finding.run)
        else:
            finding.remedy, finding.note = one.remedy, one.note.strip()
    if lacking:
        raise RemedyMissing(serials=describe_runs(lacking))
    if unfit:
        raise RemedyDoesNotFit(serials=describe_runs(unfit))


def judged(stock_count: StockCount, findings: Iterable[CountFinding]) -> list[Changed]:
    """The differences that the remedies would change, with their cards as they are now.

    The batches are locked.

    Raises:
        CardsMovedSinceCompared: some are not where the comparison found them.
        CardsFrozen, CardsOpened, CardsInOtherStatus: some cannot be written off, or taken over.
    """
    changing = {one.run: one for one in findings if one.remedy not in ("", Remedy.EXPLAINED)}
    runs = sorted(changing)
    changed = [(changing[run], part) for run, part in _parts_within(runs, read_parts(runs))]
    _refuse_moved(stock_count, changed)
    for remedy, deed in ((Remedy.LOSS, LOSS), (Remedy.TAKEN_OVER, TAKING_OVER)):
        concerned = [part for finding, part in changed if finding.remedy == remedy]
        holders = {part.holder.pk for part in concerned if part.holder}
        invalid = declared_invalid(concerned) if deed.gives_back else ()
        document_type = stock_count.document_type
        refuse_unusable(concerned, deed.use(document_type, holders, declared_invalid=invalid))
    return changed


def answering_for(stock_count: StockCount, findings: Iterable[CountFinding]) -> set[int]:
    """Everybody whose cards would change: the holder, and those whom cards are taken over from."""
    taken_from = {
        one.holder_id
        for one in findings
        if one.remedy == Remedy.TAKEN_OVER and one.holder_id is not None
    }
    return {stock_count.holder_id, *taken_from}


def _refuse_moved(stock_count: StockCount, changed: Iterable[Changed]) -> None:
    moved = [
        part.run
        for finding, part in changed
        if (part.holder and part.holder.pk) != finding.holder_id
        or (part.status or "") != finding.status
    ]
    if moved:
        raise CardsMovedSinceCompared(
            serials=describe_runs(moved),
            help=Operation.named("custody.stock_count", number=stock_count.number),
        )
