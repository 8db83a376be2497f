"""The statuses of cards, and the steps that lead from one to the next."""

from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _


class CardStatus(models.TextChoices):
    """The status of a holding, as it is kept."""

    PRINTED = "printed", _("printed")
    IN_TRANSIT = "in_transit", _("in transit")
    INVENTORY = "inventory", _("inventory")
    SOLD = "sold", _("sold")
    TO_BE_ACTIVATED = "to_be_activated", _("to be activated")
    AWAITING_REFUND = "awaiting_refund", _("awaiting refund")
    VOID = "void", _("void")
    LOST = "lost", _("lost")
    DESTROYED = "destroyed", _("destroyed")


class SeenStatus(models.TextChoices):
    """The status that people see: what is kept, with activation, freeze and date."""

    PRINTED = "printed", _("printed")
    IN_TRANSIT = "in_transit", _("in transit")
    INVENTORY = "inventory", _("inventory")
    SOLD = "sold", _("sold")
    TO_BE_ACTIVATED = "to_be_activated", _("to be activated")
    ACTIVATED = "activated", _("activated")
    AWAITING_REFUND = "awaiting_refund", _("awaiting refund")
    FROZEN = "frozen", _("frozen")
    EXPIRED = "expired", _("expired")
    VOID = "void", _("void")
    LOST = "lost", _("lost")
    DESTROYED = "destroyed", _("destroyed")


class MovementKind(models.TextChoices):
    """What was done, as the journal says it."""

    PRINT = "print", _("printed")
    CHECK_IN_PRINTED = "check_in_printed", _("check-in of printed cards")
    VOID_PRINTED = "void_printed", _("void on arrival from the printer")
    ISSUE = "issue", _("issue")
    CHECK_IN = "check_in", _("check-in")
    SHORTAGE = "shortage", _("shortage at check-in")
    DELIVERY_REFUSED = "delivery_refused", _("delivery refused")
    HAND_OVER = "hand_over", _("hand-over")
    RECALL = "recall", _("recall")
    STOCK_COUNT = "stock_count", _("taken over after a stock count")
    VOID = "void", _("made void")
    LOSS = "loss", _("loss")
    FOUND = "found", _("found again")
    DESTRUCTION = "destruction", _("destruction")
    SALE = "sale", _("sale")
    SETTLEMENT = "settlement", _("receipt confirmed")
    SALE_RECALL = "sale_recall", _("recall of unpaid cards from a sale")
    REFUND_HOLD = "refund_hold", _("recall of paid cards from a sale")
    REFUND_WITHDRAWN = "refund_withdrawn", _("recall of paid cards withdrawn")
    REFUND = "refund", _("money paid back")
    CANCELLATION = "cancellation", _("void after its policy was cancelled")


# What each kind of movement may do. PostgreSQL refuses every other step.
STEPS: tuple[tuple[MovementKind, CardStatus | None, CardStatus], ...] = (
    (MovementKind.PRINT, None, CardStatus.PRINTED),
    (MovementKind.CHECK_IN_PRINTED, CardStatus.PRINTED, CardStatus.INVENTORY),
    (MovementKind.VOID_PRINTED, CardStatus.PRINTED, CardStatus.VOID),
    (MovementKind.ISSUE, CardStatus.INVENTORY, CardStatus.IN_TRANSIT),
    (MovementKind.ISSUE, CardStatus.INVENTORY, CardStatus.INVENTORY),
    (MovementKind.CHECK_IN, CardStatus.IN_TRANSIT, CardStatus.INVENTORY),
    (MovementKind.SHORTAGE, CardStatus.IN_TRANSIT, CardStatus.INVENTORY),
    (MovementKind.DELIVERY_REFUSED, CardStatus.IN_TRANSIT, CardStatus.INVENTORY),
    (MovementKind.HAND_OVER, CardStatus.INVENTORY, CardStatus.INVENTORY),
    (MovementKind.RECALL, CardStatus.INVENTORY, CardStatus.INVENTORY),
    (MovementKind.STOCK_COUNT, CardStatus.INVENTORY, CardStatus.INVENTORY),
    (MovementKind.STOCK_COUNT, CardStatus.LOST, CardStatus.INVENTORY),
    (MovementKind.VOID, CardStatus.INVENTORY, CardStatus.VOID),
    (MovementKind.VOID, CardStatus.LOST, CardStatus.VOID),
    (MovementKind.LOSS, CardStatus.INVENTORY, CardStatus.LOST),
    (MovementKind.FOUND, CardStatus.LOST, CardStatus.INVENTORY),
    (MovementKind.DESTRUCTION, CardStatus.VOID, CardStatus.DESTROYED),
    (MovementKind.SALE, CardStatus.INVENTORY, CardStatus.SOLD),
    (MovementKind.SETTLEMENT, CardStatus.SOLD, CardStatus.TO_BE_ACTIVATED),
    (MovementKind.SALE_RECALL, CardStatus.SOLD, CardStatus.INVENTORY),
    (MovementKind.SALE_RECALL, CardStatus.SOLD, CardStatus.VOID),
    (MovementKind.REFUND_HOLD, CardStatus.TO_BE_ACTIVATED, CardStatus.AWAITING_REFUND),
    (MovementKind.REFUND_WITHDRAWN, CardStatus.AWAITING_REFUND, CardStatus.TO_BE_ACTIVATED),
    (MovementKind.REFUND, CardStatus.AWAITING_REFUND, CardStatus.INVENTORY),
    (MovementKind.REFUND, CardStatus.AWAITING_REFUND, CardStatus.VOID),
    (MovementKind.CANCELLATION, CardStatus.TO_BE_ACTIVATED, CardStatus.VOID),
)

# With whoever answers for them and not sold yet: what the stock ledger counts.
STOCK = frozenset({CardStatus.PRINTED, CardStatus.IN_TRANSIT, CardStatus.INVENTORY})
TERMINAL = frozenset({CardStatus.VOID, CardStatus.LOST, CardStatus.DESTROYED})
_REFUND = CardStatus.AWAITING_REFUND


def seen_status(
    status: CardStatus, *, activated: bool, frozen: bool, deadline: date | None, today: date
) -> SeenStatus:
    """The status that people see of a card, the same everywhere.

    The deadline day itself still counts. *Expired* follows from the date alone and is never
    kept; a card that awaits its refund is frozen by that, and is said to await its refund.
    """
    if status in TERMINAL or status == _REFUND:
        return SeenStatus(status.value)
    if activated:
        return SeenStatus.ACTIVATED
    if frozen:
        return SeenStatus.FROZEN
    if deadline is not None and today > deadline:
        return SeenStatus.EXPIRED
    return SeenStatus(status.value)
