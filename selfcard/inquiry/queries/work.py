"""The work that waits for one person: what they may do and nobody has done yet.

Every kind of work is asked with two statements, one that counts and one for the oldest few, so
that the home page costs the same on a busy day.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import (
    OuterRef,
    QuerySet,
    Subquery,
)

from selfcard.activation.models import GateAlarm
from selfcard.activation.queries import SEEING_GATE, alarm_in_force
from selfcard.approvals.models import Approval
from selfcard.cards.commands.orders import APPROVE_BATCH
from selfcard.cards.models import Batch
from selfcard.claims.queries import notices_that_wait
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.custody.models import Issue, WriteOff
from selfcard.custody.queries import (
    APPROVE_WRITE_OFF,
    batches_to_check_in,
    issues_overdue_from,
    issues_to_check_in,
    losses_to_announce,
    requisitions_overdue,
    requisitions_to_answer,
    requisitions_to_issue,
    write_offs_asked_by,
)
from selfcard.custody.queries.approvals import approvals_to_decide
from selfcard.custody.queries.extensions import APPROVE_EXTENSION, extensions_asked_by
from selfcard.custody.queries.notes import shortages_to_explain, with_missing
from selfcard.custody.queries.stock_counts import stock_counts_to_finish
from selfcard.custody.statuses import SeenStatus
from selfcard.inquiry.queries.money_work import Age, money_piles, unpaid_by_age
from selfcard.inquiry.queries.piles import Pile, Task, Work, pile_of
from selfcard.inquiry.queries.reach import SEEING_CARDS
from selfcard.inquiry.queries.sought import Question
from selfcard.inquiry.queries.spread import Distribution, distribution
from selfcard.organisations.models import May
from selfcard.organisations.queries import may_anywhere, organisations_in_reach

EXPIRING_DAYS = 90


@dataclass(frozen=True)
class Expiring:
    """Cards whose last day is near: those that can still be sold, and those already paid."""

    deadline: date
    inventory: int
    to_be_activated: int


@dataclass(frozen=True)
class HomeWork:
    piles: tuple[Pile, ...]
    stock: Distribution | None
    expiring: tuple[Expiring, ...]
    unpaid: tuple[Age, ...]
    alarm: GateAlarm | None

    @property
    def count(self) -> int:
        return sum(pile.count for pile in self.piles)

    @property
    def tasks(self) -> list[Task]:
        """The tasks of all piles, the longest waiting first."""
        return sorted((task for pile in self.piles for task in pile.tasks), key=lambda t: t.since)

    @property
    def unpaid_total(self) -> Decimal:
        return sum((age.amount for age in self.unpaid), Decimal(0))


def home_work(actor: Actor) -> HomeWork:
    """What waits for the actor, and the figures that stand beside it."""
    mays = may_anywhere(actor)
    sees_cards = bool(mays.intersection(SEEING_CARDS))
    stock = distribution(Question(actor)) if sees_cards else None
    return HomeWork(
        piles=tuple(pile for ask in _asked(mays) if (pile := ask(actor))),
        stock=stock,
        expiring=_expiring(stock) if stock else (),
        unpaid=unpaid_by_age(actor) if May.SEE_SALES in mays else (),
        alarm=alarm_in_force() if mays.intersection(SEEING_GATE) else None,
    )


def _asked(mays: set[str]) -> Iterable[Callable[[Actor], Pile | None]]:
    """The kinds of work that somebody with these authorisations can have."""
    if May.CHECK_IN_CARDS in mays:
        yield _issues_to_check_in
        yield _printed_to_check_in
        yield _shortages
        yield _refused_deliveries
    if May.ISSUE_CARDS in mays:
        yield _deliveries_to_chase
        yield _requisitions_to_answer
        yield _requisitions_to_issue
    if May.REQUEST_CARDS in mays:
        yield _requisitions_to_chase
    if May.WRITE_OFF_CARDS in mays:
        yield _losses_to_announce
        yield _write_offs_to_ask_for_again
    if May.RECALL_SALES in mays:
        yield _extensions_to_ask_for_again
    yield from money_piles(mays)
    yield _approvals
    if May.ORDER_BATCHES in mays:
        yield _orders_to_ask_for_again
        yield _makings_that_broke_off
        yield _files_to_release
        yield _files_to_download
    if May.HANDLE_CLAIMS in mays:
        yield _claims_to_take_on
    if May.COUNT_STOCK in mays:
        yield _counts_to_finish


def _claims_to_take_on(actor: Actor) -> Pile | None:
    """What holders have reported, and nobody has looked at yet."""
    return pile_of(
        Work.TAKE_CLAIM,
        notices_that_wait(actor),
        "reported_at",
        lambda notice: Task(
            kind=Work.TAKE_CLAIM,
            number=notice.number,
            since=notice.reported_at,
            who=notice.organisation.party,
        ),
    )


def _issues_to_check_in(actor: Actor) -> Pile | None:
    return pile_of(
        Work.CHECK_IN,
        issues_to_check_in(actor),
        "issued_at",
        lambda issue: Task(
            kind=Work.CHECK_IN,
            number=issue.number,
            since=issue.issued_at,
            who=issue.from_party,
            cards=issue.count,
        ),
    )


def _deliveries_to_chase(actor: Actor) -> Pile | None:
    """What was sent and has been on the way too long: the sender still answers for it."""
    return pile_of(
        Work.CHASE_DELIVERY,
        issues_overdue_from(actor),
        "issued_at",
        lambda issue: Task(
            kind=Work.CHASE_DELIVERY,
            number=issue.number,
            since=issue.issued_at,
            who=issue.to_party,
            cards=issue.count,
        ),
    )


def _shortages(actor: Actor) -> Pile | None:
    """Cards that the receiver did not find in a delivery: the sender says where they are."""
    missed = shortages_to_explain(actor).filter(state=Issue.State.CHECKED_IN)
    return _missing_pile(Work.EXPLAIN_SHORTAGE, missed)


def _refused_deliveries(actor: Actor) -> Pile | None:
    """What the receiver sent back: the sender says when it has come."""
    refused = shortages_to_explain(actor).filter(state=Issue.State.REFUSED)
    return _missing_pile(Work.TAKE_BACK, refused)


def _missing_pile(kind: Work, issues: QuerySet[Issue]) -> Pile | None:
    return pile_of(
        kind,
        with_missing(issues),
        "checked_in_at",
        lambda issue: Task(
            kind=kind,
            number=issue.number,
            since=issue.checked_in_at,
            who=issue.to_party,
            cards=issue.missing,
        ),
    )


def _requisitions_to_answer(actor: Actor) -> Pile | None:
    return pile_of(
        Work.ANSWER_REQUISITION,
        requisitions_to_answer(actor),
        "asked_at",
        lambda asked: Task(
            kind=Work.ANSWER_REQUISITION,
            number=asked.number,
            since=asked.asked_at,
            who=asked.organisation.party,
            cards=asked.count,
        ),
    )


def _requisitions_to_issue(actor: Actor) -> Pile | None:
    return pile_of(
        Work.ISSUE_REQUISITION,
        requisitions_to_issue(actor),
        "answered_at",
        lambda granted: Task(
            kind=Work.ISSUE_REQUISITION,
            number=granted.number,
            since=granted.answered_at,
            who=granted.organisation.party,
            cards=granted.left,
        ),
    )


def _requisitions_to_chase(actor: Actor) -> Pile | None:
    """What was asked for and should have come by now."""
    return pile_of(
        Work.CHASE_REQUISITION,
        requisitions_overdue(actor),
        "asked_at",
        lambda asked: Task(
            kind=Work.CHASE_REQUISITION,
            number=asked.number,
            since=asked.asked_at,
            who=asked.issuer.party,
            cards=asked.count - asked.issued,
        ),
    )


def _printed_to_check_in(actor: Actor) -> Pile | None:
    return pile_of(
        Work.CHECK_IN_PRINTED,
        batches_to_check_in(actor),
        "print_file__downloaded_at",
        lambda batch: _batch_task(Work.CHECK_IN_PRINTED, batch, batch.print_file.downloaded_at),
    )


def _counts_to_finish(actor: Actor) -> Pile | None:
    return pile_of(
        Work.FINISH_COUNT,
        stock_counts_to_finish(actor),
        "opened_at",
        lambda count: Task(
            kind=Work.FINISH_COUNT,
            number=count.number,
            since=count.opened_at,
            who=count.holder,
            cards=count.counted,
        ),
    )


def _orders_to_ask_for_again(actor: Actor) -> Pile | None:
    """Orders that nobody decided before their request expired: they wait for whoever ordered."""
    requests = Approval.objects.filter(kind=APPROVE_BATCH, subject_number=OuterRef("number"))
    return pile_of(
        Work.ASK_AGAIN,
        _batches_ordered(actor)
        .filter(state=Batch.State.ORDERED)
        .annotate(expired_at=Subquery(requests.order_by("-asked_at").values("expires_at")[:1]))
        .filter(expired_at__lte=clock.now()),
        "expired_at",
        lambda batch: _batch_task(Work.ASK_AGAIN, batch, batch.expired_at),
    )


def _makings_that_broke_off(actor: Actor) -> Pile | None:
    """Batches of which no card was made: somebody has it done again, or cancels them."""
    return pile_of(
        Work.MAKE_AGAIN,
        _batches_ordered(actor).filter(state=Batch.State.GENERATING, work__ended_at__isnull=False),
        "work__ended_at",
        lambda batch: _batch_task(Work.MAKE_AGAIN, batch, batch.work.ended_at),
    )


def _files_to_release(actor: Actor) -> Pile | None:
    asked = Approval.objects.filter(
        subject_kind="batch", state=Approval.State.ASKED, expires_at__gt=clock.now()
    )
    return pile_of(
        Work.ASK_RELEASE,
        _batches_ordered(actor)
        .filter(state=Batch.State.GENERATED, print_file__released_at__isnull=True)
        .exclude(number__in=asked.values("subject_number")),
        "print_file__made_at",
        lambda batch: _batch_task(Work.ASK_RELEASE, batch, batch.print_file.made_at),
    )


def _files_to_download(actor: Actor) -> Pile | None:
    return pile_of(
        Work.DOWNLOAD,
        _batches_ordered(actor).filter(
            print_file__released_at__isnull=False, print_file__downloaded_at__isnull=True
        ),
        "print_file__released_at",
        lambda batch: _batch_task(Work.DOWNLOAD, batch, batch.print_file.released_at),
    )


def _batches_ordered(actor: Actor) -> QuerySet[Batch]:
    return Batch.objects.filter(
        organisation__in=organisations_in_reach(actor, May.ORDER_BATCHES).values("pk")
    ).select_related("print_file", "printer", "type_version__document_type", "work")


def _batch_task(kind: Work, batch: Batch, since: datetime) -> Task:
    return Task(
        kind=kind,
        number=batch.number,
        since=since,
        who=str(batch.type_version.document_type),
        cards=batch.count,
    )


def _losses_to_announce(actor: Actor) -> Pile | None:
    """Agreed losses that are to be announced publicly, those nearest their last day first."""
    return pile_of(
        Work.ANNOUNCE,
        losses_to_announce(actor),
        "asked_at",
        lambda loss: _write_off_task(Work.ANNOUNCE, loss, loss.asked_at, due=loss.announce_by),
    )


def _write_offs_to_ask_for_again(actor: Actor) -> Pile | None:
    """Reports that nobody decided before their request expired: the cards stay frozen."""
    requests = Approval.objects.filter(kind=APPROVE_WRITE_OFF, subject_number=OuterRef("number"))
    return pile_of(
        Work.WRITE_OFF_AGAIN,
        write_offs_asked_by(actor)
        .annotate(expired_at=Subquery(requests.order_by("-asked_at").values("expires_at")[:1]))
        .filter(expired_at__lte=clock.now()),
        "expired_at",
        lambda one: _write_off_task(Work.WRITE_OFF_AGAIN, one, one.expired_at),
    )


def _extensions_to_ask_for_again(actor: Actor) -> Pile | None:
    """Requests for a later last day that nobody decided in time: the cards stay out of date."""
    requests = Approval.objects.filter(kind=APPROVE_EXTENSION, subject_number=OuterRef("number"))
    return pile_of(
        Work.EXTENSION_AGAIN,
        extensions_asked_by(actor)
        .annotate(expired_at=Subquery(requests.order_by("-asked_at").values("expires_at")[:1]))
        .filter(expired_at__lte=clock.now()),
        "expired_at",
        lambda one: Task(
            kind=Work.EXTENSION_AGAIN,
            number=one.number,
            since=one.expired_at,
            who=one.holder,
            cards=one.count,
        ),
    )


def _write_off_task(
    kind: Work, write_off: WriteOff, since: datetime, due: date | None = None
) -> Task:
    return Task(
        kind=kind,
        number=write_off.number,
        since=since,
        who=write_off.holder,
        cards=write_off.count,
        due=due,
    )


def _approvals(actor: Actor) -> Pile | None:
    return pile_of(
        Work.APPROVAL,
        approvals_to_decide(actor),
        "asked_at",
        lambda approval: Task(
            kind=Work.APPROVAL,
            number=approval.subject_number,
            since=approval.asked_at,
            who=approval.asked_by.party,
            approval=approval,
        ),
    )


def _expiring(stock: Distribution) -> tuple[Expiring, ...]:
    """The cards whose last day comes soon, by that day."""
    today = clock.today()
    soon = [day for day in stock.deadlines if today <= day <= today + timedelta(days=EXPIRING_DAYS)]
    found = (
        Expiring(
            day,
            stock.deadlines[day].get(SeenStatus.INVENTORY, 0),
            stock.deadlines[day].get(SeenStatus.TO_BE_ACTIVATED, 0),
        )
        for day in sorted(soon)
    )
    return tuple(one for one in found if one.inventory or one.to_be_activated)
