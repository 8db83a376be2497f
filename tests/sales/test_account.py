"""What a sale's account says of its cards and of its money, and that nobody says something else."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from selfcard.activation.commands import cancel_policy, issue_refund_payment, settle_refund
from selfcard.core import clock
from selfcard.core.serials import count_cards
from selfcard.inquiry.queries.ways_back import Returning, ways_back
from selfcard.payments.commands import OutlayGiven
from selfcard.payments.models import PaymentReceipt
from selfcard.policies.cancelling import AskerGiven
from selfcard.policies.models import Policy
from selfcard.sales.account import SaleAccount, account_of
from selfcard.sales.models import Sale
from selfcard.sales.queries import payments_of, receipts_of, recoveries_of, runs_of, sales_in_reach
from selfcard.sales.reckoning import ended_policies, remaining_of
from selfcard.sales.standing import Standing, standing, standing_of
from tests.factories.activation import activate
from tests.factories.drawers import open_a_drawer
from tests.factories.policies import a_person, an_application
from tests.factories.recoveries import THE_WAY_IT_CAME, pay_back, take_back, voucher
from tests.factories.sales import Shop, a_shop
from tests.factories.verifying import everything_holds

pytestmark = pytest.mark.django_db
SPRING, SUMMER = date(2026, 3, 2), date(2026, 6, 10)
OWED = Decimal("72.60")  # of a year for 100.00, 265 days before its end


def account(shop: Shop, sale: Sale) -> SaleAccount:
    """The account, after whoever else speaks of the sale has said the same."""
    ended = ended_policies([sale])[sale.pk]
    told = account_of(sale, receipts_of(sale), recoveries_of(sale), ended)
    listed: Any = sales_in_reach(shop.insurer.actor("keeper")).get(pk=sale.pk)
    assert told.out == listed.cards_left == count_cards(remaining_of(sale))
    assert told.out + told.coming + told.back + told.void == sale.count
    assert told.paid == told.kept + told.owed_back + told.paid_back
    red = sum((one.red_letter.gross for one in payments_of(sale, ended) if is_paid(one)), Decimal())
    assert told.paid_back == -red
    rows = sales_in_reach(shop.insurer.actor("keeper"))
    standings = [one for one in Standing if standing(rows, one).filter(pk=sale.pk).exists()]
    assert standings == [standing_of(listed)]
    everything_holds()
    return told


def is_paid(payment: PaymentReceipt) -> bool:
    return payment.state == PaymentReceipt.State.CONFIRMED


def guided(shop: Shop, sale: Sale) -> Returning:
    (found,) = ways_back(shop.insurer.actor("keeper"), remaining_of(sale)).returns
    return found


def paid(shop: Shop, *runs: tuple[int, int]) -> Sale:
    sale: Sale = shop.sell_and_settle(*runs).receipt.sales.get().sale
    return sale


def insure(shop: Shop, place: int) -> Policy:
    return activate(shop.cards[place - 1], an_application(applicant=a_person(order=place)))


def cancel(shop: Shop, policy: Policy, order: int, **given: Any) -> None:
    cancel_policy(
        policy=policy,
        asker=AskerGiven(a_person(order=order).identity_number),
        asked_on=clock.today(),
        reason="found another insurer",
        actor=shop.insurer.actor("keeper"),
        request_id=uuid4(),
        **given,
    )


def unearned(shop: Shop, policy: Policy) -> PaymentReceipt:
    return issue_refund_payment(
        policy=policy,
        payee=THE_WAY_IT_CAME,
        actor=shop.insurer.actor("keeper"),
        request_id=uuid4(),
    )


def pay_unearned(shop: Shop, payment: PaymentReceipt) -> None:
    settle_refund(
        payment=payment,
        outlays=(OutlayGiven("cash", payment.amount),),
        actor=shop.insurer.actor("cashier"),
        request_id=uuid4(),
    )


def test_cards_and_money_of_a_sale_add_up_on_every_way_back_to_the_cent() -> None:
    with clock.frozen(SPRING):
        shop = a_shop(20)
        sale = shop.sell((1, 12))
        take_back(shop, sale, (11, 12))
        at_first = account(shop, sale)
        assert (at_first.out, at_first.back, at_first.open) == (10, 2, Decimal("1000.00"))

        shop.settle(shop.ask(sale))
        policies = [insure(shop, place) for place in (1, 2, 3)]
        assert account(shop, sale).kept == Decimal("1000.00")
        pay_back(shop, voucher(shop, take_back(shop, sale, (8, 10))))
        recovery = take_back(shop, sale, (6, 7))
        now = account(shop, sale)
        assert (now.out, now.coming, now.back, now.void) == (5, 2, 5, 0)
        assert (now.paid_back, now.owed_back) == (Decimal("300.00"), Decimal("200.00"))

    with clock.frozen(SUMMER):
        open_a_drawer(shop.insurer, "1000.00")
        cancel(shop, policies[0], 1)
        cancel(shop, policies[1], 2, benefit_paid=True)
        now = account(shop, sale)
        assert (now.out, now.coming, now.back, now.void) == (3, 2, 5, 2)
        assert now.owed_back == 200 + OWED
        payment = unearned(shop, policies[0])
        assert payment in payments_of(sale, ended_policies([sale])[sale.pk])
        assert account(shop, sale) == now

        pay_unearned(shop, payment)
        pay_back(shop, voucher(shop, recovery))
        now = account(shop, sale)
        assert (now.out, now.coming, now.back, now.void) == (3, 0, 7, 2)
        assert (now.paid_back, now.owed_back) == (500 + OWED, Decimal("0.00"))
        # Three cards are out, one of them a policy; two policies have earned the rest.
        assert now.kept == 300 + (100 - OWED) + 100


def test_what_the_guide_says_stays_is_what_stays() -> None:
    with clock.frozen(SPRING):
        shop = a_shop(20)
        sale = paid(shop, (1, 5))
        policy = insure(shop, 1)
        take_back(shop, sale, (4, 5))
    with clock.frozen(SUMMER):
        open_a_drawer(shop.insurer, "1000.00")
        cancel(shop, policy, 1)
        before = guided(shop, sale)
        pay_unearned(shop, unearned(shop, policy))
        after = guided(shop, sale)

    # Two cards would come back, two are on their way, and one has earned a part.
    for found in (before, after):
        assert (found.count, found.left) == (2, 0)
        assert found.left_of_invoice == found.earned == 100 - OWED


def test_a_sale_of_which_nothing_is_left_is_over() -> None:
    with clock.frozen(SPRING):
        shop = a_shop(20)
        sale = paid(shop, (1, 3))
        policy = insure(shop, 1)
    with clock.frozen(SUMMER):
        open_a_drawer(shop.insurer, "1000.00")
        cancel(shop, policy, 1)
        pay_back(shop, voucher(shop, take_back(shop, sale)))
        account(shop, sale)
        listed = sales_in_reach(shop.insurer.actor("keeper")).get(pk=sale.pk)

    assert standing_of(listed) == Standing.OVER
    assert remaining_of(sale) == ()


def test_a_card_that_was_sold_again_counts_with_its_new_sale_alone() -> None:
    with clock.frozen(SPRING):
        shop = a_shop(20)
        first = paid(shop, (1, 5))
        pay_back(shop, voucher(shop, take_back(shop, first, (1, 2))))
        second = paid(shop, (1, 2))
        policy = insure(shop, 1)
    with clock.frozen(SUMMER):
        cancel(shop, policy, 1)

        assert (account(shop, first).out, account(shop, first).void) == (3, 0)
        assert account(shop, first).owed_back == 0
        assert (account(shop, second).out, account(shop, second).void) == (1, 1)
        assert account(shop, second).owed_back == OWED
        assert runs_of(second) != remaining_of(second)
