"""What happened to some cards, step by step, each with who did it and with which paper.

Most steps are movements; a charge receipt, an activation and its end, a later last day, a freeze
and its release, an unlocking and a notice of claim move nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, Func, Max, Q, QuerySet, Sum
from django.db.models.functions import Greatest

from selfcard.activation.queries import unlockings_of
from selfcard.claims.models import Notice
from selfcard.claims.queries import notices_in_reach
from selfcard.core.actor import Actor
from selfcard.core.serials import SerialRun
from selfcard.custody.models import (
    BATCH_REASON,
    FREEZE_REASON,
    ISSUE_REASON,
    RECALL_REASON,
    SHORTAGE_REASON,
    STOCK_COUNT_REASON,
    WRITE_OFF_REASON,
    ActivatedCard,
    Extension,
    Freeze,
    Issue,
    Movement,
    WriteOff,
)
from selfcard.custody.queries import (
    history_of,
    issues_seen_by,
    recalls_seen_by,
    write_offs_seen_by,
)
from selfcard.custody.queries.extensions import extensions_of, extensions_seen_by
from selfcard.custody.queries.stock_counts import stock_counts_seen_by
from selfcard.custody.statuses import CardStatus, MovementKind
from selfcard.inquiry.queries.details import SALE_REASON
from selfcard.inquiry.queries.reach import batches_told
from selfcard.organisations.models import Party, Staff
from selfcard.payments.models import Invoice, Receipt
from selfcard.payments.queries import invoices_in_reach, receipts_in_reach
from selfcard.policies.models import Policy
from selfcard.policies.queries import policies_in_reach
from selfcard.sales.models import Sale, SaleReceipt
from selfcard.sales.queries import recoveries_in_reach, sales_in_reach

ACTIVATED = "activated"
CANCELLED = "cancelled"
CHARGED = "charged"
EXTENDED = "extended"
FROZEN = "frozen"
RELEASED = "released"
UNLOCKED = "unlocked"
REPORTED = "reported"

RECOVERY_REASON = "recovery"
POLICY_REASON = "policy"
# The papers of cards, each as far as somebody may open it.
_OPEN: dict[str, Callable[[Actor], QuerySet[Any]]] = {
    ISSUE_REASON: issues_seen_by,
    RECALL_REASON: recalls_seen_by,
    WRITE_OFF_REASON: write_offs_seen_by,
    STOCK_COUNT_REASON: stock_counts_seen_by,
    BATCH_REASON: batches_told,
    RECOVERY_REASON: recoveries_in_reach,
    POLICY_REASON: policies_in_reach,
}
# Of one moment, what comes after all other movements, and in which order.
_AFTER: dict[str, int] = {
    CHARGED: 1,
    MovementKind.SETTLEMENT: 2,
    FROZEN: 3,
    RELEASED: 4,
    MovementKind.VOID: 5,
    MovementKind.LOSS: 5,
    MovementKind.FOUND: 5,
    MovementKind.DESTRUCTION: 5,
    EXTENDED: 6,
    ACTIVATED: 7,
    CANCELLED: 8,
    MovementKind.SALE_RECALL: 9,
    MovementKind.REFUND_HOLD: 9,
    MovementKind.CANCELLATION: 9,
    MovementKind.REFUND_WITHDRAWN: 10,
    MovementKind.REFUND: 10,
}
_REASON = ("reason_kind", "reason_number")
_SIZE = Func(
    "serials",
    template="upper(%(expressions)s) - lower(%(expressions)s)",
    output_field=BigIntegerField(),
)
# Why cards are stopped, and which of the papers above tells of it.
_TOLD_BY = {SHORTAGE_REASON: ISSUE_REASON}
# What stops cards until somebody explains it; a write-off is an explanation.
_ENDED_BY_WRITE_OFF = (SHORTAGE_REASON, STOCK_COUNT_REASON, WRITE_OFF_REASON)


@dataclass(frozen=True, kw_only=True)
class Event:
    """One step of a card: what, when, by whom, and what it was part of.

    `kind` is a movement's kind, or `charged`, `extended`, `activated`, `cancelled`, `frozen`,
    `released`, `unlocked` and `reported`, which move nothing. Sale, receipt, invoice, policy and
    notice are there only for who may see them. A step higher up in the tree is told, but its paper
    opens only for those whom it concerns (`opens`). A release may be the end that a write-off made:
    then that is what the cards were `ended_by`.
    """

    kind: str
    at: datetime
    who: str = ""
    channel: str = ""
    reason_kind: str = ""
    number: str = ""
    opens: bool = False
    giver: Party | None = None
    holder: Party | None = None
    cards: int = 1
    is_void: bool = False  # the step made them void
    note: str = ""
    issue: Issue | None = None
    write_off: WriteOff | None = None
    ended_by: WriteOff | None = None
    sale: Sale | None = None
    receipt: Receipt | None = None
    invoice: Invoice | None = None
    policy: Policy | None = None
    extension: Extension | None = None
    notice: Notice | None = None


@dataclass(frozen=True)
class Papers:
    """The papers that some steps name, as far as the actor may see them."""

    actor: Actor
    issues: dict[str, Issue] = field(default_factory=dict)
    write_offs: dict[str, WriteOff] = field(default_factory=dict)
    open: frozenset[tuple[str, str]] = frozenset()
    sales: dict[str, Sale] = field(default_factory=dict)
    asked: tuple[SaleReceipt, ...] = ()
    invoices: dict[int, Invoice] = field(default_factory=dict)

    def live_receipt(self, sale_number: str) -> Receipt | None:
        """The receipt that asks, or asked, for a sale's money."""
        for one in self.asked:
            if one.sale.number == sale_number and one.ended_at is None:
                return one.receipt
        return None


