"""What lies in a drawer and what acquirers owe: neither is ever more, or less, than is true."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from selfcard.core import clock
from selfcard.ledger.queries import balances
from selfcard.organisations.errors import NotAuthorised
from selfcard.payments.commands import (
    OutlayGiven,
    TenderGiven,
    bank_takings,
    close_drawer,
    count_drawer,
    fetch_cash,
    open_drawer,
    retire_drawer,
    take_drawer_back,
)
from selfcard.payments.errors import (
    ArrivalInTheFuture,
    BeginsEmpty,
    CashIsLeftInTheDrawer,
    DrawerDayNotClosed,
    DrawerDayNotOpen,
    DrawerInUse,
    DrawerOutOfUse,
    NotEnoughInTheDrawer,
    NotEnoughToPayOut,
    ReferenceMissing,
    TakingsDoNotSuffice,
)
from selfcard.payments.models import Banking, Drawer, DrawerDay, Outlay, Takings, TenderKind
from selfcard.payments.queries import takings_to_bank
from tests.factories.advances import a_refund, an_account, deposit, pay_out
from tests.factories.drawers import fetch, open_a_drawer
from tests.factories.organisations import Insurer, an_insurer
from tests.factories.payments import cash, transfer
from tests.factories.postgresql import refused_by_postgresql, triggers_at_rest
from tests.factories.verifying import everything_holds

pytestmark = pytest.mark.django_db

TODAY, TOMORROW = date(2026, 11, 3), date(2026, 11, 4)


@pytest.fixture
def insurer() -> Iterator[Insurer]:
    with clock.frozen(TODAY):
        yield an_insurer()


def count(insurer: Insurer, day: DrawerDay, **found: str) -> DrawerDay:
    return count_drawer(
        day=day,
        counted={TenderKind(kind): Decimal(amount) for kind, amount in found.items()},
        explanation="counted twice",
        actor=insurer.actor("cashier"),
        request_id=uuid4(),
    )


def close(insurer: Insurer, day: DrawerDay) -> DrawerDay:
    return close_drawer(day=day, actor=insurer.actor("second"), request_id=uuid4())


def by_card(amount: str, kind: str = "card") -> TenderGiven:
    return TenderGiven(kind, Decimal(amount), reference="POS-1")


def bank(insurer: Insurer, kind: str, amount: str, day: DrawerDay | None = None) -> Banking:
    return bank_takings(
        organisation=insurer.institution,
        kind=kind,
        amount=Decimal(amount),
        arrived_on=clock.today(),
        reference="SLIP-1",
        drawer_day=day,
        actor=insurer.actor("cashier"),
        request_id=uuid4(),
    )


# A drawer pays out what is in it


def test_a_drawer_pays_out_no_more_than_is_in_it_and_says_what_helps(insurer: Insurer) -> None:
    day = open_a_drawer(insurer, "100.00")
    account = an_account(insurer)
    deposit(insurer, account, "700.00", transfer("700.00"))
    refund = a_refund(insurer, account, "700.00")

    with pytest.raises(NotEnoughToPayOut) as refusal:
        pay_out(insurer, refund)

    assert "100.00" in str(refusal.value)
    assert refusal.value.field == "tenders-0-amount"
    assert refusal.value.help
    assert refusal.value.help.name == "drawers.fetch"
    day.refresh_from_db()
    assert day.cash == Decimal("100.00")
    fetch(insurer, day, "600.00")
    pay_out(insurer, refund)
    day.refresh_from_db()
    assert day.cash == 0
    everything_holds()


def test_the_parts_of_a_payment_out_of_one_drawer_count_together(insurer: Insurer) -> None:
    open_a_drawer(insurer, "100.00")
    account = an_account(insurer)
    deposit(insurer, account, "120.00", transfer("120.00"))
    refund = a_refund(insurer, account, "120.00")

    with pytest.raises(NotEnoughToPayOut) as refusal:
        pay_out(
            insurer,
            refund,
            OutlayGiven("cash", Decimal("60.00")),
            OutlayGiven("cash", Decimal("60.00")),
        )

    assert refusal.value.field == "tenders-1-amount"


def test_cash_that_came_today_can_go_out_today_and_takings_by_card_cannot(insurer: Insurer) -> None:
    day = open_a_drawer(insurer)
    account = an_account(insurer)
    deposit(insurer, account, "500.00", cash("300.00"), by_card("200.00"))

    with pytest.raises(NotEnoughToPayOut):
        pay_out(insurer, a_refund(insurer, account, "300.01"))
    day.refresh_from_db()
    assert day.cash == Decimal("300.00")


def test_postgresql_keeps_the_cash_of_a_drawer(insurer: Insurer) -> None:
    day = open_a_drawer(insurer, "100.00")
    account = an_account(insurer)
    deposit(insurer, account, "700.00", transfer("700.00"))
    refund = a_refund(insurer, account, "700.00")

    with refused_by_postgresql("a_drawer_pays_out_what_is_in_it"):
        Outlay.objects.create(
            payment=refund, kind="cash", amount="100.01", paid_on=TODAY, drawer_day=day
        )
    with refused_by_postgresql("a_drawer_pays_out_what_is_in_it"):
        Banking.objects.create(**_row(insurer, amount="100.01", drawer_day=day))
    with refused_by_postgresql("follows from what came and went"):
        DrawerDay.objects.filter(pk=day.pk).update(cash=5000)


def _row(insurer: Insurer, **row: Any) -> dict[str, Any]:
    return {
        "number": "BK-9",
        "organisation": insurer.institution,
        "kind": "cash",
        "currency": "CNY",
        "arrived_on": TODAY,
        "reference": "x",
        "banked_by": insurer.cashier,
        "banked_at": clock.now(),
    } | row


# The float


def test_a_drawer_begins_empty_and_its_float_comes_from_the_bank(insurer: Insurer) -> None:
    day = open_a_drawer(insurer)
    other = Drawer.objects.create(
        organisation=insurer.institution, code="DRAWER-2", name_zh="钱箱二", name_en="Drawer 2"
    )
    with pytest.raises(BeginsEmpty):
        open_drawer(
            drawer=other,
            opening_cash=Decimal("500.00"),
            actor=insurer.actor("cashier"),
            request_id=uuid4(),
        )
    with refused_by_postgresql("had 0"):
        DrawerDay.objects.create(
            drawer=other,
            day=TODAY,
            currency="CNY",
            opening_cash="500.00",
            opened_by=insurer.cashier,
            opened_at=clock.now(),
        )

    fetched = fetch(insurer, day, "500.00")

    assert fetched.amount == Decimal("-500.00")
    assert (balances()["1001"], balances()["1002"]) == (Decimal("500.00"), Decimal("-500.00"))
    bank(insurer, "cash", "500.00", day)
    with pytest.raises(NotEnoughInTheDrawer):
        bank(insurer, "cash", "0.01", day)
    assert balances()["1001"] == balances()["1002"] == 0
    everything_holds()


def test_cash_is_fetched_into_an_open_drawer_by_whoever_keeps_it(insurer: Insurer) -> None:
    day = open_a_drawer(insurer)
    given: dict[str, Any] = {
        "drawer_day": day,
        "amount": Decimal("1.00"),
        "left_on": TODAY,
        "reference": "1",
    }

    def refused(refusal: type[Exception], by: str = "cashier", **terms: Any) -> None:
        with pytest.raises(refusal):
            fetch_cash(**{**given, **terms}, actor=insurer.actor(by), request_id=uuid4())

    refused(NotAuthorised, by="seller")
    refused(ArrivalInTheFuture, left_on=TOMORROW)
    refused(ReferenceMissing, reference=" ")
    count(insurer, day, cash="0")
    refused(DrawerDayNotOpen)
    with refused_by_postgresql("is counted"):
        Banking.objects.create(**_row(insurer, amount="-1.00", is_fetched=True, drawer_day=day))
    with refused_by_postgresql("a_banking_is_money"):
        Banking.objects.create(**_row(insurer, kind="card", amount="-1.00"))


# What acquirers owe


def test_an_acquirer_owes_what_was_counted_and_not_what_was_keyed_in(insurer: Insurer) -> None:
    """Slips for 150 of 200 by card, and 30 of 20 by wallet: the difference is booked."""
    day = open_a_drawer(insurer)
    deposit(insurer, an_account(insurer), "220.00", by_card("200.00"), by_card("20.00", "wallet"))
    here = insurer.institution
    assert takings_to_bank(here, TenderKind.CARD, "CNY") == Decimal("200.00")
    close(insurer, count(insurer, day, card="150.00", wallet="30.00"))

    assert takings_to_bank(here, TenderKind.CARD, "CNY") == Decimal("150.00")
    assert balances()["1012"] == Decimal("180.00")
    with pytest.raises(TakingsDoNotSuffice):
        bank(insurer, "card", "150.01")
    bank(insurer, "card", "150.00")
    bank(insurer, "wallet", "30.00")
    assert balances()["1012"] == 0
    assert takings_to_bank(here, TenderKind.WALLET, "CNY") == 0
    everything_holds()


def test_what_an_acquirer_pays_before_the_drawer_is_closed_is_not_owed_again(
    insurer: Insurer,
) -> None:
    day = open_a_drawer(insurer)
    deposit(insurer, an_account(insurer), "200.00", by_card("200.00"))
    bank(insurer, "card", "80.00")
    everything_holds()
    close(insurer, count(insurer, day, card="200.00"))

    assert takings_to_bank(insurer.institution, TenderKind.CARD, "CNY") == Decimal("120.00")
    assert Takings.objects.get().amount == Decimal("120.00")
    everything_holds()


def test_more_goes_back_by_card_in_a_day_than_came_and_is_counted_so(insurer: Insurer) -> None:
    account = an_account(insurer)
    deposit(insurer, account, "200.00", by_card("200.00"))
    close(insurer, count(insurer, DrawerDay.objects.get(), card="200.00"))
    with clock.frozen(TOMORROW):
        day = open_a_drawer(insurer)
        refund = a_refund(insurer, account, "50.00")
        pay_out(insurer, refund, OutlayGiven("card", Decimal("50.00"), reference="POS-2"))
        close(insurer, count(insurer, day, card="-50.00"))

        assert not [one for one in day.counts.all() if one.difference]
        assert takings_to_bank(insurer.institution, TenderKind.CARD, "CNY") == Decimal("150.00")
        everything_holds()


def test_postgresql_reckons_what_acquirers_owe(insurer: Insurer) -> None:
    day = open_a_drawer(insurer)
    deposit(insurer, an_account(insurer), "200.00", by_card("200.00"))
    close(insurer, count(insurer, day, card="200.00"))

    with refused_by_postgresql("follow from closed drawers"):
        Takings.objects.update(amount=5000)
    with refused_by_postgresql("never deleted"):
        Takings.objects.all().delete()
    with triggers_at_rest(), refused_by_postgresql("what_an_acquirer_owes_is_said_once"):
        Takings.objects.create(
            organisation=insurer.institution, kind="card", currency="CNY", amount=1
        )


# Out of use


def retire(insurer: Insurer, drawer: Drawer, by: str = "second") -> Drawer:
    return retire_drawer(drawer=drawer, actor=insurer.actor(by), request_id=uuid4())


def test_a_drawer_goes_out_of_use_closed_and_empty_and_comes_back(insurer: Insurer) -> None:
    day = open_a_drawer(insurer, "100.00")
    drawer = day.drawer
    with pytest.raises(NotAuthorised):
        retire(insurer, drawer, by="cashier")
    with pytest.raises(DrawerDayNotClosed):
        retire(insurer, drawer)
    count(insurer, day, cash="100.00")
    with pytest.raises(DrawerDayNotClosed):
        retire(insurer, drawer)
    with refused_by_postgresql("is not closed, or not empty"):
        Drawer.objects.update(is_active=False)
    close(insurer, day)
    with pytest.raises(CashIsLeftInTheDrawer) as refusal:
        retire(insurer, drawer)
    assert "100.00" in str(refusal.value)
    with refused_by_postgresql("is not closed, or not empty"):
        Drawer.objects.update(is_active=False)

    with clock.frozen(TOMORROW):
        day = open_a_drawer(insurer)
        bank(insurer, "cash", "100.00", day)
        close(insurer, count(insurer, day, cash="0"))
        retire(insurer, drawer)
        with pytest.raises(DrawerOutOfUse):
            retire(insurer, drawer)
    with clock.frozen(TODAY + timedelta(days=2)):
        with pytest.raises(DrawerOutOfUse):
            open_a_drawer(insurer)
        with refused_by_postgresql("is out of use"):
            DrawerDay.objects.create(
                drawer=drawer,
                day=clock.today(),
                currency="CNY",
                opening_cash=0,
                opened_by=insurer.cashier,
                opened_at=clock.now(),
            )
        take_drawer_back(drawer=drawer, actor=insurer.actor("second"), request_id=uuid4())
        with pytest.raises(DrawerInUse):
            take_drawer_back(drawer=drawer, actor=insurer.actor("second"), request_id=uuid4())
        assert open_a_drawer(insurer).cash == 0
    everything_holds()
