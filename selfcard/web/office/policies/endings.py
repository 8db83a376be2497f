"""What became of a cancelled policy: its card, its money, and what is to be done next."""

from dataclasses import dataclass

from selfcard.activation.queries import live_refund
from selfcard.core.refusals import Operation
from selfcard.custody.queries import CardState, find_card, find_serial_of_policy
from selfcard.organisations.models import May
from selfcard.organisations.queries import may
from selfcard.payments.models import PaymentReceipt, RedLetterInvoice
from selfcard.policies.cancelling import reckoned
from selfcard.policies.models import Cancellation, Policy
from selfcard.products.cancelling import Repayment, Returned
from selfcard.web.office.policies.consequences import Consequence
from selfcard.web.office.views import OfficeRequest
from selfcard.web.operations import help_for
from selfcard.web.problems import Help


@dataclass(frozen=True)
class Ending:
    """The end of a policy, told on its page."""

    cancellation: Cancellation
    told: Consequence
    back: Returned
    payment: PaymentReceipt | None
    payment_page: Help | None
    red_letter: RedLetterInvoice | None
    may_pay_back: bool

    @property
    def card(self) -> CardState | None:
        return self.told.card

    @property
    def is_owed(self) -> bool:
        """Whether something is unearned and not paid back yet."""
        return self.cancellation.repayment == Repayment.PRO_RATA and self.red_letter is None


def ending(request: OfficeRequest, policy: Policy) -> Ending | None:
    """What became of a policy that was cancelled; none of one that was not."""
    cancellation = (
        Cancellation.objects.select_related("policy", "cancelled_by__party")
        .filter(policy=policy)
        .first()
    )
    if cancellation is None:
        return None
    back = reckoned(policy, cancellation.asked_on, benefit_paid=cancellation.benefit_paid)
    serial = find_serial_of_policy(policy.number)
    payment = live_refund(policy)
    return Ending(
        cancellation=cancellation,
        told=Consequence(
            policy, cancellation.asked_on, find_card(serial) if serial else None, back
        ),
        back=back,
        payment=payment,
        payment_page=_page_of(payment) if payment else None,
        red_letter=RedLetterInvoice.objects.filter(payment=payment).first() if payment else None,
        may_pay_back=may(request.actor, May.ISSUE_PAYMENTS, policy.organisation),
    )


def _page_of(payment: PaymentReceipt) -> Help | None:
    return help_for(Operation.named("payments.payment", number=payment.number))
