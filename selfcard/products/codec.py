"""Frozen dataclasses to and from plain JSON, by their own type hints.

Rules, exclusions and applications are data: they are stored, kept in drafts and frozen
as JSON, and read back as the very same values.
"""

import types
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def to_json(value: Any) -> Any:
    """A value as JSON can hold it; decimals as exact text, dates as ISO 8601."""
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [to_json(item) for item in value]
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def from_json(kind: type[T], stored: Any) -> T:
    """The value that `to_json` wrote; what is not there takes its default.

    Raises:
        TypeError, ValueError, KeyError: what is stored is not of that kind.
    """
    value: T = _read(kind, stored)
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(hint: Any, stored: Any) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        inner = next(part for part in get_args(hint) if part is not types.NoneType)
        return None if stored is None else _read(inner, stored)
    if origin is tuple:
        return tuple(_read(get_args(hint)[0], item) for item in stored)
    if is_dataclass(hint):
        hints = _hints(hint)  # type: ignore[arg-type]
        given = {name: _read(hints[name], stored[name]) for name in hints if name in stored}
        return hint(**given)  # type: ignore[operator]
    if hint in (datetime, date):
        return hint.fromisoformat(stored)
    if hint in (str, int, bool) and not isinstance(stored, hint):
        raise TypeError(f"{stored!r} is not a {hint.__name__}")
    return hint(stored)
