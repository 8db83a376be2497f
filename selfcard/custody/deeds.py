"""What each deed asks of the cards that it is done with, said in one place.

The command that does it and the live answer beside its form both ask here, so that a page never
promises what the command refuses.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from django.db.models import QuerySet

from selfcard.cards.models import DocumentType
from selfcard.core.actor import Actor, ActorKind
from selfcard.core.compiled import Compiled
from selfcard.custody.models import (
    BATCH_REASON,
    FREEZE_KINDS,
    FREEZE_REASON,
    SHORTAGE_REASON,
    WRITE_OFF_REASON,
    CountFinding,
    Issue,
    WriteOff,
)
from selfcard.custody.parts import Part, Use
from selfcard.custody.statuses import TERMINAL, CardStatus
from selfcard.organisations.models import May, Party
from selfcard.organisations.queries import organisations_in_reach, parties_in_reach, staff_of_key

Keys = set[int]


@dataclass(frozen=True, kw_only=True)
class Deed:
    """A deed with cards: what they must be, and from whom the actor may take them."""

    may: May
    # Of these holders those from whom the actor may take cards.
    givers: Callable[[Actor, Keys], Keys]
    from_one_holder: bool = True
    gives_back: bool = False  # lost cards come back into somebody's hands
    statuses: Collection[CardStatus] = (CardStatus.INVENTORY,)
    may_be_expired: bool = False
    must_be_expired: bool = False
    may_be_opened: bool = False
    # Freezes of these kinds do not stop the deed.
    frozen_by: Collection[str] = ()

    def use(
        self,
        document_type: DocumentType,
        givers: Keys,
        coming: Collection[str] = (),
        declared_invalid: Collection[str] = (),
    ) -> Use:
        """What the cards of a type must be, taken from one of these holders."""
        return Use(
            document_type,
            givers,
            statuses=self.statuses,
            may_be_expired=self.may_be_expired,
            must_be_expired=self.must_be_expired,
            may_be_opened=self.may_be_opened,
            frozen_by=self.frozen_by,
            coming=coming,
            declared_invalid=declared_invalid,
        )

    def use_by(self, actor: Actor, document_type: DocumentType, parts: Iterable[Part]) -> Use:
        """The same, taken from whomever the actor may take them from."""
        parts = list(parts)
        holders = {part.holder.pk for part in parts if part.holder}
        return self.use(
            document_type,
            self.givers(actor, holders),
            coming_to(actor, parts),
            declared_invalid(parts) if self.gives_back else (),
        )


def coming_to(actor: Actor, parts: Iterable[Part]) -> set[str]:
    """The issue notes with which some of the cards are on their way into the actor's reach."""
    notes = {part.reason[1] for part in parts if part.is_on_its_way}
    if not notes:
        return set()
    receivers = parties_in_reach(actor, May.SEE_CARDS, May.ISSUE_CARDS, May.CHECK_IN_CARDS)
    found = Issue.objects.filter(number__in=notes, to_party__in=receivers.values("pk"))
    return set(found.values_list("number", flat=True))


def declared_invalid(cards: Iterable[Part | CountFinding]) -> set[str]:
    """The losses that some of the cards are lost by, and that were announced publicly."""
    losses = {some.reason[1] for some in cards if some.status == CardStatus.LOST}
    if not losses:
        return set()
    announced = WriteOff.objects.filter(number__in=losses, announced_on__isnull=False)
    return set(announced.values_list("number", flat=True))


def _organisations(may: May) -> Callable[[Actor, Keys], Keys]:
    def givers(actor: Actor, holders: Keys) -> Keys:
        return set(
            organisations_in_reach(actor, may).filter(pk__in=holders).values_list("pk", flat=True)
        )

    return givers


def _anybody(may: May) -> Callable[[Actor, Keys], Keys]:
    def among(actor: Actor, holders: Iterable[int]) -> QuerySet[Party]:
        return parties_in_reach(actor, may).filter(pk__in=holders)

    once = Compiled(lambda _, actor, *holders: among(staff_of_key(actor), holders))

    def givers(actor: Actor, holders: Keys) -> Keys:
        if actor.kind == ActorKind.STAFF and actor.id is not None and holders:
            return {party.pk for party in once(len(holders), actor.id, *holders)}
        return {party.pk for party in among(actor, holders)}

    return givers


def _individuals(may: May) -> Callable[[Actor, Keys], Keys]:
    def givers(actor: Actor, holders: Keys) -> Keys:
        people = parties_in_reach(actor, may).filter(kind=Party.Kind.PERSON, pk__in=holders)
        return set(people.values_list("pk", flat=True))

    return givers


ISSUE = Deed(may=May.ISSUE_CARDS, givers=_organisations(May.ISSUE_CARDS))
HAND_OVER = Deed(may=May.ISSUE_CARDS, givers=_individuals(May.ISSUE_CARDS))
# Cards that are out of date or stopped are called back for just that; they stay so. To whom they
# go back, and whether the actor may take them there, follows from where they came from.
RECALL = Deed(
    may=May.RECALL_CARDS,
    givers=_anybody(May.RECALL_CARDS),
    may_be_expired=True,
    frozen_by=(FREEZE_REASON, BATCH_REASON),
)
SALE = Deed(may=May.REGISTER_SALES, givers=_anybody(May.REGISTER_SALES), from_one_holder=False)

FREEZE = Deed(
    may=May.FREEZE_CARDS,
    givers=_anybody(May.FREEZE_CARDS),
    from_one_holder=False,
    statuses=frozenset(CardStatus) - TERMINAL,
    may_be_expired=True,
    may_be_opened=True,
    frozen_by=FREEZE_KINDS,
)

# Whatever is written off may be out of date; it is not what another write-off is about.
_WRITE_OFF = Deed(
    may=May.WRITE_OFF_CARDS,
    givers=_anybody(May.WRITE_OFF_CARDS),
    may_be_expired=True,
    may_be_opened=True,
    frozen_by=FREEZE_KINDS - {WRITE_OFF_REASON},
)
# Cards that lack at a stock count are lost, or lie somewhere: they are not made void.
VOID = replace(
    _WRITE_OFF,
    statuses=(CardStatus.INVENTORY, CardStatus.LOST),
    frozen_by=(FREEZE_REASON, BATCH_REASON, SHORTAGE_REASON),
)
LOSS = _WRITE_OFF
FOUND = replace(_WRITE_OFF, statuses=(CardStatus.LOST,), may_be_opened=False, gives_back=True)
DESTRUCTION = replace(_WRITE_OFF, statuses=(CardStatus.VOID,))

# Paid cards past their last day get a later one; frozen ones stay frozen.
EXTENSION = Deed(
    may=May.RECALL_SALES,
    givers=_anybody(May.RECALL_SALES),
    statuses=(CardStatus.TO_BE_ACTIVATED,),
    may_be_expired=True,
    must_be_expired=True,
    may_be_opened=True,
    frozen_by=FREEZE_KINDS,
)
