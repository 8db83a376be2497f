"""Status details inquiry: as runs with counts, in the actor's reach, in few statements."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from selfcard.cards.models import Batch
from selfcard.cards.queries import batch_of
from selfcard.core import clock
from selfcard.core.serials import SerialRun
from selfcard.custody.commands import check_in, recall_cards
from selfcard.custody.models import Freeze
from selfcard.custody.statuses import SeenStatus
from selfcard.inquiry.queries.details import page_of, runs_sought
from selfcard.inquiry.queries.pieces import Piece, pieces
from selfcard.inquiry.queries.search import find
from selfcard.inquiry.queries.sought import Question, Sought
from selfcard.inquiry.queries.spread import distribution
from selfcard.organisations.models import May
from selfcard.organisations.queries import staff_actor
from selfcard.sales.commands import register_sale
from tests.factories.activation import activate, paid_cards
from tests.factories.custody import (
    cards_at_head_office,
    cards_at_institution,
    cards_of,
    hand_down,
)
from tests.factories.organisations import a_staff_member
from tests.factories.policies import a_person, an_application

pytestmark = pytest.mark.django_db


def runs_seen(actor, sought=None, first=0):
    found = runs_sought(Question(actor, sought or Sought()))
    return [
        (run.run.first - first + 1, run.run.last - first + 1, str(run.status), run.holder.name_en)
        for run in found
    ]


@pytest.fixture
def batch(insurer):
    """100 cards: 1–60 with the institution, 61–80 its seller, 81–90 sold, 91–100 in transit."""
    batch, _ = cards_at_institution(insurer)
    hand_down(insurer, cards_of(batch, 61, 90), insurer.seller.party, "keeper")
    hand_down(insurer, cards_of(batch, 91, 100), insurer.department.party, "keeper")
    sell(insurer, batch, 81, 90)
    return batch


def sell(insurer, batch, first, last):
    return register_sale(
        document_type=batch.type_version.document_type,
        runs=(cards_of(batch, first, last),),
        seller_organisation=insurer.institution,
        seller=insurer.seller.party,
        business_source="direct",
        agency=None,
        customer_reference="",
        remark="",
        actor=insurer.actor("keeper"),
        request_id=uuid4(),
    )


def test_cards_are_shown_as_runs_with_status_and_holder(insurer, batch):
    assert runs_seen(insurer.actor("keeper"), first=batch.run.first) == [
        (1, 60, "inventory", "Institution"),
        (61, 80, "inventory", insurer.seller.party.name_en),
        (81, 90, "sold", insurer.seller.party.name_en),
        (91, 100, "in_transit", "Institution"),
    ]


def test_a_range_cuts_the_runs_at_its_ends(insurer, batch):
    asked = Sought(runs=(cards_of(batch, 50, 70),))

    assert runs_seen(insurer.actor("keeper"), asked, batch.run.first) == [
        (50, 60, "inventory", "Institution"),
        (61, 70, "inventory", insurer.seller.party.name_en),
    ]


@pytest.mark.parametrize(
    ("status", "cards"),
    [
        (SeenStatus.SOLD, 10),
        (SeenStatus.IN_TRANSIT, 10),
        (SeenStatus.INVENTORY, 80),
        (SeenStatus.ACTIVATED, 0),
        (SeenStatus.EXPIRED, 0),
        (SeenStatus.VOID, 0),
    ],
)
def test_a_status_finds_the_runs_that_are_in_it(insurer, batch, status, cards):
    asked = Sought(status=status)

    found = runs_sought(Question(insurer.actor("keeper"), asked))

    assert sum(run.count for run in found) == cards
    assert distribution(Question(insurer.actor("keeper"), asked)).count == cards


def test_after_the_last_day_cards_are_expired_and_no_longer_in_inventory(insurer, batch):
    with clock.frozen(batch.deadline + timedelta(days=1)):
        spread = distribution(Question(insurer.actor("keeper")))
        still = list(
            runs_sought(Question(insurer.actor("keeper"), Sought(status=SeenStatus.INVENTORY)))
        )

    assert [(part.status, part.count) for part in spread.statuses] == [(SeenStatus.EXPIRED, 100)]
    assert still == []


def test_holder_batch_and_document_type_limit_the_answer(insurer, batch):
    actor = insurer.actor("keeper")

    by_holder = Sought(holder=insurer.seller.party)
    assert runs_seen(actor, by_holder, batch.run.first)[0][:2] == (61, 80)
    assert distribution(Question(actor, Sought(batch=batch))).count == 100
    of_type = Sought(document_type=batch.type_version.document_type)
    assert distribution(Question(actor, of_type)).count == 100


def test_a_run_names_the_sale_and_the_issue_that_it_is_held_for(insurer, batch):
    found = list(runs_sought(Question(insurer.actor("keeper"))))

    assert [run.sale.count for run in found if run.sale] == [10]
    assert [run.issue.to_party for run in found if run.issue] == [insurer.department.party]


def test_the_distribution_counts_statuses_and_holders(insurer, batch):
    spread = distribution(Question(insurer.actor("keeper")))

    assert {part.status.value: part.count for part in spread.statuses} == {
        "inventory": 80,
        "sold": 10,
        "in_transit": 10,
    }
    assert {place.holder.name_en: place.count for place in spread.places} == {
        "Institution": 70,
        insurer.seller.party.name_en: 30,
    }
    assert spread.holders == 2
    assert spread.elsewhere == 0


def test_the_strip_shows_the_cards_in_serial_order(insurer, batch):
    drawn = pieces(Question(insurer.actor("keeper"), Sought(batch=batch)))

    assert [(piece.status.value, piece.count) for piece in drawn] == [
        ("inventory", 60),
        ("inventory", 20),
        ("sold", 10),
        ("in_transit", 10),
    ]


def test_a_foreign_organisation_sees_nothing(insurer, batch):
    actor = insurer.actor("other_keeper")

    assert runs_seen(actor) == []
    assert runs_seen(actor, Sought(runs=(SerialRun(batch.run.first, batch.run.last),))) == []
    assert distribution(Question(actor, Sought(batch=batch))).count == 0
    assert pieces(Question(actor, Sought(batch=batch))) == []


def test_whoever_waits_for_a_box_watches_it_come(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 10), insurer.department.party, "keeper")
    receiver = a_staff_member("D01", insurer.department, May.SEE_CARDS, May.CHECK_IN_CARDS)
    assert runs_seen(staff_actor(receiver), first=batch.run.first) == [
        (1, 10, "in_transit", "Institution"),
        (91, 100, "in_transit", "Institution"),
    ]


def test_the_answer_takes_few_statements_however_many_runs_there_are(insurer, batch):
    def statements():
        with CaptureQueriesContext(connection) as caught:
            question = Question(insurer.actor("keeper"))
            page_of(question)
            distribution(question)
            pieces(question)
        return len(caught)

    before = statements()
    for first in range(1, 40, 4):
        sell_from_institution(insurer, batch, first)

    assert statements() == before <= 14


def sell_from_institution(insurer, batch, first):
    hand_down(insurer, cards_of(batch, first, first + 1), insurer.seller.party, "keeper")
    sell(insurer, batch, first, first + 1)


# Frozen cards


@pytest.fixture
def short_batch(insurer):
    """100 cards: the branch has all but 5–7, which head office keeps as a shortage."""
    batch, _ = cards_at_head_office(insurer, 100)
    note = hand_down(insurer, batch.run, insurer.branch.party)
    check_in(
        issue=note,
        missing=(cards_of(batch, 5, 7),),
        actor=insurer.actor("branch_keeper"),
        request_id=uuid4(),
    )
    return batch


def test_frozen_cards_are_no_inventory_in_any_answer(insurer, short_batch):
    chief, first = insurer.actor("chief"), short_batch.run.first

    spread = distribution(Question(chief))
    assert [(part.status, part.count) for part in spread.statuses] == [
        (SeenStatus.INVENTORY, 97),
        (SeenStatus.FROZEN, 3),
    ]
    assert [
        (one.status, one.count) for one in pieces(Question(chief, Sought(batch=short_batch)))
    ] == [
        (SeenStatus.INVENTORY, 4),
        (SeenStatus.FROZEN, 3),
        (SeenStatus.INVENTORY, 93),
    ]
    inventory = runs_seen(chief, Sought(status=SeenStatus.INVENTORY), first)
    assert [run[:3] for run in inventory] == [(1, 4, "inventory"), (8, 100, "inventory")]
    frozen = runs_seen(chief, Sought(status=SeenStatus.FROZEN), first)
    assert [run[:3] for run in frozen] == [(5, 7, "frozen")]
    assert [hit.status for hit in find(str(first + 4), chief)] == [SeenStatus.FROZEN]


def test_each_status_has_its_own_count_and_places(insurer, short_batch):
    for status, count in ((SeenStatus.INVENTORY, 97), (SeenStatus.FROZEN, 3)):
        spread = distribution(Question(insurer.actor("chief"), Sought(status=status)))

        assert [(part.status, part.count) for part in spread.statuses] == [(status, count)]
        assert spread.elsewhere == 0


def test_a_holding_frozen_in_part_is_counted_and_drawn_in_parts(insurer):
    batch, _ = cards_at_head_office(insurer, 100)
    for first, last in ((11, 20), (15, 25)):  # two freezes that overlap
        Freeze.objects.create(
            serials=cards_of(batch, first, last).range,
            reason_kind="shortage",
            reason_number="IN-1",
            frozen_by=insurer.chief,
            frozen_at=clock.now(),
        )
    chief = insurer.actor("chief")

    [run] = runs_sought(Question(chief))
    assert (run.status, run.frozen) == (SeenStatus.INVENTORY, 15)
    assert [(one.status, one.count) for one in pieces(Question(chief, Sought(batch=batch)))] == [
        (SeenStatus.INVENTORY, 10),
        (SeenStatus.FROZEN, 15),
        (SeenStatus.INVENTORY, 75),
    ]
    serials = batch.run.first + 10, batch.run.first + 30
    seen = [find(str(serial), chief)[0].status for serial in serials]
    assert seen == [SeenStatus.FROZEN, SeenStatus.INVENTORY]


def test_a_card_that_is_activated_counts_once_although_its_run_is_frozen(insurer):
    cards = paid_cards(insurer, 10)
    batch = batch_of(cards[0].serial)
    activate(cards[2])
    Freeze.objects.create(
        serials=batch.run.range,
        reason_kind="shortage",
        reason_number="IN-1",
        frozen_by=insurer.chief,
        frozen_at=clock.now(),
    )

    spread = distribution(Question(insurer.actor("chief"), Sought(batch=batch)))

    assert {part.status: part.count for part in spread.statuses} == {
        SeenStatus.ACTIVATED: 1,
        SeenStatus.FROZEN: batch.count - 1,
    }


# By organisation and by papers


def test_an_organisation_means_everything_below_it(insurer, batch):
    chief = insurer.actor("chief")

    for organisation, cards in (
        (insurer.branch, 100),
        (insurer.institution, 100),
        (insurer.department, 0),
        (insurer.other_branch, 0),
    ):
        asked = Question(chief, Sought(organisation=organisation))
        assert sum(run.count for run in runs_sought(asked)) == cards
        assert distribution(asked).count == cards


def test_several_ranges_are_asked_for_at_once(insurer, batch):
    asked = Sought(runs=(cards_of(batch, 55, 65), cards_of(batch, 1, 3)))

    assert [run[:2] for run in runs_seen(insurer.actor("keeper"), asked, batch.run.first)] == [
        (1, 3),
        (55, 60),
        (61, 65),
    ]
    assert distribution(Question(insurer.actor("keeper"), asked)).count == 14


def test_the_figures_are_told_by_organisation_and_along_the_way(insurer, batch):
    spread = distribution(Question(insurer.actor("chief")))

    [branch] = spread.organisations
    assert (branch.organisation, branch.count) == (insurer.branch.party, 100)
    assert branch.statuses[SeenStatus.SOLD] == 10
    assert spread.funnel.figures == (100, 100, 10, 0, 0)


def test_activated_cards_are_counted_from_whole_blocks_and_their_edges(insurer):
    cards = paid_cards(insurer, 30)
    batch = Batch.objects.get(serials__contains=cards[0].serial)
    for at in (0, 7, 29):
        activate(cards[at], an_application(applicant=a_person(order=at + 1)))
    actor = insurer.actor("keeper")

    for first, last, activated in ((1, 30, 3), (2, 8, 1), (9, 29, 0)):
        asked = Question(actor, Sought(runs=(cards_of(batch, first, last),)))
        [run] = runs_sought(asked)
        assert run.activated == activated
        counted = {part.status: part.count for part in distribution(asked).statuses}
        assert counted.get(SeenStatus.ACTIVATED, 0) == activated


# Past and present


@pytest.fixture
def moved(insurer):
    """50 cards: all with the institution on day one, 11–20 with the seller from day two, sold on
    day three; 41–50 frozen on day two."""
    with clock.frozen(datetime(2026, 3, 10, 9, tzinfo=UTC)):
        batch, _ = cards_at_institution(insurer, 50)
    with clock.frozen(datetime(2026, 3, 15, 9, tzinfo=UTC)):
        hand_down(insurer, cards_of(batch, 11, 20), insurer.seller.party, "keeper")
        freeze = Freeze.objects.create(
            serials=cards_of(batch, 41, 50).range,
            reason_kind="freeze",
            reason_number="FZ-1",
            frozen_by=insurer.chief,
            frozen_at=clock.now(),
        )
    with clock.frozen(datetime(2026, 4, 2, 9, tzinfo=UTC)):
        sell(insurer, batch, 11, 20)
        freeze.released_by, freeze.released_at = insurer.chief, clock.now()
        freeze.save(update_fields=["released_by", "released_at"])
    return batch


def then_and_now(actor, batch, day, first=1, last=50):
    sought = Sought(runs=(cards_of(batch, first, last),), at=clock.day_start(day))
    return [
        (
            run.run.first - batch.run.first + 1,
            run.run.last - batch.run.first + 1,
            (run.holder.code, str(run.status)),
            (run.now.holder.code, str(run.now.status)) if run.now else None,
        )
        for run in runs_sought(Question(actor, sought))
    ]


def test_who_held_a_range_on_a_day_stands_beside_who_has_it_now(insurer, moved):
    first_day = then_and_now(insurer.actor("keeper"), moved, date(2026, 3, 12))
    assert first_day == [
        (1, 10, ("100101", "inventory"), ("100101", "inventory")),
        (11, 20, ("100101", "inventory"), ("I02", "sold")),
        (21, 50, ("100101", "inventory"), ("100101", "inventory")),
    ]
    assert then_and_now(insurer.actor("chief"), moved, date(2026, 3, 17), 11, 15) == [
        (11, 15, ("I02", "inventory"), ("I02", "sold")),
    ]


def test_cards_that_were_frozen_then_are_told_so(insurer, moved):
    at = clock.day_start(date(2026, 3, 20))
    asked = Question(insurer.actor("keeper"), Sought(at=at))

    assert {part.status.value: part.count for part in distribution(asked).statuses} == {
        "inventory": 40,
        "frozen": 10,
    }
    frozen = Question(insurer.actor("keeper"), Sought(at=at, status=SeenStatus.FROZEN))
    assert [run.frozen for run in runs_sought(frozen)] == [10]
    assert [run.now.status for run in runs_sought(frozen)] == [SeenStatus.INVENTORY]


def test_a_run_that_was_one_then_is_one_although_its_cards_have_parted(insurer, moved):
    asked = Question(
        insurer.actor("chief"), Sought(at=clock.day_start(date(2026, 3, 12)), batch=moved)
    )

    assert distribution(asked).count == 50
    assert pieces(asked) == [Piece(SeenStatus.INVENTORY, n) for n in (10, 10, 30)]


def test_activation_counts_from_its_moment(insurer):
    with clock.frozen(datetime(2026, 3, 10, 9, tzinfo=UTC)):
        cards = paid_cards(insurer, 10)
    with clock.frozen(datetime(2026, 3, 20, 9, tzinfo=UTC)):
        activate(cards[2])
    batch = batch_of(cards[0].serial)

    for day, activated in ((date(2026, 3, 15), 0), (date(2026, 3, 25), 1)):
        asked = Question(insurer.actor("keeper"), Sought(batch=batch, at=clock.day_start(day)))
        assert sum(run.activated for run in runs_sought(asked)) == activated
        counted = {part.status: part.count for part in distribution(asked).statuses}
        assert counted.get(SeenStatus.ACTIVATED, 0) == activated


def test_a_card_is_expired_by_the_day_that_is_asked_for(insurer, batch):
    at = clock.day_start(batch.deadline) + timedelta(days=5)
    with clock.frozen(at + timedelta(days=10)):
        asked = Question(insurer.actor("keeper"), Sought(at=at))
        assert {part.status for part in distribution(asked).statuses} == {SeenStatus.EXPIRED}
        before = Question(insurer.actor("keeper"), Sought(at=at - timedelta(days=10)))
        assert SeenStatus.EXPIRED not in {part.status for part in distribution(before).statuses}


def test_whoever_held_cards_then_sees_them_then_and_not_where_they_went(insurer):
    with clock.frozen(datetime(2026, 3, 10, 9, tzinfo=UTC)):
        batch, _ = cards_at_head_office(insurer, 20)
        hand_down(insurer, batch.run, insurer.branch.party, checked_in_by="branch_keeper")
        hand_down(insurer, batch.run, insurer.institution.party, "branch_keeper")
    seen = then_and_now(insurer.actor("keeper"), batch, date(2026, 3, 12), 1, 20)
    assert seen == [(1, 20, ("1001", "in_transit"), ("1001", "in_transit"))]

    assert then_and_now(insurer.actor("other_keeper"), batch, date(2026, 3, 12), 1, 20) == []
    asked = Question(
        insurer.actor("other_keeper"), Sought(batch=batch, at=clock.day_start(date(2026, 3, 12)))
    )
    assert distribution(asked).count == 0
    assert pieces(asked) == []


def test_cards_that_have_left_the_reach_are_told_as_they_were(insurer):
    with clock.frozen(datetime(2026, 3, 10, 9, tzinfo=UTC)):
        batch, _ = cards_at_institution(insurer, 20)
    with clock.frozen(datetime(2026, 3, 20, 9, tzinfo=UTC)):
        recall_cards(
            document_type=batch.type_version.document_type,
            runs=(cards_of(batch, 1, 5),),
            to=insurer.branch,
            actor=insurer.actor("branch_keeper"),
            request_id=uuid4(),
        )

    assert then_and_now(insurer.actor("keeper"), batch, date(2026, 3, 15), 1, 20) == [
        (1, 5, ("100101", "inventory"), None),
        (6, 20, ("100101", "inventory"), ("100101", "inventory")),
    ]
    # Whoever has them now sees their past, as on their own pages.
    assert then_and_now(insurer.actor("branch_keeper"), batch, date(2026, 3, 15), 1, 5) == [
        (1, 5, ("100101", "inventory"), ("1001", "inventory")),
    ]


def test_the_past_takes_few_statements_too(insurer, moved):
    question = Question(
        insurer.actor("keeper"), Sought(batch=moved, at=clock.day_start(date(2026, 3, 17)))
    )
    with CaptureQueriesContext(connection) as caught:
        page_of(question)
        distribution(question)
        pieces(question)

    assert len(caught) <= 20
