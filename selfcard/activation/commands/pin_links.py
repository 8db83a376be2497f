"""A caller enters the PIN on their own phone: nobody at the desk hears or sees it.

The link that is sent is named by a random token, of which a digest is kept. It counts once, for a
short time, in one case; a later one, or whoever takes the case in hand, makes it void. It says
nothing of the card.
"""

import secrets
from uuid import UUID

from django.conf import settings

from selfcard.activation import codes, gate
from selfcard.activation.commands.activating import pass_gate
from selfcard.activation.commands.phones import count_sending
from selfcard.activation.errors import LinkOver, PinOnlySaid, TooManyLinks
from selfcard.activation.hands import case_as_it_is
from selfcard.activation.models import DeskCase
from selfcard.activation.queries import (
    find_case_of_link,
    link_digest,
    may_be_linked,
    staff_source,
)
from selfcard.activation.telling import tell_pin_link
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.serials import card_number
from selfcard.organisations.queries import acting_staff
from selfcard.policies.contact import mobile_phone


@command
def send_pin_link(
    *, case: DeskCase, phone: str, ticket: str = "", actor: Actor, request_id: UUID
) -> DeskCase:
    """Send a caller a link by which they enter the PIN themselves; an earlier one counts no more.

    The operator has the case from then on, and has it in hand once the PIN was right.

    Raises:
        PinOnlySaid: by setting, or at a counter.
        PhoneImpossible, PhoneTakesNoMessages: nothing can be sent there.
        SourceMustWait, TooManyLinks: as for codes.
        CaseOver: it is closed, or a policy.
    """
    if not may_be_linked(case):
        raise PinOnlySaid
    phone = mobile_phone(phone)
    source = staff_source(actor)
    # The counters come before the case, as where a PIN is shown.
    target = codes.links_for(case.number, source, phone)
    if not count_sending(target=target, source=source, ticket=ticket, actor=actor):
        raise TooManyLinks
    # Sending is no failure: what is counted is how often, for this case and this phone.
    gate.forgive(source=source, target={})
    held = case_as_it_is(case, actor)
    token = secrets.token_urlsafe(16)
    now = clock.now()
    held.operator, held.proof = acting_staff(actor), None
    held.link, held.link_until = link_digest(token), now + settings.CODE_LASTS
    held.phone, held.touched_at = held.phone or phone, now
    held.save(update_fields=["operator", "proof", "link", "link_until", "phone", "touched_at"])
    tell_pin_link(held, phone, token, actor)
    record(actor, "case.link_sent", held)
    return held


@command
def enter_pin_by_link(
    *, token: str, pin: str, source: str, ticket: str = "", actor: Actor, request_id: UUID
) -> DeskCase | None:
    """Show the PIN of a case's card at the gate, from the phone that got the link.

    The answer to a wrong PIN is nothing, as at the gate, and the link waits on. After the right one
    the case is in hand of the operator who sent the link. Of two who enter it at the same moment
    one gets through.

    Raises:
        LinkOver: it was used, is outdated, or another counts since; nothing was compared.
        NotAPin, SourceMustWait: as at the gate.
    """
    case = find_case_of_link(token)
    if case is None:
        raise LinkOver
    proof = pass_gate(
        card_number=card_number(case.serial), pin=pin, source=source, ticket=ticket, actor=actor
    )
    if proof is None:
        return None
    held = _case_that_waits(token)
    held.proof, held.touched_at = proof.pk, clock.now()
    held.link = held.link_until = None
    held.save(update_fields=["proof", "link", "link_until", "touched_at"])
    record(actor, "case.pin_entered", held)
    return held


def _case_that_waits(token: str) -> DeskCase:
    """The case of a link as it is now: whoever does something in it just now is waited for.

    Raises:
        LinkOver: what they did has made the link void.
    """
    rows = DeskCase.objects.select_for_update(no_key=True)
    held = rows.filter(link=link_digest(token)).first()
    if held is None:
        raise LinkOver
    return held
