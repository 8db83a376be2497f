"""One card's life: where it is, every step so far, and the papers that tell of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from selfcard.activation.queries import locked_until
from selfcard.core.actor import Actor
from selfcard.core.money import Money
from selfcard.core.serials import SerialRun
from selfcard.custody.models import Freeze, Holding, Issue
from selfcard.custody.queries import CardState, find_card, opened_within
from selfcard.custody.statuses import CardStatus, MovementKind, SeenStatus
from selfcard.inquiry.queries.details import SALE_REASON, are_there
from selfcard.inquiry.queries.history import (
    ACTIVATED,
    POLICY_REASON,
    RECOVERY_REASON,
    Event,
    steps_of,
)
from selfcard.inquiry.queries.sought import Question, Sought
from selfcard.payments.models import Invoice, Receipt
from selfcard.policies.models import Policy
from selfcard.sales.models import Sale

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
class Biography:
    """Everything that the office says about one card."""

    card: CardState
    run: SerialRun  # the cards in a row that share its place
    events: tuple[Event, ...]  # the newest first
    freezes: tuple[Freeze, ...]  # those in force
    issue: Issue | None
    sale: Sale | None
    receipt: Receipt | None
    invoice: Invoice | None
    policy: Policy | None
    cancelled: Policy | None  # the one whose end made the card void, if that is in reach
    is_opened: bool  # of a card that became void, whether its PIN had been accepted
    locked_until: datetime | None  # by too many wrong PINs; how near they were nobody learns
    recovery: str  # the recovery ID that its money is paid back by, for who may see it

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

    @property
    def is_held_for_it(self) -> bool:
        """Whether its money lies with the premiums that await an activation."""
        paid = self.card.status in (CardStatus.TO_BE_ACTIVATED, CardStatus.AWAITING_REFUND)
        return paid and not self.card.policy_number

    @property
    def is_with_the_buyer(self) -> bool:
        """Whether it was sold and nobody has it back."""
        return self.card.status in (CardStatus.SOLD, CardStatus.TO_BE_ACTIVATED)

    @property
    def given_back(self) -> Money | None:
        """What its cancelled policy gives back."""
        return self.cancelled.cancellation.amount if self.cancelled else None

    @property
    def earned(self) -> Money | None:
        """What of its premium we keep after that."""
        if self.given_back is None:
            return None
        return Money(self.value.amount - self.given_back.amount, self.value.currency)


def find_biography(actor: Actor, serial: int) -> Biography | None:
    """A card with its whole history; none where there is no such card in the actor's reach."""
    itself = SerialRun(serial, serial)
    card = find_card(serial) if are_there(Question(actor, Sought(runs=(itself,)))) else None
    if card is None:
        return None
    events, papers = steps_of(actor, serial)
    sold_with = _sale_of(card, events)
    live = papers.live_receipt(sold_with)
    policies = {event.number: event.policy for event in events if event.kind == ACTIVATED}
    kind, number = card.reason
    return Biography(
        card=card,
        run=Holding.objects.get(serials__contains=serial).run,
        events=tuple(events),
        freezes=tuple(Freeze.objects.filter(serials__contains=serial, released_at=None)),
        issue=papers.issues.get(number),
        sale=papers.sales.get(sold_with),
        receipt=live,
        invoice=papers.invoices.get(live.pk) if live else None,
        policy=policies.get(card.policy_number or ""),
        cancelled=policies.get(number) if kind == POLICY_REASON else None,
        is_opened=any(event.is_void for event in events) and bool(opened_within([itself])),
        locked_until=locked_until(serial),
        recovery=number if kind == RECOVERY_REASON and card.reason in papers.open else "",
    )


def _sale_of(card: CardState, events: Iterable[Event]) -> str:
    """The sale that a card is in, or was in when its policy was cancelled; none if it came back."""
    kind, number = card.reason
    if kind == SALE_REASON:
        return number
    if card.status == CardStatus.AWAITING_REFUND or kind == POLICY_REASON:
        return next((event.number for event in events if event.kind == MovementKind.SALE), "")
    return ""
