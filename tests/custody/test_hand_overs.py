"""Cards pass from one individual to another of the same institution."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from selfcard.core import clock
from selfcard.core.models import Paper
from selfcard.custody.commands import hand_over_cards
from selfcard.custody.errors import (
    CardsExpired,
    CardsFrozen,
    CardsNotHeld,
    CardsOfSeveralHolders,
    HolderNotAuthorised,
    HoldingLimitExceeded,
)
from selfcard.custody.models import Issue, Movement
from selfcard.custody.note_errors import CardsWithThemAlready, HandedOverToNobody, WorksElsewhere
from selfcard.custody.queries import runs_of
from selfcard.organisations.commands import dismiss_staff
from selfcard.organisations.models import May
from tests.custody.test_issues import statements
from tests.factories.custody import (
    cards_at_institution,
    cards_of,
    custody,
    hand_down,
    hand_over,
    stop,
)
from tests.factories.organisations import a_staff_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def colleague(insurer):
    return a_staff_member("I05", insurer.department, May.HOLD_CARDS)


@pytest.fixture
def with_seller(insurer):
    """Cards of the institution, of which the seller has the first 200."""
    batch, _ = cards_at_institution(insurer, 1_000)
    hand_down(insurer, cards_of(batch, 1, 200), insurer.seller.party, "keeper")
    return batch


def test_an_individual_hands_cards_over_to_a_colleague(insurer, with_seller, colleague):
    note = hand_over(insurer, cards_of(with_seller, 51, 100), colleague.party)

    assert (note.from_party, note.to_party) == (insurer.seller.party, colleague.party)
    assert note.state == Issue.State.CHECKED_IN
    assert note.for_organisation == insurer.department
    assert runs_of(note) == [cards_of(with_seller, 51, 100)]
    assert Movement.objects.get(reason_number=note.number).kind == "hand_over"
    assert custody(with_seller)[:3] == [
        ("Person I02", "inventory", 1, 50),
        ("Person I05", "inventory", 51, 100),
        ("Person I02", "inventory", 101, 200),
    ]
    assert Paper.objects.filter(number=note.number, kind="issue_note").exists()


def test_a_hand_over_stays_within_the_institution(insurer, with_seller):
    at_branch = a_staff_member("B07", insurer.branch, May.HOLD_CARDS)

    for to in (at_branch, insurer.other_keeper):
        with pytest.raises(WorksElsewhere):
            hand_over(insurer, cards_of(with_seller, 1, 10), to.party)


def test_a_hand_over_goes_to_an_individual_who_has_not_got_the_cards(insurer, with_seller):
    with pytest.raises(HandedOverToNobody):
        hand_over(insurer, cards_of(with_seller, 1, 10), insurer.institution.party)
    with pytest.raises(CardsWithThemAlready):
        hand_over(insurer, cards_of(with_seller, 1, 10), insurer.seller.party)


def test_only_whoever_issues_cards_there_registers_a_hand_over(insurer, with_seller, colleague):
    for by in ("seller", "cashier", "other_keeper"):
        with pytest.raises(CardsNotHeld):
            hand_over(insurer, cards_of(with_seller, 1, 10), colleague.party, by=by)


def test_cards_of_the_institution_are_issued_and_not_handed_over(insurer, with_seller, colleague):
    with pytest.raises(CardsNotHeld):
        hand_over(insurer, cards_of(with_seller, 201, 210), colleague.party)


def test_whoever_gets_cards_by_a_hand_over_may_hold_them_and_so_many(
    insurer, with_seller, colleague
):
    with pytest.raises(HolderNotAuthorised):
        hand_over(insurer, cards_of(with_seller, 1, 10), insurer.cashier.party)
    hand_down(insurer, cards_of(with_seller, 201, 600), colleague.party, "keeper")
    with pytest.raises(HoldingLimitExceeded, match=r"400.*500.*101"):
        hand_over(insurer, cards_of(with_seller, 1, 101), colleague.party)
    hand_over(insurer, cards_of(with_seller, 1, 100), colleague.party)
    dismiss_staff(staff=colleague, actor=insurer.actor("chief"), request_id=uuid4())
    with pytest.raises(HolderNotAuthorised):
        hand_over(insurer, cards_of(with_seller, 101, 110), colleague.party)


def test_stopped_and_late_cards_are_not_handed_over(insurer, with_seller, colleague):
    stop(insurer, cards_of(with_seller, 5, 6))
    with pytest.raises(CardsFrozen):
        hand_over(insurer, cards_of(with_seller, 1, 10), colleague.party)
    with clock.frozen(with_seller.last_day + timedelta(days=1)), pytest.raises(CardsExpired):
        hand_over(insurer, cards_of(with_seller, 11, 20), colleague.party)


def test_one_hand_over_has_one_giver(insurer, with_seller, colleague):
    hand_down(insurer, cards_of(with_seller, 201, 210), insurer.keeper.party, "keeper")

    with pytest.raises(CardsOfSeveralHolders):
        hand_over(insurer, cards_of(with_seller, 191, 210), colleague.party)


def test_a_hand_over_costs_at_most_eleven_statements(insurer, with_seller, colleague):
    document_type = with_seller.type_version.document_type
    with CaptureQueriesContext(connection) as queries:
        hand_over_cards(
            document_type=document_type,
            runs=(cards_of(with_seller, 1, 100),),
            to=colleague.party,
            actor=insurer.actor("keeper"),
            request_id=uuid4(),
        )

    assert len(statements(queries)) <= 11
