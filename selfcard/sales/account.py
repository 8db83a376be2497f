"""What a sale costs, what of it has come, and what went back: to the cent, at every moment."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from selfcard.payments.models import Receipt
from selfcard.sales.models import Recovery, Sale, SaleReceipt


@dataclass(frozen=True)
class SaleAccount:
    sold: Decimal
    released: Decimal  # of cards that came back before they were paid
    paid: Decimal
    owed_back: Decimal  # of paid cards that come back, and whose money has not yet gone
    paid_back: Decimal

    @property
    def open(self) -> Decimal:
        """What is still to come."""
        return Decimal("0.00") if self.paid else self.sold - self.released

    @property
    def kept(self) -> Decimal:
        """What came and has not gone back."""
        return self.paid - self.paid_back


def account_of(
    sale: Sale, receipts: Iterable[SaleReceipt], recoveries: Iterable[Recovery]
) -> SaleAccount:
    """The account of a sale from its receipts and recoveries, which the caller has read."""
    live = [one for one in recoveries if one.state != Recovery.State.WITHDRAWN]
    unpaid = [one for one in live if one.kind == Recovery.Kind.UNPAID]
    paid = [one for one in live if one.kind == Recovery.Kind.PAID]
    confirmed = [one for one in receipts if one.receipt.state == Receipt.State.CONFIRMED]
    return SaleAccount(
        sold=sale.amount,
        released=_sum(unpaid),
        paid=_sum(confirmed),
        owed_back=_sum(one for one in paid if one.state == Recovery.State.REGISTERED),
        paid_back=_sum(one for one in paid if one.state == Recovery.State.DONE),
    )


def _sum(rows: Iterable[Recovery | SaleReceipt]) -> Decimal:
    return sum((one.amount for one in rows), Decimal("0.00"))
