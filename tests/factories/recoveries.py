"""Paid cards that come back, and what cancels their invoice, for tests."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from selfcard.core import clock
from selfcard.core.serials import SerialRun
from selfcard.payments.commands import OutlayGiven, PayeeGiven
from selfcard.payments.models import PaymentReceipt, RedLetterInvoice
from selfcard.sales.commands import issue_payment_receipt, register_recovery, settle_payment
from selfcard.sales.models import Recovery, Sale
from tests.factories.drawers import open_a_drawer
from tests.factories.organisations import Insurer
from tests.factories.sales import Shop

THE_WAY_IT_CAME = PayeeGiven(way="original", name="个人")


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


def take_back(
    shop: Shop,
    sale: Sale,
    *runs: tuple[int, int],
    scratched: tuple[tuple[int, int], ...] = (),
    by: str = "keeper",
    **given: Any,
) -> Recovery:
    """Cards of a sale come back, counted from 1; all that are left unless some are named."""
    return register_recovery(
        sale=sale,
        runs=tuple(shop.run(*run) for run in runs),
        scratched=tuple(shop.run(*run) for run in scratched),
        actor=shop.insurer.actor(by),
        **{"reason": "changed their mind", "request_id": uuid4(), **given},
    )


def voucher(
    shop: Shop, recovery: Recovery, payee: PayeeGiven = THE_WAY_IT_CAME, by: str = "keeper"
) -> PaymentReceipt:
    return issue_payment_receipt(
        recovery=recovery, payee=payee, actor=shop.insurer.actor(by), request_id=uuid4()
    )


def a_raw_voucher(insurer: Insurer, reason: tuple[str, str], amount: Decimal) -> PaymentReceipt:
    """A voucher as no command would write it."""
    return PaymentReceipt.objects.create(
        number="P-9",
        kind=PaymentReceipt.Kind.REFUND,
        organisation=insurer.institution,
        way=PaymentReceipt.Way.ORIGINAL,
        payee_name="个人",
        amount=amount,
        currency="CNY",
        lines=[],
        reason_kind=reason[0],
        reason_number=reason[1],
        issued_by=insurer.keeper,
        issued_at=clock.now(),
        payee_set_by=insurer.keeper,
    )


def pay_back(
    shop: Shop, payment: PaymentReceipt, *outlays: OutlayGiven, by: str = "cashier"
) -> RedLetterInvoice:
    """Confirm a payment; in cash unless outlays are given."""
    open_a_drawer(shop.insurer)
    return settle_payment(
        payment=payment,
        outlays=outlays or (OutlayGiven("cash", payment.amount),),
        actor=shop.insurer.actor(by),
        request_id=uuid4(),
    )
