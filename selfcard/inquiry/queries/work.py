"""The work that waits for one person: what they may do and nobody has done yet.

Every kind of work is asked with two statements, one that counts and one for the oldest few, so
that the home page costs the same on a busy day.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import (
    Case,
    DecimalField,
    Func,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)

from selfcard.approvals.models import Approval
from selfcard.cards.commands.orders import APPROVE_BATCH
from selfcard.cards.models import Batch
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.money import Money
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
from selfcard.custody.queries.notes import shortages_to_explain, with_missing
from selfcard.custody.queries.stock_counts import stock_counts_to_finish
from selfcard.custody.statuses import SeenStatus
from selfcard.inquiry.queries.reach import SEEING_CARDS
from selfcard.inquiry.queries.sought import Question
from selfcard.inquiry.queries.spread import Distribution, distribution
from selfcard.organisations.models import May, Party
from selfcard.organisations.queries import may_anywhere, organisations_in_reach
from selfcard.payments.models import DrawerDay, Receipt
from selfcard.payments.queries import (
    drawer_days_to_close,
    drawer_days_to_count,
    receipts_not_arrived,
    receipts_to_confirm,
    refunds_to_pay,
)
from selfcard.sales.queries import sales_not_paid, sales_overdue, sales_without_receipt

ROWS_OF_A_KIND = 8
EXPIRING_DAYS = 90
# Sold and not paid is looked at in these steps of days; the last one has no end.
AGES = (3, 7, 14, 30)


class Work(StrEnum):
    """A kind of work, named for the deed that does it."""

    CHECK_IN = "check_in"
    CHECK_IN_PRINTED = "check_in_printed"
    CHASE_DELIVERY = "chase_delivery"
    EXPLAIN_SHORTAGE = "explain_shortage"
    TAKE_BACK = "take_back"
    ANSWER_REQUISITION = "answer_requisition"
    ISSUE_REQUISITION = "issue_requisition"
    CHASE_REQUISITION = "chase_requisition"
    CONFIRM_RECEIPT = "confirm_receipt"
    AWAIT_ARRIVAL = "await_arrival"
    PAY_BACK_ADVANCE = "pay_back_advance"
    COUNT_DRAWER = "count_drawer"
    CLOSE_DRAWER = "close_drawer"
    ISSUE_RECEIPT = "issue_receipt"
    APPROVAL = "approval"
    ASK_AGAIN = "ask_again"
    MAKE_AGAIN = "make_again"
    ASK_RELEASE = "ask_release"
    DOWNLOAD = "download"
    CHASE = "chase"
    CHASE_OVERDUE = "chase_overdue"
    ANNOUNCE = "announce"
    WRITE_OFF_AGAIN = "write_off_again"
    FINISH_COUNT = "finish_count"


# After how many days work counts as late.
LATE_AFTER = {
    Work.CHECK_IN: settings.TRANSIT_DAYS,
    Work.CHECK_IN_PRINTED: 7,
    Work.CHASE_DELIVERY: settings.TRANSIT_DAYS,
    Work.EXPLAIN_SHORTAGE: 2,
    Work.TAKE_BACK: settings.TRANSIT_DAYS,
    Work.ANSWER_REQUISITION: 2,
    Work.ISSUE_REQUISITION: 3,
    Work.CHASE_REQUISITION: 0,
    Work.CONFIRM_RECEIPT: 2,
    Work.AWAIT_ARRIVAL: 5,
    Work.PAY_BACK_ADVANCE: 2,
    # A drawer is counted on its own day and closed on the next.
    Work.COUNT_DRAWER: 0,
    Work.CLOSE_DRAWER: 1,
    Work.ISSUE_RECEIPT: 2,
    Work.APPROVAL: 2,
    Work.ASK_AGAIN: 1,
    Work.MAKE_AGAIN: 1,
    Work.ASK_RELEASE: 3,
    Work.DOWNLOAD: 3,
    Work.CHASE: 7,
    # By their own last day, not by how long it waits.
    Work.CHASE_OVERDUE: 0,
    Work.ANNOUNCE: 5,
    Work.WRITE_OFF_AGAIN: 1,
    Work.FINISH_COUNT: 2,
}


@dataclass(frozen=True, kw_only=True)
class Task:
    """One thing to do: of which kind, about which number, whom it comes from, since when."""

    kind: Work
    number: str
    since: datetime
    who: Party | str | None = None
    cards: int | None = None
    amount: Money | None = None
    approval: Approval | None = None  # what a second person is asked
    due: date | None = None  # where it has to be done by a day

    @property
    def waits(self) -> timedelta:
        return clock.now() - self.since

    @property
    def is_late(self) -> bool:
        if self.due is not None:
            return clock.today() > self.due
        return self.waits > timedelta(days=LATE_AFTER[self.kind])


@dataclass(frozen=True)
class Pile:
    """All work of one kind: how many things, since when the oldest waits, and the oldest few."""

    kind: Work
    count: int
    oldest: datetime
    tasks: tuple[Task, ...]

    @property
    def is_late(self) -> bool:
        if any(task.due for task in self.tasks):
            return any(task.is_late for task in self.tasks)
        return clock.now() - self.oldest > timedelta(days=LATE_AFTER[self.kind])


@dataclass(frozen=True)
class Expiring:
    """Cards whose last day is near: those that can still be sold, and those already paid."""

    deadline: date
    inventory: int
    to_be_activated: int


@dataclass(frozen=True)
class Age:
    """Sold and not paid since so many days; no last day for the oldest."""

    first: int
    last: int | None
    amount: Decimal


@dataclass(frozen=True)
class HomeWork:
    piles: tuple[Pile, ...]
    stock: Distribution | None
    expiring: tuple[Expiring, ...]
    unpaid: tuple[Age, ...]

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
        unpaid=_unpaid_by_age(actor) if May.SEE_SALES in mays else (),
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
    if May.CONFIRM_RECEIPTS in mays:
        yield _receipts
        yield _receipts_not_arrived
    if May.CONFIRM_PAYMENTS in mays:
        yield _refunds_of_advances
    if May.KEEP_DRAWER in mays:
        yield _drawers_to_count
    if May.CLOSE_DRAWERS in mays:
        yield _drawers_to_close
    if May.ISSUE_RECEIPTS in mays:
        yield _sales_to_charge
    yield _approvals
    if May.ORDER_BATCHES in mays:
        yield _orders_to_ask_for_again
        yield _makings_that_broke_off
        yield _files_to_release
        yield _files_to_download
    if May.REGISTER_SALES in mays:
        yield _sales_to_chase
    if May.SEE_SALES in mays or May.REGISTER_SALES in mays:
        yield _sales_overdue
    if May.COUNT_STOCK in mays:
        yield _counts_to_finish


class _First(Func):
    """The first few elements of an array."""

    template = f"(%(expressions)s)[1:{ROWS_OF_A_KIND}]"


def _pile(kind: Work, rows: QuerySet[Any], since: str, task: Callable[[Any], Task]) -> Pile | None:
    """The pile of a queryset; `since` is the column from which its things wait."""
    found = rows.order_by().aggregate(
        count=Sum(Value(1)), oldest=Min(since), first=_First(ArrayAgg("pk", order_by=since))
    )
    if not found["count"]:
        return None
    # All about them is asked only of those few: the joins of thousands would be thrown away.
    first = rows.filter(pk__in=found["first"]).order_by(since)
    tasks = tuple(task(row) for row in first)
    return Pile(kind, found["count"], found["oldest"], tasks)


def _issues_to_check_in(actor: Actor) -> Pile | None:
    return _pile(
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
    return _pile(
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
    return _pile(
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
    return _pile(
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
    return _pile(
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
    return _pile(
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
    return _pile(
        Work.CHECK_IN_PRINTED,
        batches_to_check_in(actor),
        "print_file__downloaded_at",
        lambda batch: _batch_task(Work.CHECK_IN_PRINTED, batch, batch.print_file.downloaded_at),
    )


def _counts_to_finish(actor: Actor) -> Pile | None:
    return _pile(
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
    return _pile(
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
    return _pile(
        Work.MAKE_AGAIN,
        _batches_ordered(actor).filter(state=Batch.State.GENERATING, work__ended_at__isnull=False),
        "work__ended_at",
        lambda batch: _batch_task(Work.MAKE_AGAIN, batch, batch.work.ended_at),
    )


def _files_to_release(actor: Actor) -> Pile | None:
    asked = Approval.objects.filter(
        subject_kind="batch", state=Approval.State.ASKED, expires_at__gt=clock.now()
    )
    return _pile(
        Work.ASK_RELEASE,
        _batches_ordered(actor)
        .filter(state=Batch.State.GENERATED, print_file__released_at__isnull=True)
        .exclude(number__in=asked.values("subject_number")),
        "print_file__made_at",
        lambda batch: _batch_task(Work.ASK_RELEASE, batch, batch.print_file.made_at),
    )


def _files_to_download(actor: Actor) -> Pile | None:
    return _pile(
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
    return _pile(
        Work.ANNOUNCE,
        losses_to_announce(actor),
        "asked_at",
        lambda loss: _write_off_task(Work.ANNOUNCE, loss, loss.asked_at, due=loss.announce_by),
    )


def _write_offs_to_ask_for_again(actor: Actor) -> Pile | None:
    """Reports that nobody decided before their request expired: the cards stay frozen."""
    requests = Approval.objects.filter(kind=APPROVE_WRITE_OFF, subject_number=OuterRef("number"))
    return _pile(
        Work.WRITE_OFF_AGAIN,
        write_offs_asked_by(actor)
        .annotate(expired_at=Subquery(requests.order_by("-asked_at").values("expires_at")[:1]))
        .filter(expired_at__lte=clock.now()),
        "expired_at",
        lambda one: _write_off_task(Work.WRITE_OFF_AGAIN, one, one.expired_at),
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


def _receipts(actor: Actor) -> Pile | None:
    return _pile(
        Work.CONFIRM_RECEIPT,
        receipts_to_confirm(actor),
        "issued_at",
        lambda receipt: Task(
            kind=Work.CONFIRM_RECEIPT,
            number=receipt.number,
            since=receipt.issued_at,
            who=f"{receipt.payer}, {receipt.organisation.name}",
            amount=Money(receipt.amount, receipt.currency),
        ),
    )


def _receipts_not_arrived(actor: Actor) -> Pile | None:
    """Money that was sent and is not here: whoever confirms it looks at the bank again."""
    return _pile(
        Work.AWAIT_ARRIVAL,
        receipts_not_arrived(actor),
        "waiting_since",
        lambda receipt: Task(
            kind=Work.AWAIT_ARRIVAL,
            number=receipt.number,
            since=receipt.waiting_since,
            who=f"{receipt.payer}, {receipt.organisation.name}",
            amount=Money(receipt.amount, receipt.currency),
        ),
    )


def _refunds_of_advances(actor: Actor) -> Pile | None:
    return _pile(
        Work.PAY_BACK_ADVANCE,
        refunds_to_pay(actor),
        "issued_at",
        lambda payment: Task(
            kind=Work.PAY_BACK_ADVANCE,
            number=payment.number,
            since=payment.issued_at,
            who=f"{payment.payee}, {payment.organisation.name}",
            amount=Money(payment.amount, payment.currency),
        ),
    )


def _drawers_to_count(actor: Actor) -> Pile | None:
    """Drawers of an earlier day that nobody counted: until then they take no money."""
    return _pile(
        Work.COUNT_DRAWER,
        drawer_days_to_count(actor),
        "opened_at",
        lambda day: _drawer_task(Work.COUNT_DRAWER, day, day.opened_at),
    )


def _drawers_to_close(actor: Actor) -> Pile | None:
    return _pile(
        Work.CLOSE_DRAWER,
        drawer_days_to_close(actor),
        "counted_at",
        lambda day: _drawer_task(Work.CLOSE_DRAWER, day, day.counted_at),
    )


def _drawer_task(kind: Work, day: DrawerDay, since: datetime) -> Task:
    return Task(
        kind=kind,
        number=f"{day.drawer.code}/{day.day.isoformat()}",
        since=since,
        who=f"{day.drawer.name}, {day.drawer.organisation.name}",
    )


def _sales_to_charge(actor: Actor) -> Pile | None:
    return _pile(
        Work.ISSUE_RECEIPT,
        sales_without_receipt(actor),
        "registered_at",
        lambda sale: _sale_task(Work.ISSUE_RECEIPT, sale),
    )


def _sales_to_chase(actor: Actor) -> Pile | None:
    """Sales whose money was asked for some days ago and has not come."""
    late = clock.now() - timedelta(days=AGES[0])
    return _pile(
        Work.CHASE,
        sales_not_paid(actor).filter(
            seller_organisation__in=organisations_in_reach(actor, May.REGISTER_SALES).values("pk"),
            receipt_state=Receipt.State.ISSUED,
            registered_at__lt=late,
            due_on__gte=clock.today(),
        ),
        "registered_at",
        lambda sale: _sale_task(Work.CHASE, sale),
    )


def _sales_overdue(actor: Actor) -> Pile | None:
    """Sales whose last day to be paid is over: chased, or taken back."""
    return _pile(
        Work.CHASE_OVERDUE,
        sales_overdue(actor),
        "registered_at",
        lambda sale: _sale_task(Work.CHASE_OVERDUE, sale, due=sale.due_on),
    )


def _sale_task(kind: Work, sale: Any, due: date | None = None) -> Task:
    return Task(
        kind=kind,
        number=sale.number,
        since=sale.registered_at,
        who=sale.seller_organisation.party,
        cards=sale.cards_left,
        amount=Money(sale.amount_left, sale.currency),
        due=due,
    )


def _approvals(actor: Actor) -> Pile | None:
    return _pile(
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


def _unpaid_by_age(actor: Actor) -> tuple[Age, ...]:
    """What was sold and is not paid, by how long ago it was sold: one statement."""
    now = clock.now()
    bounds = [(0 if n == 0 else AGES[n - 1] + 1, AGES[n]) for n in range(len(AGES))]
    bounds_open: list[tuple[int, int | None]] = [*bounds, (AGES[-1] + 1, None)]
    sums = {}
    for first, last in bounds_open:
        within = Q(registered_at__lte=now - timedelta(days=first))
        if last is not None:
            within &= Q(registered_at__gt=now - timedelta(days=last + 1))
        sums[f"from_{first}"] = Sum(
            Case(When(within, then="amount_left"), default=Decimal(0), output_field=DecimalField()),
            default=Decimal(0),
        )
    found = sales_not_paid(actor).order_by().aggregate(**sums)
    return tuple(Age(first, last, found[f"from_{first}"]) for first, last in bounds_open)
