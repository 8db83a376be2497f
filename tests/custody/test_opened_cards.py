"""Nobody may get a card whose secret another knows."""

from uuid import uuid4

import pytest

from selfcard.core.actor import Actor
from selfcard.core.serials import SerialRun
from selfcard.custody.commands import check_in, issue_cards
from selfcard.custody.deeds import ISSUE
from selfcard.custody.errors import CardsOpened
from selfcard.custody.models import OpenedCard
from selfcard.custody.moving import Leg, move
from selfcard.custody.parts import read_parts
from selfcard.custody.queries import usable_parts
from selfcard.custody.statuses import CardStatus, MovementKind
from selfcard.custody.verify import violations
from tests.factories.activation import open_card, sell
from tests.factories.custody import cards_at_head_office, cards_at_institution, custody, hand_down
from tests.factories.postgresql import refused_by_postgresql

pytestmark = pytest.mark.django_db


def test_a_card_whose_pin_was_accepted_is_not_sold_and_its_neighbours_are(insurer):
    _, cards = cards_at_institution(insurer, 5)
    open_card(cards[2])

    with pytest.raises(CardsOpened) as refused:
        sell(insurer, cards)
    assert str(SerialRun(cards[2].serial, cards[2].serial)) in str(refused.value)
    assert str(SerialRun(cards[1].serial, cards[1].serial)) not in str(refused.value)
    assert sell(insurer, cards[:2]).count == 2
    assert sell(insurer, cards[3:]).count == 2


def test_a_card_whose_pin_was_accepted_is_not_issued(insurer):
    batch, cards = cards_at_head_office(insurer, 5)
    open_card(cards[0])

    with pytest.raises(CardsOpened):
        issue_cards(
            document_type=batch.type_version.document_type,
            runs=(batch.run,),
            to=insurer.branch.party,
            actor=insurer.actor("chief"),
            request_id=uuid4(),
        )


def test_the_live_answer_says_so_before_anybody_sends_the_form(insurer):
    batch, cards = cards_at_head_office(insurer, 5)
    open_card(cards[2])

    parts = usable_parts(None, [batch.run], insurer.actor("chief"), ISSUE)
    assert [(part.run.count, part.usable) for part in parts] == [(2, True), (1, False), (2, True)]


def test_cards_on_their_way_arrive_though_one_was_opened(insurer):
    batch, cards = cards_at_head_office(insurer, 5)
    issue = hand_down(insurer, batch.run, insurer.branch.party)
    open_card(cards[2])
    check_in(issue=issue, actor=insurer.actor("branch_keeper"), request_id=uuid4())

    assert custody(batch) == [("Branch", "inventory", 1, 5)]
    assert list(violations()) == []


def test_postgresql_hands_on_no_card_that_was_opened(insurer):
    batch, cards = cards_at_head_office(insurer, 5)
    open_card(cards[2])

    for kind, status in (
        (MovementKind.ISSUE, CardStatus.IN_TRANSIT),
        (MovementKind.ISSUE, CardStatus.INVENTORY),
        (MovementKind.SALE, CardStatus.SOLD),
    ):
        leg = Leg(tuple(read_parts([batch.run])), kind, status)
        with refused_by_postgresql("a card that was opened is not handed on"):
            move([leg], reason=("sale", "S-0"), actor=Actor.system())


def test_that_a_card_was_opened_is_never_forgotten(insurer):
    _, cards = cards_at_head_office(insurer, 2)
    open_card(cards[0])

    with refused_by_postgresql("custody_openedcard is never deleted"):
        OpenedCard.objects.all().delete()
    with refused_by_postgresql("custody_openedcard is never changed"):
        OpenedCard.objects.update(serial=cards[1].serial)
