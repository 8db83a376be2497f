"""Sealing everything anew with a newer key, while everybody works on.

Triggers that keep rows unchanged rest for these updates alone: what a row says stays the same to
the byte, and only the key that it is sealed with is another. Rows that somebody works with are
passed over, and found again at the end. Whoever is interrupted begins again and finds what is left.
"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol
from uuid import UUID

import pgtrigger
from django.apps import apps
from django.db import connection, models, transaction
from django.db.models import Count, Q, QuerySet

from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.encryption import PERSONAL, EncryptedBytes, key_id
from selfcard.core.keys import add_key, key, keys

_ROWS = 100


class Sealed(Protocol):
    """Something that keeps sealed values, as the columns of a table do."""

    key_name: str

    def count_by_key(self) -> Counter[bytes]:
        """How many values are under each key, by the key's id."""
        ...

    def reseal(self) -> Iterator[int]:
        """Seal what is under a former key with the newest; how many values, by and by."""
        ...


class SealedColumns:
    """The sealed columns of one table."""

    def __init__(self, model: type[models.Model], columns: list[str], key_name: str = PERSONAL):
        self.model = model
        self.columns = columns
        self.key_name = key_name

    def count_by_key(self) -> Counter[bytes]:
        counted: Counter[bytes] = Counter()
        for column in self.columns:
            by_key = f"{column}__key_id"
            rows = self._rows().filter(**{f"{column}__isnull": False})
            found = rows.order_by().values_list(by_key).annotate(Count("pk"))
            counted.update({bytes(one): count for one, count in found})
        return counted

    def reseal(self) -> Iterator[int]:
        outdated = self._outdated(key_id(key(self.key_name)))
        after = None
        while True:
            rows = self._take(outdated if after is None else outdated.filter(pk__gt=after))
            if rows:
                after = rows[-1].pk
                yield sum(getattr(row, name) is not None for row in rows for name in self.columns)
            elif outdated.exists():
                # Somebody holds them, or they were written with the former key meanwhile.
                after = None
                time.sleep(0.1)
            else:
                return

    def renewed(self, row: Any) -> dict[str, Any]:
        """A row's values as they are written back, sealed with the newest key on their way."""
        return {column: getattr(row, column) for column in self.columns}

    def _take(self, outdated: QuerySet[Any]) -> list[Any]:
        with transaction.atomic(), self._triggers_at_rest():
            free = outdated.select_for_update(of=("self",), skip_locked=True, no_key=True)
            # A table whose rows are large says how many of them at once.
            most = getattr(self.model, "resealed_at_once", _ROWS)
            rows = list(free.order_by("pk")[:most])
            for row in rows:
                self._rows().filter(pk=row.pk).update(**self.renewed(row))
            # What is looked at when all is done is looked at now, while its triggers rest.
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        return rows

    def _outdated(self, newest: bytes) -> QuerySet[Any]:
        under_former = Q()
        for column in self.columns:
            under_former |= Q(**{f"{column}__isnull": False}) & ~Q(**{f"{column}__key_id": newest})
        return self._rows().filter(under_former)

    def _rows(self) -> QuerySet[Any]:
        return self.model._base_manager.all()

    def _triggers_at_rest(self) -> AbstractContextManager[Any]:
        triggers = getattr(self.model._meta, "triggers", ())
        names = [f"{self.model._meta.label}:{one.name}" for one in triggers]
        # Without a name, all triggers of all tables would rest.
        return pgtrigger.ignore(*names) if names else nullcontext()


def everything_sealed() -> Iterator[Sealed]:
    """Each table with encrypted fields, and what a room's `sealed.py` names beside."""
    for model in apps.get_models():
        fields = [one for one in model._meta.local_fields if isinstance(one, EncryptedBytes)]
        if fields:
            yield SealedColumns(model, [one.name for one in fields])
    for config in apps.get_app_configs():
        if config.name.startswith("selfcard.") and find_spec(f"{config.name}.sealed"):
            yield from import_module(f"{config.name}.sealed").SEALED


def key_names() -> list[str]:
    """The names of the keys that may be followed by a newer one."""
    return sorted({one.key_name for one in everything_sealed()})


def count_by_key(name: str) -> Counter[bytes]:
    """How many values are under each key of a name, by the key's id; the newest key first."""
    counted = Counter({key_id(one): 0 for one in keys(name)})
    for one in everything_sealed():
        if one.key_name == name:
            counted.update(one.count_by_key())
    return counted


def reseal(name: str) -> Iterator[int]:
    """Seal all that is under a former key of a name with its newest; how many, by and by."""
    for one in everything_sealed():
        if one.key_name == name:
            yield from one.reseal()


@command
def make_newer_key(*, name: str, actor: Actor, request_id: UUID) -> None:
    """Make a newer key of a name. From now on it seals; the former ones still open."""
    add_key(name)
    record(actor, "key.made", key=name, id=key_id(key(name)).hex())


@command
def note_resealed(*, name: str, count: int, actor: Actor, request_id: UUID) -> None:
    """Write down that nothing is sealed with a former key any more."""
    record(actor, "key.resealed", key=name, id=key_id(key(name)).hex(), values=count)
