"""One card's life: where it is, every step so far, and the papers that tell of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from selfcard.core.actor import Actor
from selfcard.core.money import Money
from selfcard.core.serials import SerialRun
from selfcard.custody.models import ISSUE_REASON, ActivatedCard, Issue, Movement
from selfcard.custody.queries import CardState, find_card, history_of, issues_seen_by
from selfcard.custody.statuses import MovementKind, SeenStatus
from selfcard.inquiry.queries.details import Sought, explained, holdings_sought
from selfcard.organisations.models import Party
from selfcard.payments.models import Invoice, Receipt
from selfcard.payments.queries import invoices_in_reach, receipts_in_reach
from selfcard.policies.models import Policy
from selfcard.policies.queries import policies_in_reach
from selfcard.sales.models import Sale
from selfcard.sales.queries import sales_in_reach

SALE_REASON = "sale"
ACTIVATED = "activated"
CHARGED = "charged"

# The way that every card goes, as its page draws it.
LIFE = (
    SeenStatus.PRINTED,
    SeenStatus.IN_TRANSIT,
    SeenStatus.INVENTORY,
    SeenStatus.SOLD,
    SeenStatus.TO_BE_ACTIVATED,
    SeenStatus.ACTIVATED,
)


@dataclass(frozen=True, kw_only=True)
class Event:
    """One step of a card: what, when, by whom, and what it was part of.

    `kind` is a movement's kind, or `charged` and `activated`, which move nothing. Sale, receipt,
    invoice and policy are there only for who may see them. A step higher up in the tree is told,
    but its issue note opens only for its sender and receiver.
    """

    kind: str
    at: datetime
    who: str = ""
    channel: str = ""
    number: str = ""
    holder: Party | None = None
    cards: int = 1
    issue: Issue | None = None
    note_opens: bool = False
    sale: Sale | None = None
    receipt: Receipt | None = None
    invoice: Invoice | None = None
    policy: Policy | None = None


@dataclass(frozen=True, kw_only=True)
class Biography:
    """Everything that the office says about one card."""

    card: CardState
    run: SerialRun  # the cards in a row that share its place
    events: tuple[Event, ...]  # the newest first
    issue: Issue | None
    sale: Sale | None
    receipt: Receipt | None
    invoice: Invoice | None
    policy: Policy | None

    @property
    def stage(self) -> int:
        """How far along its life the card is; where it left the way, how far it had come."""
        if self.card.seen in LIFE:
            return LIFE.index(self.card.seen)
        if self.card.status.value in LIFE:
            return LIFE.index(SeenStatus(self.card.status.value))
        return 0

    @property
    def value(self) -> Money:
        return self.card.type_version.value


def find_biography(actor: Actor, serial: int) -> Biography | None:
    """A card with its whole history; none where there is no such card in the actor's reach."""
    held = explained(holdings_sought(actor, Sought()).filter(serials__contains=serial))
    card = find_card(serial) if held else None
    if card is None:
        return None
    movements = list(history_of([SerialRun(serial, serial)]))
    issues = _issues(movements)
    open_notes = set(
        issues_seen_by(actor).filter(number__in=issues).values_list("number", flat=True)
    )
    sales = _by_number(sales_in_reach(actor), _numbers(movements, SALE_REASON))
    receipts = list(
        receipts_in_reach(actor).filter(
            reason_kind=SALE_REASON, reason_number__in=_numbers(movements, SALE_REASON)
        )
    )
    invoices = {
        invoice.receipt_id: invoice
        for invoice in invoices_in_reach(actor).filter(receipt__in=receipts)
    }
    policies = _by_number(policies_in_reach(actor), _policy_numbers(serial))
    live = _live(receipts, card.reason[1])
    events = [
        *_moved(movements, issues, open_notes, sales, receipts, invoices),
        *_charged(receipts, sales),
        *_activated(serial, policies),
    ]
    return Biography(
        card=card,
        run=held[0].run,
        events=tuple(sorted(events, key=_order)[::-1]),
        issue=issues.get(card.reason[1]),
        sale=sales.get(card.reason[1]),
        receipt=live,
        invoice=invoices.get(live.pk) if live else None,
        policy=policies.get(card.policy_number or ""),
    )


def _order(event: Event) -> tuple[datetime, int]:
    """By time. Of one moment, movements stand as the journal has them; money comes after the
    sale and before the settlement, and activation last."""
    last = {CHARGED: 1, MovementKind.SETTLEMENT.value: 2, ACTIVATED: 3}
    return event.at, last.get(event.kind, 0)


def _issues(movements: Iterable[Movement]) -> dict[str, Issue]:
    wanted = _numbers(movements, ISSUE_REASON)
    return _by_number(
        Issue.objects.select_related("from_party", "to_party", "for_organisation__party"), wanted
    )


def _numbers(movements: Iterable[Movement], kind: str) -> set[str]:
    return {each.reason_number for each in movements if each.reason_kind == kind}


def _by_number(things: Any, numbers: set[str]) -> dict[str, Any]:
    if not numbers:
        return {}
    return {thing.number: thing for thing in things.filter(number__in=numbers)}


def _policy_numbers(serial: int) -> set[str]:
    return set(ActivatedCard.objects.filter(serial=serial).values_list("policy_number", flat=True))


def _live(receipts: Iterable[Receipt], sale_number: str) -> Receipt | None:
    """The receipt that asks, or asked, for the sale's money."""
    for receipt in receipts:
        if receipt.reason_number == sale_number and receipt.state != Receipt.State.VOID:
            return receipt
    return None


def _moved(
    movements: Iterable[Movement],
    issues: dict[str, Issue],
    open_notes: set[str],
    sales: dict[str, Sale],
    receipts: list[Receipt],
    invoices: dict[int, Invoice],
) -> Iterator[Event]:
    for each in movements:
        settled = each.kind == MovementKind.SETTLEMENT
        receipt = _live(receipts, each.reason_number) if settled else None
        yield Event(
            kind=each.kind,
            at=each.at,
            who=each.actor_name,
            channel=each.channel,
            number=each.reason_number,
            holder=each.to_holder,
            cards=each.run.count,
            issue=issues.get(each.reason_number),
            note_opens=each.reason_number in open_notes,
            sale=sales.get(each.reason_number),
            receipt=receipt,
            invoice=invoices.get(receipt.pk) if receipt else None,
        )


def _charged(receipts: Iterable[Receipt], sales: dict[str, Sale]) -> Iterator[Event]:
    for receipt in receipts:
        party = receipt.issued_by.party
        yield Event(
            kind=CHARGED,
            at=receipt.issued_at,
            who=f"{party.name_zh} {party.name_en}",
            number=receipt.number,
            receipt=receipt,
            sale=sales.get(receipt.reason_number),
        )


def _activated(serial: int, policies: dict[str, Policy]) -> Iterator[Event]:
    for each in ActivatedCard.objects.filter(serial=serial):
        policy = policies.get(each.policy_number)
        yield Event(
            kind=ACTIVATED,
            at=each.activated_at,
            channel=policy.channel if policy else "",
            number=each.policy_number,
            policy=policy,
        )
