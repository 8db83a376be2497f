"""The house keeps its floors: who may know whom."""

import tomllib
from pathlib import Path
from typing import Any

from django.db import models

from tests.promises import our_models

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
