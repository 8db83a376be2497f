"""The papers of stock: what is on its way, what came, what each note moved."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from selfcard.cards.models import Batch, DocumentType
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.serials import SerialRun, merge_runs
from selfcard.custody.models import (
    BATCH_REASON,
    SHORTAGE_REASON,
    Freeze,
    Holding,
    Issue,
    Movement,
    Recall,
)
from selfcard.custody.statuses import CardStatus, MovementKind
from selfcard.organisations.models import May, Party
from selfcard.organisations.queries import organisations_in_reach, parties_in_reach


def issues_seen_by(actor: Actor) -> QuerySet[Issue]:
    """The issue notes that the actor may look at: sender or receiver lies in their reach."""
    parties = parties_in_reach(actor, May.SEE_CARDS, May.ISSUE_CARDS, May.CHECK_IN_CARDS).values(
        "pk"
    )
    return _issues().filter(Q(from_party__in=parties) | Q(to_party__in=parties))


def issues_to_check_in(actor: Actor) -> QuerySet[Issue]:
    """What is on its way to organisations where the actor checks cards in, the oldest first."""
    places = organisations_in_reach(actor, May.CHECK_IN_CARDS).values("pk")
    return _issues().filter(state=Issue.State.IN_TRANSIT, to_party__in=places).order_by("issued_at")


def issues_overdue_from(actor: Actor) -> QuerySet[Issue]:
    """What was sent from organisations where the actor issues cards, and has not come for long.

    The sender still answers for it; how long is long is a setting.
    """
    places = organisations_in_reach(actor, May.ISSUE_CARDS).values("pk")
    return _issues().filter(
        state=Issue.State.IN_TRANSIT, from_party__in=places, issued_at__lt=overdue_since()
    )


def overdue_since() -> datetime:
    """What was issued before this moment and is still in transit has been for too long."""
    return clock.now() - timedelta(days=settings.TRANSIT_DAYS)


def batches_to_check_in(actor: Actor) -> QuerySet[Batch]:
    """Batches whose print file has left and whose cards have not been checked in."""
    places = organisations_in_reach(actor, May.CHECK_IN_CARDS).values("pk")
    printed = Holding.objects.filter(batch=OuterRef("pk"), status=CardStatus.PRINTED)
    return (
        Batch.objects.filter(
            Exists(printed), organisation__in=places, print_file__downloaded_at__isnull=False
        )
        .select_related("type_version__document_type", "printer", "print_file")
        .order_by("print_file__downloaded_at")
    )


def find_issue(number: str) -> Issue | None:
    return _issues().filter(number__iexact=number.strip()).first()


def runs_of(issue: Issue) -> list[SerialRun]:
    """The cards on an issue note."""
    handed_down = (MovementKind.ISSUE, MovementKind.HAND_OVER)
    return merge_runs(one.run for one in movements_of(issue).filter(kind__in=handed_down))


def shortage_of(issue: Issue) -> list[SerialRun]:
    """The cards of an issue note that did not come."""
    return merge_runs(one.run for one in movements_of(issue).filter(kind=MovementKind.SHORTAGE))


def still_missing(issue: Issue) -> list[SerialRun]:
    """The cards that did not come and that nobody has found since: they are frozen."""
    freezes = Freeze.objects.filter(
        reason_kind=SHORTAGE_REASON, reason_number=issue.number, released_at=None
    )
    return merge_runs(SerialRun.of(freeze.serials) for freeze in freezes)


def movements_of(paper: Issue | Recall | Batch) -> QuerySet[Movement]:
    """Every movement that a paper gives as its reason."""
    kind, number = (BATCH_REASON, paper.number) if isinstance(paper, Batch) else paper.reason
    return Movement.objects.filter(reason_kind=kind, reason_number=number).select_related(
        "from_holder", "to_holder"
    )


def is_checked_in(batch: Batch) -> bool:
    """Whether the printed cards of a batch were checked in."""
    return movements_of(batch).filter(kind=MovementKind.CHECK_IN_PRINTED).exists()


def stock_of(party: Party) -> list[tuple[DocumentType, int]]:
    """How many cards of each document type a holder has in inventory."""
    held: dict[DocumentType, int] = {}
    holdings = Holding.objects.filter(holder=party, status=CardStatus.INVENTORY).select_related(
        "batch__type_version__document_type"
    )
    for holding in holdings:
        document_type = holding.batch.type_version.document_type
        held[document_type] = held.get(document_type, 0) + holding.run.count
    return sorted(held.items(), key=lambda entry: entry[0].code)


def _issues() -> QuerySet[Issue]:
    return Issue.objects.select_related(
        "document_type",
        "from_party",
        "to_party",
        "for_organisation__party",
        "requisition",
        "issued_by__party",
        "checked_in_by__party",
    )
