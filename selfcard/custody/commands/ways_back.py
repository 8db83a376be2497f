"""What higher rooms do with sold cards that come back, within their own commands."""

from collections.abc import Iterable

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import step
from selfcard.core.refusals import Operation
from selfcard.core.serials import SerialRun, distinct_runs, merge_runs, note_runs
from selfcard.custody.errors import CardsRefused
from selfcard.custody.locks import lock_custody
from selfcard.custody.models import ActivatedCard, HolderBlock, Movement, Reason
from selfcard.custody.moving import Leg, move
from selfcard.custody.parts import (
    Part,
    cards_frozen,
    cut_at_policies,
    in_other_status,
    parts_of,
    read_parts,
    what_helps,
    what_releases,
)
from selfcard.custody.queries import opened_within
from selfcard.custody.statuses import CardStatus, MovementKind
from selfcard.organisations.models import Party


@step
def take_back_sold(
    *,
    runs: tuple[SerialRun, ...],
    scratched: tuple[SerialRun, ...],
    sale: Reason,
    reason: Reason,
    actor: Actor,
) -> list[Movement]:
    """Cards that were sold and not paid go back to the inventory of whoever had them.

    Scratched ones are *void* instead, and so is a card whose PIN was accepted meanwhile: nobody
    may buy it any more.

    Raises:
        CardsInOtherStatus: some of them are not sold for this reason.
        CardsFrozen: some are reported lost, missing or under inquiry.
    """
    parts = _coming_back(runs, CardStatus.SOLD, sale)
    legs = _inventory_or_void(parts, scratched, MovementKind.SALE_RECALL)
    return _moved("cards.taken_back", legs, runs, reason, actor)


@step
def hold_for_refund(
    *, runs: tuple[SerialRun, ...], sale: Reason, reason: Reason, actor: Actor
) -> list[Movement]:
    """Paid cards *await their refund*: nobody can activate them any more.

    Raises:
        CardsInOtherStatus: some of them are not to be activated for this reason, or are activated
            already; it names them and opens the policy.
        CardsFrozen: some are reported lost, missing or under inquiry.
    """
    parts = _coming_back(runs, CardStatus.TO_BE_ACTIVATED, sale)
    leg = Leg(tuple(parts), MovementKind.REFUND_HOLD, CardStatus.AWAITING_REFUND)
    return _moved("cards.held_for_refund", [leg], runs, reason, actor)


@step
def resume_after_withdrawal(
    *, runs: tuple[SerialRun, ...], sale: Reason, reason: Reason, actor: Actor
) -> list[Movement]:
    """Cards that awaited their refund are *to be activated* again, for the sale they are of.

    Raises:
        CardsInOtherStatus: some of them do not await their refund for this reason.
    """
    parts = _parts_for(runs, CardStatus.AWAITING_REFUND, reason)
    leg = Leg(
        tuple(parts),
        MovementKind.REFUND_WITHDRAWN,
        CardStatus.TO_BE_ACTIVATED,
        kept_reason=sale,
    )
    return _moved("cards.refund_withdrawn", [leg], runs, reason, actor)


@step
def return_refunded(
    *,
    runs: tuple[SerialRun, ...],
    scratched: tuple[SerialRun, ...],
    reason: Reason,
    actor: Actor,
) -> list[Movement]:
    """Their money is paid back: the cards are in inventory again, with whoever has them.

    Those that the inspection found scratched are *void*, and so is, whatever the inspection says,
    every card whose PIN was ever accepted. PostgreSQL keeps the latter.

    Raises:
        CardsInOtherStatus: some of them do not await their refund for this reason.
        CardsFrozen: some were reported lost, missing or under inquiry meanwhile.
    """
    parts = _coming_back(runs, CardStatus.AWAITING_REFUND, reason)
    legs = _inventory_or_void(parts, scratched, MovementKind.REFUND)
    return _moved("cards.refunded", legs, runs, reason, actor)


