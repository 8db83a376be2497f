"""A drawer's day: opened with a float, counted, closed by a second person; and what is banked."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from selfcard.core import clock
from selfcard.ledger.models import OLDEST_DAYS, Entry
from selfcard.ledger.queries import balances
from selfcard.organisations.errors import NotAuthorised
from selfcard.payments.commands import (
    TenderGiven,
    bank_takings,
    close_drawer,
    count_drawer,
    define_drawer,
    open_drawer,
)
from selfcard.payments.errors import (
    ArrivalInTheFuture,
    ClosedByItsCounter,
    DifferenceNotExplained,
    DrawerAlreadyOpen,
    DrawerCodeTaken,
    DrawerDayIsOver,
    DrawerDayNotCounted,
    DrawerDayNotOpen,
    DrawerNotOpen,
    EarlierDayNotCounted,
    NextDayHasBegun,
    NotAnAmount,
    NotEnoughInTheDrawer,
    NotTakenAtTheDrawer,
    OpensWithWhatWasLeft,
    ReferenceMissing,
    TakingsDoNotSuffice,
)
from selfcard.payments.models import Banking, DrawerDay, TenderKind
from selfcard.payments.queries import expected_in, last_count, takings_to_bank
from selfcard.payments.verify import violations
from tests.factories.advances import a_refund, an_account, deposit, pay_out
from tests.factories.drawers import open_a_drawer
from tests.factories.organisations import Insurer, an_insurer
from tests.factories.payments import cash
from tests.factories.postgresql import refused_by_postgresql
from tests.factories.verifying import everything_holds

pytestmark = pytest.mark.django_db

TODAY, TOMORROW = date(2026, 11, 3), date(2026, 11, 4)


@pytest.fixture
def insurer() -> Iterator[Insurer]:
    with clock.frozen(TODAY):
        yield an_insurer()


@pytest.fixture
def day(insurer: Insurer) -> DrawerDay:
    """A drawer with 500.00 in it, and 300.00 in cash and 200.00 by card that came today."""
    day = open_a_drawer(insurer, "500.00")
    deposit(
        insurer,
        an_account(insurer),
        "500.00",
        cash("300.00"),
        TenderGiven("card", Decimal("200.00"), reference="POS-1"),
    )
    return day


def count(insurer: Insurer, day: DrawerDay, by: str = "cashier", **found: Any) -> DrawerDay:
    explanation = found.pop("explanation", "")
    counted = {TenderKind(kind): Decimal(str(amount)) for kind, amount in found.items()}
    return count_drawer(
        day=day,
        counted=counted,
        explanation=explanation,
        actor=insurer.actor(by),
        request_id=uuid4(),
    )


def close(insurer: Insurer, day: DrawerDay, by: str = "second") -> DrawerDay:
    return close_drawer(day=day, actor=insurer.actor(by), request_id=uuid4())


def bank(insurer: Insurer, kind: str, amount: str, **terms: Any) -> Banking:
    given = {"arrived_on": TODAY, "reference": "SLIP-1", **terms}
    return bank_takings(
        organisation=insurer.institution,
        kind=kind,
        amount=Decimal(amount),
        actor=insurer.actor("cashier"),
        request_id=uuid4(),
        **given,
    )


def test_what_should_lie_in_a_drawer_is_what_was_there_came_went_and_was_banked(
    insurer: Insurer, day: DrawerDay
) -> None:
    account = day.tenders.first().receipt.account
    assert account is not None
    pay_out(insurer, a_refund(insurer, account, "50.00"))
    bank(insurer, "cash", "600.00", drawer_day=day)

    assert expected_in(day) == {
        TenderKind.CASH: Decimal("150.00"),
        TenderKind.CARD: Decimal("200.00"),
        TenderKind.CHEQUE: Decimal("0.00"),
        TenderKind.WALLET: Decimal("0.00"),
    }
    everything_holds()


def test_a_day_that_agrees_is_counted_and_closed_without_a_word(
    insurer: Insurer, day: DrawerDay
) -> None:
    count(insurer, day, cash="800.00", card="200.00")
    closed = close(insurer, day)

    assert closed.state == DrawerDay.State.CLOSED
    assert "6711" not in {code for code, amount in balances().items() if amount}
    everything_holds()


def test_a_difference_is_explained_and_booked_when_a_second_person_agrees(
    insurer: Insurer, day: DrawerDay
) -> None:
    with pytest.raises(DifferenceNotExplained):
        count(insurer, day, cash="790.00", card="200.00")
    count(insurer, day, cash="790.00", card="200.00", explanation="gave ten too much")
    assert not balances().get("6711")

    close(insurer, day)

    assert balances()["6711"] == Decimal("10.00")
    assert balances()["1001"] == Decimal("790.00")
    everything_holds()


def test_who_counted_does_not_close(insurer: Insurer, day: DrawerDay) -> None:
    with pytest.raises(DrawerDayNotCounted):
        close(insurer, day)
    count(insurer, day, cash="800.00", card="200.00")
    with pytest.raises(NotAuthorised):
        close(insurer, day, by="cashier")
    DrawerDay.objects.filter(pk=day.pk).update(counted_by=insurer.second)

    with pytest.raises(ClosedByItsCounter):
        close(insurer, day)
    with refused_by_postgresql("nobody_closes_a_drawer_that_they_counted"):
        DrawerDay.objects.filter(pk=day.pk).update(
            state="closed", closed_by=insurer.second, closed_at=clock.now()
        )


def test_a_recount_stands_beside_the_first_count(insurer: Insurer, day: DrawerDay) -> None:
    count(insurer, day, cash="700.00", card="200.00", explanation="?")
    day = count(insurer, day, cash="800.00", card="200.00")

    assert [one.counting for one in day.counts.filter(kind="cash")] == [1, 2]
    assert {one.difference for one in last_count(day)} == {Decimal("0.00")}
    assert day.explanation == ""


@pytest.mark.parametrize("amount", ["-1.00", "0.005"])
def test_what_is_no_amount_is_not_counted(insurer: Insurer, day: DrawerDay, amount: str) -> None:
    with pytest.raises(NotAnAmount) as refusal:
        count(insurer, day, cash=amount, explanation="?")

    assert refusal.value.field == "cash"


def test_a_drawer_is_opened_once_a_day_and_after_its_last_day_was_counted(
    insurer: Insurer, day: DrawerDay
) -> None:
    def open_again() -> DrawerDay:
        return open_drawer(
            drawer=day.drawer,
            opening_cash=Decimal("800.00"),
            actor=insurer.actor("cashier"),
            request_id=uuid4(),
        )

    with pytest.raises(DrawerAlreadyOpen):
        open_again()
    with clock.frozen(TOMORROW), pytest.raises(EarlierDayNotCounted) as refusal:
        open_again()
    assert refusal.value.help
    assert refusal.value.help.args == {"code": "DRAWER-1", "day": "2026-11-03"}
    count(insurer, day, cash="800.00", card="200.00")
    with pytest.raises(DrawerDayIsOver):
        open_again()
    with clock.frozen(TOMORROW):
        assert open_again().day == TOMORROW


def test_what_vanished_overnight_is_missed_in_the_evening(insurer: Insurer, day: DrawerDay) -> None:
    """Nothing leaves a drawer between two days: it opens with what its last count found."""
    count(insurer, day, cash="800.00", card="200.00")

    def open_with(cash: str) -> DrawerDay:
        return open_drawer(
            drawer=day.drawer,
            opening_cash=Decimal(cash),
            actor=insurer.actor("cashier"),
            request_id=uuid4(),
        )

    with clock.frozen(TOMORROW):
        with pytest.raises(OpensWithWhatWasLeft) as refusal:
            open_with("100.00")
        next_day = open_with("800.00")
        with pytest.raises(NextDayHasBegun):
            count(insurer, day, cash="100.00", card="200.00", explanation="?")
        with pytest.raises(DifferenceNotExplained):
            count(insurer, next_day, cash="100.00")
    assert "800.00" in str(refusal.value)


def test_a_drawer_code_is_given_once(insurer: Insurer, day: DrawerDay) -> None:
    with pytest.raises(DrawerCodeTaken):
        define_drawer(
            organisation=insurer.branch,
            code=" drawer-1 ",
            name_zh="别的钱箱",
            name_en="Another",
            actor=insurer.actor("second"),
            request_id=uuid4(),
        )


# To the bank


def test_cash_is_brought_to_the_bank_out_of_an_open_drawer(
    insurer: Insurer, day: DrawerDay
) -> None:
    with pytest.raises(DrawerNotOpen) as refusal:
        bank(insurer, "cash", "100.00")
    assert refusal.value.field == "drawer"
    with pytest.raises(NotEnoughInTheDrawer):
        bank(insurer, "cash", "800.01", drawer_day=day)
    banked = bank(insurer, "cash", "300.00", drawer_day=day)

    assert banked.number.startswith("BK-2026-")
    assert balances()["1002"] == Decimal("-200.00")  # of 500 that were fetched for the float
    count(insurer, day, cash="500.00", card="200.00")
    with pytest.raises(DrawerDayNotOpen):
        bank(insurer, "cash", "1.00", drawer_day=day)


def test_an_acquirer_pays_out_no_more_than_was_taken(insurer: Insurer, day: DrawerDay) -> None:
    assert takings_to_bank(insurer.institution, TenderKind.CARD, "CNY") == Decimal("200.00")
    bank(insurer, "card", "150.00")

    with pytest.raises(TakingsDoNotSuffice):
        bank(insurer, "card", "50.01")
    with pytest.raises(TakingsDoNotSuffice):
        bank(insurer, "wallet", "1.00")
    bank(insurer, "card", "50.00")
    assert balances()["1012"] == 0
    everything_holds()


def test_a_banking_says_what_it_must(insurer: Insurer, day: DrawerDay) -> None:
    with pytest.raises(NotTakenAtTheDrawer):
        bank(insurer, "transfer", "1.00")
    with pytest.raises(ReferenceMissing):
        bank(insurer, "card", "1.00", reference=" ")
    with pytest.raises(ArrivalInTheFuture):
        bank(insurer, "card", "1.00", arrived_on=TOMORROW)


# Kept by PostgreSQL


def test_a_counted_day_takes_no_money_whoever_writes_it(insurer: Insurer, day: DrawerDay) -> None:
    count(insurer, day, cash="800.00", card="200.00")
    tender = day.tenders.first()
    assert tender is not None

    with refused_by_postgresql("is counted, nothing leaves it"):
        Banking.objects.create(
            number="BK-9",
            organisation=insurer.institution,
            kind="cash",
            amount="1.00",
            currency="CNY",
            arrived_on=TODAY,
            reference="x",
            drawer_day=day,
            banked_by=insurer.cashier,
            banked_at=clock.now(),
        )
    with refused_by_postgresql("never changed"):
        DrawerDay.objects.filter(pk=day.pk).update(state="open", counted_by=None, counted_at=None)
    with refused_by_postgresql("drawerday is never"):
        DrawerDay.objects.create(
            drawer=day.drawer,
            day=TOMORROW,
            currency="CNY",
            opening_cash=0,
            state="counted",
            opened_by=insurer.cashier,
            opened_at=clock.now(),
            counted_by=insurer.cashier,
            counted_at=clock.now(),
        )


def test_a_difference_is_closed_only_with_its_reason(insurer: Insurer, day: DrawerDay) -> None:
    count(insurer, day, cash="790.00", card="200.00", explanation="gave ten too much")

    with refused_by_postgresql("is not explained"):
        DrawerDay.objects.filter(pk=day.pk).update(
            state="closed", closed_by=insurer.second, closed_at=clock.now(), explanation=""
        )


def test_verify_names_a_drawer_whose_count_expects_something_else(
    insurer: Insurer, day: DrawerDay
) -> None:
    count(insurer, day, cash="790.00", card="200.00", explanation="gave ten too much")
    close(insurer, day)
    everything_holds()

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE payments_drawercount SET expected = 795 WHERE kind = 'cash'")
        cursor.execute("SET LOCAL session_replication_role = origin")

    found = {violation.promise for violation in violations()}
    assert found == {
        "A counted drawer expects what was there, came, went and was banked",
        "The difference of a closed drawer is in the books once",
    }


def test_a_drawer_that_is_closed_years_late_counts_from_the_first_day_that_can(
    insurer: Insurer, day: DrawerDay
) -> None:
    count(insurer, day, cash=790, card=200, explanation="ten short")

    with clock.frozen(TODAY + timedelta(days=400)):
        close(insurer, day)

    entry = Entry.objects.get(kind="cash_difference")
    assert entry.counts_from == TODAY + timedelta(days=400 - OLDEST_DAYS)
