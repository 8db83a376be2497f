"""One filled example of the paper of a counter."""

from datetime import date

from selfcard.activation.papers import HandOverFacts
from selfcard.core.papers import Name
from tests.factories.papers.names import INSTITUTION, KEEPER, at


def a_hand_over() -> HandOverFacts:
    return HandOverFacts(
        number="D-2026-0000012",
        handed_over_at=at(2, 15, 18),
        policy="P0000000000017",
        product=Name(zh="安心意外险", en="Steady Accident"),
        starts_at=at(3, 0, 0),
        last_day=date(2027, 11, 2),
        card="6201 1800 0412 0010",
        organisation=INSTITUTION,
        operator=KEEPER,
    )