@step
def reverse_activation(
    *, serial: int, policy_number: str, is_void: bool, reason: Reason, actor: Actor
) -> None:
    """The card's policy is cancelled: the card is *to be activated* again, or *void*.

    It is void where not all of its premium is given back. The caller locked custody before it
    locked anything else.
    """
    reversed_now = ActivatedCard.objects.filter(
        serial=serial, policy_number=policy_number, reversed_at=None
    ).update(reversed_at=clock.now())
    assert reversed_now == 1, "a live policy has its activated card"
    card = SerialRun(serial, serial)
    record(actor, "card.activation_reversed", serials=card, policy=policy_number)
    if is_void:
        leg = Leg(tuple(read_parts([card])), MovementKind.CANCELLATION, CardStatus.VOID)
        _moved("cards.void_after_cancellation", [leg], (card,), reason, actor)


@step
def block_holder(*, holder: Party, reason: Reason, actor: Actor) -> None:
    """Whoever owes something gets no further cards until it is settled."""
    HolderBlock.objects.get_or_create(
        holder=holder,
        reason_kind=reason[0],
        reason_number=reason[1],
        lifted_at=None,
        defaults={"blocked_at": clock.now()},
    )
    record(actor, "holder.blocked", holder, reason=list(reason))


@step
def lift_blocks(*, reason: Reason, actor: Actor) -> None:
    """What was owed is settled; whoever owes nothing else gets cards again."""
    live = HolderBlock.objects.filter(
        reason_kind=reason[0], reason_number=reason[1], lifted_at=None
    )
    if live.update(lifted_at=clock.now()):
        record(actor, "holder.block_lifted", reason=list(reason))


def _coming_back(runs: Iterable[SerialRun], status: CardStatus, reason: Reason) -> list[Part]:
    """The cards, as `_parts_for` finds them, if nobody says that they are not in our hands.

    Whoever reports a card lost, and then brings it back, would get its money without the card. A
    batch that is stopped says nothing of the kind: its cards come back, and stay stopped.

    Raises:
        CardsInOtherStatus: see `_parts_for`.
        CardsFrozen: these are reported lost, missing or under inquiry; with where that is cleared.
    """
    parts = _parts_for(runs, status, reason)
    if kept := [part for part in parts if part.kept_by]:
        raise cards_frozen(kept, lambda part: part.kept_by, what_releases(kept[0].kept_by[0]))
    return parts


def _parts_for(runs: Iterable[SerialRun], status: CardStatus, reason: Reason) -> list[Part]:
    """The cards, all in this status for this reason and none of them activated.

    Raises:
        CardsInOtherStatus: these are not; with the operation that the first of them needs.
    """
    runs = distinct_runs(runs)
    lock_custody(runs)
    parts = cut_at_policies(read_parts(runs))
    strays = [
        part for part in parts if part.status != status or part.reason != reason or part.policy
    ]
    if strays:
        raise _refused(strays)
    return parts


def _refused(strays: list[Part]) -> CardsRefused:
    helps = (what_helps(part) for part in strays)
    help: Operation | None = next((one for one in helps if one), None)
    return in_other_status(strays, help)


def _inventory_or_void(
    parts: list[Part], scratched: tuple[SerialRun, ...], kind: MovementKind
) -> list[Leg]:
    spoilt = merge_runs([*scratched, *opened_within(part.run for part in parts)])
    clean = [rest for part in parts for rest in part.run.without(spoilt)]
    legs = [
        Leg(parts_of(parts, clean), kind, CardStatus.INVENTORY),
        Leg(parts_of(parts, spoilt), kind, CardStatus.VOID),
    ]
    return [leg for leg in legs if leg.parts]


def _moved(
    name: str,
    legs: list[Leg],
    runs: Iterable[SerialRun],
    reason: Reason,
    actor: Actor,
) -> list[Movement]:
    movements = move(legs, reason=reason, actor=actor)
    record(actor, name, runs=note_runs(runs), reason=list(reason))
    return movements
