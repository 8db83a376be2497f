"""What a factory's commands have made once is put back as rows where it is asked for again."""

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from functools import wraps
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from selfcard.core import clock
from selfcard.core.models import AuditEvent
from tests.factories.postgresql import triggers_at_rest
from tests.promises import our_models

Given = ParamSpec("Given")
Made = TypeVar("Made")
Rows = dict[str, set[bytes]]
A_MOMENT = timedelta(minutes=1)


def remembered(factory: Callable[Given, Made]) -> Callable[Given, Made]:
    """A factory that runs its commands once, and afterwards puts the same rows back.

    Only where nothing else has happened before, which every command would have written down, and
    while business time goes on: a factory that is asked for another day is run.
    """
    asked_before: set[object] = set()
    known: dict[object, tuple[Made, Rows]] = {}
    never: set[object] = set()

    @wraps(factory)
    def asked_for(*args: Given.args, **kwargs: Given.kwargs) -> Made:
        if abs(clock.now() - timezone.now()) > A_MOMENT:
            return factory(*args, **kwargs)
        key = (
            connection.settings_dict["NAME"],
            settings.KEY_FOLDER,  # what is sealed opens with its own keys only
            clock.today(),
            tuple(AuditEvent.objects.order_by("pk").values_list("event", "subject_number")),
            args,
            tuple(kwargs.items()),
        )
        if key not in asked_before or key in never:
            # Most of what is made for one test only is never asked for again.
            asked_before.add(key)
            return factory(*args, **kwargs)
        if key not in known:
            before = _rows()
            made = factory(*args, **kwargs)
            after = _rows()
            if any(lines - after[table] for table, lines in before.items()):
                # It changed what was there, and not only added to it.
                never.add(key)
                return made
            rows = {table: lines - before[table] for table, lines in after.items()}
            known[key] = deepcopy(made), rows
            return made
        made, rows = known[key]
        _put_back(rows)
        return deepcopy(made)

    return asked_for


def _rows() -> Rows:
    with connection.cursor() as cursor:
        found = {}
        for model in our_models():
            with cursor.copy(f"COPY {model._meta.db_table} TO STDOUT") as copy:
                found[model._meta.db_table] = {bytes(line) for line in copy}
        return found


def _put_back(rows: Rows) -> None:
    with transaction.atomic(), triggers_at_rest(), connection.cursor() as cursor:
        for table, lines in rows.items():
            if lines:
                with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                    copy.write(b"".join(lines))
