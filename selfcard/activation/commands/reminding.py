"""Whoever has begun to fill in and not come back is reminded that nobody is insured yet."""

from uuid import UUID

from django.db import connection

from selfcard.activation.models import Draft
from selfcard.activation.queries import answers_in, drafts_to_look_at
from selfcard.activation.telling import tell_unfinished
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.refusals import Refusal
from selfcard.custody.queries import last_days_of
from selfcard.policies.contact import mobile_phone

AT_ONCE = 200
_REMINDED = """
    INSERT INTO activation_draftreminder (serial, begun_at, at) VALUES (%s, %s, %s)
    ON CONFLICT (serial, begun_at) DO NOTHING
"""


@command
def remind_of_drafts(*, actor: Actor, request_id: UUID) -> int:
    """Remind whoever left a draft with a phone in it; gives how many drafts were looked at.

    Nothing is said of a card that cannot be activated any more, and no draft is told of twice. One
    without a phone is passed over until somebody goes on with it. Who has begun for several cards
    gets one message at a time.
    """
    drafts = drafts_to_look_at(AT_ONCE)
    ready = last_days_of([draft.serial for draft in drafts])
    told: set[str] = set()
    for draft in drafts:
        phone = _phone_in(draft)
        if phone and draft.serial in ready and _is_first(draft) and phone not in told:
            tell_unfinished(draft, phone, ready[draft.serial], actor)
            told.add(phone)
    keys = [draft.pk for draft in drafts]
    Draft.objects.filter(pk__in=keys).update(looked_at=clock.now())
    record(actor, "drafts.looked_through", drafts=len(drafts), told=len(told))
    return len(drafts)


def _phone_in(draft: Draft) -> str:
    """The phone that was filled in, if it is one that takes messages."""
    contact = answers_in(draft).get("contact") or {}
    try:
        return mobile_phone(contact.get("phone", ""))
    except Refusal:
        return ""


def _is_first(draft: Draft) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_REMINDED, [draft.serial, draft.begun_at, clock.now()])
        return cursor.rowcount == 1
