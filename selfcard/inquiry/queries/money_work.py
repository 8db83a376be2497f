"""The work that waits for whoever asks for money, takes it, keeps it or gives it back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from selfcard.activation.queries import cancellations_to_pay_back
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.money import Money
from selfcard.core.wording import listed
from selfcard.inquiry.queries.piles import Pile, Task, Work, pile_of
from selfcard.organisations.models import May
from selfcard.organisations.queries import organisations_in_reach
from selfcard.payments.models import DrawerDay, PaymentReceipt, Receipt
from selfcard.payments.queries import (
    drawer_days_to_close,
    drawer_days_to_count,
    payments_failed,
    payments_to_pay,
    receipts_not_arrived,
    receipts_to_confirm,
)
from selfcard.sales.notices import notices_to_give
from selfcard.sales.queries import (
    left_by_day,
    recoveries_to_pay,
    sales_not_paid,
    sales_overdue,
    sales_without_receipt,
)

# Who can do something about a sale that is not paid in time; who may only look cannot.
CHASING = (May.REGISTER_SALES, May.ISSUE_RECEIPTS, May.RECALL_SALES, May.APPROVE_SALES)

# Sold and not paid is looked at in these steps of days; the last one has no end.
AGES = (3, 7, 14, 30)


@dataclass(frozen=True)
class Age:
    """Sold and not paid since so many days; no last day for the oldest."""

    first: int
    last: int | None
    amount: Decimal


def money_piles(mays: set[str]) -> Iterable[Callable[[Actor], Pile | None]]:
    """The kinds of work with money that somebody with these authorisations can have."""
    if May.CONFIRM_RECEIPTS in mays:
        yield _receipts
        yield _receipts_not_arrived
    if May.ISSUE_PAYMENTS in mays:
        yield _recoveries_to_pay
        yield _payments_failed
        yield _cancelled_policies_to_pay_back
    if May.CONFIRM_PAYMENTS in mays:
        yield _payments_to_pay
    if May.KEEP_DRAWER in mays:
        yield _drawers_to_count
    if May.CLOSE_DRAWERS in mays:
        yield _drawers_to_close
    if May.ISSUE_RECEIPTS in mays:
        yield _sales_to_charge
    if May.REGISTER_SALES in mays:
        yield _sales_to_chase
        yield _notices_to_give
    if mays.intersection(CHASING):
        yield _sales_overdue


def _receipts(actor: Actor) -> Pile | None:
    return pile_of(
        Work.CONFIRM_RECEIPT,
        receipts_to_confirm(actor),
        "issued_at",
        lambda receipt: Task(
            kind=Work.CONFIRM_RECEIPT,
            number=receipt.number,
            since=receipt.issued_at,
            who=listed([receipt.payer, receipt.organisation.name]),
            amount=Money(receipt.amount, receipt.currency),
        ),
    )


def _receipts_not_arrived(actor: Actor) -> Pile | None:
    """Money that was sent and is not here: whoever confirms it looks at the bank again."""
    return pile_of(
        Work.AWAIT_ARRIVAL,
        receipts_not_arrived(actor),
        "waiting_since",
        lambda receipt: Task(
            kind=Work.AWAIT_ARRIVAL,
            number=receipt.number,
            since=receipt.waiting_since,
            who=listed([receipt.payer, receipt.organisation.name]),
            amount=Money(receipt.amount, receipt.currency),
        ),
    )


def _cancelled_policies_to_pay_back(actor: Actor) -> Pile | None:
    """Policies of which something is unearned, and nobody has written the voucher for it."""
    return pile_of(
        Work.PAY_BACK_POLICY,
        cancellations_to_pay_back(actor),
        "policy__cancelled_at",
        lambda one: Task(
            kind=Work.PAY_BACK_POLICY,
            number=one.policy.number,
            since=one.policy.cancelled_at,
            who=one.policy.organisation.party,
            amount=one.amount,
        ),
    )


def _recoveries_to_pay(actor: Actor) -> Pile | None:
    """Cards that wait for their refund, and nobody has written the voucher."""
    return pile_of(
        Work.ISSUE_PAYMENT,
        recoveries_to_pay(actor),
        "registered_at",
        lambda recovery: Task(
            kind=Work.ISSUE_PAYMENT,
            number=recovery.number,
            since=recovery.registered_at,
            who=recovery.sale.seller_organisation.party,
            cards=recovery.count,
            amount=Money(recovery.amount, recovery.sale.currency),
        ),
    )


def _payments_failed(actor: Actor) -> Pile | None:
    """Money that came back because of the payee's account."""
    return pile_of(
        Work.CORRECT_PAYEE,
        payments_failed(actor),
        "issued_at",
        lambda payment: _payment_task(Work.CORRECT_PAYEE, payment),
    )


