"""What stops cards, by the number that stops them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Case, Exists, F, Max, Min, OuterRef, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from selfcard.cards.models import Batch, DocumentType
from selfcard.core.actor import Actor
from selfcard.core.serials import SerialRun, merge_runs
from selfcard.custody.freezes import frozen_for
from selfcard.custody.models import BATCH_REASON, FREEZE_REASON, Freeze, Holding
from selfcard.organisations.models import May, Staff
from selfcard.organisations.queries import parties_in_reach

SEEING_FREEZES = (May.SEE_CARDS, May.FREEZE_CARDS, May.AUDIT)
CARDS = F("serials__endswith") - F("serials__startswith")


def freezes_seen_by(actor: Actor) -> QuerySet[Freeze]:
    """The freezes of cards that somebody in the actor's reach holds now."""
    holders = parties_in_reach(actor, *SEEING_FREEZES).values("pk")
    held = Holding.objects.filter(serials__overlap=OuterRef("serials"), holder__in=holders)
    return Freeze.objects.filter(Exists(held))


def freezes_by_number(actor: Actor) -> QuerySet[Freeze, Any]:
    """One row for every number that stops cards or has: how many still, since when, by whom.

    A batch may be stopped again and again: its row tells of what stops it now, or stopped it last.
    """

    def latest(field: str) -> ArrayAgg:
        in_force_first = F("released_at").desc(nulls_first=True)
        return ArrayAgg(field, order_by=[in_force_first, "-frozen_at", "-id"])

    in_force = Case(When(released_at=None, then=CARDS), default=Value(0))
    return (
        freezes_seen_by(actor)
        .values("reason_kind", "reason_number")
        .annotate(
            cards=Coalesce(Sum(in_force), 0),
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
    """Everything that one number stops and has stopped."""

    number: str
    note: str
    frozen_by: Staff
    frozen_at: datetime
    frozen: list[SerialRun]
    in_force: list[SerialRun]
    releases: list[Release]


def find_freeze(number: str, actor: Actor) -> CardFreeze | None:
    """The freeze of a number FZ-…, if some of its cards are held in the actor's reach."""
    reason = (FREEZE_REASON, number)
    if not freezes_seen_by(actor).filter(reason_kind=reason[0], reason_number=number).exists():
        return None
    return _told(number, list(_with_people(frozen_for(reason))))


def freeze_of_batch(batch: Batch) -> Freeze | None:
    """What stops a whole batch now."""
    return _with_people(frozen_for((BATCH_REASON, batch.number))).filter(released_at=None).first()


def type_of(runs: list[SerialRun]) -> DocumentType:
    """The document type of cards that are all of one."""
    return DocumentType.objects.get(versions__batches__serials__contains=runs[0].first)


def _told(number: str, freezes: list[Freeze]) -> CardFreeze:
    first = freezes[0]
    return CardFreeze(
        number=number,
        note=first.note,
        frozen_by=first.frozen_by,
        frozen_at=first.frozen_at,
        frozen=merge_runs(one.run for one in freezes),
        in_force=merge_runs(one.run for one in freezes if one.released_at is None),
        releases=_releases(freezes),
    )


def _releases(freezes: list[Freeze]) -> list[Release]:
    """Who let which cards go on, the latest first."""
    released: dict[tuple[datetime, Staff, str], list[SerialRun]] = {}
    for freeze in freezes:
        if freeze.released_at is not None and freeze.released_by is not None:
            key = (freeze.released_at, freeze.released_by, freeze.release_note)
            released.setdefault(key, []).append(freeze.run)
    found = (Release(merge_runs(runs), by, at, note) for (at, by, note), runs in released.items())
    return sorted(found, key=lambda release: release.at, reverse=True)


def _with_people(freezes: QuerySet[Freeze]) -> QuerySet[Freeze]:
    return freezes.select_related("frozen_by__party", "released_by__party").order_by("id")
