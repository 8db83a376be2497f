"""The house keeps its floors: who may know whom; and PostgreSQL keeps its journals."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from selfcard.core.triggers import append_only

PROJECT = Path(__file__).resolve().parents[1]
FLOORS: list[str] = next(
    contract["layers"]
    for contract in tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    if contract["type"] == "layers"
)
HEIGHT = {
    room.strip(): len(FLOORS) - floor
    for floor, rooms in enumerate(FLOORS)
    for room in rooms.split("|")
}
OURS = [config for config in apps.get_app_configs() if config.name.startswith("selfcard.")]


def our_models() -> Iterator[type[models.Model]]:
    for config in OURS:
        yield from config.get_models(include_auto_created=True)


def test_every_package_has_its_floor() -> None:
    packages = {path.parent.name for path in (PROJECT / "selfcard").glob("*/__init__.py")}

    assert packages - set(HEIGHT) == set()


def test_foreign_keys_point_down_and_siblings_do_not_meet() -> None:
    wrong = [
        f"{field} → {target._meta.label}"
        for model in our_models()
        for field in model._meta.get_fields()
        if (target := _owned_relation(field))
        and model._meta.app_label != target._meta.app_label
        and HEIGHT[model._meta.app_label] <= HEIGHT[target._meta.app_label]
    ]

    assert wrong == []


def _owned_relation(field: Any) -> type[models.Model] | None:
    """The model of ours that a field points to, if the field's own table holds the key."""
    if not field.is_relation or field.auto_created or field.related_model is None:
        return None
    target: type[models.Model] = field.related_model
    return target if target._meta.app_label in HEIGHT else None


def journals() -> list[type[models.Model]]:
    """The models that promise to be append-only."""
    guard = append_only("journal")[0]
    return [
        model
        for model in our_models()
        if any(
            (trigger.func, str(trigger.operation)) == (guard.func, str(guard.operation))
            for trigger in getattr(model._meta, "triggers", [])
        )
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("model", journals(), ids=lambda model: model._meta.label)
def test_postgresql_guards_every_journal(model: type[models.Model]) -> None:
    before_each_row, on_delete, on_update = 1 | 2, 8, 16
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgtype, prosrc FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid"
            " WHERE tgrelid = %s::regclass AND tgenabled = 'O' AND NOT tgisinternal",
            [model._meta.db_table],
        )
        guards = [kind for kind, source in cursor.fetchall() if "RAISE" in source]

    for event in (on_delete, on_update):
        wanted = before_each_row | event
        assert any(kind & wanted == wanted for kind in guards)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {connection.ops.quote_name(model._meta.db_table)} CASCADE")
