"""Random movements against a plain model of single cards: the same answer after every step."""

from dataclasses import dataclass, field

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from selfcard.cards.models import Batch
from selfcard.core.actor import Actor
from selfcard.custody.models import Holding
from selfcard.custody.moving import Leg, move
from selfcard.custody.parts import read_parts
from selfcard.custody.statuses import CardStatus, MovementKind
from selfcard.custody.verify import violations
from selfcard.organisations.models import Party
from tests.factories.custody import cards_at_head_office, cards_of
from tests.factories.postgresql import check_what_waits_for_the_commit

pytestmark = pytest.mark.django_db
CARDS = 24
STATUS = CardStatus

# What each deed takes, and what it makes of it; the holder changes where one is drawn.
DEEDS = {
    MovementKind.ISSUE: (STATUS.INVENTORY, STATUS.IN_TRANSIT),
    MovementKind.CHECK_IN: (STATUS.IN_TRANSIT, STATUS.INVENTORY),
    MovementKind.SALE: (STATUS.INVENTORY, STATUS.SOLD),
    MovementKind.SETTLEMENT: (STATUS.SOLD, STATUS.TO_BE_ACTIVATED),
}
CHANGES_HOLDER = (MovementKind.CHECK_IN,)

steps = st.lists(
    st.tuples(
        st.sampled_from(list(DEEDS)),
        st.integers(1, CARDS),
        st.integers(1, CARDS),
        st.integers(0, 2),  # to whom
        st.integers(1, 2),  # for which reason
    ),
    min_size=1,
    max_size=14,
)


@dataclass
class Book:
    """Every card by itself: holder, status, reason."""

    batch: Batch
    parties: list[Party]
    cards: dict[int, tuple[str, str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        start = (self.parties[0].code, STATUS.INVENTORY.value, "")
        self.cards = dict.fromkeys(range(1, CARDS + 1), start)

    def allows(self, kind: MovementKind, first: int, last: int) -> bool:
        return all(self.cards[card][1] == DEEDS[kind][0] for card in range(first, last + 1))

    def take_down(self, kind: MovementKind, first: int, last: int, to: Party, why: str) -> None:
        status = DEEDS[kind][1]
        for card in range(first, last + 1):
            holder = to.code if kind in CHANGES_HOLDER else self.cards[card][0]
            self.cards[card] = (holder, status.value, "" if status == STATUS.INVENTORY else why)


def as_cards(batch: Batch) -> dict[int, tuple[str, str, str]]:
    offset = batch.run.first - 1
    return {
        serial - offset: (holding.holder.code, holding.status, holding.reason_number)
        for holding in Holding.objects.filter(batch=batch).select_related("holder")
        for serial in range(holding.run.first, holding.run.last + 1)
    }


def fewest_runs(cards: dict[int, tuple[str, str, str]]) -> int:
    return 1 + sum(cards[card] != cards[card + 1] for card in range(1, CARDS))


def play(book: Book, drawn: list[tuple[MovementKind, int, int, int, int]]) -> None:
    for kind, one, other, party, reason in drawn:
        first, last = min(one, other), max(one, other)
        if not book.allows(kind, first, last):
            continue
        to, why = book.parties[party], f"X-{reason}"
        leg = Leg(
            tuple(read_parts([cards_of(book.batch, first, last)])),
            kind,
            DEEDS[kind][1],
            to_holder=to if kind in CHANGES_HOLDER else None,
        )
        move([leg], reason=("test", why), actor=Actor.system("test"))
        book.take_down(kind, first, last, to, why)

        assert as_cards(book.batch) == book.cards
        assert Holding.objects.filter(batch=book.batch).count() == fewest_runs(book.cards)
        check_what_waits_for_the_commit()


def test_movements_do_to_runs_what_a_model_does_to_single_cards(insurer):
    batch, _ = cards_at_head_office(insurer, CARDS)
    parties = [one.party for one in (insurer.head_office, insurer.branch, insurer.institution)]

    @settings(
        max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
    )
    @given(steps)
    def holds(drawn: list[tuple[MovementKind, int, int, int, int]]) -> None:
        with transaction.atomic():
            play(Book(batch, parties), drawn)
            assert [found for found in violations() if "note" not in found.promise] == []
            transaction.set_rollback(True)

    holds()
