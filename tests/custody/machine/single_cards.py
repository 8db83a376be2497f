"""Custody as somebody would keep it with a card index: one record for each card, and plain rules.

It knows nothing of runs, holdings, movements or SQL. The state machine does the same deeds with it
and with the real commands, and compares.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from selfcard.approvals.errors import ApprovalExpired, NotYourOwnRequest
from selfcard.core.refusals import Refusal
from selfcard.custody.errors import (
    CardsDeclaredInvalid,
    CardsFrozen,
    CardsInOtherStatus,
    CardsNeverCame,
    CardsNotHeld,
    CardsOfSeveralHolders,
    CardsOnTheirWay,
    CardsOpened,
    HolderIsBlocked,
    HolderNotAuthorised,
    HoldingLimitExceeded,
    IssueNamesNoOrganisation,
    NoSuchCards,
    RecipientIsNotBelow,
)
from selfcard.custody.note_errors import (
    CardsIssuedByNobody,
    CardsNotIssuedFrom,
    CardsOfSeveralIssuers,
    CardsWithThemAlready,
    HandedOverToNobody,
    MoreThanGranted,
    RecallGoesUp,
    RequisitionNotGranted,
    RequisitionOfOthers,
    WorksElsewhere,
)
from selfcard.organisations.errors import NotAuthorised

Why = tuple[str, str]
Place = tuple[str, str]  # holder and status, as the books have them; empty for no card at all
Refused = type[Refusal] | None
NOTHING: Why = ("", "")

PATHS = {
    "head_office": ("head_office",),
    "branch": ("head_office", "branch"),
    "institution": ("head_office", "branch", "institution"),
    "department": ("head_office", "branch", "institution", "department"),
}
AT_ONCE = "department"  # what is issued to it is its inventory at once
HOMES = {
    "branch_keeper": "branch",
    "keeper": "institution",
    "seller": "institution",
    "cashier": "institution",  # may hold no cards
}
LIMITS = {"branch_keeper": 7, "keeper": 7, "seller": 4}  # who issues has a limit of their own
# Who may do a document administrator's deeds, and from where down.
ACTORS = {
    "chief": "head_office",
    "branch_keeper": "branch",
    "keeper": "institution",
    "other_keeper": "other_branch",
}
# Who may agree, as a second person, to what becomes of cards; the latter holds cards, too.
SECONDS = {"second": "head_office", "branch_keeper": "branch"}

INVENTORY = frozenset({"inventory"})
GONE = frozenset({"void", "lost", "destroyed"})
LIVING = frozenset(
    {"printed", "in_transit", "inventory", "sold", "to_be_activated", "awaiting_refund"}
)
# The reasons for which cards cannot be used, the weightiest first.
ORDER = (
    NoSuchCards, CardsOnTheirWay, CardsNotHeld, CardsInOtherStatus, CardsNeverCame,
    CardsDeclaredInvalid, CardsFrozen, CardsOpened,
)  # fmt: skip


def home_of(holder: str) -> str:
    return HOMES.get(holder, holder)


def reaches(actor: str, holder: str) -> bool:
    return ACTORS[actor] in PATHS[home_of(holder)]


def decision_refused(asked: "Report | Count", at: str, actor: str) -> Refused:
    """Why an actor cannot be the second person for something that was asked there."""
    if actor not in SECONDS or SECONDS[actor] not in PATHS[at]:
        return NotAuthorised
    if asked.asked_by == actor:
        return NotYourOwnRequest
    return ApprovalExpired if asked.expired else None


@dataclass
class Card:
    """One card: where it is, why, what stops it, and through whose hands it came."""

    batch: str
    holder: str = "head_office"
    status: str = "printed"
    reason: Why = NOTHING
    freezes: set[Why] = field(default_factory=set)
    opened: bool = False
    policy: str = ""
    hands: list[str] = field(default_factory=list)  # whose it was before, the latest last

    def goes(self, status: str, holder: str = "", reason: Why = NOTHING) -> None:
        if holder and holder != self.holder:
            self.hands.append(self.holder)
            self.holder = holder
        self.status, self.reason = status, reason


@dataclass
class Note:
    """An issue note to an organisation."""

    sender: str
    receiver: str
    places: list[int]
    issued_by: str
    state: str = "in_transit"
    checked_in_by: str = ""
    requisition: str = ""


@dataclass
class Wish:
    """A requisition: who asks whom for how many, and what came of it."""

    organisation: str
    issuer: str
    count: int
    asked_by: str
    state: str = "asked"
    granted: int = 0
    issued: int = 0

    @property
    def left(self) -> int:
        return self.granted - self.issued if self.state == "granted" else 0


@dataclass
class Report:
    """A write-off that somebody asked for."""

    kind: str
    holder: str
    places: list[int]
    asked_by: str
    state: str = "asked"
    expired: bool = False
    announced: bool = False


@dataclass
class Count:
    """A stock count: which cards lay there, and what the books said of those that differ."""

    holder: str
    state: str = "open"
    stacks: list[tuple[int, ...]] = field(default_factory=list)
    gaps: dict[int, "Place"] = field(default_factory=dict)
    surplus: dict[int, "Place"] = field(default_factory=dict)
    remedies: dict[int, str] = field(default_factory=dict)
    asked_by: str = ""
    expired: bool = False

    @property
    def counted(self) -> set[int]:
        return {place for stack in self.stacks for place in stack}

    def with_remedy(self, remedy: str) -> list[int]:
        return [place for place, proposed in self.remedies.items() if proposed == remedy]


@dataclass(frozen=True)
class Wanted:
    """What a deed asks of cards."""

    from_whom: Callable[[str], bool]
    statuses: Collection[str] = INVENTORY
    # The kinds of freezes that do not stop it; None: none stops it.
    despite: Collection[str] | None = ()
    opened: bool = False
    gives_back: bool = False


def is_person(holder: str) -> bool:
    return holder in HOMES


WRITE_OFFS = {
    "void": (frozenset({"inventory", "lost"}), ("freeze", "batch", "shortage")),
    "loss": (INVENTORY, ("freeze", "batch", "shortage", "stock_count")),
    "found": (frozenset({"lost"}), ("freeze", "batch", "shortage", "stock_count")),
    "destruction": (frozenset({"void"}), ("freeze", "batch", "shortage", "stock_count")),
}
OUTCOMES = {"void": "void", "loss": "lost", "found": "inventory", "destruction": "destroyed"}
EXPLAINED = {"void": ("shortage",), "loss": ("shortage", "stock_count")}


class CardIndex:
    """All cards by their place in the index, with the notes and reports about them."""

    def __init__(self) -> None:
        self.cards: dict[int, Card] = {}
        self.notes: dict[str, Note] = {}
        self.reports: dict[str, Report] = {}
        self.wishes: dict[str, Wish] = {}
        self.counts: dict[str, Count] = {}
        self.blocked: set[str] = set()

    def judged(self, places: Iterable[int], actor: str, wanted: Wanted) -> Refused:
        """Why these cards cannot be used, if so: the weightiest reason of any of them."""
        found = {self._reason_against(self.cards.get(place), actor, wanted) for place in places}
        return next((reason for reason in ORDER if reason in found), None)

    def _reason_against(self, card: Card | None, actor: str, wanted: Wanted) -> Refused:
        if card is None:
            return NoSuchCards
        if not wanted.from_whom(card.holder):
            return CardsOnTheirWay if self._comes_to(actor, card) else CardsNotHeld
        if card.status not in wanted.statuses:
            return CardsInOtherStatus
        if card.status == "void" and card.reason[0] == "missing":
            return CardsNeverCame
        if wanted.gives_back and card.status == "lost" and self._is_invalid(card):
            return CardsDeclaredInvalid
        if wanted.despite is not None and {kind for kind, _ in card.freezes} - set(wanted.despite):
            return CardsFrozen
        if card.opened and not wanted.opened:
            return CardsOpened
        return None

    def _comes_to(self, actor: str, card: Card) -> bool:
        if card.status != "in_transit":
            return False
        return reaches(actor, self.notes[card.reason[1]].receiver)

    def _is_invalid(self, card: Card) -> bool:
        return self.reports[card.reason[1]].announced

    def holders(self, places: Iterable[int]) -> set[str]:
        return {self.cards[place].holder for place in places}

    def held_by(self, person: str) -> int:
        return sum(
            card.holder == person and card.status == "inventory" for card in self.cards.values()
        )

    def _unfit(self, person: str, more: int) -> Refused:
        if person not in LIMITS:
            return HolderNotAuthorised
        if person in self.blocked:
            return HolderIsBlocked
        if self.held_by(person) + more > LIMITS[person]:
            return HoldingLimitExceeded
        return None

    def issue_refused(self, places: list[int], actor: str, to: str) -> Refused:
        wanted = Wanted(lambda holder: holder in PATHS and reaches(actor, holder))
        if refused := self.judged(places, actor, wanted):
            return refused
        if len(self.holders(places)) > 1:
            return CardsOfSeveralHolders
        (sender,) = self.holders(places)
        below = sender in PATHS[home_of(to)] and to != sender
        if not below:
            return RecipientIsNotBelow
        if sender == home_of(to) == "branch":
            return IssueNamesNoOrganisation
        return self._unfit(to, len(places)) if is_person(to) else None

    def beyond_granted(self, places: list[int], to: str, wish: Wish) -> Refused:
        """Why cards that can be issued are not issued for this requisition."""
        if wish.state != "granted":
            return RequisitionNotGranted
        if (wish.issuer, wish.organisation) != (*self.holders(places), to):
            return RequisitionOfOthers
        return MoreThanGranted if len(places) > wish.left else None

    def hand_over_refused(self, places: list[int], actor: str, to: str) -> Refused:
        if not is_person(to):
            return HandedOverToNobody
        wanted = Wanted(lambda holder: is_person(holder) and reaches(actor, holder))
        if refused := self.judged(places, actor, wanted):
            return refused
        if len(self.holders(places)) > 1:
            return CardsOfSeveralHolders
        (giver,) = self.holders(places)
        if giver == to:
            return CardsWithThemAlready
        if HOMES[giver] != HOMES[to]:
            return WorksElsewhere
        return self._unfit(to, len(places))

    def recall_refused(self, places: list[int], actor: str, to: str = "") -> Refused:
        wanted = Wanted(lambda holder: reaches(actor, holder), despite=("freeze", "batch"))
        if refused := self.judged(places, actor, wanted):
            return refused
        if len(self.holders(places)) > 1:
            return CardsOfSeveralHolders
        if to:
            return self._named_recall_refused(places, actor, to)
        issuers = {self.issuer_of(place) for place in places}
        if "" in issuers:
            return CardsIssuedByNobody
        if len(issuers) > 1:
            return CardsOfSeveralIssuers
        return None if reaches(actor, issuers.pop()) else NotAuthorised

    def _named_recall_refused(self, places: list[int], actor: str, to: str) -> Refused:
        (giver,) = self.holders(places)
        if to not in PATHS[home_of(giver)] or to == giver:
            return RecallGoesUp
        if any(to not in self.cards[place].hands for place in places):
            return CardsNotIssuedFrom
        return None if reaches(actor, to) else NotAuthorised

    def issuer_of(self, place: int) -> str:
        """Out of whose hands above its holder a card came last."""
        card = self.cards[place]
        above = set(PATHS[home_of(card.holder)]) - {card.holder}
        return next((hand for hand in reversed(card.hands) if hand in above), "")

    def write_off_refused(self, places: list[int], actor: str, kind: str) -> Refused:
        statuses, despite = WRITE_OFFS[kind]
        wanted = Wanted(
            lambda holder: reaches(actor, holder),
            statuses,
            despite,
            opened=kind != "found",
            gives_back=kind == "found",
        )
        if refused := self.judged(places, actor, wanted):
            return refused
        return CardsOfSeveralHolders if len(self.holders(places)) > 1 else None

    def grant_refused(self, report: Report) -> Refused:
        """What has become of the cards meanwhile; no freeze stops the second person."""
        wanted = Wanted(
            lambda holder: holder == report.holder,
            WRITE_OFFS[report.kind][0],
            despite=None,
            opened=report.kind != "found",
            gives_back=report.kind == "found",
        )
        return self.judged(report.places, "chief", wanted)

    def written_off(self, number: str) -> None:
        report = self.reports[number]
        report.state = "done"
        outcome = OUTCOMES[report.kind]
        reason = NOTHING if outcome == "inventory" else ("write_off", number)
        for place in report.places:
            self.cards[place].goes(outcome, reason=reason)
        self.thaw(report.places, lambda why: why[0] in EXPLAINED.get(report.kind, ()))
        self.thaw(report.places, lambda why: why == ("write_off", number))

    def freeze(self, places: Iterable[int], why: Why) -> None:
        for place in places:
            self.cards[place].freezes.add(why)

    def thaw(self, places: Iterable[int], which: Callable[[Why], bool]) -> None:
        for place in places:
            card = self.cards[place]
            card.freezes = {why for why in card.freezes if not which(why)}

    def frozen_for(self, why: Why) -> list[int]:
        return [place for place, card in self.cards.items() if why in card.freezes]

    def is_anything_stopped_for(self, kind: str) -> bool:
        return any(why[0] == kind for card in self.cards.values() for why in card.freezes)

    def of_batch(self, batch: str) -> list[int]:
        return [place for place, card in self.cards.items() if card.batch == batch]
