"""Where the cards of a paper are now, as far as its reader sees them."""

from collections.abc import Sequence
from dataclasses import dataclass

from selfcard.core.serials import SerialRun, count_cards
from selfcard.inquiry.queries.sought import Question, Sought
from selfcard.inquiry.queries.spread import StatusCount, distribution
from selfcard.web.office.views import OfficeRequest


@dataclass(frozen=True)
class Whereabouts:
    """The cards in sight by status, and how many have gone out of it.

    A paper tells its sender and its receiver which cards it moved; where they went afterwards is
    told to whoever may see them there.
    """

    shares: tuple[StatusCount, ...] = ()
    unseen: int = 0


def whereabouts(request: OfficeRequest, runs: Sequence[SerialRun]) -> Whereabouts:
    if not runs:
        return Whereabouts()
    told = distribution(Question(request.actor, Sought(runs=tuple(runs))))
    return Whereabouts(told.statuses, count_cards(runs) - told.count)
