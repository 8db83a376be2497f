"""What differs at a stock count is put right: proposed by one person, agreed to by another."""

from uuid import uuid4

import pytest

from selfcard.approvals.errors import NotYourOwnRequest
from selfcard.approvals.models import Approval
from selfcard.core import clock
from selfcard.core.refusals import Operation
from selfcard.custody.commands import (
    agree_adjustment,
    ask_adjustment,
    cancel_stock_count,
    close_stock_count,
    compare_stock_count,
    record_announcement,
    refuse_adjustment,
    reopen_stock_count,
    withdraw_adjustment,
)
from selfcard.custody.count_errors import (
    CardsMovedSinceCompared,
    NothingToAdjust,
    RemedyDoesNotFit,
    RemedyMissing,
    StockCountInOtherState,
)
from selfcard.custody.counting import Remedied
from selfcard.custody.errors import (
    CardsInOtherStatus,
    CardsOpened,
    OwnStockDecided,
)
from selfcard.custody.models import OpenedCard, WriteOff
from selfcard.custody.queries.stock_counts import differences_of
from selfcard.custody.verify import violations
from selfcard.organisations.commands import authorise
from selfcard.organisations.errors import NotAuthorised
from selfcard.organisations.models import May
from tests.factories.custody import (
    cards_at_head_office,
    cards_at_institution,
    cards_of,
    custody,
    hand_down,
)
from tests.factories.stock_counts import (
    asked,
    counted,
    do,
    found,
    frozen,
    journal,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(insurer):
    """A hundred cards in the institution's inventory."""
    return cards_at_institution(insurer, 100)[0]


def test_a_missing_card_becomes_a_loss_when_a_second_person_agrees(insurer, batch):
    one = counted(insurer, batch, (1, 49), (51, 100))
    one = asked(insurer, one, gap="loss")
    assert custody(batch) == [("Institution", "inventory", 1, 100)], "asking changes nothing"

    one = do(insurer, "second", agree_adjustment, one)

    assert custody(batch) == [
        ("Institution", "inventory", 1, 49),
        ("Institution", "lost", 50, 50),
        ("Institution", "inventory", 51, 100),
    ]
    assert (one.state, one.closed_by.code) == ("closed", "C02")
    assert frozen(batch) == []
    loss = one.write_off
    assert (loss.kind, loss.cause, loss.state, loss.count) == ("loss", "counted", "done", 1)
    assert (loss.asked_by.code, loss.decided_by.code) == ("I01", "C02")
    assert loss.announce_by is not None, "a loss case begins as for every loss"
    assert not list(violations())


def test_surplus_is_taken_over_from_whoever_answered_for_it(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 10), insurer.seller.party, "keeper")
    one = asked(insurer, counted(insurer, batch, (3, 3), (11, 100)), surplus="taken_over")

    do(insurer, "second", agree_adjustment, one)

    assert journal(batch, "stock_count") == [
        (3, 3, "Person I02", "Institution", "员工C02 Person C02")
    ]
    assert custody(batch) == [
        ("Person I02", "inventory", 1, 2),
        ("Institution", "inventory", 3, 3),
        ("Person I02", "inventory", 4, 10),
        ("Institution", "inventory", 11, 100),
    ]
    assert not list(violations())


def test_a_lost_card_that_turns_up_at_another_count_comes_back_into_inventory(insurer, batch):
    one = asked(insurer, counted(insurer, batch, (1, 99)), gap="loss")
    do(insurer, "second", agree_adjustment, one)

    again = counted(insurer, batch, (1, 100))
    assert found(batch, again) == [
        ("surplus", 100, 100, "Institution", "lost", WriteOff.objects.get().number)
    ]
    do(insurer, "second", agree_adjustment, asked(insurer, again, surplus="taken_over"))

    assert custody(batch) == [("Institution", "inventory", 1, 100)]
    assert not list(violations())


def test_a_loss_that_was_announced_is_not_offered_to_be_taken_over(insurer, batch):
    one = asked(insurer, counted(insurer, batch, (1, 99)), gap="loss")
    do(insurer, "second", agree_adjustment, one)
    again = counted(insurer, batch, (1, 100))
    assert "taken_over" in differences_of(again, insurer.actor("keeper"))[0].fitting

    record_announcement(
        write_off=WriteOff.objects.get(),
        announced_on=clock.today(),
        announced_in="Morning Post",
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )

    difference = differences_of(again, insurer.actor("keeper"))[0]
    assert (difference.is_invalid, difference.fitting) == (True, ("explained",))


def test_what_is_explained_changes_nothing_but_is_agreed_too(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 10), insurer.seller.party, "keeper")
    one = counted(insurer, batch, (1, 10), (11, 99))
    one = asked(insurer, one, gap="explained", surplus="explained")

    one = do(insurer, "second", agree_adjustment, one)

    assert one.state == "closed"
    assert one.write_off is None
    assert frozen(batch) == []
    assert custody(batch) == [
        ("Person I02", "inventory", 1, 10),
        ("Institution", "inventory", 11, 100),
    ]
    assert not list(violations())


