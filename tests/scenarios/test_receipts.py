"""Every way in which money comes, with what custody, papers and books say after each step."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from selfcard.core import clock
from selfcard.core.refusals import Refusal
from selfcard.payments.commands import (
    NEW_ACCOUNT,
    OutlayGiven,
    PayeeGiven,
    TenderGiven,
    correct_refund,
    note_refund_failed,
)
from selfcard.payments.errors import (
    AdvanceDoesNotSuffice,
    GiftIsNotPaidOut,
    MoreThanCameThisWay,
)
from selfcard.payments.models import AdvanceAccount, Invoice, Receipt
from selfcard.sales.commands import note_not_arrived, settle_receipt
from selfcard.sales.errors import GiftTakesNoMoney, MoneyOnItsWay, PromotionOnlyForGifts
from tests.factories.advances import (
    A_COMPANY,
    ITS_NUMBER,
    a_deposit_receipt,
    a_refund,
    an_account,
    deposit,
    pay_out,
)
from tests.factories.custody import custody
from tests.factories.drawers import open_a_drawer
from tests.factories.payments import cash, transfer
from tests.factories.recoveries import pay_back, take_back, voucher
from tests.factories.sales import Shop, a_shop
from tests.factories.telling import (
    amount_on,
    every_paper_can_be_printed,
    facts_of,
    the_books_move,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return a_shop()


def refused(shop: Shop, receipt: Receipt, *tenders: TenderGiven) -> type[Refusal]:
    """Why these tenders confirm nothing."""
    with pytest.raises(Refusal) as refusal:
        shop.settle(receipt, *tenders)
    return refusal.type


def sold(shop: Shop) -> list[tuple[str, int, int]]:
    """Where the cards of the shop are that are not in its inventory any more."""
    return [row[1:] for row in custody(shop.batch) if row[1] != "inventory"]


def test_one_receipt_is_paid_by_every_tender_there_is(shop: Shop) -> None:
    account = an_account(shop.insurer, "100.00", tax_number=ITS_NUMBER)
    with the_books_move():
        sale = shop.sell((1, 6))
        receipt = shop.ask(sale, payer_name=A_COMPANY, buyer_tax_number=ITS_NUMBER)
    assert sold(shop) == [("sold", 1, 6)]
    assert amount_on("charge_list", sale.number) == "600.00"
    assert facts_of("charge_receipt", receipt.number)["payer"] == A_COMPANY

    each, today = Decimal("100.00"), clock.today()
    with the_books_move(
        {
            "1001": "100.00",
            "1002": "200.00",
            "1012": "200.00",
            "2203": "100.00",
            "2201": "-566.04",
            "2202": "-33.96",
        }
    ):
        invoice = shop.settle(
            receipt,
            cash("100.00"),
            TenderGiven("transfer", each, today - timedelta(days=1), "T-1"),
            TenderGiven("card", each, reference="C-2"),
            TenderGiven("cheque", each, today, "Q-3"),
            TenderGiven("wallet", each, reference="W-4"),
            TenderGiven("advance", each, account=account),
        )
    account.refresh_from_db()
    assert account.balance == 0
    assert sold(shop) == [("to_be_activated", 1, 6)]
    paper = facts_of("invoice", invoice.number)
    assert (paper["buyer"], paper["buyer_tax_number"]) == (A_COMPANY, ITS_NUMBER)
    assert [paper[part]["amount"] for part in ("net", "tax", "gross")] == [
        "566.04",
        "33.96",
        "600.00",
    ]
    assert [(one["kind"]["en"], one["reference"]) for one in paper["tenders"]] == [
        ("cash", ""),
        ("bank transfer", "T-1"),
        ("card terminal", "C-2"),
        ("cheque", "Q-3"),
        ("mobile wallet", "W-4"),
        ("premium received in advance", ""),
    ]
    (part,) = facts_of("notice", sale.number)["parts"]
    assert part["cards"]["count"] == 6
    assert {"charge_list", "charge_receipt", "invoice", "notice"} <= every_paper_can_be_printed()


@pytest.mark.parametrize("kind", ["transfer", "cheque"])
def test_money_that_was_sent_is_waited_for_and_then_it_is_there(shop: Shop, kind: str) -> None:
    sale = shop.sell((1, 10))
    receipt = shop.ask(sale)
    sent = TenderGiven(kind, Decimal("1000.00"), reference="4711")

    with the_books_move():
        note_not_arrived(
            receipt=receipt,
            expected=(sent,),
            actor=shop.insurer.actor("cashier"),
            request_id=uuid4(),
        )
    receipt.refresh_from_db()
    assert receipt.state == Receipt.State.WAITING
    assert sold(shop) == [("sold", 1, 10)]
    with the_books_move(), pytest.raises(MoneyOnItsWay):
        take_back(shop, sale, (1, 2))

    with the_books_move({"1002": "1000.00", "2201": "-943.40", "2202": "-56.60"}):
        invoice = shop.settle(receipt, TenderGiven(kind, sent.amount, clock.today(), "4711"))
    assert sold(shop) == [("to_be_activated", 1, 10)]
    (tender,) = facts_of("invoice", invoice.number)["tenders"]
    assert tender["arrived_on"] == clock.today().isoformat()


def test_what_came_over_is_the_payers_pays_the_next_receipt_and_the_rest_goes_back(
    shop: Shop,
) -> None:
    first = shop.ask(shop.sell((1, 20)), payer_name=A_COMPANY)
    open_a_drawer(shop.insurer)
    with the_books_move(
        {"1002": "2350.00", "2203": "-350.00", "2201": "-1886.80", "2202": "-113.20"}
    ):
        settle_receipt(
            receipt=first,
            tenders=(transfer("2350.00"),),
            surplus_to=NEW_ACCOUNT,
            actor=shop.insurer.actor("cashier"),
            request_id=uuid4(),
        )
    account = AdvanceAccount.objects.get()
    assert (account.payer_name, account.balance) == (A_COMPANY, Decimal("350.00"))

    second = shop.ask(shop.sell((21, 25)), payer_account=account)
    with the_books_move():
        written_off = TenderGiven("advance", Decimal("500.00"), account=account)
        assert refused(shop, second, written_off) == AdvanceDoesNotSuffice
    assert sold(shop) == [("to_be_activated", 1, 20), ("sold", 21, 25)]
    with the_books_move({"1001": "200.00", "2203": "300.00", "2201": "-471.70", "2202": "-28.30"}):
        shop.settle(
            second, cash("200.00"), TenderGiven("advance", Decimal("300.00"), account=account)
        )
    assert sold(shop) == [("to_be_activated", 1, 20), ("to_be_activated", 21, 25)]

    with the_books_move():
        refund = a_refund(shop.insurer, account, "50.00")
    assert facts_of("payment_receipt", refund.number)["reference"] == account.number
    with the_books_move({"1001": "-50.00", "2203": "50.00"}):
        pay_out(shop.insurer, refund)
    assert [
        (entry.kind, str(entry.amount), str(entry.balance)) for entry in account.entries.all()
    ] == [
        ("surplus", "350.00", "350.00"),
        ("write_off", "-300.00", "50.00"),
        ("refund_out", "-50.00", "0.00"),
    ]


def test_a_deposit_that_is_paid_back_by_a_transfer_which_fails_once(shop: Shop) -> None:
    account = an_account(shop.insurer)
    with the_books_move():
        receipt = a_deposit_receipt(shop.insurer, account, "800.00")
    assert facts_of("charge_receipt", receipt.number)["deposit_to"] == account.number
    with the_books_move({"1001": "800.00", "2203": "-800.00"}):
        deposit(shop.insurer, account, "800.00")
    assert not Invoice.objects.exists()

    keeper, cashier = shop.insurer.actor("keeper"), shop.insurer.actor("cashier")
    wrong = PayeeGiven("payee", A_COMPANY, "Bank of the Lake", "6222 0000 1111 2222")
    right = PayeeGiven("payee", A_COMPANY, "Bank of the Lake", "6222 0000 1111 3333")
    refund = a_refund(shop.insurer, account, "800.00", wrong)
    with the_books_move():
        note_refund_failed(
            payment=refund, reason="no such account", actor=cashier, request_id=uuid4()
        )
        correct_refund(payment=refund, payee=right, actor=keeper, request_id=uuid4())
    account.refresh_from_db()
    assert account.balance == Decimal("800.00")
    with the_books_move({"1002": "-800.00", "2203": "800.00"}):
        pay_out(
            shop.insurer, refund, OutlayGiven("transfer", Decimal("800.00"), clock.today(), "B-1")
        )
    account.refresh_from_db()
    assert account.balance == 0


def test_a_void_receipt_leaves_nothing_but_itself_and_the_sale_is_asked_for_anew(
    shop: Shop,
) -> None:
    sale = shop.sell((1, 10))
    with the_books_move():
        void = shop.void(shop.ask(sale), "wrong payer")
        receipt = shop.ask(sale, payer_name=A_COMPANY, buyer_tax_number=ITS_NUMBER)
    assert (void.state, void.void_reason) == ("void", "wrong payer")
    assert sold(shop) == [("sold", 1, 10)]
    assert amount_on("charge_receipt", void.number) == "1000.00"

    with the_books_move({"1001": "1000.00", "2201": "-943.40", "2202": "-56.60"}):
        invoice = shop.settle(receipt)
    assert invoice.receipt == receipt
    assert invoice.buyer_tax_number == ITS_NUMBER
    assert sold(shop) == [("to_be_activated", 1, 10)]


def test_one_receipt_for_several_sales_of_which_parts_come_back_before_and_after_it_is_paid(
    shop: Shop,
) -> None:
    first, second = shop.sell((1, 10)), shop.sell((21, 30))
    joint = shop.ask(first, second, payer_name=A_COMPANY)
    assert [line["reference"] for line in facts_of("charge_receipt", joint.number)["lines"]] == [
        first.number,
        second.number,
    ]
    with the_books_move():
        recovery = take_back(shop, first, (6, 10))
    joint.refresh_from_db()
    assert (joint.state, joint.void_reason) == ("void", recovery.number)
    assert sold(shop) == [("sold", 1, 5), ("sold", 21, 30)]

    receipt = Receipt.objects.exclude(state="void").get()
    assert amount_on("charge_receipt", receipt.number) == "1500.00"
    with the_books_move({"1001": "1500.00", "2201": "-1415.10", "2202": "-84.90"}):
        invoice = shop.settle(receipt)
    assert [line["gross"]["amount"] for line in facts_of("invoice", invoice.number)["lines"]] == [
        "500.00",
        "1000.00",
    ]
    assert sold(shop) == [("to_be_activated", 1, 5), ("to_be_activated", 21, 30)]

    with the_books_move():
        payment = voucher(shop, take_back(shop, second, (21, 21)))
    with the_books_move({"1001": "-100.00", "2201": "94.34", "2202": "5.66"}):
        red_letter = pay_back(shop, payment)
    paper = facts_of("red_letter", red_letter.number)
    assert (paper["original"], paper["gross"]["amount"]) == (invoice.number, "-100.00")
    assert sold(shop) == [("to_be_activated", 1, 5), ("to_be_activated", 22, 30)]


def test_a_gift_is_paid_by_its_promotion_and_nobody_gets_money_for_it(shop: Shop) -> None:
    given = shop.sell((1, 10), gift_reason="Spring fair, first prize")
    assert facts_of("charge_list", given.number)["gift_reason"] == "Spring fair, first prize"
    receipt = shop.ask(given)
    with the_books_move():
        assert refused(shop, receipt, cash("1000.00")) == GiftTakesNoMoney
        paid = shop.ask(shop.sell((11, 12)))
        assert (
            refused(shop, paid, TenderGiven("promotion", Decimal("200.00")))
            == PromotionOnlyForGifts
        )
        shop.void(paid)
    with the_books_move({"6602": "1000.00", "2201": "-943.40", "2202": "-56.60"}):
        invoice = shop.settle(receipt, TenderGiven("promotion", receipt.amount))
    (tender,) = facts_of("invoice", invoice.number)["tenders"]
    assert tender["kind"]["en"] == "promotion expense"
    (line,) = facts_of("invoice", invoice.number)["lines"]
    assert line["description"]["en"].startswith("Premium of free cards")
    assert sold(shop) == [("to_be_activated", 1, 10), ("sold", 11, 12)]

    sale = receipt.sales.get().sale
    with the_books_move():
        recovery = take_back(shop, sale, (1, 3))
        payment = voucher(shop, recovery)
        with pytest.raises(Refusal):
            pay_back(shop, payment, OutlayGiven("cash", payment.amount))
    with the_books_move({"6602": "-300.00", "2201": "283.02", "2202": "16.98"}):
        pay_back(shop, payment, OutlayGiven("promotion", payment.amount))
    assert sold(shop) == [("to_be_activated", 4, 10), ("sold", 11, 12)]
    a_friend = PayeeGiven("payee", "王芳", "Bank of the Lake", "6222 0000 1111 2222")
    with the_books_move(), pytest.raises(GiftIsNotPaidOut):
        voucher(shop, take_back(shop, sale, (4, 4)), a_friend)


def test_by_each_way_no_more_goes_back_than_came_by_it(shop: Shop) -> None:
    receipt = shop.ask(shop.sell((1, 10)))
    shop.settle(receipt, cash("300.00"), transfer("700.00"))
    sale = receipt.sales.get().sale
    with the_books_move():
        first, second = (
            voucher(shop, take_back(shop, sale, (1, 2))),
            voucher(shop, take_back(shop, sale)),
        )

    with the_books_move({"1001": "-200.00", "2201": "188.68", "2202": "11.32"}):
        pay_back(shop, first)
    with the_books_move(), pytest.raises(MoreThanCameThisWay) as refusal:
        pay_back(shop, second)
    assert "¥100.00" in str(refusal.value)
    with the_books_move({"1001": "-100.00", "1002": "-700.00", "2201": "754.72", "2202": "45.28"}):
        pay_back(
            shop,
            second,
            OutlayGiven("cash", Decimal("100.00")),
            OutlayGiven("transfer", Decimal("700.00"), clock.today(), "BACK-1"),
        )
