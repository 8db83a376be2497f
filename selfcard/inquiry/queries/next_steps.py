"""What can be done next with some cards by one person: asked of custody's own table of deeds."""

from collections.abc import Iterable
from dataclasses import dataclass

from selfcard.cards.models import DocumentType
from selfcard.core.actor import Actor
from selfcard.core.serials import SerialRun, count_cards
from selfcard.custody.deeds import (
    DESTRUCTION,
    EXTENSION,
    FOUND,
    FREEZE,
    HAND_OVER,
    ISSUE,
    LOSS,
    RECALL,
    SALE,
    VOID,
    Deed,
)
from selfcard.custody.models import BATCH_REASON, FREEZE_REASON, SHORTAGE_REASON
from selfcard.custody.parts import Part, judge
from selfcard.custody.queries import holdings_within
from selfcard.custody.queries.counts import count_activated_in
from selfcard.custody.queries.notes import shortages_to_explain
from selfcard.custody.statuses import CardStatus
from selfcard.organisations.models import May, Party
from selfcard.organisations.queries import parties_in_reach

WITH_A_SALE = (CardStatus.SOLD, CardStatus.TO_BE_ACTIVATED)
# In the order in which a card's page offers them.
DEEDS: dict[str, Deed] = {
    "issue": ISSUE,
    "hand_over": HAND_OVER,
    "sell": SALE,
    "found": FOUND,
    "extend": EXTENSION,
    "recall": RECALL,
    "freeze": FREEZE,
    "void": VOID,
    "loss": LOSS,
    "destroy": DESTRUCTION,
}


@dataclass(frozen=True)
class NextSteps:
    """The deeds that are possible with all of the cards, by their names in `DEEDS`.

    `count` names the holder at whom they can be counted, `release` the freezes that can be ended,
    `explain` the issues by which cards are missing that the actor can say were found; `take_back`
    says whether they are all out with sales that may be reversed.
    """

    document_type: DocumentType | None = None
    possible: tuple[str, ...] = ()
    count: Party | None = None
    release: tuple[tuple[str, str], ...] = ()
    explain: tuple[str, ...] = ()
    take_back: bool = False


def next_steps(actor: Actor, runs: Iterable[SerialRun], mays: set[str]) -> NextSteps:
    """What the actor may do next with the cards, whole, as the commands judge."""
    parts = holdings_within(runs)
    types = {part.batch.type_version.document_type for part in parts if part.batch}
    if len(types) != 1 or any(part.holder is None for part in parts):
        return NextSteps()
    (document_type,) = types
    holders = {part.holder for part in parts if part.holder}
    # A count compares what lies there with what the books have in inventory.
    lie_there = all(part.status == CardStatus.INVENTORY for part in parts)
    counted = holders if May.COUNT_STOCK in mays and len(holders) == 1 and lie_there else ()
    countable = parties_in_reach(actor, May.COUNT_STOCK).filter(pk__in=[one.pk for one in counted])
    return NextSteps(
        document_type,
        tuple(
            name
            for name, deed in DEEDS.items()
            if deed.may in mays and _is_possible(deed, actor, document_type, parts, len(holders))
        ),
        countable.first() if counted else None,
        _to_release(parts) if May.FREEZE_CARDS in mays else (),
        _to_explain(actor, parts) if May.CHECK_IN_CARDS in mays else (),
        May.RECALL_SALES in mays and all(part.status in WITH_A_SALE for part in parts),
    )


def _is_possible(
    deed: Deed, actor: Actor, document_type: DocumentType, parts: list[Part], holders: int
) -> bool:
    if deed.from_one_holder and holders > 1:
        return False
    # By status most deeds are out of the question, without asking who may do them.
    if any(part.status not in deed.statuses for part in parts):
        return False
    if deed is FREEZE and all(_frozen_by_somebody(part) for part in parts):
        return False
    use = deed.use_by(actor, document_type, parts)
    if any(judge(part, use).refused for part in parts):
        return False
    return deed is not EXTENSION or not _are_all_activated(parts)


def _are_all_activated(parts: list[Part]) -> bool:
    runs = [part.run for part in parts]
    return sum(count_activated_in(runs).values()) == count_cards(runs)


def _frozen_by_somebody(part: Part) -> bool:
    return any(kind in (FREEZE_REASON, BATCH_REASON) for kind, _ in part.freezes)


def _to_release(parts: Iterable[Part]) -> tuple[tuple[str, str], ...]:
    """The freezes that somebody laid, and not another paper."""
    found = {
        reason
        for part in parts
        for reason in part.freezes
        if reason[0] in (FREEZE_REASON, BATCH_REASON)
    }
    return tuple(sorted(found))


def _to_explain(actor: Actor, parts: Iterable[Part]) -> tuple[str, ...]:
    """The issues whose missing cards these are, as far as the actor answers for the sender."""
    missed = {number for part in parts for kind, number in part.freezes if kind == SHORTAGE_REASON}
    if not missed:
        return ()
    mine = shortages_to_explain(actor).filter(number__in=missed)
    return tuple(mine.order_by("number").values_list("number", flat=True))
