"""Queries that are put together once and asked again and again.

Django puts a query together anew each time, which for one with many joins takes longer than
PostgreSQL needs to answer it. Here it is done once in a process; afterwards only the values are
exchanged. What comes back are the same instances.
"""

import copy
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

from django.db import connections, models
from django.db.models import QuerySet
from psycopg.types.range import Range

M = TypeVar("M", bound=models.Model)


class Compiled(Generic[M]):
    """A query whose text follows from a shape, such as how many ranges it names.

    `build(shape, *values)` gives the query for some values: whole numbers, and ranges of them. It
    may only hand them on, since it is called once for a shape, with values that stand for others.
    Rows are not locked by it: who waits for whom is said where the deed does so.
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
            params[place] = values[index]
        compiler = copy.copy(self._compiler)
        compiler.connection = connections[self._queryset.db]
        compiler.as_sql = lambda *_, **__: (self._sql, tuple(params))
        queryset = self._queryset.all()
        queryset.query.get_compiler = lambda *_, **__: compiler  # type: ignore[method-assign]
        return list(queryset)


def _stand_in(value: Any, place: int) -> Any:
    """A value of the same kind that no query contains otherwise, and that fits every column."""
    number = 1_970_010_100 + 2 * place
    return Range(number, number + 1, "[)") if isinstance(value, Range) else number
