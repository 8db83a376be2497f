"""How some of the demo's cards end: policies that are cancelled, and cards that nobody activated.

One policy is cancelled within its cooling-off period and its card is ready again; of another the
unearned part is paid back, and its card is void. A card of the spring, sold and paid, went out of
date: for some of them more time is asked for, and nobody has decided.
"""

from datetime import date, timedelta
from decimal import Decimal

from django.conf import settings

from selfcard.activation.commands import cancel_policy, issue_refund_payment, settle_refund
from selfcard.cards.commands import define_document_type
from selfcard.cards.models import Batch, DocumentType
from selfcard.cards.queries import batch_of, current_version
from selfcard.cards.terms import TermsGiven
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.serials import SerialRun
from selfcard.custody.commands import ask_extension
from selfcard.demo.cast import KEEPERS, as_, days_ago, deed, organisation, party
from selfcard.payments.commands import OutlayGiven, PayeeGiven, TenderGiven
from selfcard.policies.cancelling import AskerGiven, returned_on
from selfcard.policies.models import Policy
from selfcard.products.cancelling import Repayment
from selfcard.sales.commands import (
    issue_charge_receipt,
    register_sale,
    remind_of_deadlines,
    settle_receipt,
)

SPRING = "SP-030"
SPRING_CARDS, SOLD_TOO_LATE = 200, 40


def define_spring_card() -> None:
    """A cheap card for the journeys of one season: four months, and it is over."""
    accident = current_version(DocumentType.objects.get(code="AC-050"))
    define_document_type(
        code=SPRING,
        prefix="620030",
        terms=TermsGiven(
            name_zh="春运平安卡 30 元",
            name_en="Spring travel card ¥30",
            face_value=Decimal("30.00"),
            currency="CNY",
            deadline_months=4,
            use_by_months=3,
            pin_length=12,
            holding_limit=500,
            administrator_limit=5_000,
            product_versions=tuple(accident.product_versions.order_by("typeproduct__order")),
        ),
        **as_("H002"),
    )


def sell_spring_cards(run: SerialRun) -> None:
    """Sold at the end of the season, and paid. The buyer is reminded of their last day, and nobody
    activates them."""
    document_type = DocumentType.objects.get(code=SPRING)
    with days_ago(120):
        sale = register_sale(
            document_type=document_type,
            runs=(run,),
            seller_organisation=organisation("1101"),
            seller=party("S110101"),
            business_source="direct",
            customer_reference="城站客运窗口",
            phone="+8613955500719",
            **as_("S110101"),
        )
        receipt = issue_charge_receipt(sales=(sale,), **as_("S110101"))
    with days_ago(119):
        paid = TenderGiven("transfer", receipt.amount, clock.today(), "ICBC春运0719")
        settle_receipt(receipt=receipt, tenders=(paid,), **as_("B1102"))
    for days in settings.DEADLINE_REMINDERS:
        with days_ago((clock.today() - last_day_of(run)).days + days):
            remind_of_deadlines(**deed(Actor.system("reminders")))


def last_day_of(run: SerialRun) -> date:
    batch = batch_of(run.first)
    assert batch is not None, "what is sold was printed"
    return batch.last_day


def spring_cards() -> SerialRun:
    """Those that are sold too late for most of their buyers."""
    first = Batch.objects.get(type_version__document_type__code=SPRING).run.first
    return SerialRun(first, first + SOLD_TOO_LATE - 1)


def end_some() -> None:
    """Play it, the oldest first."""
    cancel_in_full()
    cancel_and_pay_back()
    ask_for_more_time()


def cancel_in_full() -> None:
    """Somebody thinks better of it two days after the policy."""
    policy = Policy.objects.latest("issued_at")
    _cancelled(policy, (clock.now() - policy.issued_at).days - 2, "家里另有保障")


def cancel_and_pay_back() -> None:
    """Somebody moves away; what is not over yet of the year goes back to their account."""
    policy = next(one for one in Policy.objects.order_by("issued_at") if _gives_a_part_back(one))
    _cancelled(policy, 5, "移居国外")
    account = PayeeGiven("payee", policy.name, "中国银行杭州武林支行", "6217 8561 0000 1234 567")
    with days_ago(4):
        voucher = issue_refund_payment(
            policy=policy, payee=account, **as_(KEEPERS[policy.organisation.code])
        )
    with days_ago(3):
        paid = OutlayGiven("transfer", voucher.amount, clock.today(), "BOC 7731 0042")
        cashier = f"B{policy.organisation.code[:2]}02"
        settle_refund(payment=voucher, outlays=(paid,), **as_(cashier))


def _gives_a_part_back(policy: Policy) -> bool:
    if policy.state == Policy.State.CANCELLED:
        return False
    with days_ago(5):
        return returned_on(policy, clock.today()).repayment == Repayment.PRO_RATA


def _cancelled(policy: Policy, days: int, reason: str) -> None:
    with days_ago(days):
        cancel_policy(
            policy=policy,
            asker=AskerGiven(policy.identity_number),
            asked_on=clock.today(),
            reason=reason,
            **as_(KEEPERS[policy.organisation.code]),
        )


def ask_for_more_time() -> None:
    """For a part of the spring cards; a second person has not looked at it yet."""
    cards = spring_cards()
    with days_ago(2):
        ask_extension(
            document_type=DocumentType.objects.get(code=SPRING),
            runs=(SerialRun(cards.first, cards.first + 11),),
            last_day=clock.today() + timedelta(days=60),
            reason="车站窗口售出较晚，购卡人尚未激活",
            **as_("S110101"),
        )
