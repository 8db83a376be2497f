"""What is kept for ever, tried on real rows: nobody changes, deletes or empties it."""

from collections.abc import Iterator
from typing import Any

import pgtrigger
import pytest
from django.db import connection, models, transaction

from selfcard.core.triggers import never_truncated
from tests.factories.everything import everything_has_happened
from tests.factories.postgresql import check_what_waits_for_the_commit, refused_by_postgresql
from tests.promises import our_models

pytestmark = pytest.mark.django_db
REFUSES = never_truncated("anything").func


def attempts() -> Iterator[Any]:
    """Every statement that a trigger refuses whatever the row says."""
    for model in our_models():
        for trigger in getattr(model._meta, "triggers", []):
            if trigger.func == REFUSES and trigger.condition is None:
                for operation in str(trigger.operation).split(" OR "):
                    for statement in _statements(model, operation):
                        yield pytest.param(model, trigger, statement, id=statement)


def _statements(model: type[models.Model], operation: str) -> Iterator[str]:
    table = model._meta.db_table
    if operation == "TRUNCATE":
        yield f"TRUNCATE {table} CASCADE"
    elif operation == "DELETE":
        yield f"DELETE FROM {table}"
    else:
        columns = operation.removeprefix("UPDATE").removeprefix(" OF ") or model._meta.pk.column
        for column in columns.split(", "):
            yield f"UPDATE {table} SET {column} = {column}"


@pytest.fixture(scope="module")
def everything(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Rows in every table that keeps something, made once."""
    with django_db_blocker.unblock(), transaction.atomic():
        everything_has_happened()
        check_what_waits_for_the_commit()
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize(("model", "trigger", "statement"), list(attempts()))
def test_what_is_kept_stays(
    everything: None, model: type[models.Model], trigger: pgtrigger.Trigger, statement: str
) -> None:
    """Each trigger refuses by itself, with all others of its table at rest."""
    table = model._meta.db_table
    own = trigger.get_pgid(model)  # type: ignore[arg-type]  # it takes the class
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER, ENABLE TRIGGER {own}")
        with refused_by_postgresql(f"^{trigger.name}:"):
            cursor.execute(statement)