def last_movements(actor: Actor, runs: Iterable[SerialRun], most: int) -> list[Event]:
    """The last steps that any of the cards took, the newest first."""
    cards = list(runs)
    counts = _last_deeds(cards, most)
    movements = list(history_of(cards).filter(pk__in=counts))
    freezes = list(
        _freezes_of(cards).order_by(Greatest("frozen_at", "released_at").desc(), "-id")[:most]
    )[::-1]
    papers = papers_of(actor, movements, freezes)
    events = [
        *(
            replace(event, cards=counts[movement.pk])
            for movement, event in zip(movements, _moved(movements, papers), strict=True)
        ),
        *_stopped(freezes, papers),
        *_extended(cards, actor),
    ]
    return sorted(events, key=_order)[::-1][:most]


def _last_deeds(cards: list[SerialRun], most: int) -> dict[int, int]:
    """The last deeds that moved any of the cards, each told by its last movement: a deed that cut
    them into many runs is one step, of so many cards."""
    deeds = (
        history_of(cards)
        .select_related(None)
        .order_by()
        .values("at", "kind", "from_holder", "to_holder", "to_status", *_REASON)
        .annotate(last=Max("id"), cards=Sum(_SIZE))
        .order_by("-at", "-last")
    )
    return {deed["last"]: deed["cards"] for deed in deeds[:most]}


def steps_of(actor: Actor, serial: int) -> tuple[list[Event], Papers]:
    """Every step of one card, the newest first, with the papers that they name."""
    card = SerialRun(serial, serial)
    movements = list(history_of([card]))
    freezes = list(_freezes_of([card]).order_by("id"))
    papers = papers_of(actor, movements, freezes)
    events = [
        *_moved(movements, papers),
        *_stopped(freezes, papers),
        *_charged(papers),
        *(_extended([card], actor) if _was_paid(movements) else ()),
        *_activated(serial, actor),
        *_unlocked(serial),
        *_reported(serial, actor),
    ]
    return sorted(events, key=_order)[::-1], papers


def _was_paid(movements: Iterable[Movement]) -> bool:
    """Only paid cards are given more time."""
    return any(one.kind == MovementKind.SETTLEMENT for one in movements)


