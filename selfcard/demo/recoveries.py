"""Sold cards that come back to the demo company, each as far as its way has gone.

One return of unpaid cards, one that waits for its payment receipt, one whose payment waits for a
second person, one whose payment failed because of the account, and one that is done.
"""

from selfcard.core import clock
from selfcard.core.serials import SerialRun
from selfcard.custody.queries import activations_within
from selfcard.demo.cast import KEEPERS, as_, days_ago
from selfcard.payments.commands import OutlayGiven, PayeeGiven
from selfcard.payments.models import PaymentReceipt
from selfcard.sales.commands import (
    issue_payment_receipt,
    note_payment_failed,
    register_recovery,
    settle_payment,
)
from selfcard.sales.models import Recovery, Sale
from selfcard.sales.reckoning import remaining_of

AGENCY_BANK = PayeeGiven(
    "payee", "安途保险代理有限公司", "建设银行杭州文三支行", "33050161620000001234"
)


def take_cards_back() -> None:
    """Play it, the oldest first."""
    done()
    unpaid()
    failed()
    to_be_written()
    to_be_paid()


def done() -> None:
    """The travel agency gave ten cards back, one of them scratched, and has its money."""
    with days_ago(30):
        recovery = _taken_back("1101", "TR-100", 40, cards=10, reason="春季团减员退卡", scratched=1)
    with days_ago(29):
        payment = _written(recovery, PayeeGiven("original", "江南旅行社春季团"))
    with days_ago(28):
        paid = OutlayGiven("transfer", payment.amount, clock.today(), "ICBC 退 0031")
        settle_payment(payment=payment, outlays=(paid,), **as_("B1102"))


def unpaid() -> None:
    """A customer took fewer than they had ordered; the rest is asked for anew."""
    with days_ago(12):
        _taken_back("1101", "AC-050", 30, cards=10, reason="客户少领 10 张")


def failed() -> None:
    """An agency's account was closed: its money came back, and the cards stay frozen."""
    with days_ago(8):
        recovery = _taken_back("1102", "AC-050", 200, cards=20, reason="代理网点撤并退卡")
        payment = _written(recovery, AGENCY_BANK)
    with days_ago(5):
        note_payment_failed(payment=payment, reason="收款账户已销户", **as_("B1102"))


def to_be_written() -> None:
    with days_ago(2):
        _taken_back("1101", "FA-150", 20, cards=3, reason="客户退回未使用的卡")


def to_be_paid() -> None:
    with days_ago(1):
        recovery = _taken_back("1301", "TR-100", 30, cards=5, reason="行程取消")
        _written(recovery, PayeeGiven("original", "个人"))


def _taken_back(
    institution: str, document_type: str, sold: int, *, cards: int, reason: str, scratched: int = 0
) -> Recovery:
    """The last cards of a sale that nobody has activated; of them the last ones scratched."""
    sale = Sale.objects.get(
        seller_organisation__party__code=institution,
        type_version__document_type__code=document_type,
        count=sold,
    )
    last = _not_activated(sale)[-1].last
    return register_recovery(
        sale=sale,
        runs=(SerialRun(last - cards + 1, last),),
        scratched=(SerialRun(last - scratched + 1, last),) if scratched else (),
        reason=reason,
        **as_(KEEPERS[institution]),
    )


def _not_activated(sale: Sale) -> list[SerialRun]:
    left = remaining_of(sale)
    activated = [SerialRun(one.serial, one.serial) for one in activations_within(left)]
    return [part for run in left for part in run.without(activated)]


def _written(recovery: Recovery, payee: PayeeGiven) -> PaymentReceipt:
    keeper = KEEPERS[recovery.sale.seller_organisation.code]
    return issue_payment_receipt(recovery=recovery, payee=payee, **as_(keeper))
