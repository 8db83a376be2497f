"""A command is a deed: atomic, recognised when repeated, and written down.

`@command` is the door that faces call. `@step` is an inner deed that only runs within a command,
for what a higher room does in a lower one.
"""

import functools
import hashlib
import hmac
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, ParamSpec, TypeVar, cast
from uuid import UUID

from django.apps import apps
from django.db import models, transaction

from selfcard.core import clock
from selfcard.core.audit import Deed, running_deed, write_down
from selfcard.core.compiled import prepared
from selfcard.core.keys import key
from selfcard.core.models import Request
from selfcard.core.refusals import RequestReused

P = ParamSpec("P")
R = TypeVar("R")


class NotWithinCommand(RuntimeError):
    """A step was called on its own. Only a command may call it."""


class NothingRecorded(RuntimeError):
    """A command changed something and wrote nothing into the audit trail."""


def command(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function a command.

    It takes its arguments by name, the last two being `actor` and `request_id`. It runs in one
    transaction. A repeated `request_id` – also one that comes at the same moment – waits for the
    first and returns its result; the same id with other arguments, another actor or another
    command is refused. A refusal rolls everything back, so that the request may be repeated.

    Raises:
        RequestReused: the id belongs to another deed.
        NothingRecorded: the function forgot its audit event.
    """
    name = _checked_name(function, ("actor", "request_id"))

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if args:
            raise TypeError(f"{name} takes its arguments by name")
        if running_deed.get() is not None:
            raise RuntimeError(f"{name} is a command and cannot run within another: use a step")
        request_id = cast(UUID, kwargs["request_id"])
        digest = _digest(name, kwargs)
        with transaction.atomic():
            if not _first_time(request_id, name, digest):
                return cast(R, _earlier_result(request_id, name, digest))
            deed = Deed(request_id)
            token = running_deed.set(deed)
            try:
                result = function(*args, **kwargs)
            finally:
                running_deed.reset(token)
            if not deed.events:
                raise NothingRecorded(name)
            write_down(deed, _dump(result))
            return result

    run.is_command = True  # type: ignore[attr-defined]
    return run


def step(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function a step: a deed of a lower room within a higher room's command.

    It takes its arguments by name, `actor` last, and shares the command's transaction, request
    and audit trail.

    Raises:
        NotWithinCommand: no command is running.
    """
    name = _checked_name(function, ("actor",))

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if args:
            raise TypeError(f"{name} takes its arguments by name")
        if running_deed.get() is None:
            raise NotWithinCommand(name)
        return function(*args, **kwargs)

    run.is_step = True  # type: ignore[attr-defined]
    return run


def _checked_name(function: Callable[..., Any], last: tuple[str, ...]) -> str:
    parameters = inspect.signature(function).parameters
    by_name_only = all(p.kind is p.KEYWORD_ONLY for p in parameters.values())
    name = f"{function.__module__.removeprefix('selfcard.')}.{function.__name__}"
    if not by_name_only or tuple(parameters)[-len(last) :] != last:
        raise TypeError(f"{name} must take its arguments by name only, the last being {last}")
    return name.replace(".commands", "")


def _first_time(request_id: UUID, name: str, digest: bytes) -> bool:
    # An insert that meets the same key in a running transaction waits for that one to end.
    sql = (
        "INSERT INTO core_request (id, command, digest, at) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (id) DO NOTHING"
    )
    with prepared() as cursor:
        cursor.execute(sql, [request_id, name, digest, clock.now()])
        return cursor.rowcount == 1


def _earlier_result(request_id: UUID, name: str, digest: bytes) -> Any:
    earlier = Request.objects.get(pk=request_id)
    if earlier.command != name or not hmac.compare_digest(bytes(earlier.digest), digest):
        raise RequestReused
    return _load(earlier.result)


def _digest(name: str, arguments: Mapping[str, Any]) -> bytes:
    named = {k: _plain(v) for k, v in arguments.items() if k != "request_id"}
    actor = arguments["actor"]
    named["actor"] = [actor.kind, actor.id, actor.channel]
    text = json.dumps([name, named], sort_keys=True, ensure_ascii=False)
    return hmac.digest(key("request-digest"), text.encode(), "sha256")


def _plain(value: Any) -> Any:
    """An argument as plain JSON that differs whenever the argument does."""
    match value:
        case None | bool() | int() | str():
            return value.value if isinstance(value, Enum) else value
        case models.Model():
            return {"model": value._meta.label_lower, "pk": _plain(value.pk)}
        case Decimal():
            return {"decimal": str(value.normalize())}
        case date() | datetime():
            return {"time": value.isoformat()}
        case UUID():
            return {"uuid": str(value)}
        case bytes():
            # A photo takes megabytes; its digest differs whenever it does.
            return {"bytes": hashlib.sha256(value).hexdigest()}
        case Enum():
            return _plain(value.value)
        case Mapping():
            return {"map": [[_plain(k), _plain(v)] for k, v in value.items()]}
        case list() | tuple():
            return [_plain(item) for item in value]
        case set() | frozenset():
            return {"set": sorted(json.dumps(_plain(item)) for item in value)}
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
        case _:
            raise TypeError(f"{type(value).__name__} cannot be an argument of a command")


def _dump(result: Any) -> Any:
    match result:
        case None | bool() | int() | str():
            return {"value": result}
        case models.Model():
            return {"model": result._meta.label_lower, "pk": str(result.pk)}
        case list() | tuple():
            return {"many": [_dump(item) for item in result]}
        case _:
            raise TypeError(f"{type(result).__name__} cannot be the result of a command")


def _load(stored: Any) -> Any:
    if "model" in stored:
        return apps.get_model(stored["model"])._default_manager.get(pk=stored["pk"])
    if "many" in stored:
        return tuple(_load(item) for item in stored["many"])
    return stored["value"]
