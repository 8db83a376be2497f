"""What was entered wrongly is put right by another entry, and by two people; nothing is edited."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from selfcard.approvals.models import Approval
from selfcard.core import clock
from selfcard.core.refusals import ReasonMissing
from selfcard.ledger.commands import close_days
from selfcard.ledger.queries import balances
from selfcard.organisations.errors import NotAuthorised
from selfcard.organisations.models import May, Staff
from selfcard.organisations.queries import staff_actor
from selfcard.payments.commands import (
    TenderGiven,
    ask_banking_correction,
    ask_count_correction,
    ask_tender_correction,
    bank_takings,
    close_drawer,
    count_drawer,
    grant_correction,
    refuse_correction,
    withdraw_correction,
)
from selfcard.payments.errors import (
    BankedAlready,
    CorrectedAlready,
    DrawerDayNotClosed,
    MoneyWentBackAlready,
    NextDayHasBegun,
    NotCorrectable,
    NothingToCorrect,
    TakingsDoNotSuffice,
)
from selfcard.payments.models import Banking, DrawerCount, DrawerDay, Receipt, Tender, TenderKind
from selfcard.payments.queries import expected_in, last_count, takings_to_bank
from tests.factories.advances import an_account, deposit
from tests.factories.drawers import fetch, open_a_drawer
from tests.factories.organisations import Insurer, a_staff_member, an_insurer
from tests.factories.payments import cash
from tests.factories.postgresql import refused_by_postgresql
from tests.factories.recoveries import pay_back, take_back, voucher
from tests.factories.sales import a_shop
from tests.factories.verifying import everything_holds

pytestmark = pytest.mark.django_db

TODAY, TOMORROW = date(2026, 11, 3), date(2026, 11, 4)


@pytest.fixture
def insurer() -> Iterator[Insurer]:
    with clock.frozen(TODAY):
        yield an_insurer()


@pytest.fixture
def day(insurer: Insurer) -> DrawerDay:
    """A drawer into which 15,000.00 came in cash."""
    deposit(insurer, an_account(insurer), "15000.00", cash("15000.00"))
    return DrawerDay.objects.get()


def banked(insurer: Insurer, day: DrawerDay, amount: str) -> Banking:
    return bank_takings(
        organisation=insurer.institution,
        kind="cash",
        amount=Decimal(amount),
        arrived_on=TODAY,
        reference="SLIP-1",
        drawer_day=day,
        actor=insurer.actor("cashier"),
        request_id=uuid4(),
    )


def ended(insurer: Insurer, day: DrawerDay, **found: str) -> DrawerDay:
    """The day counted and closed."""
    counted = {TenderKind(kind): Decimal(amount) for kind, amount in found.items()}
    day = count_drawer(
        day=day,
        counted=counted,
        explanation="nobody knows",
        actor=insurer.actor("cashier"),
        request_id=uuid4(),
    )
    return close_drawer(day=day, actor=insurer.actor("second"), request_id=uuid4())


def ask_banking(insurer: Insurer, banking: Banking, amount: str, reason: str = "typed") -> Approval:
    return ask_banking_correction(
        banking=banking,
        amount=Decimal(amount),
        reference=banking.reference,
        reason=reason,
        actor=insurer.actor("cashier"),
        request_id=uuid4(),
    )


def ask_tender(insurer: Insurer, tender: Tender, kind: str, by: Staff | None = None) -> Approval:
    return ask_tender_correction(
        tender=tender,
        kind=kind,
        reference="POS-7",
        reason="it came by card",
        actor=staff_actor(by) if by else insurer.actor("cashier"),
        request_id=uuid4(),
    )


def ask_count(insurer: Insurer, day: DrawerDay, **found: str) -> Approval:
    counted = {TenderKind(kind): Decimal("0.00") for kind in ("cash", "card", "cheque", "wallet")}
    return ask_count_correction(
        day=day,
        counted=counted | {TenderKind(kind): Decimal(said) for kind, said in found.items()},
        reason="a digit too many",
        actor=insurer.actor("cashier"),
        request_id=uuid4(),
    )


def grant(insurer: Insurer, approval: Approval, by: str = "second") -> Approval:
    return grant_correction(approval=approval, actor=insurer.actor(by), request_id=uuid4())


def in_the_books() -> dict[str, str]:
    money = ("1001", "1002", "1012", "6711")
    return {code: str(amount) for code, amount in balances().items() if code in money and amount}


# A banking


def test_a_wrong_banking_is_taken_back_and_entered_again_while_the_drawer_is_open(
    insurer: Insurer, day: DrawerDay
) -> None:
    wrong = banked(insurer, day, "10000.00")

    grant(insurer, ask_banking(insurer, wrong, "1000.00"))

    rows = Banking.objects.order_by("id").values_list("amount", "reference")
    assert [(str(amount), slip) for amount, slip in rows] == [
        ("10000.00", "SLIP-1"),
        ("-10000.00", "SLIP-1"),
        ("1000.00", "SLIP-1"),
    ]
    day.refresh_from_db()
    assert day.cash == expected_in(day)[TenderKind.CASH] == Decimal("14000.00")
    assert in_the_books() == {"1001": "14000.00", "1002": "1000.00"}
    everything_holds()


def test_of_a_closed_day_the_difference_is_booked_again_as_it_was(
    insurer: Insurer, day: DrawerDay
) -> None:
    """The 9,000.00 that nobody could explain were the typed nought; the books of the day are
    closed, so all of it counts from the next."""
    wrong = banked(insurer, day, "10000.00")
    ended(insurer, day, cash="14000.00")
    assert in_the_books()["6711"] == "-9000.00"
    with clock.frozen(TOMORROW):
        open_a_drawer(insurer)
        close_days(up_to=TODAY, actor=insurer.actor("second"), request_id=uuid4())
        grant(insurer, ask_banking(insurer, wrong, "1000.00"))

        day.refresh_from_db()
        assert {one.difference for one in last_count(day)} == {Decimal("0.00")}
        assert in_the_books() == {"1001": "14000.00", "1002": "1000.00"}
        everything_holds()


def test_what_never_came_to_the_bank_is_taken_back_alone(insurer: Insurer, day: DrawerDay) -> None:
    grant(insurer, ask_banking(insurer, banked(insurer, day, "400.00"), "0"))

    assert in_the_books() == {"1001": "15000.00"}
    everything_holds()


def test_a_float_that_was_typed_wrongly_is_put_right(insurer: Insurer) -> None:
    day = open_a_drawer(insurer)
    wrong = fetch(insurer, day, "500.00")

    grant(insurer, ask_banking(insurer, wrong, "50.00"))

    assert in_the_books() == {"1001": "50.00", "1002": "-50.00"}
    everything_holds()


def test_a_banking_is_put_right_once_and_what_took_it_back_is_none(
    insurer: Insurer, day: DrawerDay
) -> None:
    wrong = banked(insurer, day, "10000.00")
    grant(insurer, ask_banking(insurer, wrong, "1000.00"))
    _, taken_back, right = Banking.objects.order_by("id")

    for done in (wrong, taken_back):
        with pytest.raises(CorrectedAlready):
            ask_banking(insurer, done, "5.00")
    grant(insurer, ask_banking(insurer, right, "1500.00"))
    assert in_the_books() == {"1001": "13500.00", "1002": "1500.00"}
    everything_holds()


def test_more_than_there_was_was_never_banked(insurer: Insurer, day: DrawerDay) -> None:
    approval = ask_banking(insurer, banked(insurer, day, "10000.00"), "15000.01")

    with pytest.raises(BankedAlready):
        grant(insurer, approval)
    everything_holds()


def test_an_acquirer_never_paid_out_more_than_it_owed(insurer: Insurer) -> None:
    open_a_drawer(insurer)
    card = TenderGiven("card", Decimal("200.00"), reference="POS-1")
    deposit(insurer, an_account(insurer), "200.00", card)
    payout = bank_takings(
        organisation=insurer.institution,
        kind="card",
        amount=Decimal("150.00"),
        arrived_on=TODAY,
        reference="PAYOUT-1",
        actor=insurer.actor("cashier"),
        request_id=uuid4(),
    )

    too_much = ask_banking(insurer, payout, "200.01")
    with pytest.raises(TakingsDoNotSuffice):
        grant(insurer, too_much)
    withdraw_correction(approval=too_much, actor=insurer.actor("cashier"), request_id=uuid4())
    grant(insurer, ask_banking(insurer, payout, "200.00", "all of it"))

    assert takings_to_bank(insurer.institution, TenderKind.CARD, "CNY") == 0
    everything_holds()


# A tender


def test_a_part_that_came_by_card_and_was_entered_as_cash_is_put_right(
    insurer: Insurer, day: DrawerDay
) -> None:
    tender = Tender.objects.get()
    ended(insurer, day, cash="0", card="15000.00")
    assert in_the_books() == {"1012": "15000.00"}

    grant(insurer, ask_tender(insurer, tender, "card"))

    assert {one.difference for one in last_count(day)} == {Decimal("0.00")}
    assert expected_in(day)[TenderKind.CARD] == Decimal("15000.00")
    assert in_the_books() == {"1012": "15000.00"}
    assert takings_to_bank(insurer.institution, TenderKind.CARD, "CNY") == Decimal("15000.00")
    with pytest.raises(CorrectedAlready):
        ask_tender(insurer, tender, "wallet")
    everything_holds()


def test_what_was_paid_back_the_way_it_was_entered_is_not_put_right() -> None:
    shop = a_shop()
    sale = shop.sell((1, 5))
    shop.settle(shop.ask(sale))
    pay_back(shop, voucher(shop, take_back(shop, sale)))

    with pytest.raises(MoneyWentBackAlready):
        ask_tender(shop.insurer, Tender.objects.get(), "card")


def test_cash_that_was_entered_as_a_transfer_goes_into_the_drawer_that_was_open(
    insurer: Insurer,
) -> None:
    day = open_a_drawer(insurer)
    transfer = TenderGiven("transfer", Decimal("80.00"), TODAY, "T-1")
    deposit(insurer, an_account(insurer), "80.00", transfer)

    grant(insurer, ask_tender(insurer, Tender.objects.get(), "cash"))

    day.refresh_from_db()
    assert day.cash == Decimal("80.00")
    assert in_the_books() == {"1001": "80.00"}
    everything_holds()


def test_what_was_banked_as_cash_since_cannot_have_been_a_card(
    insurer: Insurer, day: DrawerDay
) -> None:
    banked(insurer, day, "15000.00")

    with pytest.raises(BankedAlready):
        grant(insurer, ask_tender(insurer, Tender.objects.get(), "card"))


@pytest.mark.parametrize("kind", ["advance", "promotion"])
def test_an_advance_or_a_gift_is_no_mistake_of_the_drawer(
    insurer: Insurer, day: DrawerDay, kind: str
) -> None:
    with pytest.raises(NotCorrectable):
        ask_tender(insurer, Tender.objects.get(), kind)


# A count


def test_a_wrong_count_of_a_closed_day_is_counted_again(insurer: Insurer, day: DrawerDay) -> None:
    day = ended(insurer, day, cash="1500.00")
    assert in_the_books() == {"1001": "1500.00", "6711": "13500.00"}

    grant(insurer, ask_count(insurer, day, cash="15000.00"))

    assert in_the_books() == {"1001": "15000.00"}
    assert [one.counting for one in day.counts.filter(kind="cash")] == [1, 2]
    everything_holds()
    with clock.frozen(TOMORROW):
        assert open_a_drawer(insurer).opening_cash == Decimal("15000.00")


def test_slips_are_counted_again_after_the_next_day_has_begun_and_cash_is_not(
    insurer: Insurer,
) -> None:
    card = TenderGiven("card", Decimal("200.00"), reference="POS-1")
    deposit(insurer, an_account(insurer), "200.00", card)
    day = ended(insurer, DrawerDay.objects.get(), card="150.00")
    with clock.frozen(TOMORROW):
        open_a_drawer(insurer)
        with pytest.raises(NextDayHasBegun):
            ask_count(insurer, day, cash="1.00", card="200.00")
        grant(insurer, ask_count(insurer, day, card="200.00"))

        assert takings_to_bank(insurer.institution, TenderKind.CARD, "CNY") == Decimal("200.00")
        assert in_the_books() == {"1012": "200.00"}
        everything_holds()


# Two people, and a reason


def test_one_asks_and_says_why_and_another_agrees(insurer: Insurer, day: DrawerDay) -> None:
    wrong = banked(insurer, day, "10000.00")
    with pytest.raises(ReasonMissing):
        ask_banking(insurer, wrong, "1000.00", reason=" ")
    with pytest.raises(NothingToCorrect):
        ask_banking(insurer, wrong, "10000.00")
    approval = ask_banking(insurer, wrong, "1000.00")

    with pytest.raises(NotAuthorised):
        grant(insurer, approval, by="cashier")
    refuse_correction(
        approval=approval,
        reason="the slip says so",
        actor=insurer.actor("second"),
        request_id=uuid4(),
    )
    assert Banking.objects.count() == 1
    with clock.frozen(TOMORROW):
        again = ask_banking(insurer, wrong, "1000.00")
        withdraw_correction(approval=again, actor=insurer.actor("cashier"), request_id=uuid4())
    assert Banking.objects.count() == 1


def test_who_may_only_confirm_receipts_takes_back_what_they_asked(
    insurer: Insurer, day: DrawerDay
) -> None:
    confirms = a_staff_member("C9", insurer.institution, May.CONFIRM_RECEIPTS)
    keeps = a_staff_member("D9", insurer.institution, May.KEEP_DRAWER)
    approval = ask_tender(insurer, Tender.objects.get(), "card", by=confirms)

    with pytest.raises(NotAuthorised):
        withdraw_correction(approval=approval, actor=staff_actor(keeps), request_id=uuid4())
    withdraw_correction(approval=approval, actor=staff_actor(confirms), request_id=uuid4())

    approval.refresh_from_db()
    assert approval.state == Approval.State.WITHDRAWN


def test_a_day_that_waits_for_its_end_is_ended_first(insurer: Insurer, day: DrawerDay) -> None:
    wrong = banked(insurer, day, "10000.00")
    approval = ask_banking(insurer, wrong, "1000.00")
    count_drawer(
        day=day,
        counted={TenderKind.CASH: Decimal("5000.00")},
        actor=insurer.actor("cashier"),
        request_id=uuid4(),
    )

    with pytest.raises(DrawerDayNotClosed):
        grant(insurer, approval)
    with pytest.raises(DrawerDayNotClosed):
        ask_count(insurer, day, cash="14000.00")


# Kept by PostgreSQL


def test_postgresql_wants_the_second_person(insurer: Insurer, day: DrawerDay) -> None:
    wrong = banked(insurer, day, "100.00")
    asked = ask_banking(insurer, wrong, "10.00")
    tender = Tender.objects.get()
    ended(insurer, day, cash="14900.00")
    count = {"drawer_day": day, "counting": 2, "kind": "cash", "expected": 1, "counted": 1}

    with refused_by_postgresql("nobody has agreed"):
        Banking.objects.create(
            number="BK-9",
            organisation=insurer.institution,
            kind="cash",
            amount="-100.00",
            currency="CNY",
            arrived_on=TODAY,
            reference="x",
            drawer_day=day,
            banked_by=insurer.cashier,
            banked_at=clock.now(),
            correction=asked,
        )
    with refused_by_postgresql("nobody has agreed"):
        Tender.objects.create(
            receipt=tender.receipt,
            kind="cash",
            amount="-1.00",
            arrived_on=TODAY,
            drawer_day=day,
            correction=asked,
        )
    with refused_by_postgresql("nobody has agreed"):
        DrawerCount.objects.create(**count, correction=asked)
    with refused_by_postgresql("counted otherwise"):
        DrawerCount.objects.create(**count)


def test_a_receipt_is_paid_as_before_whatever_is_put_right(
    insurer: Insurer, day: DrawerDay
) -> None:
    wrong = banked(insurer, day, "100.00")
    agreed = grant(insurer, ask_banking(insurer, wrong, "10.00"))
    receipt = Receipt.objects.get()

    with refused_by_postgresql("is not paid as before"):
        Tender.objects.create(
            receipt=receipt,
            kind="cash",
            amount="-1.00",
            arrived_on=TODAY,
            drawer_day=day,
            correction=agreed,
        )
