"""Paid cards that come back, and what cancels their invoice, for tests."""

from decimal import Decimal
from uuid import uuid4

from selfcard.core.serials import SerialRun
from selfcard.payments.commands import OutlayGiven, PayeeGiven
from selfcard.payments.models import RedLetterInvoice
from selfcard.sales.commands import issue_payment_receipt, register_recovery, settle_payment
from selfcard.sales.models import Sale
from tests.factories.drawers import open_a_drawer
from tests.factories.organisations import Insurer


def a_red_letter(insurer: Insurer, sale: Sale, *runs: SerialRun) -> RedLetterInvoice:
    """The whole way back of paid cards, their money paid out in cash."""
    keeper = insurer.actor("keeper")
    recovery = register_recovery(
        sale=sale, runs=runs, reason="changed their mind", actor=keeper, request_id=uuid4()
    )
    payment = issue_payment_receipt(
        recovery=recovery,
        payee=PayeeGiven(way="original", name="个人"),
        actor=keeper,
        request_id=uuid4(),
    )
    open_a_drawer(insurer)
    return settle_payment(
        payment=payment,
        outlays=(OutlayGiven("cash", Decimal(payment.amount)),),
        actor=insurer.actor("cashier"),
        request_id=uuid4(),
    )
