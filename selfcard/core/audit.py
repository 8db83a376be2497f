"""The audit trail: every deed can be found again."""

import json
from collections.abc import Hashable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection, models

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.compiled import prepared
from selfcard.core.models import AuditEvent
from selfcard.core.serials import SerialRun


@dataclass
class Deed:
    """A command that is running: its request, what it has to tell, and what it has read once."""

    request: UUID
    events: list[AuditEvent] = field(default_factory=list)
    known: dict[Hashable, Any] = field(default_factory=dict)


running_deed: ContextVar[Deed | None] = ContextVar("running_deed", default=None)


def record(
    actor: Actor,
    event: str,
    subject: models.Model | None = None,
    *,
    serials: SerialRun | None = None,
    **facts: Any,
) -> None:
    """Write down a deed in its own transaction; within a command, together with its result.

    The subject is known by its number (its `number`, `code` or key). Facts are plain values for
    the auditor; they never hold personal data or a PIN.
    """
    deed = running_deed.get()
    row = AuditEvent(
        at=clock.now(),
        event=event,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name,
        channel=actor.channel,
        source=actor.source,
        request=deed.request if deed else None,
        subject_kind=subject._meta.label_lower if subject else "",
        subject_number=number_of(subject) if subject else "",
        serials=serials.range if serials else None,
        facts=facts,
    )
    if deed is None:
        row.save(force_insert=True)
    else:
        deed.events.append(row)


def number_of(subject: models.Model) -> str:
    """What people call a thing by: its number or code, else its key."""
    for name in ("number", "code"):
        value = getattr(subject, name, None)
        if isinstance(value, str) and value:
            return value
    return str(subject.pk)


def write_down(deed: Deed, result: Any) -> None:
    """The result of a deed and all its events, in one statement: the end of every command."""
    names = ", ".join(str(column.column) for column in _COLUMNS)
    row = f"({', '.join(['%s'] * len(_COLUMNS))})"
    sql = f"""
        WITH done AS (UPDATE core_request SET result = %s::jsonb WHERE id = %s)
        INSERT INTO core_auditevent ({names}) VALUES {", ".join([row] * len(deed.events))}
    """  # noqa: S608
    values = [
        column.get_db_prep_save(getattr(event, column.attname), connection)
        for event in deed.events
        for column in _COLUMNS
    ]
    with prepared() as cursor:
        cursor.execute(sql, [json.dumps(result), deed.request, *values])


_COLUMNS = [column for column in AuditEvent._meta.concrete_fields if not column.primary_key]
