"""What each kind of tender must say before it is believed, and what waits for its money."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from selfcard.core import clock
from selfcard.ledger.queries import balances
from selfcard.payments.commands import TenderGiven, count_drawer, define_drawer, open_drawer
from selfcard.payments.errors import (
    ArrivalDateMissing,
    ArrivedLongBefore,
    DrawerNotOpen,
    OnlyWhatArrivesLater,
    ReferenceMissing,
    TendersDoNotAddUp,
)
from selfcard.payments.models import Receipt, Tender, TenderKind
from selfcard.payments.queries import expected_in
from selfcard.payments.tendering import PAID_AHEAD
from selfcard.sales.commands import note_not_arrived, settle_receipt
from tests.factories.drawers import open_a_drawer
from tests.factories.payments import cash, transfer
from tests.factories.postgresql import refused_by_postgresql
from tests.factories.sales import Shop, a_shop
from tests.factories.verifying import everything_holds

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 3)


@pytest.fixture
def shop() -> Iterator[Shop]:
    with clock.frozen(TODAY):
        yield a_shop()


def asked(shop: Shop, first: int = 1, last: int = 10) -> Receipt:
    return shop.ask(shop.sell((first, last)))


def given(
    kind: str, amount: str = "1000.00", reference: str = "T-1", **more: object
) -> TenderGiven:
    return TenderGiven(kind, Decimal(amount), reference=reference, **more)  # type: ignore[arg-type]


def not_arrived(shop: Shop, receipt: Receipt, *expected: TenderGiven) -> Receipt:
    return note_not_arrived(
        receipt=receipt,
        expected=expected,
        actor=shop.insurer.actor("cashier"),
        request_id=uuid4(),
    )


@pytest.mark.parametrize(
    ("kind", "account"),
    [("cash", "1001"), ("transfer", "1002"), ("card", "1012"), ("cheque", "1002"),
     ("wallet", "1012"), ("promotion", "6602")],
)  # fmt: skip
def test_each_tender_is_money_in_a_place_of_its_own(shop: Shop, kind: str, account: str) -> None:
    reason = "Spring fair" if kind == "promotion" else ""
    receipt = shop.ask(shop.sell((1, 10), gift_reason=reason))

    shop.settle(receipt, given(kind, arrived_on=TODAY))

    assert balances()[account] == Decimal("1000.00")
    everything_holds()


def test_what_goes_through_a_drawer_names_it_and_nothing_else_does(shop: Shop) -> None:
    day = open_a_drawer(shop.insurer)
    invoice = shop.settle(
        asked(shop),
        given("cash", "200.00", ""),
        given("card", "200.00"),
        given("wallet", "200.00", "W-1"),
        given("cheque", "200.00", "C-1", arrived_on=TODAY),
        given("transfer", "200.00", arrived_on=TODAY),
    )

    named = {one.kind: one.drawer_day for one in invoice.receipt.tenders.all()}
    assert {kind for kind, drawer_day in named.items() if drawer_day == day} == {
        "cash",
        "card",
        "wallet",
        "cheque",
    }
    assert named["transfer"] is None
    assert expected_in(day)[TenderKind.CARD] == Decimal("200.00")


@pytest.mark.parametrize("kind", ["transfer", "card", "cheque", "wallet"])
def test_what_leaves_a_trace_elsewhere_names_it(shop: Shop, kind: str) -> None:
    with pytest.raises(ReferenceMissing) as refusal:
        shop.settle(asked(shop), given(kind, reference=" ", arrived_on=TODAY))

    assert refusal.value.field == "tenders-0-reference"


def test_a_cheque_has_arrived_only_when_the_bank_says_so(shop: Shop) -> None:
    with pytest.raises(ArrivalDateMissing):
        shop.settle(asked(shop), given("cheque"))


@pytest.mark.parametrize("kind", ["transfer", "cheque"])
def test_money_did_not_come_long_before_it_was_owed(shop: Shop, kind: str) -> None:
    receipt = asked(shop)
    earliest = TODAY - PAID_AHEAD

    for day in (earliest - timedelta(days=1), TODAY.replace(year=2020)):
        with pytest.raises(ArrivedLongBefore) as refusal:
            shop.settle(receipt, given(kind, arrived_on=day))
        assert refusal.value.field == "tenders-0-arrived_on"
        assert refusal.value.facts["day"] == earliest

    shop.settle(receipt, given(kind, arrived_on=earliest))


def test_it_is_owed_since_the_sale_however_late_the_receipt_is_issued(shop: Shop) -> None:
    sale = shop.sell((1, 10))
    with clock.frozen(TODAY + timedelta(days=90)):
        shop.settle(shop.ask(sale), given("transfer", arrived_on=TODAY))


def test_cash_needs_a_drawer_that_is_open_today(shop: Shop) -> None:
    receipt = asked(shop)
    day = open_a_drawer(shop.insurer)
    with clock.frozen(date(2026, 11, 4)), pytest.raises(DrawerNotOpen) as refusal:
        settle_receipt(
            receipt=receipt,
            tenders=(cash("1000.00"),),
            actor=shop.insurer.actor("cashier"),
            request_id=uuid4(),
        )
    assert refusal.value.field == "tenders-0-drawer"
    assert refusal.value.help
    assert refusal.value.help.name == "drawers.open"
    assert day.tenders.count() == 0


def test_of_several_open_drawers_the_cashiers_own_is_meant_or_the_one_named(shop: Shop) -> None:
    insurer = shop.insurer
    own = open_a_drawer(insurer)
    second = define_drawer(
        organisation=insurer.institution,
        code="D2",
        name_zh="钱箱二",
        name_en="Drawer 2",
        actor=insurer.actor("second"),
        request_id=uuid4(),
    )
    other = open_drawer(
        drawer=second,
        opening_cash=Decimal("0"),
        actor=insurer.actor("cashier"),
        request_id=uuid4(),
    )

    with pytest.raises(DrawerNotOpen):  # both are the cashier's own
        shop.settle(asked(shop), cash("1000.00"))
    invoice = shop.settle(
        asked(shop, 11, 20), TenderGiven("cash", Decimal("1000.00"), drawer=other)
    )
    assert invoice.receipt.tenders.get().drawer_day == other
    assert expected_in(own)[TenderKind.CASH] == 0


def test_a_drawer_of_another_currency_takes_no_such_money(shop: Shop) -> None:
    insurer = shop.insurer
    day = open_a_drawer(insurer)
    count_drawer(
        day=day, counted=expected_in(day), actor=insurer.actor("cashier"), request_id=uuid4()
    )
    with clock.frozen(date(2026, 11, 4)):
        open_drawer(
            drawer=day.drawer,
            opening_cash=Decimal("0"),
            currency="HKD",
            actor=insurer.actor("cashier"),
            request_id=uuid4(),
        )
        with pytest.raises(DrawerNotOpen):
            shop.settle(asked(shop), cash("1000.00"))


# What was sent and has not arrived


def test_a_transfer_without_an_arrival_keeps_the_receipt_waiting(shop: Shop) -> None:
    receipt = not_arrived(shop, asked(shop), given("transfer", "1000.00", "SENT-1"))

    assert receipt.state == Receipt.State.WAITING
    assert receipt.waiting_since == clock.now()
    assert receipt.expected == [{"kind": "transfer", "amount": "1000.00", "reference": "SENT-1"}]
    assert not Tender.objects.exists()
    everything_holds()


def test_since_when_it_waits_stays_when_it_is_noted_again_and_what_arrives_confirms_it(
    shop: Shop,
) -> None:
    receipt = not_arrived(shop, asked(shop), given("cheque", reference="C-77"))
    since = receipt.waiting_since
    with clock.frozen(date(2026, 11, 6)):
        receipt = not_arrived(shop, receipt, given("transfer", reference=""))
        assert receipt.waiting_since == since
        shop.settle(receipt, transfer("1000.00", date(2026, 11, 5)))

    receipt.refresh_from_db()
    assert receipt.state == Receipt.State.CONFIRMED
    everything_holds()


@pytest.mark.parametrize(
    ("expected", "refusal"),
    [
        ((given("cash"),), OnlyWhatArrivesLater),
        ((given("advance"),), OnlyWhatArrivesLater),
        ((given("transfer", "999.99"),), TendersDoNotAddUp),
        ((given("cheque", reference=""),), ReferenceMissing),
    ],
    ids=["cash is there or is not", "an advance too", "another amount", "a cheque has a number"],
)
def test_only_what_is_on_its_way_is_waited_for(
    shop: Shop, expected: tuple[TenderGiven, ...], refusal: type[Exception]
) -> None:
    receipt = asked(shop)

    with pytest.raises(refusal):
        not_arrived(shop, receipt, *expected)

    receipt.refresh_from_db()
    assert receipt.state == Receipt.State.ISSUED


def test_a_waiting_receipt_is_confirmed_by_no_tender_of_another_amount(shop: Shop) -> None:
    receipt = not_arrived(shop, asked(shop), given("transfer"))

    with pytest.raises(TendersDoNotAddUp):
        shop.settle(receipt, transfer("900.00"))


def test_a_tender_says_what_its_kind_must_whoever_writes_it(shop: Shop) -> None:
    receipt = asked(shop)
    day = open_a_drawer(shop.insurer)
    tender = {"receipt": receipt, "amount": Decimal("1.00"), "arrived_on": TODAY}

    with refused_by_postgresql("a_tender_names_its_reference"):
        Tender.objects.create(kind="transfer", **tender)
    with refused_by_postgresql("a_tender_names_its_drawer"):
        Tender.objects.create(kind="cash", **tender)
    with refused_by_postgresql("a_tender_names_its_drawer"):
        Tender.objects.create(kind="transfer", reference="x", drawer_day=day, **tender)
    with refused_by_postgresql("a_tender_names_its_account"):
        Tender.objects.create(kind="advance", **tender)
