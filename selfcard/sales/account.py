"""What a sale costs, what of it has come, and what went back: to the cent, at every moment."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from selfcard.payments.models import Receipt
from selfcard.sales.models import Recovery, Sale, SaleReceipt
from selfcard.sales.reckoning import EndedPolicy


@dataclass(frozen=True, kw_only=True)
class SaleAccount:
    """The money of a sale, and beside it its cards: each of them counts in one place."""

    sold: Decimal
    released: Decimal  # of cards that came back before they were paid
    paid: Decimal
    owed_back: Decimal  # of paid cards that come back, and of policies that ended early
    paid_back: Decimal
    out: int  # cards with the sale: nobody has taken them back
    coming: int  # cards that await their refund
    back: int
    void: int  # since their policy was cancelled

    @property
    def open(self) -> Decimal:
        """What is still to come."""
        return Decimal("0.00") if self.paid else self.sold - self.released

    @property
    def kept(self) -> Decimal:
        """What came, and neither has gone back nor is to go."""
        return self.paid - self.paid_back - self.owed_back


def account_of(
    sale: Sale,
    receipts: Iterable[SaleReceipt],
    recoveries: Iterable[Recovery],
    ended: Iterable[EndedPolicy],
) -> SaleAccount:
    """The account of a sale from its receipts, its recoveries and its policies that ended early,
    which the caller has read."""
    ended = list(ended)
    live = [one for one in recoveries if one.state != Recovery.State.WITHDRAWN]
    unpaid = [one for one in live if one.kind == Recovery.Kind.UNPAID]
    paid = [one for one in live if one.kind == Recovery.Kind.PAID]
    coming = [one for one in paid if one.state == Recovery.State.REGISTERED]
    returned = [one for one in paid if one.state == Recovery.State.DONE]
    confirmed = [one for one in receipts if one.receipt.state == Receipt.State.CONFIRMED]
    back, awaiting = _cards(unpaid) + _cards(returned), _cards(coming)
    return SaleAccount(
        sold=sale.amount,
        released=_sum(one.amount for one in unpaid),
        paid=_sum(one.amount for one in confirmed),
        owed_back=_sum(one.amount for one in coming) + _sum(one.owed for one in ended),
        paid_back=_sum(one.amount for one in returned) + _sum(one.paid_back for one in ended),
        out=sale.count - back - awaiting - len(ended),
        coming=awaiting,
        back=back,
        void=len(ended),
    )


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal("0.00"))


def _cards(recoveries: Iterable[Recovery]) -> int:
    return sum(one.count for one in recoveries)
