"""A day on which everything happens that moves money or cards, by commands alone."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

from selfcard.activation.commands import cancel_policy, issue_refund_payment, settle_refund
from selfcard.core import clock
from selfcard.payments.commands import (
    OutlayGiven,
    TenderGiven,
    bank_takings,
    close_drawer,
    count_drawer,
)
from selfcard.payments.models import (
    AdvanceAccount,
    Banking,
    DrawerDay,
    Invoice,
    PaymentReceipt,
    RedLetterInvoice,
    TenderKind,
)
from selfcard.payments.queries import expected_in
from selfcard.policies.application import PersonGiven
from selfcard.policies.cancelling import AskerGiven
from selfcard.policies.models import Policy
from selfcard.sales.models import Recovery, Sale
from tests.factories.activation import activate
from tests.factories.advances import a_refund, an_account, pay_out
from tests.factories.drawers import open_a_drawer
from tests.factories.policies import a_person, an_application
from tests.factories.recoveries import THE_WAY_IT_CAME, pay_back, take_back, voucher
from tests.factories.sales import Shop, a_shop

NEIGHBOUR, STRANGER = a_person("李丽", order=2), a_person("赵敏", order=3)


@dataclass(frozen=True)
class Day:
    """What the day has left behind, one of each."""

    shop: Shop
    sale: Sale
    invoice: Invoice
    unpaid_recovery: Recovery
    recovery: Recovery
    red_letter: RedLetterInvoice
    account: AdvanceAccount
    policy: Policy
    cancelled: Policy
    refund: PaymentReceipt
    drawer: DrawerDay
    banking: Banking


def a_busy_day() -> Day:
    """Ten cards sold and paid, from an advance and in cash; five sold and partly taken back; two
    that come back for their money; one activated, one cancelled in time, one too late; a drawer
    that is short, and cash that goes to the bank.

    The one that is cancelled too late was activated forty days ago.
    """
    today = clock.now()
    with clock.frozen(today - timedelta(days=40)):
        shop = a_shop()
        insurer = shop.insurer
        shop.sell_and_settle((91, 95))
        late = activate(shop.cards[90])
    with clock.frozen(today):
        drawer = open_a_drawer(insurer, "500.00")
        account = an_account(insurer, "300.00")
        sale = shop.sell((1, 10))
        invoice = shop.settle(
            shop.ask(sale, payer_account=account),
            TenderGiven("advance", Decimal("200.00"), account=account),
            TenderGiven("cash", Decimal("800.00")),
        )
        unpaid_recovery = take_back(shop, shop.sell((11, 15)), (14, 15))
        paid = shop.sell_and_settle((21, 30)).receipt.sales.get().sale
        recovery = take_back(shop, paid, (29, 30))
        red_letter = pay_back(shop, voucher(shop, recovery))
        policy = activate(shop.cards[20], an_application(applicant=NEIGHBOUR))
        in_time = activate(shop.cards[21], an_application(applicant=STRANGER))
        _cancel(shop, in_time, STRANGER)
        refund = _cancelled_late(shop, late)
        pay_out(insurer, a_refund(insurer, account, "40.00"))
        banking = _banked(shop, drawer)
        _closed_short(shop, drawer)
    return Day(
        shop, sale, invoice, unpaid_recovery, recovery, red_letter, account, policy, late, refund,
        drawer, banking,
    )  # fmt: skip


def _cancel(shop: Shop, policy: Policy, applicant: PersonGiven) -> None:
    cancel_policy(
        policy=policy,
        asker=AskerGiven(applicant.identity_number),
        asked_on=clock.today(),
        reason="found another insurer",
        actor=shop.insurer.actor("keeper"),
        request_id=uuid4(),
    )


def _cancelled_late(shop: Shop, policy: Policy) -> PaymentReceipt:
    _cancel(shop, policy, a_person())
    payment = issue_refund_payment(
        policy=policy,
        payee=THE_WAY_IT_CAME,
        actor=shop.insurer.actor("keeper"),
        request_id=uuid4(),
    )
    settle_refund(
        payment=payment,
        outlays=(OutlayGiven("cash", payment.amount),),
        actor=shop.insurer.actor("cashier"),
        request_id=uuid4(),
    )
    return payment


def _banked(shop: Shop, drawer: DrawerDay) -> Banking:
    return bank_takings(
        organisation=shop.insurer.institution,
        kind="cash",
        amount=Decimal("100.00"),
        arrived_on=clock.today(),
        reference="SLIP-1",
        drawer_day=drawer,
        actor=shop.insurer.actor("cashier"),
        request_id=uuid4(),
    )


def _closed_short(shop: Shop, drawer: DrawerDay) -> None:
    there = expected_in(drawer)
    count_drawer(
        day=drawer,
        counted={**there, TenderKind.CASH: there[TenderKind.CASH] - Decimal("7.00")},
        explanation="too much change",
        actor=shop.insurer.actor("cashier"),
        request_id=uuid4(),
    )
    close_drawer(day=drawer, actor=shop.insurer.actor("second"), request_id=uuid4())
