"""The work that waits: what somebody may do, and nobody has done yet."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from selfcard.cards.commands import ask_batch_approval, make_batch_again
from selfcard.core import clock
from selfcard.core.serials import SerialRun
from selfcard.core.work import run_waiting_jobs
from selfcard.custody import tasks
from selfcard.custody.commands import check_in, explain_shortage, refuse_delivery
from selfcard.custody.statuses import SeenStatus
from selfcard.inquiry.queries.next_steps import next_steps
from selfcard.inquiry.queries.work import home_work
from selfcard.organisations.commands import authorise
from selfcard.organisations.models import May
from selfcard.organisations.queries import may_anywhere
from tests.factories.cards import (
    a_made_batch,
    a_printed_batch,
    an_approved_batch,
    an_ordered_batch,
)
from tests.factories.custody import cards_at_branch, hand_down, report, written_off
from tests.factories.stock_counts import asked, counted

pytestmark = pytest.mark.django_db


def waiting(shop, who):
    return {
        pile.kind.value: [task.number for task in pile.tasks]
        for pile in home_work(shop.insurer.actor(who)).piles
    }


def test_a_box_on_its_way_waits_for_its_receiver_and_for_nobody_else(shop):
    issue = hand_down(shop.insurer, shop.run(1, 10), shop.insurer.department.party, "keeper")

    assert waiting(shop, "keeper") == {"check_in": [issue.number]}
    assert waiting(shop, "seller") == {}
    assert waiting(shop, "other_keeper") == {}


def test_missing_cards_wait_for_the_sender_until_they_are_explained(shop):
    batch, cards = cards_at_branch(shop.insurer, 20)
    to = shop.insurer.institution.party
    first = hand_down(
        shop.insurer, SerialRun(batch.run.first, cards[9].serial), to, "branch_keeper"
    )
    lacking = SerialRun(cards[2].serial, cards[4].serial)
    keeper, sender = shop.insurer.actor("keeper"), shop.insurer.actor("branch_keeper")
    check_in(issue=first, missing=(lacking,), actor=keeper, request_id=uuid4())
    second = hand_down(
        shop.insurer, SerialRun(cards[10].serial, batch.run.last), to, "branch_keeper"
    )
    refuse_delivery(issue=second, reason="The box was open", actor=keeper, request_id=uuid4())

    assert waiting(shop, "branch_keeper") == {
        "explain_shortage": [first.number],
        "take_back": [second.number],
    }
    assert [task.cards for task in home_work(sender).tasks] == [3, 10]
    # Whoever said that they did not come has nothing to explain, and others do not know of it.
    assert waiting(shop, "keeper") == {}
    assert waiting(shop, "other_keeper") == {}

    explain_shortage(issue=first, runs=(lacking,), actor=sender, request_id=uuid4())
    assert waiting(shop, "branch_keeper") == {"take_back": [second.number]}


def test_a_sale_waits_for_its_receipt_and_the_receipt_for_another_person(shop):
    sale = shop.sell((1, 5))
    assert waiting(shop, "keeper") == {"issue_receipt": [sale.number]}

    receipt = shop.ask(sale)
    assert waiting(shop, "keeper") == {}
    assert waiting(shop, "cashier") == {"confirm_receipt": [receipt.number]}

    shop.settle(receipt)
    assert waiting(shop, "cashier") == {}


def test_an_unpaid_sale_is_chased_after_some_days(shop):
    sale = shop.sell((1, 5))
    shop.ask(sale)

    with clock.frozen(clock.today() + timedelta(days=5)):
        assert waiting(shop, "keeper") == {"chase": [sale.number]}


def test_a_batch_waits_at_each_step_for_whoever_does_the_next(shop):
    ordered = an_ordered_batch(shop.insurer)
    assert waiting(shop, "second") == {"approval": [ordered.number]}

    made = a_made_batch(shop.insurer)
    printed, _ = a_printed_batch(shop.insurer)
    assert waiting(shop, "chief")["ask_release"] == [made.number]
    assert waiting(shop, "chief")["check_in_printed"] == [printed.number]


def test_an_order_that_nobody_decided_waits_for_whoever_orders(shop):
    batch = an_ordered_batch(shop.insurer)
    assert waiting(shop, "chief") == {}

    with clock.frozen(clock.now() + timedelta(days=15)):
        assert waiting(shop, "second") == {}
        assert waiting(shop, "chief") == {"ask_again": [batch.number]}
        ask_batch_approval(batch=batch, actor=shop.insurer.actor("chief"), request_id=uuid4())
        assert waiting(shop, "chief") == {}
        assert waiting(shop, "second") == {"approval": [batch.number]}


def test_what_waits_too_long_is_late(shop):
    hand_down(shop.insurer, shop.run(1, 10), shop.insurer.department.party, "keeper")

    assert not home_work(shop.insurer.actor("keeper")).piles[0].is_late
    with clock.frozen(clock.today() + timedelta(days=settings.TRANSIT_DAYS + 2)):
        assert home_work(shop.insurer.actor("keeper")).piles[0].is_late


def test_cards_about_to_expire_are_counted_by_their_last_day(shop):
    shop.sell_and_settle((1, 5))

    assert home_work(shop.insurer.actor("keeper")).expiring == ()
    with clock.frozen(shop.batch.deadline - timedelta(days=10)):
        (soon,) = home_work(shop.insurer.actor("keeper")).expiring
    assert (soon.deadline, soon.inventory, soon.to_be_activated) == (shop.batch.deadline, 95, 5)


def test_the_stock_and_the_unpaid_stand_beside_the_work(shop):
    shop.sell((1, 5))

    work = home_work(shop.insurer.actor("keeper"))

    assert {part.status: part.count for part in work.stock.statuses} == {
        SeenStatus.INVENTORY: 95,
        SeenStatus.SOLD: 5,
    }
    assert work.unpaid_total == 500
    assert home_work(shop.insurer.actor("cashier")).stock is None


def test_the_home_page_costs_the_same_on_a_busy_day(shop):
    def statements():
        with CaptureQueriesContext(connection) as caught:
            home_work(shop.insurer.actor("keeper"))
        return len(caught)

    shop.sell((1, 1))
    hand_down(shop.insurer, shop.run(90, 90), shop.insurer.department.party, "keeper")
    quiet = statements()
    for number in range(10, 30):
        shop.sell((number, number))
        hand_down(
            shop.insurer,
            shop.run(60 + number, 60 + number),
            shop.insurer.department.party,
            "keeper",
        )

    assert statements() == quiet <= 32


def test_a_batch_whose_making_broke_off_waits_for_whoever_orders(shop, monkeypatch):
    batch = an_approved_batch(shop.insurer, 10)

    def pulled_plug(work, done):
        raise ConnectionError

    monkeypatch.setattr(tasks, "progress", pulled_plug)
    with pytest.raises(ConnectionError):
        run_waiting_jobs()
    monkeypatch.undo()

    assert waiting(shop, "chief")["make_again"] == [batch.number]
    make_batch_again(batch=batch, actor=shop.insurer.actor("chief"), request_id=uuid4())
    assert "make_again" not in waiting(shop, "chief")


def test_nobody_is_asked_what_becomes_of_cards_that_they_hold_themselves(shop):
    insurer = shop.insurer
    authorise(
        staff=insurer.seller,
        mays=(May.APPROVE_WRITE_OFFS,),
        organisation=insurer.institution,
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )
    hand_down(insurer, shop.run(1, 10), insurer.seller.party, "keeper")
    theirs = report(insurer, "loss", shop.run(1, 2), by="keeper")
    others = report(insurer, "loss", shop.run(11, 12), by="keeper")
    one = counted(insurer, shop.batch, (3, 3), (11, 100), by="keeper")
    asked(insurer, one, surplus="taken_over", gap="explained")

    assert waiting(shop, "seller")["approval"] == [others.number]
    assert waiting(shop, "second")["approval"] == [theirs.number, others.number, one.number]
    assert not waiting(shop, "keeper").get("approval")


def test_a_stock_is_counted_where_cards_lie_and_not_where_they_are_void_or_lost(shop):
    keeper = shop.insurer.actor("keeper")
    written_off(shop.insurer, "void", shop.run(1, 2), by="keeper")
    mays = may_anywhere(keeper)

    assert next_steps(keeper, [shop.run(3, 4)], mays).count == shop.insurer.institution.party
    assert next_steps(keeper, [shop.run(1, 2)], mays).count is None
