"""The one way in which cards move: movements are written, and PostgreSQL lays the holdings."""

from collections.abc import Iterable
from typing import NamedTuple

from selfcard.cards.models import Batch
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.serials import SerialRun, merge_runs
from selfcard.custody.models import NO_REASON, Movement, Reason
from selfcard.custody.parts import Part
from selfcard.custody.statuses import CardStatus, MovementKind
from selfcard.organisations.models import Party


class Leg(NamedTuple):
    """One part of a deed: these cards, from where they are, to a holder and a status.

    Without a holder they stay with whoever has them. What is kept as the holding's reason is the
    deed's own, unless the leg says otherwise: cards at rest in inventory need none, and become
    one run with their neighbours.
    """

    parts: tuple[Part, ...]
    kind: MovementKind
    to_status: CardStatus
    to_holder: Party | None = None
    kept_reason: Reason | None = None


def move(legs: Iterable[Leg], *, reason: Reason, actor: Actor) -> list[Movement]:
    """Move cards, all legs in one statement; the batches are locked and the parts read after it.

    The time is never before that of the holding that ends: even when a clock runs backwards, a
    card's history does not.
    """
    legs = list(legs)
    moment = max([clock.now(), *(p.since for leg in legs for p in leg.parts if p.since)])
    movements = [
        Movement(
            batch=batch,
            serials=run.range,
            kind=leg.kind,
            from_holder=holder,
            to_holder=leg.to_holder or holder,
            from_status=status,
            to_status=leg.to_status,
            reason_kind=reason[0],
            reason_number=reason[1],
            kept_reason_kind=kept[0],
            kept_reason_number=kept[1],
            actor_id=actor.id,
            actor_name=actor.name,
            channel=actor.channel,
            at=moment,
            day=clock.day_of(moment),
        )
        for leg in legs
        for (batch, holder, status), runs in _from_where(leg.parts).items()
        for kept in [_kept(leg, reason)]
        for run in runs
    ]
    return Movement.objects.bulk_create(movements)


def place_printed(batch: Batch, holder: Party, *, reason: Reason, actor: Actor) -> Movement:
    """Put a batch that was just made into its first place."""
    moment = clock.now()
    return Movement.objects.create(
        batch=batch,
        serials=batch.run.range,
        kind=MovementKind.PRINT,
        to_holder=holder,
        to_status=CardStatus.PRINTED,
        reason_kind=reason[0],
        reason_number=reason[1],
        actor_id=actor.id,
        actor_name=actor.name,
        channel=actor.channel,
        at=moment,
        day=clock.day_of(moment),
    )


Origin = tuple[Batch, Party, CardStatus]


def _from_where(parts: Iterable[Part]) -> dict[Origin, list[SerialRun]]:
    """The runs of the parts by where they come from, neighbours as one."""
    runs: dict[Origin, list[SerialRun]] = {}
    for part in parts:
        assert part.batch is not None
        assert part.holder is not None
        assert part.status is not None
        runs.setdefault((part.batch, part.holder, part.status), []).append(part.run)
    return {origin: merge_runs(each) for origin, each in runs.items()}


def _kept(leg: Leg, reason: Reason) -> Reason:
    if leg.kept_reason is not None:
        return leg.kept_reason
    return NO_REASON if leg.to_status == CardStatus.INVENTORY else reason
