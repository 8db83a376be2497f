"""How long rows that say something of somebody are kept, why, and what ends them.

Each room says it of its own models in `retention.py`, for every model that holds more than what is
of the trade (`core.held`). What only served its moment is deleted every night; what the law has
kept is never deleted by itself, and `selfcard retention` counts what is past its time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec
from uuid import UUID

from django.apps import apps
from django.db import models
from django.db.models import Q, QuerySet

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.held import DataClass, class_of

# So many rows in one transaction: a night's worth is never one long lock.
_ROWS = 10_000


class Reason(StrEnum):
    """Why rows are kept so long and no longer; `docs/security.md` gives each reason its law."""

    CONTRACT = "contract"  # what was agreed, by whom, and how it came about
    BOOKS = "books"  # money, and cards that somebody answers for
    TRAIL = "trail"  # every deed can be found again
    CARDS = "cards"  # a card opens its policy as long as there is one
    STAFF = "staff"  # who did what stays named
    ACCOUNT = "account"  # lets a member of staff in
    SIGN_INS = "sign-ins"  # who signed in, and who tried to
    GATE = "gate"  # so long it counts against a guesser
    VISIT = "visit"  # so long a page may be left open
    DRAFT = "draft"  # what somebody may come back to
    TOLD = "told"  # where somebody wants to be told what comes
    REPEAT = "repeat"  # so long a repeated deed is recognised


@dataclass(frozen=True)
class Retention:
    """How long the rows of a model are kept, or those of them that `only` says.

    Without a time they are kept as long as what they belong to. With one it counts from the moment
    `since`; where they are `swept`, they are deleted in the night after it is over.
    """

    reason: Reason
    since: str = ""
    time: timedelta | None = None
    only: Q = field(default_factory=Q)
    swept: bool = False


Retentions = dict[str, list[Retention]]


def kept(reason: Reason) -> Retention:
    """Kept as long as what it belongs to."""
    return Retention(reason)


def recorded(reason: Reason, since: str, time: timedelta, only: Q | None = None) -> Retention:
    """Kept for a time; what becomes of it then is for the insurer to decide."""
    return Retention(reason, since, time, only or Q())


def swept(reason: Reason, since: str, time: timedelta, only: Q | None = None) -> Retention:
    """Deleted in the night after its time."""
    return Retention(reason, since, time, only or Q(), swept=True)


def retentions() -> Retentions:
    """What all rooms say of their models, by the model's label."""
    found: Retentions = {}
    for config in apps.get_app_configs():
        if config.name.startswith("selfcard.") and find_spec(f"{config.name}.retention"):
            found |= import_module(f"{config.name}.retention").KEPT
    return dict(sorted(found.items()))


def classes_of(model: type[models.Model]) -> list[DataClass]:
    """The kinds of data that a model holds beside what is of the trade, the most guarded first."""
    held = {class_of(field) for field in model._meta.local_fields}
    return [one for one in DataClass if one in held and one != DataClass.BUSINESS]


def without_retention() -> Iterator[str]:
    """Each model that says something of somebody and of which nobody says how long it is kept,
    and each of which it is said and that is not there.
    """
    said = set(retentions())
    there = {model._meta.label: model for model in apps.get_models()}
    yield from (label for label, model in there.items() if classes_of(model) and label not in said)
    yield from (f"{label} is not there" for label in sorted(said - set(there)))


def past(label: str, retention: Retention) -> QuerySet[models.Model]:
    """The rows of a model that are past their time."""
    rows = apps.get_model(label)._base_manager.all()
    if retention.time is None:
        return rows.none()
    return rows.filter(retention.only, **{f"{retention.since}__lt": clock.now() - retention.time})


def count_past() -> list[tuple[str, Retention, int]]:
    """How many rows are past their time, for each retention that has one."""
    return [
        (label, one, past(label, one).count())
        for label, several in retentions().items()
        for one in several
        if one.time is not None
    ]


def to_forget() -> list[str]:
    """The models with rows that are past their time and swept."""
    return [
        label
        for label, several in retentions().items()
        if any(one.swept and past(label, one).exists() for one in several)
    ]


@command
def forget(*, label: str, actor: Actor, request_id: UUID) -> int:
    """Delete rows of a model that are past their time, and say how many; what the law has kept
    stays.
    """
    model, gone = apps.get_model(label), 0
    for one in retentions()[label]:
        if one.swept:
            some = past(label, one).order_by("pk").values("pk")[:_ROWS]
            gone += model._base_manager.filter(pk__in=some).delete()[0]
    record(actor, "data.forgotten", table=label, rows=gone)
    return gone
