"""Every way back, with what custody, papers and books say after each step, cent for cent."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from selfcard.core import clock
from selfcard.core.refusals import Operation
from selfcard.core.serials import describe_runs
from selfcard.custody.errors import CardsInOtherStatus
from selfcard.custody.queries import find_card
from selfcard.payments.commands import OutlayGiven, PayeeGiven
from selfcard.payments.errors import NotTheWayChosen, NotTheWayItCame, PaymentAlreadyConfirmed
from selfcard.payments.models import RedLetterInvoice
from selfcard.sales.commands import (
    Return,
    correct_payment,
    note_payment_failed,
    register_recoveries,
    withdraw_recovery,
)
from selfcard.sales.errors import CardsNotOfTheSale, NothingLeftToTakeBack, RecoveryNotOpen
from selfcard.sales.models import Sale
from selfcard.sales.queries import live_receipt
from selfcard.sales.reckoning import remaining_of
from tests.factories.activation import activate, open_card
from tests.factories.advances import A_COMPANY, an_account
from tests.factories.custody import custody
from tests.factories.payments import transfer
from tests.factories.policies import a_person, an_application
from tests.factories.recoveries import pay_back, take_back, voucher
from tests.factories.sales import Shop, a_shop, an_agency
from tests.factories.telling import (
    amount_on,
    books,
    every_paper_can_be_printed,
    facts_of,
    the_books_move,
)

pytestmark = pytest.mark.django_db
SPRING, AUTUMN = date(2026, 3, 2), date(2026, 11, 2)
BACK_OF_FIVE = {"1001": "-500.00", "2201": "471.70", "2202": "28.30"}
A_PAYEE = PayeeGiven("payee", "王芳", "Bank of the Lake", "6222 0000 1111 2222")


@pytest.fixture
def shop() -> Shop:
    return a_shop()


def where(shop: Shop, first: int, last: int) -> list[tuple[str, int, int]]:
    """In which status these cards are, run by run, counted from 1."""
    return [
        (status, max(one, first), min(other, last))
        for _, status, one, other in custody(shop.batch)
        if one <= last and other >= first
    ]


def paid(shop: Shop, *runs: tuple[int, int]) -> Sale:
    sale: Sale = shop.sell_and_settle(*runs).receipt.sales.get().sale
    return sale


def sent_today(amount: str) -> OutlayGiven:
    return OutlayGiven("transfer", Decimal(amount), clock.today(), "B-77")


# Sold, and not paid.


def test_unpaid_cards_come_back_and_the_rest_is_asked_for_anew(shop: Shop) -> None:
    sale = shop.sell((1, 20))
    first = shop.ask(sale, payer_name=A_COMPANY)

    with the_books_move():
        recovery = take_back(shop, sale, (11, 20), scratched=((20, 20),))

    first.refresh_from_db()
    assert (first.state, first.void_reason) == ("void", recovery.number)
    receipt = live_receipt(sale)
    assert receipt is not None
    assert (receipt.amount, receipt.payer_name) == (Decimal("1000.00"), A_COMPANY)
    assert amount_on("charge_receipt", receipt.number) == "1000.00"
    note = facts_of("recovery_note", recovery.number)
    assert (note["count"], note["is_paid"], note["amount"]["amount"]) == (10, False, "1000.00")
    assert [run["count"] for run in note["scratched"]] == [1]
    assert where(shop, 1, 20) == [("sold", 1, 10), ("inventory", 11, 19), ("void", 20, 20)]

    with the_books_move({"1001": "1000.00", "2201": "-943.40", "2202": "-56.60"}):
        shop.settle(receipt)
    assert where(shop, 1, 20)[0] == ("to_be_activated", 1, 10)


def test_an_unpaid_sale_is_cancelled_and_its_cards_are_sold_again(shop: Shop) -> None:
    sale = shop.sell((1, 20))
    receipt = shop.ask(sale)

    with the_books_move():
        take_back(shop, sale)
    receipt.refresh_from_db()
    assert receipt.state == "void"
    assert live_receipt(sale) is None
    assert where(shop, 1, 20) == [("inventory", 1, 20)]
    with the_books_move(), pytest.raises(NothingLeftToTakeBack):
        take_back(shop, sale)

    with the_books_move({"1001": "500.00", "2201": "-471.70", "2202": "-28.30"}):
        shop.sell_and_settle((6, 10))
    assert ("to_be_activated", 6, 10) in where(shop, 1, 20)


# Paid.


def test_paid_cards_come_back_when_their_money_has(shop: Shop) -> None:
    sale = paid(shop, (1, 20))
    keeper = shop.insurer.actor("keeper")

    with the_books_move():
        recovery = take_back(shop, sale, (1, 5))
        payment = voucher(shop, recovery)
    assert where(shop, 1, 20) == [("awaiting_refund", 1, 5), ("to_be_activated", 6, 20)]
    with the_books_move():
        withdraw_recovery(
            recovery=recovery, reason="kept after all", actor=keeper, request_id=uuid4()
        )
    payment.refresh_from_db()
    assert (payment.state, payment.void_reason) == ("void", "kept after all")
    assert ("Institution", "to_be_activated", 1, 20) in custody(shop.batch)
    with the_books_move(), pytest.raises(RecoveryNotOpen):
        voucher(shop, recovery)

    again = take_back(shop, sale, (1, 5))
    with the_books_move():
        payment = voucher(shop, again)
    assert amount_on("payment_receipt", payment.number) == "500.00"
    with the_books_move(BACK_OF_FIVE):
        red_letter = pay_back(shop, payment)
    assert where(shop, 1, 20) == [("inventory", 1, 5), ("to_be_activated", 6, 20)]
    assert red_letter.number == f"100101-R-{clock.today().year}-00000001"
    paper = facts_of("red_letter", red_letter.number)
    (line,) = paper["lines"]
    assert (paper["original"], paper["reference"]) == (red_letter.invoice.number, again.number)
    assert (line["quantity"], line["net"]["amount"], line["tax"]["amount"]) == (
        -5,
        "-471.70",
        "-28.30",
    )
    with the_books_move(), pytest.raises(RecoveryNotOpen):
        withdraw_recovery(recovery=again, reason="too late", actor=keeper, request_id=uuid4())


def test_a_payment_that_fails_leaves_the_cards_frozen_until_the_payee_is_right(
    shop: Shop,
) -> None:
    sale = paid(shop, (1, 5))
    payment = voucher(shop, take_back(shop, sale), A_PAYEE)
    with the_books_move():
        note_payment_failed(
            payment=payment,
            reason="account closed",
            actor=shop.insurer.actor("cashier"),
            request_id=uuid4(),
        )
    assert where(shop, 1, 5) == [("awaiting_refund", 1, 5)]

    with the_books_move():
        correct_payment(
            payment=payment,
            payee=PayeeGiven("payee", "王芳", "Bank of the Hill", "6222 9999 1111 2222"),
            actor=shop.insurer.actor("keeper"),
            request_id=uuid4(),
        )
    assert where(shop, 1, 5) == [("awaiting_refund", 1, 5)]
    with the_books_move(), pytest.raises(NotTheWayChosen):
        pay_back(shop, payment)
    with the_books_move({"1002": "-500.00", "2201": "471.70", "2202": "28.30"}):
        pay_back(shop, payment, sent_today("500.00"))
    assert where(shop, 1, 5) == [("inventory", 1, 5)]
    with the_books_move(), pytest.raises((PaymentAlreadyConfirmed, RecoveryNotOpen)):
        pay_back(shop, payment, sent_today("500.00"))


def test_money_goes_back_to_the_payers_advance_account_and_buys_other_cards(shop: Shop) -> None:
    sale = shop.sell((1, 5))
    shop.settle(shop.ask(sale, payer_name=A_COMPANY))
    account = an_account(shop.insurer)
    payment = voucher(
        shop, take_back(shop, sale), PayeeGiven("advance", A_COMPANY, account=account)
    )

    into = OutlayGiven("advance", Decimal("500.00"), account=account)
    with the_books_move({"2203": "-500.00", "2201": "471.70", "2202": "28.30"}):
        pay_back(shop, payment, into)
    assert where(shop, 1, 5) == [("inventory", 1, 5)]
    account.refresh_from_db()
    assert account.balance == Decimal("500.00")

    receipt = shop.ask(shop.sell((6, 10)), payer_account=account)
    with the_books_move({"2203": "500.00", "2201": "-471.70", "2202": "-28.30"}):
        shop.settle(receipt, into)
    account.refresh_from_db()
    assert account.balance == 0


def test_money_goes_no_other_way_than_it_came(shop: Shop) -> None:
    sale = shop.sell((1, 5))
    shop.settle(shop.ask(sale), transfer("500.00"))
    payment = voucher(shop, take_back(shop, sale))

    with the_books_move(), pytest.raises(NotTheWayItCame):
        pay_back(shop, payment)
    with the_books_move({"1002": "-500.00", "2201": "471.70", "2202": "28.30"}):
        pay_back(shop, payment, sent_today("500.00"))


def test_what_came_by_cheque_goes_back_by_transfer(shop: Shop) -> None:
    sale = shop.sell((1, 5))
    cheque = OutlayGiven("cheque", Decimal("500.00"), clock.today(), "Q-1")
    shop.settle(shop.ask(sale), cheque)
    payment = voucher(shop, take_back(shop, sale))

    with the_books_move(), pytest.raises(NotTheWayItCame):
        pay_back(shop, payment, cheque)
    with the_books_move({"1002": "-500.00", "2201": "471.70", "2202": "28.30"}):
        pay_back(shop, payment, sent_today("500.00"))


def test_an_agency_gets_the_whole_price_back(shop: Shop) -> None:
    agency = an_agency(shop.insurer)
    sale = shop.sell((1, 5), business_source="agency", agency=agency)
    assert facts_of("charge_list", sale.number)["agreement"] == "AG-01-2026"
    with the_books_move({"1002": "500.00", "2201": "-471.70", "2202": "-28.30"}):
        shop.settle(shop.ask(sale, payer_name=agency.name_zh), transfer("500.00"))

    to_agency = PayeeGiven("payee", agency.name_zh, "Bank of the Lake", "1100 2200 3300")
    payment = voucher(shop, take_back(shop, sale), to_agency)
    assert payment.amount == sale.amount
    with the_books_move({"1002": "-500.00", "2201": "471.70", "2202": "28.30"}):
        pay_back(shop, payment, sent_today("500.00"))


def test_parts_come_back_one_by_one_and_the_last_takes_the_remainder(shop: Shop) -> None:
    sale = paid(shop, (1, 7))
    receipt = live_receipt(sale)
    assert receipt is not None
    invoice = receipt.invoice
    assert (invoice.net, invoice.tax) == (Decimal("660.38"), Decimal("39.62"))

    for first, last, gross, net, tax in (
        (1, 3, "300.00", "283.02", "16.98"),
        (7, 7, "100.00", "94.34", "5.66"),
        (4, 6, "300.00", "283.02", "16.98"),
    ):
        payment = voucher(shop, take_back(shop, sale, (first, last)))
        with the_books_move({"1001": f"-{gross}", "2201": net, "2202": tax}):
            pay_back(shop, payment)
        with the_books_move(), pytest.raises((CardsNotOfTheSale, NothingLeftToTakeBack)):
            take_back(shop, sale, (first, last))
    assert remaining_of(sale) == ()
    assert books() == {}
    assert sum(red.gross for red in invoice.red_letters.all()) == -invoice.gross
    assert [red.running for red in RedLetterInvoice.objects.order_by("id")] == [1, 2, 3]
    assert where(shop, 1, 7) == [("inventory", 1, 7)]


def test_two_parts_are_on_their_way_back_at_the_same_time(shop: Shop) -> None:
    sale = paid(shop, (1, 10))
    with the_books_move():
        first, second = take_back(shop, sale, (1, 4)), take_back(shop, sale, (7, 10))
        with pytest.raises(CardsNotOfTheSale) as refusal:
            take_back(shop, sale, (4, 7))
        payments = voucher(shop, second), voucher(shop, first)
    assert "4" in str(refusal.value)
    for payment, status in zip(payments, ("awaiting_refund", "inventory"), strict=True):
        with the_books_move({"1001": "-400.00", "2201": "377.36", "2202": "22.64"}):
            pay_back(shop, payment)
        assert where(shop, 1, 4) == [(status, 1, 4)]
    assert where(shop, 1, 10) == [
        ("inventory", 1, 4),
        ("to_be_activated", 5, 6),
        ("inventory", 7, 10),
    ]


def test_sales_that_are_paid_and_that_are_not_come_back_together(shop: Shop) -> None:
    owed, settled = shop.sell((1, 5)), paid(shop, (6, 10))
    shop.ask(owed)

    with the_books_move():
        recoveries = register_recoveries(
            returns=(Return(owed, is_paid=False), Return(settled, (shop.run(6, 7),), is_paid=True)),
            reason="the school closes",
            actor=shop.insurer.actor("keeper"),
            request_id=uuid4(),
        )
    assert [one.kind for one in recoveries] == ["unpaid", "paid"]
    assert where(shop, 1, 10) == [
        ("inventory", 1, 5),
        ("awaiting_refund", 6, 7),
        ("to_be_activated", 8, 10),
    ]
    with the_books_move({"1001": "-200.00", "2201": "188.68", "2202": "11.32"}):
        pay_back(shop, voucher(shop, recoveries[1]))


# Whose secret somebody knows.


def test_scratched_cards_and_those_whose_pin_was_accepted_are_void_when_they_come_back(
    shop: Shop,
) -> None:
    sale = paid(shop, (1, 10))
    open_card(shop.cards[2])

    with the_books_move():
        recovery = take_back(shop, sale, scratched=((9, 10),))
        payment = voucher(shop, recovery)
        assert open_card(shop.cards[5])  # the gate lets its holder see that it goes back
    assert where(shop, 1, 10) == [("awaiting_refund", 1, 10)]
    assert [run["count"] for run in facts_of("recovery_note", recovery.number)["scratched"]] == [2]
    with the_books_move({"1001": "-1000.00", "2201": "943.40", "2202": "56.60"}):
        pay_back(shop, payment)
    assert where(shop, 1, 10) == [
        ("inventory", 1, 2),
        ("void", 3, 3),
        ("inventory", 4, 5),
        ("void", 6, 6),
        ("inventory", 7, 8),
        ("void", 9, 10),
    ]


def test_fifty_of_two_hundred_of_which_three_are_activated_and_two_scratched() -> None:
    """What was sold in spring: the document administrator takes back what can come back."""
    with clock.frozen(SPRING):
        shop = a_shop(200)
        sale = paid(shop, (1, 200))
        policies = []
        for place in (151, 160, 170):
            holder = a_person(order=place)
            application = an_application(applicant=holder)
            policies.append(activate(shop.cards[place - 1], application))

    with clock.frozen(AUTUMN):
        with the_books_move(), pytest.raises(CardsInOtherStatus) as refusal:
            take_back(shop, sale, (151, 200))
        named = [describe_runs([shop.run(place, place)]) for place in (151, 160, 170)]
        assert all(one in refusal.value.facts["serials"] for one in named)
        assert refusal.value.help == Operation.named("open.policy", number=policies[0].number)

        rest = (152, 159), (161, 169), (171, 200)
        with the_books_move():
            recovery = take_back(shop, sale, *rest, scratched=((199, 200),))
        assert recovery.count == 47
        with the_books_move({"1001": "-4700.00", "2201": "4433.98", "2202": "266.02"}):
            red_letter = pay_back(shop, voucher(shop, recovery))
        assert red_letter.invoice.gross == Decimal("20000.00")
        assert where(shop, 151, 200) == [
            ("to_be_activated", 151, 151),
            ("inventory", 152, 159),
            ("to_be_activated", 160, 160),
            ("inventory", 161, 169),
            ("to_be_activated", 170, 170),
            ("inventory", 171, 198),
            ("void", 199, 200),
        ]
        state = find_card(shop.cards[150].serial)
        assert state is not None
        assert state.seen == "activated"
        assert {"recovery_note", "payment_receipt", "red_letter"} <= every_paper_can_be_printed()
