"""What higher rooms do with cards, within their own commands."""

from collections.abc import Iterable
from typing import Any

from selfcard.cards.models import DocumentType
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import step
from selfcard.core.compiled import prepared
from selfcard.core.serials import SerialRun, distinct_runs, note_runs
from selfcard.custody.deeds import SALE, coming_to
from selfcard.custody.errors import (
    CardAlreadyActivated,
    CardHasExpired,
    CardIsFrozen,
    CardNotToBeActivated,
    NoSuchCards,
)
from selfcard.custody.locks import lock_custody
from selfcard.custody.models import Movement, OpenedCard, Reason
from selfcard.custody.moving import Leg, move
from selfcard.custody.parts import Part, in_other_status, read_parts, refuse_unusable
from selfcard.custody.queries import CardState, find_card
from selfcard.custody.statuses import CardStatus, MovementKind, SeenStatus
from selfcard.organisations.models import Party


@step
def require_sellable(
    *,
    runs: tuple[SerialRun, ...],
    document_type: DocumentType,
    holders: Iterable[Party],
    actor: Actor,
) -> list[Part]:
    """The cards as they lie, their batches locked: all of them can be sold now.

    Raises:
        What `sell_cards` raises.
    """
    runs = tuple(distinct_runs(runs))
    lock_custody(runs)
    parts = read_parts(runs)
    givers = {party.pk for party in holders}
    refuse_unusable(parts, SALE.use(document_type, givers, coming_to(actor, parts)))
    return parts


@step
def sell_cards(
    *,
    runs: tuple[SerialRun, ...],
    document_type: DocumentType,
    holders: Iterable[Party],
    reason: Reason,
    actor: Actor,
) -> list[Movement]:
    """The cards are *sold*, for the caller's reason; they stay with whoever had them.

    They come from the inventory of one or several of the holders that the caller allows.

    Raises:
        NoSerialsGiven, RunsOverlapEachOther, NoSuchCards, CardsOfOtherType, CardsOnTheirWay,
        CardsNotHeld, CardsInOtherStatus, CardsFrozen, CardsOpened, CardsExpired, CardsPastUseBy:
            some of the cards cannot be sold.
    """
    parts = require_sellable(runs=runs, document_type=document_type, holders=holders, actor=actor)
    leg = Leg(tuple(parts), MovementKind.SALE, CardStatus.SOLD)
    movements = move([leg], reason=reason, actor=actor)
    record(actor, "cards.sold", runs=note_runs(runs), reason=list(reason))
    return movements


@step
def settle_cards(*, runs: tuple[SerialRun, ...], reason: Reason, actor: Actor) -> list[Movement]:
    """The money for these cards has arrived: sold for the same reason, now *to be activated*.

    Raises:
        CardsInOtherStatus: some of them are not sold for this reason.
    """
    runs = tuple(distinct_runs(runs))
    lock_custody(runs)
    parts = read_parts(runs)
    if strays := [part for part in parts if not _is_sold_for(part, reason)]:
        raise in_other_status(strays)
    leg = Leg(tuple(parts), MovementKind.SETTLEMENT, CardStatus.TO_BE_ACTIVATED)
    movements = move([leg], reason=reason, actor=actor)
    record(actor, "cards.settled", runs=note_runs(runs), reason=list(reason))
    return movements


@step
def remember_opened(*, serial: int, actor: Actor) -> None:
    """The card's PIN was accepted: somebody knows it, and nobody else may get the card any more.

    Waits for whoever moves cards of the batch at this moment, so that a card is either sold
    before or refused after.
    """
    if OpenedCard.objects.filter(serial=serial).exists():
        return
    lock_custody([SerialRun(serial, serial)], shared=True)
    # Two may open it at the same moment, who share the lock.
    OpenedCard.objects.bulk_create(
        [OpenedCard(serial=serial, opened_at=clock.now())], ignore_conflicts=True
    )
    record(actor, "card.opened", serials=SerialRun(serial, serial))


@step
def activate_card(*, serial: int, policy_number: str, actor: Actor) -> None:
    """The card has become a policy. It stays where it is; one row remembers the policy.

    The caller holds the batch's lock, shared, since before it locked any person
    (`custody.locks.lock_custody`), and records the deed.

    Raises:
        NoSuchCards: there is no such card.
        CardAlreadyActivated, CardIsFrozen, CardHasExpired, CardNotToBeActivated: not this one.
    """
    # One statement looks and writes: either everything about the card is right, or there is no
    # row.
    sql = """
        INSERT INTO custody_activatedcard (serial, policy_number, activated_at)
        SELECT %(serial)s, %(policy)s, %(now)s
        FROM custody_holding holding
        JOIN cards_batch batch ON batch.id = holding.batch_id
        WHERE holding.serials @> %(serial)s::bigint
          AND holding.status = 'to_be_activated'
          AND (batch.deadline >= %(today)s OR EXISTS (
            SELECT FROM custody_extensionrun
            WHERE serials @> %(serial)s::bigint AND during @> %(today)s::date
          ))
          AND NOT EXISTS (
            SELECT FROM custody_freeze
            WHERE serials @> %(serial)s::bigint AND released_at IS NULL
          )
        ON CONFLICT (serial) WHERE reversed_at IS NULL DO NOTHING
    """
    given: dict[str, Any] = {
        "serial": serial,
        "policy": policy_number,
        "now": clock.now(),
        "today": clock.today(),
    }
    with prepared() as cursor:
        cursor.execute(sql, given)
        if cursor.rowcount == 1:
            return
    raise _why_not_activated(serial, find_card(serial))


def _is_sold_for(part: Part, reason: Reason) -> bool:
    return part.status == CardStatus.SOLD and part.reason == reason


def _why_not_activated(serial: int, card: CardState | None) -> Exception:
    if card is None:
        return NoSuchCards(serials=str(SerialRun(serial, serial)))
    if card.seen == SeenStatus.ACTIVATED:
        return CardAlreadyActivated()
    if card.frozen:
        return CardIsFrozen()
    if card.seen == SeenStatus.EXPIRED:
        return CardHasExpired(deadline=card.deadline)
    return CardNotToBeActivated(status=card.seen.label)
