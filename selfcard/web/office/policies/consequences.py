"""What follows from a cancellation, told before anything happens, and afterwards."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from selfcard.activation.queries import is_gift, paid_by
from selfcard.core import clock
from selfcard.core.money import Money, split_tax
from selfcard.core.refusals import Refusal
from selfcard.custody.queries import CardState, find_card, find_serial_of_policy
from selfcard.payments.models import Invoice
from selfcard.policies.cancelling import returned_on
from selfcard.policies.models import Policy
from selfcard.products.cancelling import Returned, last_cooling_off_day


@dataclass(frozen=True)
class Consequence:
    """Everything that follows from cancelling a policy that is asked for on a day.

    `refused` says why it cannot be asked for on this day; then nothing else is told.
    """

    policy: Policy
    asked_on: date
    card: CardState | None
    back: Returned | None = None
    refused: str = ""
    invoice: Invoice | None = None
    is_gift: bool = False

    @property
    def token(self) -> str:
        """What was shown, so that nothing else is done than what somebody has seen."""
        return f"{self.back.repayment} {self.back.amount}" if self.back else ""

    @property
    def amount(self) -> Money:
        return self._money(self.back.amount if self.back else Decimal(0))

    @property
    def net(self) -> Money:
        return self._money(self._split[0])

    @property
    def tax(self) -> Money:
        return self._money(self._split[1])

    @property
    def kept_rate(self) -> Decimal:
        """What the insurer keeps of the unearned premium for its expenses."""
        return self.policy.product_version.bounds.expense_rate

    @property
    def cover_begins(self) -> date:
        return clock.day_of(self.policy.starts_at)

    @property
    def cools_off_until(self) -> date:
        issued_on = clock.day_of(self.policy.issued_at)
        return last_cooling_off_day(self.policy.product_version.bounds, issued_on)

    @property
    def is_out_of_date(self) -> bool:
        """Whether the card, to be activated again, could not be: its last day is over."""
        return self.card is not None and self.card.deadline < clock.today()

    @property
    def _split(self) -> tuple[Decimal, Decimal]:
        return split_tax(self.amount.amount, self.policy.product_version.tax_rate)

    def _money(self, amount: Decimal) -> Money:
        return Money(amount, self.policy.currency)


def consequence(policy: Policy, asked_on: date, *, benefit_paid: bool) -> Consequence:
    """What follows if the policy is cancelled now, for who asked on this day."""
    serial = find_serial_of_policy(policy.number)
    card = find_card(serial) if serial else None
    try:
        back = returned_on(policy, asked_on, benefit_paid=benefit_paid)
    except Refusal as refusal:
        return Consequence(policy, asked_on, card, refused=str(refusal))
    if card is None:
        return Consequence(policy, asked_on, None, back)
    _sale, receipt = paid_by(policy)
    return Consequence(
        policy, asked_on, card, back, invoice=receipt.invoice, is_gift=is_gift(receipt)
    )
