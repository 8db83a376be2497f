"""One search over every kind of number, in the actor's reach."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from selfcard.core import clock
from selfcard.core.serials import group_digits
from selfcard.custody.models import Issue
from selfcard.inquiry.queries.search import find
from selfcard.ledger.queries import entries_for
from selfcard.payments.commands import OutlayGiven, TenderGiven
from selfcard.payments.models import Drawer
from selfcard.policies.editions import current_edition
from selfcard.policies.signing.codes import code_address
from selfcard.sales.commands import note_not_arrived
from tests.factories.activation import activate, holder
from tests.factories.payments import transfer
from tests.factories.recoveries import pay_back, take_back, voucher

pytestmark = pytest.mark.django_db


@pytest.fixture
def sold(shop):
    """Five cards sold, paid, and one of them activated."""
    invoice = shop.sell_and_settle((1, 5))
    return shop, invoice, activate(shop.cards[0])


def found(shop, text, by="keeper"):
    return [(hit.kind.value, hit.number, hit.exact) for hit in find(text, shop.insurer.actor(by))]


def test_a_whole_number_of_any_kind_finds_its_thing_exactly(sold):
    shop, invoice, policy = sold
    receipt = invoice.receipt
    card = shop.cards[0]
    for text, expected in {
        receipt.reason_number: ("sale", receipt.reason_number, True),
        receipt.number: ("receipt", receipt.number, True),
        invoice.number: ("invoice", invoice.number, True),
        policy.number: ("policy", policy.number, True),
        shop.batch.number: ("batch", shop.batch.number, True),
        card.card_number: ("card", str(card.serial), True),
        str(card.serial): ("card", str(card.serial), True),
    }.items():
        assert found(shop, text) == [expected]


def test_numbers_are_found_however_they_are_typed(sold):
    shop, invoice, policy = sold

    assert found(shop, f" {invoice.receipt.number.lower()} ") != []
    assert found(shop, group_digits(shop.cards[0].card_number))[0][0] == "card"
    assert found(shop, policy.number.removeprefix("P"))[0][0] == "policy"
    full_width = str(shop.cards[0].serial).translate(
        str.maketrans("0123456789", "０１２３４５６７８９")
    )
    assert found(shop, full_width)[0][0] == "card"


def test_a_code_that_a_scanner_reads_off_a_policy_opens_it(sold):
    shop, _, policy = sold
    code = current_edition(policy, actor=holder()).code
    read = code_address("https://cards.lantern.example", code)

    assert found(shop, read) == [("policy", policy.number, True)]
    assert found(shop, read, by="other_keeper") == []
    assert found(shop, read[:-1] + ("A" if read[-1] != "A" else "B")) == []


def test_a_running_number_alone_finds_everything_that_carries_it(sold):
    shop, invoice, policy = sold

    for kind, number in {
        "sale": invoice.receipt.reason_number,
        "receipt": invoice.receipt.number,
        "invoice": invoice.number,
        "issue": Issue.objects.latest("issued_at", "id").number,
        "batch": shop.batch.number,
    }.items():
        digits = number.rpartition("-")[2].lstrip("0").zfill(3)
        assert (kind, number, False) in found(shop, digits)
    assert ("policy", policy.number, False) in found(shop, policy.number[1:-1])
    assert ("card", str(shop.cards[0].serial), False) in found(shop, "001")


def test_holders_are_found_by_code_and_by_name(sold):
    shop, *_ = sold

    assert ("holder", "100101", True) in found(shop, "100101")
    assert ("holder", "100101", False) in found(shop, "Instit")


def test_too_little_finds_nothing(sold):
    shop, *_ = sold

    assert found(shop, "") == found(shop, "1") == found(shop, "  %  ") == []


def test_a_foreign_organisation_finds_nothing(sold):
    shop, invoice, policy = sold
    receipt = invoice.receipt
    for text in (
        receipt.reason_number,
        receipt.number,
        invoice.number,
        policy.number,
        shop.batch.number,
        shop.cards[0].card_number,
        "001",
        "100101",
    ):
        assert found(shop, text, "other_keeper") == []


def test_who_may_not_see_money_finds_cards_only(sold):
    shop, *_ = sold

    kinds = {kind for kind, _, _ in found(shop, "001", "seller")}

    assert kinds <= {"card", "issue", "batch"}


def test_a_search_takes_a_bounded_number_of_statements(sold):
    shop, *_ = sold
    with CaptureQueriesContext(connection) as caught:
        find("001", shop.insurer.actor("keeper"))

    assert len(caught) <= 38


def test_money_is_found_by_what_a_bank_a_payer_or_a_slip_calls_it(shop):
    cashier = shop.insurer.actor("cashier")
    came = shop.ask(shop.sell((11, 15)))
    shop.settle(came, transfer("500.00", reference="ICBC 春 200"))
    waits = shop.ask(shop.sell((16, 20)))
    note_not_arrived(
        receipt=waits,
        expected=(TenderGiven("cheque", Decimal("500.00"), reference="CHQ 20881730"),),
        actor=cashier,
        request_id=uuid4(),
    )
    paid = voucher(shop, take_back(shop, came.sales.get().sale, (11, 12)))
    pay_back(shop, paid, OutlayGiven("transfer", paid.amount, clock.today(), "ICBC OUT 1"))

    for typed, expected in {
        "icbc 春": ("receipt", came.number, False),
        "CHQ 20881730": ("receipt", waits.number, False),
        "ICBC OUT": ("payment", paid.number, False),
    }.items():
        assert found(shop, typed) == [expected]
        assert found(shop, typed, "other_keeper") == found(shop, typed, "seller") == []


def test_a_drawer_is_found_by_its_code_and_an_entry_by_whoever_sees_the_books(sold):
    shop, invoice, _ = sold
    drawer = Drawer.objects.get()
    entry = entries_for("receipt", invoice.receipt.number).get()

    assert found(shop, drawer.code.lower(), "cashier") == [("drawer", drawer.code, True)]
    assert found(shop, drawer.code, "other_keeper") == []
    assert found(shop, entry.number, "auditor") == [("entry", entry.number, True)]
    assert found(shop, entry.number, "keeper") == []


@pytest.mark.parametrize(
    "typed",
    [
        "620118000000001-620118000000010",
        "620118 000 000 001 – 620118 000 000 010",
        "620118000000001-10",
        "620118 1-10",
        "ac-100 1-10",
    ],
)
def test_two_serials_find_the_cards_between_them(sold, typed):
    shop, *_ = sold
    run = shop.run(1, 10)

    assert found(shop, typed) == [("range", f"{run.first}-{run.last}", True)]
    assert found(shop, typed, "other_keeper") == []


def test_a_range_that_is_reversed_or_was_never_printed_finds_nothing(sold):
    shop, *_ = sold

    assert found(shop, "620118 10-1") == found(shop, "620118 5001-5010") == []


def test_a_name_of_two_characters_and_a_part_of_a_name_find_their_holder(sold):
    shop, *_ = sold

    assert ("holder", "I02", False) in found(shop, "son I02")
    assert [number for _, number, _ in found(shop, "机构")] != []
