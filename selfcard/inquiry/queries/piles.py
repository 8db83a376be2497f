"""What a pile of work is: its kinds, its things to do, and how it is asked for.

Every pile is asked for with two statements, one that counts and one for the oldest few, so that
the home page costs the same on a busy day.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Func, Min, QuerySet, Sum, Value

from selfcard.approvals.models import Approval
from selfcard.core import clock
from selfcard.core.money import Money
from selfcard.organisations.models import Party

ROWS_OF_A_KIND = 8


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
    ISSUE_PAYMENT = "issue_payment"
    CORRECT_PAYEE = "correct_payee"
    PAY_BACK = "pay_back"
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
    EXTENSION_AGAIN = "extension_again"
    PAY_BACK_POLICY = "pay_back_policy"
    TAKE_CLAIM = "take_claim"
    FINISH_COUNT = "finish_count"
    CALL_BACK = "call_back"
    GIVE_NOTICE = "give_notice"


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
    Work.ISSUE_PAYMENT: 2,
    Work.CORRECT_PAYEE: 1,
    Work.PAY_BACK: 2,
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
    Work.EXTENSION_AGAIN: 1,
    Work.PAY_BACK_POLICY: 2,
    Work.TAKE_CLAIM: 1,
    Work.FINISH_COUNT: 2,
    Work.CALL_BACK: 1,
    Work.GIVE_NOTICE: 2,
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


class _First(Func):
    """The first few elements of an array."""

    template = f"(%(expressions)s)[1:{ROWS_OF_A_KIND}]"


def pile_of(
    kind: Work, rows: QuerySet[Any], since: str, task: Callable[[Any], Task]
) -> Pile | None:
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
