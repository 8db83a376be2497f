"""The papers of stock: what is on its way, what came, what each note moved."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BigIntegerField, Exists, Func, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from selfcard.cards.models import Batch, DocumentType
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.serials import SerialRun, count_cards, merge_runs
from selfcard.custody.freezes import frozen_for
from selfcard.custody.models import (
    BATCH_REASON,
    SHORTAGE_REASON,
    Freeze,
    Holding,
    Issue,
    Movement,
    Recall,
    WriteOff,
)
from selfcard.custody.statuses import CardStatus, MovementKind
from selfcard.organisations.models import May, Party
from selfcard.organisations.queries import organisations_in_reach, parties_in_reach

SEEING_ISSUES = (May.SEE_CARDS, May.ISSUE_CARDS, May.CHECK_IN_CARDS)


def issues_seen_by(actor: Actor) -> QuerySet[Issue]:
    """The issue notes that the actor may look at: sender or receiver lies in their reach."""
    parties = parties_in_reach(actor, *SEEING_ISSUES).values("pk")
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


def shortages_to_explain(actor: Actor) -> QuerySet[Issue]:
    """Issues of which cards are missing, or that came back, and wait for somebody at the sender.

    Not for whoever said themself that the cards did not come.
    """
    places = organisations_in_reach(actor, May.CHECK_IN_CARDS).values("pk")
    frozen = Freeze.objects.filter(reason_kind=SHORTAGE_REASON, released_at=None)
    waiting = _issues().filter(from_party__in=places, number__in=frozen.values("reason_number"))
    return waiting.exclude(checked_in_by=actor.id)


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


def still_missing(issue: Issue) -> list[SerialRun]:
    """The cards that did not come and that nobody has found since: they are frozen."""
    freezes = Freeze.objects.filter(
        reason_kind=SHORTAGE_REASON, reason_number=issue.number, released_at=None
    )
    return merge_runs(SerialRun.of(freeze.serials) for freeze in freezes)


@dataclass(frozen=True)
class Fate:
    """What became of cards that did not come: written off, or else found with the sender."""

    runs: list[SerialRun]
    write_off: WriteOff | None


def fates_of(issue: Issue) -> list[Fate]:
    """What became of those cards of a note that did not come, as far as somebody has said it.

    The found ones first, then by write-off.
    """
    ended = frozen_for((SHORTAGE_REASON, issue.number)).filter(released_at__isnull=False)
    runs: dict[str, list[SerialRun]] = {}
    for freeze in ended:
        runs.setdefault(freeze.release_note, []).append(freeze.run)
    agreed = {one.number: one for one in WriteOff.objects.filter(number__in=runs)} if runs else {}
    return [Fate(merge_runs(runs[number]), agreed.get(number)) for number in sorted(runs)]


def with_missing(issues: QuerySet[Issue]) -> QuerySet[Issue]:
    """The issue notes, each with how many of its cards are still missing: `missing`."""
    size = Func("serials", function="upper") - Func("serials", function="lower")
    freezes = Freeze.objects.filter(
        reason_kind=SHORTAGE_REASON, reason_number=OuterRef("number"), released_at=None
    )
    cards = freezes.values("reason_number").values(cards=Sum(size, output_field=BigIntegerField()))
    return issues.annotate(missing=Coalesce(Subquery(cards), 0))


def movements_of(paper: Issue | Recall | Batch) -> QuerySet[Movement]:
    """Every movement that a paper gives as its reason."""
    kind, number = (BATCH_REASON, paper.number) if isinstance(paper, Batch) else paper.reason
    return Movement.objects.filter(reason_kind=kind, reason_number=number).select_related(
        "from_holder", "to_holder"
    )


def is_checked_in(batch: Batch) -> bool:
    """Whether the printed cards of a batch were checked in."""
    return movements_of(batch).filter(kind=MovementKind.CHECK_IN_PRINTED).exists()


def stock_of(party: Party) -> list[tuple[DocumentType, int, int]]:
    """How many cards of each document type a holder has in inventory, and how many are frozen."""
    held: dict[DocumentType, tuple[int, int]] = {}
    freezes = Freeze.objects.filter(serials__overlap=OuterRef("serials"), released_at=None)
    holdings = (
        Holding.objects.filter(holder=party, status=CardStatus.INVENTORY)
        .select_related("batch__type_version__document_type")
        .annotate(stopped=ArraySubquery(freezes.values("serials")))
    )
    for holding in holdings:
        document_type = holding.batch.type_version.document_type
        cards, frozen = held.get(document_type, (0, 0))
        stopped = merge_runs(
            both for one in holding.stopped if (both := SerialRun.of(one).intersection(holding.run))
        )
        held[document_type] = (cards + holding.run.count, frozen + count_cards(stopped))
    return sorted(((one, *counted) for one, counted in held.items()), key=lambda row: row[0].code)


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