def _freezes_of(runs: list[SerialRun]) -> QuerySet[Freeze]:
    """Every freeze that stops or stopped any of the cards."""
    touched = Q()
    for run in runs:
        touched |= Q(serials__overlap=run.range)
    freezes = Freeze.objects.filter(touched, is_split=False) if touched else Freeze.objects.none()
    return freezes.select_related("frozen_by__party", "released_by__party")


def _order(event: Event) -> tuple[datetime, int]:
    """By time; of one moment, by what comes after what.

    Movements stand as the journal has them; money comes after the sale and before the settlement, a
    release after its freeze. What a second person agrees to follows the freezes that it ends.
    """
    return event.at, _AFTER.get(event.kind, 0)


def papers_of(actor: Actor, movements: Iterable[Movement], freezes: Iterable[Freeze]) -> Papers:
    """What the steps name, each kind with one statement, and none where nothing names it."""
    named: dict[str, set[str]] = {}
    reasons = [*(one.reason for one in movements), *(one.reason for one in freezes)]
    for kind, number in reasons:
        named.setdefault(_TOLD_BY.get(kind, kind), set()).add(number)
    if ends := {one.release_note for one in freezes if one.reason_kind in _ENDED_BY_WRITE_OFF}:
        named.setdefault(WRITE_OFF_REASON, set()).update(ends - {""})
    sold = named.get(SALE_REASON, set())
    asked = tuple(_asked_for(actor, sold)) if sold else ()
    receipts = [one.receipt_id for one in asked]
    invoices = invoices_in_reach(actor).filter(receipt__in=receipts) if receipts else ()
    issues = Issue.objects.select_related(
        "from_party", "to_party", "for_organisation__party", "requisition"
    )
    return Papers(
        actor,
        issues=_by_number(issues, named.get(ISSUE_REASON, set())),
        write_offs=_by_number(WriteOff.objects.all(), named.get(WRITE_OFF_REASON, set())),
        open=frozenset(
            (kind, number)
            for kind, seen_by in _OPEN.items()
            if kind in named
            for number in seen_by(actor)
            .filter(number__in=named[kind])
            .values_list("number", flat=True)
        ),
        sales=_by_number(sales_in_reach(actor), sold),
        asked=asked,
        invoices={invoice.receipt_id: invoice for invoice in invoices},
    )


def _asked_for(actor: Actor, sold: set[str]) -> QuerySet[SaleReceipt]:
    """Which receipts ask or asked for these sales, the newest first. One may ask for several."""
    return (
        SaleReceipt.objects.filter(
            sale__number__in=sold, receipt__in=receipts_in_reach(actor).order_by().values("pk")
        )
        .select_related("sale", "receipt__issued_by__party")
        .order_by("-receipt_id")
    )


def _by_number(things: Any, numbers: set[str]) -> dict[str, Any]:
    return {thing.number: thing for thing in things.filter(number__in=numbers)} if numbers else {}


def _moved(movements: Iterable[Movement], papers: Papers) -> Iterator[Event]:
    for each in movements:
        settled = each.kind == MovementKind.SETTLEMENT
        receipt = papers.live_receipt(each.reason_number) if settled else None
        yield Event(
            kind=each.kind,
            at=each.at,
            who=each.actor_name,
            channel=each.channel,
            reason_kind=each.reason_kind,
            number=each.reason_number,
            opens=each.reason in papers.open,
            giver=each.from_holder,
            holder=each.to_holder,
            cards=each.run.count,
            is_void=each.to_status == CardStatus.VOID,
            issue=papers.issues.get(each.reason_number),
            write_off=papers.write_offs.get(each.reason_number),
            sale=papers.sales.get(each.reason_number),
            receipt=receipt,
            invoice=papers.invoices.get(receipt.pk) if receipt else None,
        )