def _payments_to_pay(actor: Actor) -> Pile | None:
    return pile_of(
        Work.PAY_BACK,
        payments_to_pay(actor),
        "issued_at",
        lambda payment: _payment_task(Work.PAY_BACK, payment),
    )


def _payment_task(kind: Work, payment: PaymentReceipt) -> Task:
    return Task(
        kind=kind,
        number=payment.number,
        since=payment.issued_at,
        who=listed([payment.payee, payment.organisation.name]),
        amount=Money(payment.amount, payment.currency),
    )


def _drawers_to_count(actor: Actor) -> Pile | None:
    """Drawers of an earlier day that nobody counted: until then they take no money."""
    return pile_of(
        Work.COUNT_DRAWER,
        drawer_days_to_count(actor),
        "opened_at",
        lambda day: _drawer_task(Work.COUNT_DRAWER, day, day.opened_at),
    )


def _drawers_to_close(actor: Actor) -> Pile | None:
    return pile_of(
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
        who=listed([day.drawer.name, day.drawer.organisation.name]),
    )


def _sales_to_charge(actor: Actor) -> Pile | None:
    return pile_of(
        Work.ISSUE_RECEIPT,
        sales_without_receipt(actor),
        "registered_at",
        lambda sale: _sale_task(Work.ISSUE_RECEIPT, sale),
    )


def _sales_to_chase(actor: Actor) -> Pile | None:
    """Sales whose money was asked for some days ago and has not come."""
    late = clock.now() - timedelta(days=AGES[0])
    return pile_of(
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


def _notices_to_give(actor: Actor) -> Pile | None:
    """Paid sales whose buyer left no phone: the seller prints the notice and hands it over."""
    return pile_of(
        Work.GIVE_NOTICE,
        notices_to_give(actor),
        "settled_at",
        lambda notice: Task(
            kind=Work.GIVE_NOTICE,
            number=notice.sale.number,
            since=notice.settled_at,
            who=notice.sale.seller,
            cards=notice.sale.count,
        ),
    )


def _sales_overdue(actor: Actor) -> Pile | None:
    """Sales whose last day to be paid is over: chased, or taken back. They wait since that day."""
    pile = pile_of(
        Work.CHASE_OVERDUE,
        sales_overdue(actor),
        "due_on",
        lambda sale: replace(
            _sale_task(Work.CHASE_OVERDUE, sale, due=sale.due_on),
            since=clock.day_start(sale.due_on),
        ),
    )
    return pile and replace(pile, oldest=min(task.since for task in pile.tasks))


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


def unpaid_by_age(actor: Actor) -> tuple[Age, ...]:
    """What was sold and is not paid, by how many days ago it was sold."""
    bounds = [(0 if n == 0 else AGES[n - 1] + 1, AGES[n]) for n in range(len(AGES))]
    left = left_by_day(sales_not_paid(actor), "registered_on")
    return tuple(
        Age(first, last, _sold_between(left, first, last))
        for first, last in [*bounds, (AGES[-1] + 1, None)]
    )


def _sold_between(left: dict[date, Decimal], first: int, last: int | None) -> Decimal:
    today = clock.today()
    within = (
        amount
        for day, amount in left.items()
        if (today - day).days >= first and (last is None or (today - day).days <= last)
    )
    return sum(within, Decimal(0))
