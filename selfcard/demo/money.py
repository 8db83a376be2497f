"""The demo company's money: what waits, what was left in advance, and the days of its drawers.

On top of what the sales brought: a receipt that waits for a cheque, one that was void, an advance
account with a history, a refund that waits to be paid, a drawer that was short, one that waits for
its second person, and one of yesterday that nobody has counted.
"""

from decimal import Decimal

from selfcard.core import clock
from selfcard.demo.cast import KEEPERS, MANAGERS, as_, days_ago, organisation
from selfcard.demo.drawers import open_drawer_of
from selfcard.payments.commands import (
    PayeeGiven,
    TenderGiven,
    ask_advance_refund,
    ask_for_deposit,
    bank_takings,
    close_drawer,
    confirm_deposit,
    count_drawer,
    note_tax_fact,
    open_advance_account,
)
from selfcard.payments.models import (
    AdvanceAccount,
    Drawer,
    DrawerDay,
    Invoice,
    Receipt,
    TenderKind,
)
from selfcard.payments.queries import expected_in
from selfcard.payments.tax_platform import TaxAnswer
from selfcard.sales.commands import note_not_arrived

SCHOOL = "杭州启明教育科技有限公司"


def move_money() -> None:
    """Play it, the oldest first."""
    account = leave_in_advance()
    close_old_drawers()
    run_drawers()
    wait_for_a_cheque()
    ask_back(account)
    answer_of_the_tax_platform()


def leave_in_advance() -> AdvanceAccount:
    """A school pays ahead for the year's cards, twice."""
    with days_ago(60):
        account = open_advance_account(
            organisation=organisation("1101"),
            payer_name=SCHOOL,
            tax_number="91110000600037341L",
            **as_("S110101"),
        )
        _deposited(account, TenderGiven("transfer", Decimal("12000.00"), clock.today(), "ICBC0918"))
    with days_ago(20):
        open_drawer_of("1101", "B1102")
        _deposited(account, TenderGiven("card", Decimal("3000.00"), reference="POS 004417"))
    with days_ago(4):
        ask_for_deposit(account=account, amount=Decimal("5000.00"), **as_("S110101"))
    return account


def _deposited(account: AdvanceAccount, tender: TenderGiven) -> None:
    receipt = ask_for_deposit(account=account, amount=tender.amount, **as_("S110101"))
    confirm_deposit(receipt=receipt, tenders=(tender,), **as_("B1102"))


def close_old_drawers() -> None:
    """What was left open after the sales is counted and closed, long ago."""
    for day in DrawerDay.objects.filter(state=DrawerDay.State.OPEN).select_related("drawer"):
        branch = day.drawer.organisation.code[:2]
        count_drawer(day=day, counted=expected_in(day), **as_(f"B{branch}02"))
        close_drawer(day=day, **as_(MANAGERS[branch]))


def run_drawers() -> None:
    """Three days at the counter: one short, one that waits for its end, one never counted."""
    with days_ago(3):
        day = open_drawer_of("1101", "B1102")
        bank_takings(
            organisation=organisation("1101"),
            kind="cash",
            amount=Decimal("300.00"),
            arrived_on=clock.today(),
            reference="缴款单 0031",
            drawer_day=day,
            **as_("B1102"),
        )
        expected = expected_in(day)
        count_drawer(
            day=day,
            counted={**expected, TenderKind.CASH: expected[TenderKind.CASH] - Decimal("10.00")},
            explanation="找零多付 10 元，已复点一次",
            **as_("B1102"),
        )
    with days_ago(2):
        close_drawer(day=day, **as_("B1103"))
        day = open_drawer_of("1201", "B1202")
        count_drawer(day=day, counted=expected_in(day), **as_("B1202"))
    with days_ago(1):
        open_drawer_of("1301", "B1302")
    if not Drawer.objects.get(code="D1101").days.filter(day=clock.today()).exists():
        open_drawer_of("1101", "B1102")


def wait_for_a_cheque() -> None:
    """The oldest receipt that nobody confirmed: its cheque was sent a week ago."""
    receipt = Receipt.objects.filter(
        state=Receipt.State.ISSUED, kind=Receipt.Kind.CHARGE, organisation__party__code="1102"
    ).earliest("id")
    with days_ago(7):
        cheque = TenderGiven("cheque", receipt.amount, reference="CHQ 20881730")
        note_not_arrived(receipt=receipt, expected=(cheque,), **as_("B1102"))


def ask_back(account: AdvanceAccount) -> None:
    """The school asks for a part of what it left."""
    with days_ago(1):
        ask_advance_refund(
            account=account,
            amount=Decimal("2000.00"),
            payee=PayeeGiven("payee", SCHOOL, "工商银行杭州西湖支行", "1202020109900123456"),
            **as_(KEEPERS["1101"]),
        )


def answer_of_the_tax_platform() -> None:
    invoice = Invoice.objects.filter(organisation__party__code="1101").earliest("id")
    answer = TaxAnswer(
        platform="电子发票服务平台",
        number="26332000000012345678",
        confirmed_on=clock.day_of(invoice.issued_at),
    )
    note_tax_fact(paper=invoice, answer=answer, **as_("B1102"))
