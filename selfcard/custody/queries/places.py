"""Where cards are, how they came there, and how they are spread."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, Q, QuerySet, Subquery

from selfcard.cards.models import Batch, DocumentTypeVersion
from selfcard.core import clock
from selfcard.core.compiled import Compiled
from selfcard.core.serials import SerialRun, merge_runs
from selfcard.custody.models import (
    ActivatedCard,
    ExtensionRun,
    Freeze,
    Holding,
    Movement,
    OpenedCard,
    Reason,
)
from selfcard.custody.parts import Part, read_parts
from selfcard.custody.statuses import CardStatus, SeenStatus, seen_status
from selfcard.organisations.models import Party


@dataclass(frozen=True)
class CardState:
    """Everything about where one card is now.

    `deadline` is the last day to activate it: the printed one, or a later one that was agreed to.
    """

    serial: int
    batch: Batch
    type_version: DocumentTypeVersion
    holder: Party
    status: CardStatus
    seen: SeenStatus
    policy_number: str | None
    frozen: bool
    deadline: date
    reason: Reason
    since: datetime

    @property
    def is_extended(self) -> bool:
        """Whether it can be activated longer than is printed on it."""
        return self.deadline > self.batch.last_day


def find_card(serial: int) -> CardState | None:
    """A card by its serial; none if no such card was ever made."""
    found = _place_of(None, serial)
    if not found:
        return None
    (holding,) = found
    batch, status = holding.batch, CardStatus(holding.status)
    is_paid = status == CardStatus.TO_BE_ACTIVATED
    deadline = (holding.extended_to if is_paid else None) or batch.last_day
    return CardState(
        serial=serial,
        batch=batch,
        type_version=batch.type_version,
        holder=holding.holder,
        status=status,
        seen=seen_status(
            status,
            activated=holding.policy_number is not None,
            frozen=holding.is_frozen,
            deadline=deadline,
            today=clock.today(),
        ),
        policy_number=holding.policy_number,
        frozen=holding.is_frozen,
        deadline=deadline,
        reason=holding.reason,
        since=holding.since,
    )


def _places_of(_: None, serial: int) -> QuerySet[Holding]:
    """The one place of a card, with all that decides how it is seen."""
    policy = ActivatedCard.objects.filter(serial=serial, reversed_at=None)
    freeze = Freeze.objects.filter(serials__contains=serial, released_at=None)
    extended = ExtensionRun.objects.filter(serials__contains=serial, during__isnull=False)
    return (
        Holding.objects.filter(serials__contains=serial)
        .select_related("batch__type_version__document_type", "holder")
        .annotate(
            policy_number=Subquery(policy.values("policy_number")[:1]),
            is_frozen=Exists(freeze),
            extended_to=Subquery(extended.order_by("-during").values("extension__last_day")[:1]),
        )
    )


_place_of: Compiled[Any] = Compiled(_places_of)


def find_serial_of_policy(policy_number: str) -> int | None:
    """The card that became a policy."""
    return (
        ActivatedCard.objects.filter(policy_number=policy_number)
        .values_list("serial", flat=True)
        .first()
    )


def holdings_within(runs: Iterable[SerialRun]) -> list[Part]:
    """The runs, cut where holder, status, reason or freeze change; also what was never printed."""
    return read_parts(runs)


def activations_within(runs: Iterable[SerialRun]) -> QuerySet[ActivatedCard]:
    """The cards of the runs that are activated now."""
    within = Q()
    for run in runs:
        within |= Q(serial__range=(run.first, run.last))
    live = ActivatedCard.objects.filter(reversed_at=None)
    return live.filter(within) if within else live.none()


def opened_within(runs: Iterable[SerialRun], by: datetime | None = None) -> list[SerialRun]:
    """Those of the cards whose PIN was ever accepted, or by a moment: nobody may buy them any
    more."""
    within = Q()
    for run in runs:
        within |= Q(serial__range=(run.first, run.last))
    if not within:
        return []
    opened = OpenedCard.objects.filter(within)
    if by is not None:
        opened = opened.filter(opened_at__lte=by)
    serials = opened.values_list("serial", flat=True)
    return merge_runs(SerialRun(serial, serial) for serial in serials)


def is_activated(serial: int) -> bool:
    """Whether the card is a policy now."""
    return ActivatedCard.objects.filter(serial=serial, reversed_at=None).exists()


def history_of(runs: Iterable[SerialRun]) -> QuerySet[Movement]:
    """Every movement that any of the cards took part in, the oldest first."""
    touched = Q()
    for run in runs:
        touched |= Q(serials__overlap=run.range)
    movements = Movement.objects.filter(touched) if touched else Movement.objects.none()
    return movements.select_related("from_holder", "to_holder").order_by("at", "id")
