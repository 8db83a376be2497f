"""Whose cards an actor may look at."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from selfcard.cards.models import Batch
from selfcard.core.actor import Actor
from selfcard.custody.models import ISSUE_REASON, Holding, Issue
from selfcard.custody.statuses import CardStatus
from selfcard.organisations.models import May, Party
from selfcard.organisations.queries import parties_in_reach

# Who works with cards sees them.
SEEING_CARDS = (May.SEE_CARDS, May.ISSUE_CARDS, May.CHECK_IN_CARDS)


def holders_in_reach(actor: Actor) -> QuerySet[Party]:
    """The organisations and people whose cards the actor may look at."""
    return parties_in_reach(actor, *SEEING_CARDS)


def holdings_in_reach(actor: Actor) -> QuerySet[Holding]:
    """Where cards are that the actor may look at, in serial order.

    That is what those in reach answer for, and what is on its way to them: whoever waits for a
    box watches it although the sender still answers for it.
    """
    holders = holders_in_reach(actor).values("pk")
    coming = Issue.objects.filter(number=OuterRef("reason_number"), to_party__in=holders)
    return (
        Holding.objects.filter(
            Q(holder__in=holders)
            | Q(Exists(coming), status=CardStatus.IN_TRANSIT, reason_kind=ISSUE_REASON)
        )
        .select_related("holder", "batch__type_version__document_type")
        .order_by("serials")
    )


def batches_in_reach(actor: Actor) -> QuerySet[Batch]:
    """The batches that have cards in reach, and those of organisations in reach, newest first."""
    cards = holdings_in_reach(actor).order_by().filter(batch=OuterRef("pk"))
    holders = holders_in_reach(actor).values("pk")
    return (
        Batch.objects.filter(Q(organisation__party__in=holders) | Exists(cards))
        .select_related("type_version__document_type", "printer", "organisation__party", "work")
        .order_by("-ordered_at", "-id")
    )
