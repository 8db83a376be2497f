"""Something of everything that the database keeps, by commands alone."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

from selfcard.activation.commands import unlock_card
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.custody.commands import ask_extension
from selfcard.ledger.commands import close_days
from selfcard.organisations.models import May
from selfcard.organisations.queries import staff_actor
from selfcard.payments.commands import (
    PayeeGiven,
    TenderGiven,
    close_drawer,
    count_drawer,
    note_tax_fact,
)
from selfcard.payments.queries import expected_in
from selfcard.payments.tax_platform import TaxAnswer
from selfcard.policies.application import BeneficiaryGiven, ContactGiven
from selfcard.policies.commands import remind_of_cover, unmask
from selfcard.policies.editions import policy_pdf
from selfcard.policies.models import Policy
from selfcard.products.people import Relationship
from selfcard.sales.commands import (
    block_overdue_sellers,
    note_payment_failed,
    remind_of_deadlines,
)
from selfcard.sms.inbound import receive
from tests.factories.activation import activate, ask_for_code, holder, lock_with_wrong_pins
from tests.factories.claims import a_claims_officer, a_photo_of, add, look_at, take
from tests.factories.claims import report as report_claim
from tests.factories.custody import a_requisition, hand_down, report, stop
from tests.factories.custody import take_back as recall
from tests.factories.days import Day, a_busy_day
from tests.factories.desk import a_case, a_copy, an_operator, say_pin
from tests.factories.drawers import open_a_drawer
from tests.factories.messaging import reword
from tests.factories.organisations import a_staff_member
from tests.factories.policies import a_person, an_application, endorsed, reached_by_code
from tests.factories.recoveries import take_back, voucher
from tests.factories.sales import Shop, an_agency
from tests.factories.sms import arrived
from tests.factories.stock_counts import counted

A_PAYEE = PayeeGiven("payee", "王芳", "Bank of the Lake", "6222 0000 1111 2222")


def everything_has_happened() -> None:
    """A busy day, what hinders and mends, and what follows in the weeks after it."""
    day = a_busy_day()
    shop = day.shop
    insurer = shop.insurer
    an_agency(insurer)
    _money_comes_back(day)
    heir = BeneficiaryGiven(name="李𬱖", relationship=Relationship.PARENT, share=Decimal(100))
    applicant = a_person("周婷", order=4)
    policy = activate(shop.cards[24], an_application(applicant=applicant, beneficiaries=(heir,)))
    policy_pdf(policy, actor=holder())
    reached_by_code(policy, ContactGiven(phone="+8613900139000"))
    endorsed(insurer, policy)
    unmask(
        policy=policy,
        what="people",
        reason="compares the name",
        actor=insurer.actor("keeper"),
        request_id=uuid4(),
    )
    ask_for_code(policy.number)
    operator = a_staff_member("C09", insurer.head_office, May.UNLOCK_CARDS, name="Olive")
    lock_with_wrong_pins(shop.cards[25])
    unlock_card(
        serial=shop.cards[25].serial,
        reason="the holder called",
        actor=staff_actor(operator),
        request_id=uuid4(),
    )
    desk = an_operator(insurer)
    case = a_case(desk, shop.cards[26], way="counter")
    a_copy(case, say_pin(case, desk, shop.cards[26]), desk)
    _a_claim_is_reported(shop, policy)
    a_requisition(insurer, shop.document_type)
    hand_down(insurer, shop.run(41, 45), insurer.seller.party, "keeper")
    recall(insurer, shop.run(41, 42))
    report(insurer, "loss", shop.run(46, 47))
    stop(insurer, shop.run(48, 49))
    today = clock.today()
    with clock.frozen(today + timedelta(days=1)):
        _paid_by_card(shop)
        counted(insurer, shop.batch, (50, 60))
        close_days(up_to=today, actor=insurer.actor("second"), request_id=uuid4())
    with clock.frozen(day.sale.due_on + timedelta(days=1)):
        block_overdue_sellers(actor=Actor.system("test"), request_id=uuid4())
    _people_are_reminded(shop, policy)
    _more_time(day, shop.batch.last_day + timedelta(days=1))
    receive(arrived("HELP"))
    reword(insurer, "Policy {number} covers you: {address}")


def _people_are_reminded(shop: Shop, policy: Policy) -> None:
    """Buyers who left a phone, of the last day of their cards; applicants, of the end of cover."""
    with clock.frozen(shop.batch.last_day - timedelta(days=7)):
        remind_of_deadlines(actor=Actor.system("test"), request_id=uuid4())
    with clock.frozen(clock.last_day_before(policy.ends_at) - timedelta(days=7)):
        remind_of_cover(days=7, actor=Actor.system("test"), request_id=uuid4())


def _a_claim_is_reported(shop: Shop, policy: Policy) -> None:
    """And somebody has looked at it, and handed it on."""
    officer = a_claims_officer(shop.insurer)
    claim = report_claim(policy)
    add(claim, "the wrist", a_photo_of())
    take(claim, officer)
    look_at(claim, "handed on", officer, is_last=True)


def _paid_by_card(shop: Shop) -> None:
    """And its drawer is closed: so the acquirer owes it."""
    receipt = shop.ask(shop.sell((61, 62), phone="+8613900139001"))
    shop.settle(receipt, TenderGiven("card", receipt.amount, reference="4711"))
    drawer = open_a_drawer(shop.insurer)
    count_drawer(
        day=drawer,
        counted=expected_in(drawer),
        actor=shop.insurer.actor("cashier"),
        request_id=uuid4(),
    )
    close_drawer(day=drawer, actor=shop.insurer.actor("second"), request_id=uuid4())


def _money_comes_back(day: Day) -> None:
    """To an account that is none; and the tax platform answers."""
    shop = day.shop
    cashier = shop.insurer.actor("cashier")
    paid = day.recovery.runs.get().sale
    payment = voucher(shop, take_back(shop, paid, (27, 28)), A_PAYEE)
    note_payment_failed(
        payment=payment, reason="no such account", actor=cashier, request_id=uuid4()
    )
    answer = TaxAnswer(
        platform="Tax cloud", number="2411", confirmation="ok", confirmed_on=clock.today()
    )
    note_tax_fact(paper=day.red_letter, answer=answer, actor=cashier, request_id=uuid4())


def _more_time(day: Day, after: date) -> None:
    shop = day.shop
    with clock.frozen(after):
        ask_extension(
            document_type=shop.document_type,
            runs=(shop.run(92, 95),),
            last_day=after + timedelta(days=90),
            reason="sold late in the season",
            actor=shop.insurer.actor("keeper"),
            request_id=uuid4(),
        )
