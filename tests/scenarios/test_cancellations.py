"""Policies that are cancelled, and cards that get more time: card, policy, papers and books."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from selfcard.activation.commands import cancel_policy, issue_refund_payment, settle_refund
from selfcard.activation.errors import CardExpired
from selfcard.core import clock
from selfcard.custody.commands import ask_extension, grant_extension
from selfcard.custody.errors import CardsInOtherStatus, CardsNotExpired
from selfcard.custody.queries import find_card
from selfcard.payments.commands import OutlayGiven, PayeeGiven
from selfcard.policies.cancelling import AskerGiven
from selfcard.policies.models import Policy
from selfcard.sales.errors import CardsNotOfTheSale
from selfcard.sales.models import Sale
from selfcard.sales.queries import live_receipt
from selfcard.sales.reckoning import remaining_of
from tests.factories.activation import activate
from tests.factories.drawers import open_a_drawer
from tests.factories.policies import a_person
from tests.factories.recoveries import pay_back, take_back, voucher
from tests.factories.sales import Shop, a_shop
from tests.factories.telling import amount_on, books, facts_of, the_books_move

pytestmark = pytest.mark.django_db
SPRING, SUMMER, TOO_LATE = date(2026, 3, 2), date(2026, 6, 10), date(2028, 3, 6)
ONE_IS_WRITTEN = {"2201": "94.34", "2202": "5.66", "6001": "-94.34", "2221": "-5.66"}
IT_IS_UNWRITTEN = {"2201": "-94.34", "2202": "-5.66", "6001": "94.34", "2221": "5.66"}


def seen(shop: Shop, place: int) -> str:
    state = find_card(shop.cards[place - 1].serial)
    assert state is not None
    return state.seen.value


def paid(shop: Shop, *runs: tuple[int, int]) -> Sale:
    sale: Sale = shop.sell_and_settle(*runs).receipt.sales.get().sale
    return sale


def cancel(shop: Shop, policy: Policy) -> None:
    cancel_policy(
        policy=policy,
        asker=AskerGiven(a_person().identity_number),
        asked_on=clock.today(),
        reason="found another insurer",
        actor=shop.insurer.actor("keeper"),
        request_id=uuid4(),
    )


def test_a_policy_cancelled_in_full_makes_its_card_ready_again_and_it_comes_back_void() -> None:
    with clock.frozen(SPRING):
        shop = a_shop(10)
        sale = paid(shop, (1, 3))
        with the_books_move(ONE_IS_WRITTEN):
            policy = activate(shop.cards[1])
        with the_books_move(), pytest.raises(CardsInOtherStatus):
            take_back(shop, sale)

        with the_books_move(IT_IS_UNWRITTEN):
            cancel(shop, policy)
        assert seen(shop, 2) == "to_be_activated"
        with the_books_move(ONE_IS_WRITTEN):
            second = activate(shop.cards[1])
        assert seen(shop, 2) == "activated"
        with the_books_move(IT_IS_UNWRITTEN):
            cancel(shop, second)

        with the_books_move():
            payment = voucher(shop, take_back(shop, sale))
        assert seen(shop, 2) == "awaiting_refund"
        with the_books_move({"1001": "-300.00", "2201": "283.02", "2202": "16.98"}):
            red_letter = pay_back(shop, payment)
        # Its PIN was accepted: nobody may buy it any more.
        assert [seen(shop, place) for place in (1, 2, 3)] == ["inventory", "void", "inventory"]
        assert red_letter.gross == -red_letter.invoice.gross
        assert books() == {}


def test_a_policy_cancelled_later_gives_its_unearned_part_back_and_the_other_cards_come_back() -> (
    None
):
    with clock.frozen(SPRING):
        shop = a_shop(10)
        sale = paid(shop, (1, 3))
        policy = activate(shop.cards[1])
    with clock.frozen(SUMMER):
        open_a_drawer(shop.insurer, "500.00")
        # From 11 June 2026 to 2 March 2027: 265 of 365 days.
        with the_books_move({"6001": "68.49", "2221": "4.11", "2206": "-72.60"}):
            cancel(shop, policy)
        assert seen(shop, 2) == "void"
        assert [run.count for run in remaining_of(sale)] == [1, 1]

        with the_books_move():
            payment = issue_refund_payment(
                policy=policy,
                payee=PayeeGiven("original", "王芳"),
                actor=shop.insurer.actor("keeper"),
                request_id=uuid4(),
            )
        assert amount_on("payment_receipt", payment.number) == "72.60"
        with the_books_move({"2206": "72.60", "1001": "-72.60"}):
            partial = settle_refund(
                payment=payment,
                outlays=(OutlayGiven("cash", Decimal("72.60")),),
                actor=shop.insurer.actor("cashier"),
                request_id=uuid4(),
            )
        paper = facts_of("red_letter", partial.number)
        assert [paper[part]["amount"] for part in ("net", "tax", "gross")] == [
            "-68.49",
            "-4.11",
            "-72.60",
        ]

        with the_books_move(), pytest.raises(CardsNotOfTheSale):
            take_back(shop, sale, (1, 3))
        with the_books_move({"1001": "-200.00", "2201": "188.68", "2202": "11.32"}):
            pay_back(shop, voucher(shop, take_back(shop, sale)))
        assert [seen(shop, place) for place in (1, 2, 3)] == ["inventory", "void", "inventory"]
        receipt = live_receipt(sale)
        assert receipt is not None
        invoice = receipt.invoice
        assert sum(red.gross for red in invoice.red_letters.all()) == Decimal("-272.60")
        # What was earned stays written premium.
        assert books() == {
            "1001": Decimal("27.40"),
            "6001": Decimal("-25.85"),
            "2221": Decimal("-1.55"),
        }


def test_paid_cards_out_of_date_get_more_time_from_two_people_or_come_back() -> None:
    with clock.frozen(SPRING):
        shop = a_shop(10)
        sale = paid(shop, (1, 4))
        with the_books_move(), pytest.raises(CardsNotExpired):
            extend(shop, (1, 2))
    owed = books()
    with clock.frozen(TOO_LATE):
        assert seen(shop, 1) == "expired"
        with the_books_move(), pytest.raises(CardExpired):
            activate(shop.cards[0])

        with the_books_move():
            extend(shop, (1, 2))
        assert [seen(shop, place) for place in (1, 2, 3)] == [
            "to_be_activated",
            "to_be_activated",
            "expired",
        ]
        assert books() == owed
        with the_books_move(ONE_IS_WRITTEN):
            activate(shop.cards[0])

        with the_books_move():
            payment = voucher(shop, take_back(shop, sale, (2, 4)))
        with the_books_move({"1001": "-300.00", "2201": "283.02", "2202": "16.98"}):
            pay_back(shop, payment)


def extend(shop: Shop, run: tuple[int, int]) -> None:
    """One person asks for half a year more, another agrees."""
    extension = ask_extension(
        document_type=shop.document_type,
        runs=(shop.run(*run),),
        last_day=date(clock.today().year, 9, 30),
        reason="the school opens later",
        actor=shop.insurer.actor("keeper"),
        request_id=uuid4(),
    )
    grant_extension(extension=extension, actor=shop.insurer.actor("second"), request_id=uuid4())
