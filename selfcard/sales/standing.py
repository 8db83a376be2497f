"""How a sale stands: is its money asked for, here or overdue; did its cards come back."""

from enum import StrEnum
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from selfcard.core import clock
from selfcard.payments.models import Receipt
from selfcard.sales.models import Recovery
from selfcard.sales.queries import numbers_not_paid
from selfcard.sales.reckoning import sales_with_ended_policies


class Standing(StrEnum):
    """Where a sale of `sales_in_reach` stands, as people say it."""

    OPEN = "sold"
    ASKED = "issued"
    WAITING = "waiting"
    OVERDUE = "overdue"
    PAID = "paid"
    PARTLY_BACK = "partly_back"
    BACK = "back"
    OVER = "over"

    @property
    def label(self) -> Promise:
        return LABELS[self]


LABELS: dict[Standing, Promise] = {
    Standing.OPEN: _("sold, not asked for"),
    Standing.ASKED: _("sold, not paid"),
    Standing.WAITING: _("money on its way"),
    Standing.OVERDUE: _("overdue"),
    Standing.PAID: _("paid"),
    Standing.PARTLY_BACK: _("paid, partly back"),
    Standing.BACK: _("taken back"),
    Standing.OVER: _("taken back or void"),
}
NOT_PAID = {
    None: Standing.OPEN,
    Receipt.State.ISSUED: Standing.ASKED,
    Receipt.State.WAITING: Standing.WAITING,
}


def standing_of(sale: Any) -> Standing:
    """Where a sale that `sales_in_reach` gave stands."""
    state = sale.receipt_state
    if not sale.cards_left:
        return Standing.BACK if sale.cards_back == sale.count else Standing.OVER
    if state == Receipt.State.CONFIRMED:
        return Standing.PARTLY_BACK if sale.cards_back else Standing.PAID
    return Standing.OVERDUE if sale.due_on < clock.today() else NOT_PAID[state]


def standing(rows: QuerySet[Any], wanted: str) -> QuerySet[Any]:
    """Those of the sales of `sales_in_reach` that stand so."""
    coming_back = Exists(
        Recovery.objects.filter(sale=OuterRef("pk")).exclude(state=Recovery.State.WITHDRAWN)
    )
    unpaid, paid = Q(number__in=numbers_not_paid()), Q(receipt_state=Receipt.State.CONFIRMED)
    in_time = unpaid & Q(due_on__gte=clock.today())
    # What is left is asked only of those few sales of which something can be gone.
    ended = Q(pk__in=sales_with_ended_policies())
    match Standing(wanted):
        case Standing.OPEN:
            return rows.filter(in_time, receipt_state__isnull=True)
        case Standing.ASKED:
            return rows.filter(in_time, receipt_state=Receipt.State.ISSUED)
        case Standing.WAITING:
            return rows.filter(in_time, receipt_state=Receipt.State.WAITING)
        case Standing.OVERDUE:
            return rows.filter(unpaid, due_on__lt=clock.today())
        case Standing.PAID:
            return rows.filter(paid, ~coming_back).exclude(ended, cards_left=0)
        case Standing.PARTLY_BACK:
            return rows.filter(paid, coming_back, cards_left__gt=0)
        case Standing.BACK:
            return rows.filter(coming_back, cards_back=F("count"))
        case Standing.OVER:
            return rows.filter(ended, cards_left=0)