def test_two_counts_with_one_hole_are_settled_one_after_the_other(insurer, batch):
    """What the institution misses lies in its seller's drawer."""
    hand_down(insurer, cards_of(batch, 1, 10), insurer.seller.party, "keeper")
    theirs = counted(insurer, batch, (1, 10), (50, 50), holder=insurer.seller.party)
    ours = counted(insurer, batch, (11, 49), (51, 100))
    assert found(batch, theirs) == [("surplus", 50, 50, "Institution", "inventory", "")]
    ours = asked(insurer, ours, gap="loss")

    do(insurer, "second", agree_adjustment, asked(insurer, theirs, surplus="taken_over"))
    with pytest.raises(CardsMovedSinceCompared) as refusal:
        do(insurer, "second", agree_adjustment, ours)
    assert refusal.value.facts["serials"] == str(cards_of(batch, 50, 50))

    do(insurer, "second", refuse_adjustment, ours, reason="the seller had it")
    do(insurer, "keeper", reopen_stock_count, ours)
    ours = do(insurer, "keeper", compare_stock_count, ours)
    assert found(batch, ours) == []
    do(insurer, "keeper", close_stock_count, ours)
    assert frozen(batch) == []
    assert not list(violations())


def test_whoever_asked_does_not_agree(insurer, batch):
    authorise(
        staff=insurer.keeper,
        mays=(May.APPROVE_WRITE_OFFS,),
        organisation=insurer.institution,
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )
    one = asked(insurer, counted(insurer, batch, (1, 99)), gap="loss")

    with pytest.raises(NotYourOwnRequest):
        do(insurer, "keeper", agree_adjustment, one)


def test_the_holder_does_not_agree_to_what_became_of_their_own_cards(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 10), insurer.seller.party, "keeper")
    authorise(
        staff=insurer.seller,
        mays=(May.APPROVE_WRITE_OFFS,),
        organisation=insurer.institution,
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )
    one = counted(insurer, batch, (1, 9), holder=insurer.seller.party)
    one = asked(insurer, one, gap="loss")

    with pytest.raises(OwnStockDecided):
        do(insurer, "seller", agree_adjustment, one)


def test_who_decides_stands_above_everybody_whose_cards_change(insurer):
    batch, _ = cards_at_head_office(insurer, 100)
    hand_down(insurer, cards_of(batch, 1, 50), insurer.branch.party, checked_in_by="branch_keeper")
    hand_down(
        insurer,
        cards_of(batch, 51, 100),
        insurer.other_branch.party,
        checked_in_by="other_keeper",
    )
    one = counted(insurer, batch, (1, 51), holder=insurer.branch.party, by="branch_keeper")

    asked(insurer, one, by="branch_keeper", surplus="explained")
    assert Approval.objects.latest("asked_at").organisation == insurer.branch
    do(insurer, "branch_keeper", withdraw_adjustment, one)
    asked(insurer, one, by="branch_keeper", surplus="taken_over")
    assert Approval.objects.latest("asked_at").organisation == insurer.head_office


def test_a_refusal_leads_back_to_the_differences_which_stay_frozen(insurer, batch):
    one = asked(insurer, counted(insurer, batch, (1, 99)), gap="loss")

    with pytest.raises(NotAuthorised):
        do(insurer, "cashier", refuse_adjustment, one, reason="no")
    one = do(insurer, "second", refuse_adjustment, one, reason="look in the safe first")

    assert (one.state, one.asked_by) == ("compared", None)
    assert frozen(batch) == [(100, 100, "stock_count")]
    assert custody(batch) == [("Institution", "inventory", 1, 100)]


def test_a_request_is_taken_back_and_put_otherwise(insurer, batch):
    one = asked(insurer, counted(insurer, batch, (1, 99)), gap="loss")

    with pytest.raises(StockCountInOtherState):
        do(insurer, "keeper", cancel_stock_count, one, reason="stop")
    do(insurer, "keeper", withdraw_adjustment, one)
    one = asked(insurer, one, gap="explained")

    assert one.findings.get().remedy == "explained"


@pytest.mark.parametrize(
    ("proposal", "refused"),
    [
        (lambda run: (), RemedyMissing),
        (lambda run: (Remedied(run, "loss", " "),), RemedyMissing),
        (lambda run: (Remedied(run, "", "because"),), RemedyMissing),
        (lambda run: (Remedied(run, "taken_over", "because"),), RemedyDoesNotFit),
    ],
)
def test_every_difference_needs_a_remedy_that_fits_and_a_reason(insurer, batch, proposal, refused):
    one = counted(insurer, batch, (1, 99))

    with pytest.raises(refused) as refusal:
        do(
            insurer,
            "keeper",
            ask_adjustment,
            one,
            remedies=proposal(cards_of(batch, 100, 100)),
        )

    assert refusal.value.facts["serials"] == str(cards_of(batch, 100, 100))


def test_where_nothing_differs_nothing_is_asked(insurer, batch):
    with pytest.raises(NothingToAdjust):
        asked(insurer, counted(insurer, batch, (1, 100)))


def test_cards_on_their_way_are_checked_in_and_not_taken_over(insurer, batch):
    note = hand_down(insurer, cards_of(batch, 1, 10), insurer.department.party, "keeper")
    one = counted(insurer, batch, (1, 10), holder=insurer.department.party, by="branch_keeper")

    with pytest.raises(CardsInOtherStatus) as refusal:
        asked(insurer, one, by="branch_keeper", surplus="taken_over")

    assert refusal.value.help == Operation.named("custody.check_in", number=note.number)


def test_cards_whose_pin_somebody_knows_are_not_taken_over(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 10), insurer.seller.party, "keeper")
    OpenedCard.objects.create(serial=cards_of(batch, 3, 3).first, opened_at=clock.now())
    one = counted(insurer, batch, (3, 3), (11, 100))

    with pytest.raises(CardsOpened):
        asked(insurer, one, surplus="taken_over")
