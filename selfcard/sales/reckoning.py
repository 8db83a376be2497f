"""Which cards of a sale are still out, and which policies of them ended early: reckoned once.

Of each card of a sale one thing is true: it is out with the sale, or it was taken back – and is
back, or on its way –, or it is void since its policy was cancelled for less than its whole premium.
Lists, accounts, commands and `verify` all ask here, so that none of them can say something else.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.contrib.postgres.fields import BigIntegerRangeField
from django.db.models import BigIntegerField, F, Func
from django.db.models.expressions import RawSQL

from selfcard.core.serials import SerialRun
from selfcard.custody.models import Movement
from selfcard.ledger import chart
from selfcard.ledger.models import EntryKind
from selfcard.ledger.queries import booked_on
from selfcard.organisations.models import Staff
from selfcard.payments.models import PaymentReceipt
from selfcard.sales.models import Sale

POLICY_REASON = "policy"
NOTHING = Decimal("0.00")

# The movements by which cards of sales became void, each with the sale that the card was out with:
# sold before and taken back, it may be in several.
_ENDED = """
    SELECT moved.*, sold.sale_id
    FROM sales_salerun sold
    JOIN custody_movement moved
      ON moved.kind = 'cancellation' AND moved.serials <@ sold.serials
    WHERE sold.sale_id = ANY(%s) AND NOT EXISTS (
        SELECT FROM sales_recoveryrun back
        WHERE back.sale_id = sold.sale_id AND back.is_live AND back.serials @> moved.serials
    )
    ORDER BY moved.at, moved.id
"""


def cards_out_of(sale: str) -> str:
    """The cards that are out with a sale, as SQL: all that were sold, without those that somebody
    took back, and without those that are void since their policy was cancelled."""
    return f"""(
        (SELECT range_agg(serials) FROM sales_salerun WHERE sale_id = {sale})
        - (SELECT coalesce(range_agg(serials), '{{}}') FROM sales_recoveryrun
           WHERE sale_id = {sale} AND is_live)
        - (SELECT coalesce(range_agg(moved.serials), '{{}}')
           FROM sales_salerun sold
           JOIN custody_movement moved
             ON moved.kind = 'cancellation' AND moved.serials <@ sold.serials
           WHERE sold.sale_id = {sale})
    )"""  # noqa: S608


def count_of(cards: str) -> str:
    """How many cards there are in SQL such as `cards_out_of`."""
    return f"(SELECT coalesce(sum(upper(run) - lower(run)), 0)::bigint FROM unnest{cards} run)"  # noqa: S608


def cards_left() -> Func:
    """How many cards are out with each sale of a query."""
    template = count_of(cards_out_of("%(expressions)s"))
    return Func(F("pk"), template=template, output_field=BigIntegerField())


def remaining_of(sale: Sale) -> tuple[SerialRun, ...]:
    """The cards that are out with a sale, in order: nobody has taken them back."""
    template = cards_out_of("%(expressions)s")
    out = Func(F("pk"), template=template, output_field=BigIntegerRangeField())
    return tuple(
        SerialRun.of(run)
        for run in Sale.objects.filter(pk=sale.pk).values_list(out, flat=True).get()
    )


def sales_with_ended_policies() -> RawSQL:
    """The primary keys of all sales in which a card became void with its policy."""
    return RawSQL(
        "SELECT sold.sale_id FROM custody_movement moved"
        " JOIN sales_salerun sold ON sold.serials @> moved.serials"
        " WHERE moved.kind = 'cancellation'",
        [],
    )


@dataclass(frozen=True, kw_only=True)
class EndedPolicy:
    """A policy that ended early, so that its card is void: what is owed for it, and what was paid.

    Nothing is owed where a benefit was paid, or nothing of its time was left.
    """

    number: str
    serial: int
    at: datetime
    by: Staff | None
    gives_back: Decimal
    payment: PaymentReceipt | None  # that is to pay it back, or did

    @property
    def paid_back(self) -> Decimal:
        is_paid = self.payment and self.payment.state == PaymentReceipt.State.CONFIRMED
        return self.gives_back if is_paid else NOTHING

    @property
    def owed(self) -> Decimal:
        return self.gives_back - self.paid_back


def ended_policies(sales: Iterable[Sale]) -> dict[int, list[EndedPolicy]]:
    """The policies of each sale that ended early, by the sale's primary key, the first first."""
    moved = list(Movement.objects.raw(_ENDED, [[sale.pk for sale in sales]]))
    ended: dict[int, list[EndedPolicy]] = defaultdict(list)
    if not moved:
        return ended
    numbers = [one.reason_number for one in moved]
    owed = booked_on(
        chart.REFUNDS_PAYABLE,
        EntryKind.POLICY_CANCELLED,
        reason_kind=POLICY_REASON,
        numbers=numbers,
    )
    payments = {
        payment.reason_number: payment
        for payment in PaymentReceipt.objects.filter(
            reason_kind=POLICY_REASON, reason_number__in=numbers
        ).exclude(state=PaymentReceipt.State.VOID)
    }
    staff = Staff.objects.select_related("party").in_bulk({one.actor_id for one in moved})
    for one in moved:
        ended[one.sale_id].append(  # type: ignore[attr-defined]
            EndedPolicy(
                number=one.reason_number,
                serial=one.run.first,
                at=one.at,
                by=staff.get(one.actor_id),
                gives_back=-owed.get(one.reason_number, NOTHING),
                payment=payments.get(one.reason_number),
            )
        )
    return ended
