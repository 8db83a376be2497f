"""From the sale to its money: asked for once, confirmed by another, everything at once."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.models import AuditEvent, Paper
from selfcard.core.papers import find_paper
from selfcard.core.refusals import Refusal, RequestReused
from selfcard.ledger import chart
from selfcard.ledger.models import Entry
from selfcard.ledger.queries import balances, entries_for
from selfcard.organisations.commands import authorise
from selfcard.organisations.errors import NotAuthorised
from selfcard.organisations.models import May
from selfcard.payments.commands import TenderGiven
from selfcard.payments.errors import (
    ConfirmedByItsMaker,
    ReceiptAlreadyConfirmed,
    TendersDoNotAddUp,
)
from selfcard.payments.models import Invoice, Receipt
from selfcard.sales.errors import ReceiptOfNoSale, SaleAlreadyHasReceipt
from selfcard.sales.queries import live_receipt, sales_in_reach, sales_of_receipt
from tests.factories.cards import a_document_type
from tests.factories.custody import cards_at_institution, custody
from tests.factories.drawers import open_a_drawer
from tests.factories.organisations import an_insurer
from tests.factories.payments import Till, cash, transfer
from tests.factories.products import a_published_version
from tests.factories.sales import Shop, a_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return a_shop()


def test_a_charge_receipt_asks_for_the_amount_of_its_sale(shop: Shop) -> None:
    sale = shop.sell((1, 10))

    receipt = shop.ask(sale, payer_name="启明公司")

    assert (receipt.amount, receipt.payer_name) == (sale.amount, "启明公司")
    assert receipt.organisation == shop.insurer.institution
    assert [one.sale for one in sales_of_receipt(receipt)] == [sale]
    assert live_receipt(sale) == receipt


def test_nobody_is_asked_twice_for_one_sale(shop: Shop) -> None:
    sale = shop.sell((1, 10))
    first = shop.ask(sale)

    with pytest.raises(SaleAlreadyHasReceipt) as refusal:
        shop.ask(sale)

    assert refusal.value.facts == {"number": sale.number, "receipt": first.number}
    assert Receipt.objects.count() == 1


def test_a_void_receipt_makes_room_for_another(shop: Shop) -> None:
    sale = shop.sell((1, 10))
    shop.void(shop.ask(sale), reason="wrong payer")
    assert live_receipt(sale) is None

    second = shop.ask(sale)

    assert live_receipt(sale) == second
    assert shop.settle(second).receipt == second


def test_settling_does_everything_at_once(shop: Shop) -> None:
    sale = shop.sell((1, 10), (21, 25))
    receipt = shop.ask(sale)

    invoice = shop.settle(receipt, cash("500.00"), transfer("1000.00"))

    assert custody(shop.batch)[:3] == [
        ("Institution", "to_be_activated", 1, 10),
        ("Institution", "inventory", 11, 20),
        ("Institution", "to_be_activated", 21, 25),
    ]
    # 100.00 at 6 % is 94.34 net and 5.66 tax, times 15.
    assert (invoice.net, invoice.tax, invoice.gross) == (
        Decimal("1415.10"),
        Decimal("84.90"),
        Decimal("1500.00"),
    )
    assert balances() == {
        chart.CASH: Decimal("500.00"),
        chart.BANK: Decimal("1000.00"),
        chart.CARD_PREMIUMS: Decimal("-1415.10"),
        chart.CARD_PREMIUM_TAX: Decimal("-84.90"),
    }
    receipt.refresh_from_db()
    assert receipt.state == Receipt.State.CONFIRMED
    assert find_paper("invoice", invoice.number) is not None
    notice = find_paper("notice", sale.number)
    assert notice is not None
    assert shop.batch.last_day.isoformat() in str(notice.facts)


def test_the_money_counts_from_the_day_on_which_it_is_confirmed(shop: Shop) -> None:
    with clock.frozen(date(2026, 12, 31)):
        receipt = shop.ask(shop.sell((1, 1)))
        shop.settle(receipt)

    [entry] = entries_for("receipt", receipt.number)
    assert entry.counts_from == date(2026, 12, 31)


def test_net_and_tax_are_split_on_one_card_so_that_each_takes_its_own_part(shop: Shop) -> None:
    invoice = shop.sell_and_settle((1, 14))

    # 1,400.00 split at once would be 1,320.75 net, a cent less than fourteen cards of 94.34.
    assert (invoice.net, invoice.tax) == (14 * Decimal("94.34"), 14 * Decimal("5.66"))


def test_an_exempt_premium_has_no_tax_in_invoice_or_books() -> None:
    insurer = an_insurer()
    exempt = a_published_version(insurer, tax_rate=None)
    document_type = a_document_type(insurer, "EX-50", "620120", exempt)
    shop = Shop(insurer, *cards_at_institution(insurer, 10, document_type))

    invoice = shop.sell_and_settle((1, 2))

    assert (invoice.net, invoice.tax) == (Decimal("200.00"), Decimal("0.00"))
    assert balances() == {
        chart.CASH: Decimal("200.00"),
        chart.CARD_PREMIUMS: Decimal("-200.00"),
    }


@pytest.mark.parametrize(
    ("refusal", "tenders", "by"),
    [
        (TendersDoNotAddUp, (cash("999.99"),), "cashier"),
        (TendersDoNotAddUp, (cash("1000.01"),), "cashier"),
        (ConfirmedByItsMaker, (cash("1000.00"),), "chief"),
        (NotAuthorised, (cash("1000.00"),), "keeper"),
        (NotAuthorised, (cash("1000.00"),), "other_keeper"),
    ],
    ids=["too little", "too much", "its maker", "who may not", "who may elsewhere"],
)
def test_a_refused_confirmation_changes_nothing(
    shop: Shop, refusal: type[Refusal], tenders: tuple[TenderGiven, ...], by: str
) -> None:
    authorise(
        staff=shop.insurer.chief,
        mays=(May.CONFIRM_RECEIPTS,),
        organisation=shop.insurer.head_office,
        actor=Actor.system("test"),
        request_id=uuid4(),
    )
    receipt = shop.ask(shop.sell((1, 10)), by="chief")
    before = custody(shop.batch)
    papers = Paper.objects.count()

    with pytest.raises(refusal):
        shop.settle(receipt, *tenders, by=by)

    receipt.refresh_from_db()
    assert receipt.state == Receipt.State.ISSUED
    assert custody(shop.batch) == before
    assert not Invoice.objects.exists()
    assert not Entry.objects.exists()
    assert Paper.objects.count() == papers


def test_a_receipt_is_settled_once(shop: Shop) -> None:
    receipt = shop.ask(shop.sell((1, 10)))
    shop.settle(receipt)

    with pytest.raises(ReceiptAlreadyConfirmed):
        shop.settle(receipt)

    assert Invoice.objects.count() == Entry.objects.count() == 1


def test_a_repeated_request_gives_the_same_invoice(shop: Shop) -> None:
    receipt, request_id = shop.ask(shop.sell((1, 10))), uuid4()

    first = shop.settle(receipt, request_id=request_id)

    assert shop.settle(receipt, request_id=request_id) == first
    assert Invoice.objects.count() == Entry.objects.count() == 1
    with pytest.raises(RequestReused):
        shop.settle(receipt, transfer("1000.00"), request_id=request_id)


def test_a_receipt_that_asks_for_no_sale_is_not_settled_here(shop: Shop) -> None:
    receipt = Till(shop.insurer).receipt()

    with pytest.raises(ReceiptOfNoSale):
        shop.settle(receipt)


def test_settling_takes_as_many_statements_for_ten_thousand_cards_as_for_one() -> None:
    shop = a_shop(10_002)

    def statements(receipt: Receipt) -> int:
        with CaptureQueriesContext(connection) as captured:
            shop.settle(receipt)
        return len(captured)

    open_a_drawer(shop.insurer)
    one = shop.ask(shop.sell((1, 1)))
    many = shop.ask(shop.sell((2, 10_001), confirmed_large=True))

    shop.settle(shop.ask(shop.sell((10_002, 10_002))))  # what the type offers is read once
    assert statements(one) == statements(many)


def test_the_list_of_sales_knows_the_state_of_the_money(shop: Shop) -> None:
    paid, asked, fresh = shop.sell((1, 1)), shop.sell((2, 2)), shop.sell((3, 3))
    shop.settle(shop.ask(paid))
    shop.ask(asked)

    seen: Any = sales_in_reach(shop.insurer.actor("keeper"))

    states = {sale.number: sale.receipt_state for sale in seen}

    assert states == {paid.number: "confirmed", asked.number: "issued", fresh.number: None}


def test_every_step_of_the_settlement_is_in_the_audit_trail_under_one_request(shop: Shop) -> None:
    receipt, request_id = shop.ask(shop.sell((1, 10))), uuid4()
    shop.settle(receipt, request_id=request_id)

    events = AuditEvent.objects.filter(request=request_id).order_by("id")

    assert list(events.values_list("event", flat=True)) == [
        "receipts.confirmed",
        "cards.settled",
        "ledger.entry_posted",
        "invoices.issued",
        "sales.settled",
    ]
