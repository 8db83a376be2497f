"""Where cards are, how they came there, and which of them can be used for what."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from selfcard.cards.models import Batch, DocumentType, DocumentTypeVersion
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.refusals import Operation
from selfcard.core.serials import SerialRun, distinct_runs, merge_runs
from selfcard.custody.errors import (
    CardsExpired,
    CardsFrozen,
    CardsInOtherStatus,
    CardsNotHeld,
    CardsOfOtherType,
    CardsOfSeveralHolders,
    CardsOpened,
    CardsRefused,
    NoSuchCards,
)
from selfcard.custody.models import (
    BATCH_REASON,
    SHORTAGE_REASON,
    ActivatedCard,
    Freeze,
    Holding,
    Issue,
    Movement,
    Reason,
)
from selfcard.custody.parts import Part, Use, Verdict, judge, read_parts
from selfcard.custody.statuses import CardStatus, MovementKind, SeenStatus, seen_status
from selfcard.organisations.models import May, Party
from selfcard.organisations.queries import organisations_in_reach, parties_in_reach


@dataclass(frozen=True)
class CardState:
    """Everything about where one card is now."""

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


def find_card(serial: int) -> CardState | None:
    """A card by its serial; none if no such card was ever made."""
    policy = ActivatedCard.objects.filter(serial=serial, reversed_at=None)
    freeze = Freeze.objects.filter(serials__contains=serial, released_at=None)
    holding = (
        Holding.objects.filter(serials__contains=serial)
        .select_related("batch__type_version__document_type", "holder")
        .annotate(
            policy_number=Subquery(policy.values("policy_number")[:1]), is_frozen=Exists(freeze)
        )
        .first()
    )
    if holding is None:
        return None
    batch, status = holding.batch, CardStatus(holding.status)
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
            deadline=batch.last_day,
            today=clock.today(),
        ),
        policy_number=holding.policy_number,
        frozen=holding.is_frozen,
        deadline=batch.last_day,
        reason=holding.reason,
        since=holding.since,
    )


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


@dataclass(frozen=True)
class Share:
    """How many cards of some runs are with one holder in one status, and which."""

    holder: Party
    status: SeenStatus
    count: int
    runs: tuple[SerialRun, ...]


def distribution(runs: Iterable[SerialRun]) -> list[Share]:
    """Where the cards of some runs are: by holder and by the status that people see.

    Activated cards are a share of their own. Their numbers are counted, so this is for ranges,
    not for all the books.
    """
    places: dict[tuple[Party, SeenStatus], list[SerialRun]] = {}
    for part in read_parts(runs):
        if part.holder is None or part.seen is None:
            continue
        active = _activated_runs(part)
        if active:
            places.setdefault((part.holder, SeenStatus.ACTIVATED), []).extend(active)
        rest = part.run.without(active)
        if rest:
            places.setdefault((part.holder, part.seen), []).extend(rest)
    return [
        Share(holder, status, sum(run.count for run in found), tuple(merge_runs(found)))
        for (holder, status), found in places.items()
    ]


def _activated_runs(part: Part) -> list[SerialRun]:
    if part.status != CardStatus.TO_BE_ACTIVATED:
        return []
    serials = activations_within([part.run]).values_list("serial", flat=True)
    return merge_runs(SerialRun(serial, serial) for serial in serials)


@dataclass(frozen=True)
class RangePart:
    """A part of a typed range, and whether it can be used for what the form does."""

    run: SerialRun
    document_type: DocumentType | None
    holder: Party | None
    status: SeenStatus | None
    usable: bool
    reason: str = ""
    help: Operation | None = None

    @property
    def count(self) -> int:
        return self.run.count


def usable_parts(
    document_type: DocumentType | None,
    runs: Iterable[SerialRun],
    actor: Actor,
    deed: May,
) -> list[RangePart]:
    """What stands beside a range while it is typed: which cards fit the deed, and why not.

    Judged as the command judges. Holder and status of cards out of the actor's sight are left
    out. Without a document type it is read from the first card.
    """
    parts = read_parts(distinct_runs(runs))
    known = next((part.batch for part in parts if part.batch), None)
    document_type = document_type or (known.type_version.document_type if known else None)
    holders = {part.holder.pk for part in parts if part.holder}
    if document_type is None:
        return [_range_part(part, NoSuchCards, None, seen=False) for part in parts]
    use = Use(document_type, _may_give(actor, deed, holders))
    seen = set(
        parties_in_reach(actor, May.SEE_CARDS, deed)
        .filter(pk__in=holders)
        .values_list("pk", flat=True)
    )
    verdicts = [judge(part, use) for part in parts]
    if deed == May.ISSUE_CARDS:
        verdicts = _from_one_sender(verdicts)
    return [
        _range_part(
            verdict.part,
            verdict.refused,
            verdict.help,
            seen=verdict.part.holder is not None and verdict.part.holder.pk in seen,
        )
        for verdict in verdicts
    ]


def _from_one_sender(verdicts: list[Verdict]) -> list[Verdict]:
    """An issue note has one sender: whoever holds the first cards that fit."""
    sender = next((one.part.holder for one in verdicts if one.refused is None), None)
    return [
        Verdict(one.part, CardsOfSeveralHolders)
        if one.refused is None and one.part.holder != sender
        else one
        for one in verdicts
    ]


def _may_give(actor: Actor, deed: May, holders: set[int]) -> set[int]:
    """The holders that the actor may take cards from: only organisations issue."""
    if deed == May.ISSUE_CARDS:
        organisations = organisations_in_reach(actor, deed).filter(pk__in=holders)
        return set(organisations.values_list("pk", flat=True))
    parties = parties_in_reach(actor, deed).filter(pk__in=holders)
    return set(parties.values_list("pk", flat=True))


def _range_part(
    part: Part, refused: type[CardsRefused] | None, help: Operation | None, *, seen: bool
) -> RangePart:
    return RangePart(
        run=part.run,
        document_type=part.batch.type_version.document_type if part.batch else None,
        holder=part.holder if seen else None,
        status=part.seen if seen else None,
        usable=refused is None,
        reason=_short_reason(refused, part) if refused else "",
        help=help if seen else None,
    )


def _short_reason(refused: type[CardsRefused], part: Part) -> str:
    said = {
        NoSuchCards: _("No: there are no such cards"),
        CardsOfOtherType: _("No: of another document type"),
        CardsOfSeveralHolders: _("No: of another sender"),
        CardsNotHeld: _("No: held elsewhere"),
        CardsFrozen: _("No: frozen"),
        CardsOpened: _("No: somebody knows their PIN already"),
        CardsExpired: _("No: the last day to activate them is over"),
    }
    if refused is CardsInOtherStatus and part.status is not None:
        return _("No: %(status)s") % {"status": part.status.label}
    return said[refused]


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
    return merge_runs(one.run for one in movements_of(issue).filter(kind=MovementKind.ISSUE))


def shortage_of(issue: Issue) -> list[SerialRun]:
    """The cards of an issue note that did not come."""
    return merge_runs(one.run for one in movements_of(issue).filter(kind=MovementKind.SHORTAGE))


def still_missing(issue: Issue) -> list[SerialRun]:
    """The cards that did not come and that nobody has found since: they are frozen."""
    freezes = Freeze.objects.filter(
        reason_kind=SHORTAGE_REASON, reason_number=issue.number, released_at=None
    )
    return merge_runs(SerialRun.of(freeze.serials) for freeze in freezes)


def movements_of(paper: Issue | Batch) -> QuerySet[Movement]:
    """Every movement that a paper gives as its reason."""
    kind, number = paper.reason if isinstance(paper, Issue) else (BATCH_REASON, paper.number)
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
        "issued_by__party",
        "checked_in_by__party",
    )
