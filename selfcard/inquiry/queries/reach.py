"""Whose cards an actor may look at, now and as they were at a past moment."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from selfcard.cards.models import Batch
from selfcard.cards.queries import batches_seen_by
from selfcard.core.actor import Actor
from selfcard.custody.models import ISSUE_REASON, Holding, Issue, PlaceTally
from selfcard.custody.statuses import CardStatus
from selfcard.organisations.models import May, Organisation, Party
from selfcard.organisations.queries import organisations_in_reach, parties_in_reach

# Who works with cards sees them.
SEEING_CARDS = (
    May.SEE_CARDS,
    May.ISSUE_CARDS,
    May.CHECK_IN_CARDS,
    May.RECALL_CARDS,
    May.FREEZE_CARDS,
    May.WRITE_OFF_CARDS,
    May.COUNT_STOCK,
    May.APPROVE_WRITE_OFFS,
    May.UNLOCK_CARDS,
)


@dataclass(frozen=True)
class Reach:
    """The holders whose cards an actor may look at, and the issues that come to them.

    As keys, so that PostgreSQL knows how many cards they have before it looks for them. Without
    holders it is everybody: whoever sees head office's cards sees all.
    """

    holders: list[int] | None
    coming: list[str]

    @property
    def is_everything(self) -> bool:
        return self.holders is None


def reach_of(actor: Actor, at: datetime | None = None) -> Reach:
    """The actor's reach now; what was coming to them, at the moment asked for."""
    organisations = organisations_in_reach(actor, *SEEING_CARDS)
    if organisations.filter(level=Organisation.Level.HEAD_OFFICE).exists():
        return Reach(None, [])
    holders = list(holders_in_reach(actor).order_by().values_list("pk", flat=True))
    issues = Issue.objects.order_by().filter(to_party__in=holders)
    if at is None:
        issues = issues.filter(state=Issue.State.IN_TRANSIT)
    else:
        issues = issues.filter(
            Q(checked_in_at__isnull=True) | Q(checked_in_at__gt=at), issued_at__lte=at
        )
    return Reach(holders, list(issues.values_list("number", flat=True)))


def holders_in_reach(actor: Actor) -> QuerySet[Party]:
    """The organisations and people whose cards the actor may look at."""
    return parties_in_reach(actor, *SEEING_CARDS)


def batches_told(actor: Actor) -> QuerySet[Batch]:
    """The batches of which the actor may learn how all their cards came from the printer.

    Whoever has a say where they were ordered, or sees the cards that lie there. Who merely holds
    cards of a batch does not: the others of it are none of their business.
    """
    places = holders_in_reach(actor).values("pk")
    seen = batches_seen_by(actor).order_by().values("pk")
    return Batch.objects.filter(Q(organisation__party__in=places) | Q(pk__in=seen))


def batches_in_reach(actor: Actor) -> QuerySet[Batch]:
    """The batches that have cards in reach, and those of organisations in reach, newest first."""
    batches = Batch.objects.select_related(
        "type_version__document_type", "printer", "organisation__party", "work"
    ).order_by("-ordered_at", "-id")
    reach = reach_of(actor)
    if reach.is_everything:
        return batches
    here = PlaceTally.objects.filter(
        batch=OuterRef("pk"), holder__in=reach.holders or [], cards__gt=0
    )
    coming = Holding.objects.filter(
        batch=OuterRef("pk"),
        status=CardStatus.IN_TRANSIT,
        reason_kind=ISSUE_REASON,
        reason_number__in=reach.coming,
    )
    return batches.filter(Q(organisation__in=reach.holders) | Exists(here) | Exists(coming))
