"""One card's life, told to whoever may see it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from selfcard.core import clock
from selfcard.custody.commands import (
    check_in,
    explain_shortage,
    freeze_cards,
    recall_cards,
    release_cards,
)
from selfcard.custody.models import WriteOff
from selfcard.custody.statuses import SeenStatus
from selfcard.inquiry.queries.biography import LIFE, find_biography
from selfcard.inquiry.queries.history import last_movements
from tests.factories.activation import activate, open_card
from tests.factories.custody import hand_down, written_off
from tests.factories.recoveries import pay_back, take_back, voucher

pytestmark = pytest.mark.django_db


def kinds(biography):
    return [event.kind for event in biography.events]


def test_a_card_tells_every_step_so_far_the_newest_first(shop):
    hand_down(shop.insurer, shop.run(1, 10), shop.insurer.seller.party, "keeper")
    shop.sell_and_settle((1, 5))
    activate(shop.cards[2])

    found = find_biography(shop.insurer.actor("keeper"), shop.cards[2].serial)

    assert kinds(found) == [
        "activated",
        "settlement",
        "charged",
        "sale",
        "issue",
        "check_in",
        "issue",
        "check_in",
        "issue",
        "check_in_printed",
        "print",
    ]
    assert found.card.seen == SeenStatus.ACTIVATED
    assert LIFE[found.stage] == SeenStatus.ACTIVATED


def test_every_step_names_who_did_it_and_its_paper(shop):
    shop.sell_and_settle((1, 5))

    found = find_biography(shop.insurer.actor("keeper"), shop.cards[0].serial)
    settled, charged, sold, received, *_ = found.events

    assert settled.who == shop.insurer.actor("cashier").name
    assert settled.receipt.number == charged.number
    assert settled.invoice is not None
    assert sold.who == shop.insurer.actor("keeper").name
    assert sold.sale.number == sold.number
    assert received.issue.to_party == shop.insurer.institution.party


def test_a_card_in_inventory_lies_in_a_run_of_like_cards(shop):
    found = find_biography(shop.insurer.actor("keeper"), shop.cards[0].serial)

    assert found.run == shop.batch.run
    assert found.sale is None
    assert found.policy is None


def test_a_card_that_nobody_in_reach_answers_for_is_not_found(shop):
    assert find_biography(shop.insurer.actor("other_keeper"), shop.cards[0].serial) is None


def test_a_number_that_was_never_printed_is_not_found(shop):
    assert find_biography(shop.insurer.actor("chief"), shop.batch.run.last + 1) is None


def test_who_may_not_see_sales_and_money_sees_the_steps_without_them(shop):
    hand_down(shop.insurer, shop.run(1, 10), shop.insurer.seller.party, "keeper")
    shop.sell_and_settle((1, 5))

    found = find_biography(shop.insurer.actor("seller"), shop.cards[0].serial)

    assert kinds(found)[:2] == ["settlement", "sale"]
    assert found.sale is None
    assert found.receipt is None
    assert found.card.reason[0] == "sale"


def test_a_voided_receipt_stays_in_the_history_and_counts_no_more(shop):
    sale = shop.sell((1, 5))
    shop.void(shop.ask(sale))
    live = shop.ask(sale)

    found = find_biography(shop.insurer.actor("keeper"), shop.cards[0].serial)

    assert kinds(found)[:2] == ["charged", "charged"]
    assert found.receipt == live


def test_a_long_life_takes_no_more_statements_than_a_short_one(shop):
    def statements(serial):
        with CaptureQueriesContext(connection) as caught:
            find_biography(shop.insurer.actor("keeper"), serial)
        return len(caught)

    short = statements(shop.cards[50].serial)
    hand_down(shop.insurer, shop.run(1, 10), shop.insurer.seller.party, "keeper")
    shop.sell_and_settle((1, 5))
    activate(shop.cards[2])

    assert short <= 16
    assert statements(shop.cards[2].serial) <= 22


def test_a_card_that_was_stopped_and_called_back_tells_why_and_by_which_note(shop):
    card = shop.cards[0]
    keeper, branch = shop.insurer.actor("keeper"), shop.insurer.actor("branch_keeper")
    number = freeze_cards(
        document_type=shop.document_type,
        runs=(shop.run(1, 5),),
        note="Under inquiry",
        actor=keeper,
        request_id=uuid4(),
    )
    release_cards(number=number, note="Cleared", actor=keeper, request_id=uuid4())
    recall = recall_cards(
        document_type=shop.document_type,
        runs=(shop.run(1, 5),),
        actor=branch,
        request_id=uuid4(),
    )

    found = find_biography(branch, card.serial)

    recalled, released, frozen, *_ = found.events
    assert [one.kind for one in (recalled, released, frozen)] == ["recall", "released", "frozen"]
    assert (frozen.number, frozen.note, released.note) == (number, "Under inquiry", "Cleared")
    assert (recalled.number, recalled.opens) == (recall.number, True)
    assert (recalled.giver, recalled.holder) == (
        shop.insurer.institution.party,
        shop.insurer.branch.party,
    )
    # Whoever gave it back does not have it in reach any more.
    assert find_biography(keeper, card.serial) is None


def test_a_range_tells_its_last_steps_the_newest_first(shop):
    hand_down(shop.insurer, shop.run(1, 10), shop.insurer.seller.party, "keeper")

    steps = last_movements(shop.insurer.actor("keeper"), [shop.run(5, 20)], most=3)

    assert [step.kind for step in steps] == ["issue", "check_in", "issue"]
    assert steps[0].holder == shop.insurer.seller.party


def test_steps_of_one_moment_stand_by_what_came_after_what(shop):
    with clock.frozen(clock.now()):
        written_off(shop.insurer, WriteOff.Kind.LOSS, shop.run(1, 1), by="keeper")

    found = find_biography(shop.insurer.actor("keeper"), shop.cards[0].serial)

    assert kinds(found)[:2] == ["loss", "frozen"]


def test_a_card_that_was_missing_and_then_written_off_was_not_released_but_explained(shop):
    insurer = shop.insurer
    sent = hand_down(insurer, shop.run(1, 10), insurer.department.party, "keeper")
    check_in(
        issue=sent,
        missing=(shop.run(1, 3),),
        actor=insurer.actor("branch_keeper"),
        request_id=uuid4(),
    )
    loss = written_off(insurer, WriteOff.Kind.LOSS, shop.run(1, 1), by="keeper")
    explain_shortage(
        issue=sent, runs=(shop.run(2, 2),), actor=insurer.actor("keeper"), request_id=uuid4()
    )

    def ended(card):
        events = find_biography(insurer.actor("keeper"), card.serial).events
        return [(one.number, one.ended_by) for one in events if one.kind == "released"]

    assert ended(shop.cards[0]) == [(loss.number, loss)]
    assert ended(shop.cards[1]) == [(sent.number, None)]


def test_a_range_tells_that_its_cards_were_stopped_and_released(shop):
    keeper = shop.insurer.actor("keeper")
    number = freeze_cards(
        document_type=shop.document_type,
        runs=(shop.run(1, 5),),
        note="Under inquiry",
        actor=keeper,
        request_id=uuid4(),
    )
    release_cards(number=number, note="Cleared", actor=keeper, request_id=uuid4())

    steps = last_movements(keeper, [shop.run(4, 20)], most=3)

    assert [step.kind for step in steps] == ["released", "frozen", "check_in"]
    assert last_movements(keeper, [shop.run(6, 20)], most=1)[0].kind == "check_in"


def test_a_range_that_was_cut_by_a_deed_tells_it_as_one_step(shop):
    sale = shop.sell_and_settle((1, 10)).receipt.sales.get().sale
    for at in (1, 4, 7):
        open_card(shop.cards[at])
    pay_back(shop, voucher(shop, take_back(shop, sale)))

    steps = last_movements(shop.insurer.actor("keeper"), [shop.run(1, 10)], most=4)

    told = [(one.kind, one.is_void, one.cards) for one in steps]
    assert sorted(told[:2]) == [("refund", False, 7), ("refund", True, 3)]
    assert told[2:] == [("refund_hold", False, 10), ("settlement", False, 10)]


def test_a_card_tells_why_it_became_void_when_it_came_back(shop):
    sale = shop.sell_and_settle((1, 3)).receipt.sales.get().sale
    open_card(shop.cards[0])
    pay_back(shop, voucher(shop, take_back(shop, sale, scratched=((2, 2),))))
    keeper = shop.insurer.actor("keeper")

    opened, scratched, whole = (find_biography(keeper, card.serial) for card in shop.cards[:3])

    assert [one.events[0].kind for one in (opened, scratched, whole)] == ["refund"] * 3
    assert [one.events[0].is_void for one in (opened, scratched, whole)] == [True, True, False]
    assert [one.is_opened for one in (opened, scratched, whole)] == [True, False, False]
