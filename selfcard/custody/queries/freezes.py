"""What stops cards, by the number that stops them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import (
    Aggregate,
    BigIntegerField,
    Case,
    Exists,
    F,
    Func,
    Max,
    Min,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from selfcard.cards.models import Batch, DocumentType
from selfcard.core.actor import Actor
from selfcard.core.serials import SerialRun, merge_runs
from selfcard.custody.freezes import frozen_for, touching
from selfcard.custody.models import BATCH_REASON, FREEZE_REASON, Freeze, Holding
from selfcard.organisations.models import May, Organisation, Staff
from selfcard.organisations.queries import organisations_in_reach, parties_in_reach

SEEING_FREEZES = (May.SEE_CARDS, May.FREEZE_CARDS, May.AUDIT)


class RangeAgg(Aggregate):
    """All cards of some runs together, as one multirange."""

    function = "range_agg"


def freezes_seen_by(actor: Actor) -> QuerySet[Freeze]:
    """The freezes of cards that somebody in the actor's reach holds now."""
    return Freeze.objects.filter(Exists(_held_in_sight(actor, OuterRef("serials"))))


def _held_in_sight(actor: Actor, serials: OuterRef) -> QuerySet[Holding]:
    holders = parties_in_reach(actor, *SEEING_FREEZES).values("pk")
    return Holding.objects.filter(serials__overlap=serials, holder__in=holders).order_by()


def _cards_in_sight(actor: Actor) -> Combinable:
    """How many cards of a freeze the actor sees: all, or what those in reach hold of them."""
    places = organisations_in_reach(actor, *SEEING_FREEZES)
    if places.filter(level=Organisation.Level.HEAD_OFFICE).exists():
        return F("serials__endswith") - F("serials__startswith")
    both = Func(F("serials"), OuterRef("serials"), arg_joiner=" * ", template="(%(expressions)s)")
    cards = Sum(
        Func(both, function="upper") - Func(both, function="lower"), output_field=BigIntegerField()
    )
    held = _held_in_sight(actor, OuterRef("serials")).values(none=Value(0))
    return Subquery(held.annotate(cards=cards).values("cards"))


def freezes_by_number(actor: Actor) -> QuerySet[Freeze, Any]:
    """One row for every number that stops cards or has: how many in sight, since when, by whom.

    A batch may be stopped again and again: its row tells of what stops it now, or stopped it last.
    """

    def latest(field: str) -> ArrayAgg:
        in_force_first = F("released_at").desc(nulls_first=True)
        return ArrayAgg(field, order_by=[in_force_first, "-frozen_at", "-id"])

    in_force = Case(When(released_at=None, then=_cards_in_sight(actor)), default=Value(0))
    return (
        freezes_seen_by(actor)
        .annotate(stopped=in_force)
        .values("reason_kind", "reason_number")
        .annotate(
            cards=Coalesce(Sum("stopped"), 0),
            until=Max("released_at"),
            first=Min("serials__startswith"),
            latest_at=latest("frozen_at"),
            latest_note=latest("note"),
            latest_zh=latest("frozen_by__party__name_zh"),
            latest_en=latest("frozen_by__party__name_en"),
        )
        .annotate(
            since=F("latest_at__0"),
            said=F("latest_note__0"),
            by_zh=F("latest_zh__0"),
            by_en=F("latest_en__0"),
        )
        .order_by("-since")
    )


@dataclass(frozen=True)
class Release:
    """Cards that somebody let go on, and why."""

    runs: list[SerialRun]
    by: Staff
    at: datetime
    note: str


@dataclass(frozen=True)
class CardFreeze:
    """What one number stops and has stopped, of the cards that the actor sees.

    It may lie over cards of others, too: then it goes further.
    """

    number: str
    note: str
    frozen_by: Staff
    frozen_at: datetime
    frozen: list[SerialRun]
    in_force: list[SerialRun]
    releases: list[Release]
    goes_further: bool


def find_freeze(number: str, actor: Actor) -> CardFreeze | None:
    """The freeze of a number FZ-…, if some of its cards are held in the actor's reach."""
    freezes = list(_with_people(frozen_for((FREEZE_REASON, number))))
    seen = _seen_of([freeze.run for freeze in freezes], actor)
    return _told(number, freezes, seen) if seen else None


def freeze_of_batch(batch: Batch) -> Freeze | None:
    """What stops a whole batch now."""
    return _with_people(frozen_for((BATCH_REASON, batch.number))).filter(released_at=None).first()


def type_of(runs: list[SerialRun]) -> DocumentType:
    """The document type of cards that are all of one."""
    return DocumentType.objects.get(versions__batches__serials__contains=runs[0].first)


def _seen_of(runs: list[SerialRun], actor: Actor) -> list[SerialRun]:
    """Those cards of the runs that somebody in the actor's reach holds now."""
    holders = parties_in_reach(actor, *SEEING_FREEZES).values("pk")
    held = Holding.objects.filter(touching(runs), holder__in=holders)
    seen = held.aggregate(cards=RangeAgg("serials"))["cards"]
    return _within(runs, [SerialRun.of(run) for run in seen or ()])


def _within(runs: Iterable[SerialRun], seen: list[SerialRun]) -> list[SerialRun]:
    return merge_runs(both for run in runs for one in seen if (both := run.intersection(one)))


def _told(number: str, freezes: list[Freeze], seen: list[SerialRun]) -> CardFreeze:
    first = freezes[0]
    everything = merge_runs(one.run for one in freezes)
    frozen = _within(everything, seen)
    return CardFreeze(
        number=number,
        note=first.note,
        frozen_by=first.frozen_by,
        frozen_at=first.frozen_at,
        frozen=frozen,
        in_force=_within((one.run for one in freezes if one.released_at is None), seen),
        releases=_releases(freezes, seen),
        goes_further=frozen != everything,
    )


def _releases(freezes: list[Freeze], seen: list[SerialRun]) -> list[Release]:
    """Who let which of these cards go on, the latest first."""
    released: dict[tuple[datetime, Staff, str], list[SerialRun]] = {}
    for freeze in freezes:
        if freeze.released_at is not None and freeze.released_by is not None:
            key = (freeze.released_at, freeze.released_by, freeze.release_note)
            released.setdefault(key, []).append(freeze.run)
    found = (
        Release(shown, by, at, note)
        for (at, by, note), runs in released.items()
        if (shown := _within(runs, seen))
    )
    return sorted(found, key=lambda release: release.at, reverse=True)


def _with_people(freezes: QuerySet[Freeze]) -> QuerySet[Freeze]:
    return freezes.select_related("frozen_by__party", "released_by__party").order_by("id")
