"""Letting a card be tried again that too many wrong PINs have locked."""

from uuid import UUID

from django.conf import settings

from selfcard.activation import gate
from selfcard.activation.errors import CardNotLocked
from selfcard.activation.models import TargetCounter, Unlocking
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.refusals import ReasonMissing
from selfcard.core.serials import SerialRun
from selfcard.custody.queries import find_card
from selfcard.organisations.models import May
from selfcard.organisations.queries import acting_staff, organisation_of, require


@command
def unlock_card(*, serial: int, reason: str, actor: Actor, request_id: UUID) -> Unlocking:
    """Let the holder of a locked card try again at once, instead of the next day.

    What was tried is forgotten, and nobody learns how near it was; that the card was unlocked, by
    whom and why stays with it for ever.

    Raises:
        ReasonMissing: nobody said why.
        CardNotLocked: there is nothing to unlock, or another has just done it.
        NotAuthorised: the actor may not unlock cards of those who have it, or had it last.
    """
    if not reason.strip():
        raise ReasonMissing
    card = find_card(serial)
    if card is None:
        raise CardNotLocked
    require(actor, May.UNLOCK_CARDS, organisation_of(card.holder))
    now = clock.now()
    locked = TargetCounter.objects.filter(
        target=gate.card_name(serial),
        failures__gte=settings.GATE_TARGET_CAP,
        since__gt=now - settings.GATE_TARGET_MEMORY,
    )
    if locked.update(failures=0) != 1:
        raise CardNotLocked
    unlocking = Unlocking.objects.create(
        serial=serial, reason=reason.strip(), unlocked_by=acting_staff(actor), unlocked_at=now
    )
    record(actor, "card.unlocked", serials=SerialRun(serial, serial), reason=unlocking.reason)
    return unlocking
