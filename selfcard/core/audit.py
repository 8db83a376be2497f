"""The audit trail: every deed can be found again."""

from contextvars import ContextVar
from typing import Any
from uuid import UUID

from django.db import models

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.models import AuditEvent
from selfcard.core.serials import SerialRun

# The request that is being carried out, and how many events it has recorded so far.
running_request: ContextVar[UUID | None] = ContextVar("running_request", default=None)
events_recorded: ContextVar[int] = ContextVar("events_recorded", default=0)


def record(
    actor: Actor,
    event: str,
    subject: models.Model | None = None,
    *,
    serials: SerialRun | None = None,
    **facts: Any,
) -> None:
    """Write down a deed in its own transaction.

    The subject is known by its number (its `number`, `code` or key). Facts are plain values for
    the auditor; they never hold personal data or a PIN.
    """
    AuditEvent.objects.create(
        at=clock.now(),
        event=event,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name,
        channel=actor.channel,
        source=actor.source,
        request=running_request.get(),
        subject_kind=subject._meta.label_lower if subject else "",
        subject_number=number_of(subject) if subject else "",
        serials=serials.range if serials else None,
        facts=facts,
    )
    events_recorded.set(events_recorded.get() + 1)


def number_of(subject: models.Model) -> str:
    """What people call a thing by: its number or code, else its key."""
    for name in ("number", "code"):
        value = getattr(subject, name, None)
        if isinstance(value, str) and value:
            return value
    return str(subject.pk)