def _stopped(freezes: Iterable[Freeze], papers: Papers) -> Iterator[Event]:
    for each in freezes:
        kind = _TOLD_BY.get(each.reason_kind, each.reason_kind)
        frozen = Event(
            kind=FROZEN,
            at=each.frozen_at,
            who=_name(each.frozen_by),
            reason_kind=each.reason_kind,
            number=each.reason_number,
            opens=each.reason_kind == FREEZE_REASON or (kind, each.reason_number) in papers.open,
            cards=each.run.count,
            note=each.note,
            write_off=papers.write_offs.get(each.reason_number),
        )
        yield frozen
        # A report that was agreed to ends with its own movement, which tells it.
        if each.released_at and each.release_note != each.reason_number:
            yield _ended(each, frozen, papers)


def _ended(freeze: Freeze, frozen: Event, papers: Papers) -> Event:
    """The end of a freeze: released by somebody, or made by a write-off, which explains it."""
    assert freeze.released_at is not None
    can_end = freeze.reason_kind in _ENDED_BY_WRITE_OFF
    ended_by = papers.write_offs.get(freeze.release_note) if can_end else None
    return replace(
        frozen,
        kind=RELEASED,
        at=freeze.released_at,
        who=_name(freeze.released_by),
        note="" if ended_by else freeze.release_note,
        ended_by=ended_by,
        number=ended_by.number if ended_by else frozen.number,
        reason_kind=WRITE_OFF_REASON if ended_by else frozen.reason_kind,
        opens=ended_by.reason in papers.open if ended_by else frozen.opens,
    )


def _charged(papers: Papers) -> Iterator[Event]:
    for one in papers.asked:
        yield Event(
            kind=CHARGED,
            at=one.receipt.issued_at,
            who=_name(one.receipt.issued_by),
            number=one.receipt.number,
            receipt=one.receipt,
            sale=papers.sales.get(one.sale.number),
        )


def _activated(serial: int, actor: Actor) -> Iterator[Event]:
    """Every policy that the card has become, and the end of each that was cancelled."""
    activated = list(ActivatedCard.objects.filter(serial=serial))
    in_reach = policies_in_reach(actor).select_related("cancellation__cancelled_by__party")
    policies = _by_number(in_reach, {each.policy_number for each in activated})
    for each in activated:
        policy = policies.get(each.policy_number)
        issued = Event(
            kind=ACTIVATED,
            at=each.activated_at,
            channel=policy.channel if policy else "",
            number=each.policy_number,
            policy=policy,
        )
        yield issued
        if each.reversed_at:
            who = _name(policy.cancellation.cancelled_by) if policy else ""
            yield replace(issued, kind=CANCELLED, at=each.reversed_at, who=who, channel="")


def _unlocked(serial: int) -> Iterator[Event]:
    """Every time that wrong PINs had locked the card and somebody let it be tried again."""
    for each in unlockings_of(serial):
        yield Event(
            kind=UNLOCKED, at=each.unlocked_at, who=_name(each.unlocked_by), note=each.reason
        )


def _reported(serial: int, actor: Actor) -> Iterator[Event]:
    """Every notice of claim for the card or its policy, for who handles claims there."""
    for each in notices_in_reach(actor).filter(serial=serial):
        yield Event(
            kind=REPORTED,
            at=each.reported_at,
            who=_name(each.taken_down_by),
            number=each.number,
            notice=each,
        )


def _extended(runs: list[SerialRun], actor: Actor) -> Iterator[Event]:
    """Every later last day that two people agreed to."""
    granted = list(extensions_of(runs).filter(state=Extension.State.GRANTED))
    keys = [one.pk for one in granted]
    seen = set(extensions_seen_by(actor).filter(pk__in=keys)) if keys else set()
    for each in granted:
        assert each.decided_at is not None
        yield Event(
            kind=EXTENDED,
            at=each.decided_at,
            who=_name(each.decided_by),
            number=each.number,
            opens=each in seen,
            cards=each.count,
            note=each.reason,
            extension=each,
        )


def _name(staff: Staff | None) -> str:
    """A person as the journal names whoever moves cards: in both languages."""
    return f"{staff.party.name_zh} {staff.party.name_en}" if staff else ""
