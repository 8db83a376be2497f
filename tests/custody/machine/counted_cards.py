"""A stock count as it goes with a card index: what differs, and what may be done about it."""

from selfcard.custody.count_errors import (
    CardsMovedSinceCompared,
    NothingToAdjust,
    RemedyDoesNotFit,
    RemedyMissing,
)
from selfcard.custody.errors import OwnStockDecided
from tests.custody.machine.single_cards import (
    PATHS,
    CardIndex,
    Count,
    Place,
    Refused,
    Wanted,
    decision_refused,
    home_of,
)

FITTING = {"gap": ("loss", "explained"), "surplus": ("taken_over", "explained")}
# What is missing may be frozen as missing by this count too; that stops nothing.
LOST = Wanted(
    lambda holder: True, despite=("freeze", "batch", "shortage", "stock_count"), opened=True
)
TAKEN = Wanted(
    lambda holder: True, frozenset({"inventory", "lost"}), despite=("stock_count",), gives_back=True
)


def place_of(index: CardIndex, place: int) -> Place:
    card = index.cards.get(place)
    return (card.holder, card.status) if card else ("", "")


def in_the_books(index: CardIndex, holder: str) -> set[int]:
    """What a count of the holder's stock should find."""
    return {
        place
        for place, card in index.cards.items()
        if (card.holder, card.status) == (holder, "inventory")
    }


def compare(index: CardIndex, number: str) -> None:
    count = index.counts[number]
    books = in_the_books(index, count.holder)
    count.gaps = {place: place_of(index, place) for place in sorted(books - count.counted)}
    count.surplus = {place: place_of(index, place) for place in sorted(count.counted - books)}
    count.state = "compared"
    index.freeze(count.gaps, ("stock_count", number))


def let_go(index: CardIndex, number: str) -> None:
    """What was stopped because it lacked goes on."""
    index.thaw(index.cards, lambda why: why == ("stock_count", number))


def proposal_refused(
    index: CardIndex, count: Count, proposed: dict[tuple[int, ...], str]
) -> Refused:
    """Why these remedies, one for each run of cards that differ, are not put to a second person."""
    if not proposed:
        return NothingToAdjust
    kinds = {run: "gap" if run[0] in count.gaps else "surplus" for run in proposed}
    if not all(proposed.values()):
        return RemedyMissing
    if any(remedy not in FITTING[kinds[run]] for run, remedy in proposed.items()):
        return RemedyDoesNotFit
    remedies = {place: remedy for run, remedy in proposed.items() for place in run}
    return adjustment_refused(index, count, remedies)


def adjustment_refused(index: CardIndex, count: Count, remedies: dict[int, str]) -> Refused:
    found = count.gaps | count.surplus
    changing = {place: remedy for place, remedy in remedies.items() if remedy != "explained"}
    if any(place_of(index, place) != found[place] for place in changing):
        return CardsMovedSinceCompared
    lost = [place for place, remedy in changing.items() if remedy == "loss"]
    taken = [place for place, remedy in changing.items() if remedy == "taken_over"]
    return index.judged(lost, "chief", LOST) or index.judged(taken, "chief", TAKEN)


def answering_for(count: Count) -> set[str]:
    """The holder, and everybody whom cards are taken over from."""
    givers = {count.surplus[place][0] for place in count.with_remedy("taken_over")}
    return {count.holder, *givers} - {""}


def above_all(holders: set[str]) -> str:
    """The lowest organisation that all of them belong to."""
    paths = [PATHS[home_of(holder)] for holder in holders]
    return [labels[0] for labels in zip(*paths, strict=False) if len(set(labels)) == 1][-1]


def agreement_refused(index: CardIndex, count: Count, actor: str) -> Refused:
    holders = answering_for(count)
    if refused := decision_refused(count, above_all(holders), actor):
        return refused
    if actor in holders:
        return OwnStockDecided
    return adjustment_refused(index, count, count.remedies)


def adjust(index: CardIndex, number: str, loss: str) -> None:
    """Somebody agreed: what lacks is lost, by a loss of this number; what is too many is taken."""
    count = index.counts[number]
    let_go(index, number)
    if loss:
        index.written_off(loss)
    for place in count.with_remedy("taken_over"):
        index.cards[place].goes("inventory", count.holder)
    count.state = "closed"
