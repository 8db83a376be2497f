"""Queries that are put together once and asked again and again.

Django puts a query together anew each time, which for one with many joins takes longer than
PostgreSQL needs to answer it; and PostgreSQL plans it anew each time, which takes longer than the
answer too. Here both are done once, in a process and on a connection; afterwards only the values
are exchanged. What comes back are the same instances. New rows are written in the same way.
"""

import copy
from collections.abc import Callable, Hashable, Sequence
from functools import cache
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper
from django.db.models import QuerySet
from psycopg.types.numeric import Int8
from psycopg.types.range import Range

M = TypeVar("M", bound=models.Model)


class Compiled(Generic[M]):
    """A query whose text follows from a shape, such as how many ranges it names.

    `build(shape, *values)` gives the query for some values: whole numbers, ranges of them, texts
    and UUIDs. It may only hand them on, since it is called once for a shape, with values that stand
    for others. It locks rows where the query that it is given says so.
    """

    def __init__(self, build: Callable[..., QuerySet[M]]) -> None:
        self._build = build
        self._known: dict[Hashable, _Known[M]] = {}

    def __call__(self, shape: Hashable, *values: Any) -> list[M]:
        """The instances for these values."""
        key = (shape, *map(type, values))
        known = self._known.get(key)
        if known is None:
            stand_ins = [_stand_in(value, place) for place, value in enumerate(values)]
            known = self._known[key] = _Known(self._build(shape, *stand_ins), stand_ins)
        return known.instances(values)


class _Known(Generic[M]):
    """One query, put together, and where in its parameters the values have their places."""

    def __init__(self, queryset: QuerySet[M], stand_ins: list[Any]) -> None:
        self._queryset = queryset
        self._compiler = queryset.query.get_compiler(queryset.db)
        self._sql, self._params = self._compiler.as_sql()
        self._places = [
            (place, stand_ins.index(param))
            for place, param in enumerate(self._params)
            if param in stand_ins
        ]
        assert {index for _, index in self._places} == set(range(len(stand_ins)))

    def instances(self, values: tuple[Any, ...]) -> list[M]:
        params = list(self._params)
        for place, index in self._places:
            value = values[index]
            # Of one type whatever its size, or each size would be prepared for itself.
            params[place] = Int8(value) if isinstance(value, int) else value
        compiler = copy.copy(self._compiler)
        compiler.connection = _Preparing(connections[self._queryset.db])
        compiler.as_sql = lambda *_, **__: (self._sql, tuple(params))
        queryset = self._queryset.all()
        queryset.query.get_compiler = lambda *_, **__: compiler  # type: ignore[method-assign]
        return list(queryset)


def prepared() -> CursorWrapper:
    """A cursor for what is written by hand and asked again and again: planned once on a connection.

    Its statements and the types of their values have to stay the same.
    """
    return _Preparing(connections[DEFAULT_DB_ALIAS]).cursor()


def insert(*rows: models.Model) -> None:
    """Write new rows of one model, in one statement; each gets its key.

    As `bulk_create` does, but put together and planned once for so many.
    """
    if rows:
        _insert_of(type(rows[0]), len(rows)).write(rows)


class _Insert:
    """One statement that writes so many rows of a model."""

    def __init__(self, model: type[models.Model], count: int) -> None:
        key = model._meta.pk
        assert key is not None
        self._key = key.attname if isinstance(key, models.AutoField) else None
        self._fields = [
            field for field in model._meta.concrete_fields if field.attname != self._key
        ]
        names = ", ".join(f'"{field.column}"' for field in self._fields)
        places = ", ".join([f"({', '.join(['%s'] * len(self._fields))})"] * count)
        self._sql = f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES {places}'  # noqa: S608
        if self._key:
            self._sql += f' RETURNING "{key.column}"'

    def write(self, rows: Sequence[models.Model]) -> None:
        connection = connections[DEFAULT_DB_ALIAS]
        values = [
            field.get_db_prep_save(field.pre_save(row, add=True), connection)
            for row in rows
            for field in self._fields
        ]
        with prepared() as cursor:
            cursor.execute(self._sql, values)
            if self._key:
                for row in rows:
                    setattr(row, self._key, cursor.fetchone()[0])
        for row in rows:
            row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


_insert_of = cache(_Insert)


class _Preparing:
    """A connection on which statements are prepared: sent with their values apart from the text.

    How often one is asked before it is prepared says the setting `prepare_threshold`.
    """

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def cursor(self) -> CursorWrapper:
        connection = self._connection
        connection.ensure_connection()
        cursor = ServerBindingCursor(connection.connection)  # type: ignore[call-arg]
        wrapper = _ToldWithValues if connection.queries_logged else CursorWrapper
        return wrapper(cursor, connection)


class _ToldWithValues(CursorDebugWrapper):
    """Writes the statement into Django's log as it would read with its values in it."""

    def execute(self, sql: Any, params: Any = None) -> Any:
        with self.debug_sql(self.db.ops.compose_sql(sql, params)):
            return CursorWrapper.execute(self, sql, params)


def _stand_in(value: Any, place: int) -> Any:
    """A value of the same kind that no query contains otherwise, and that fits every column."""
    number = 1_970_010_100 + 2 * place
    if isinstance(value, str):
        return f"value {number}"
    if isinstance(value, UUID):
        return UUID(int=number)
    return Range(number, number + 1, "[)") if isinstance(value, Range) else number
