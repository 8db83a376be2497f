"""Every field says of what kind its data are, and what is personal is encrypted."""

from typing import Any

import pytest
from django.apps import apps

from selfcard.core import held as room
from selfcard.core.encryption import EncryptedBytes
from selfcard.core.held import DataClass, class_of, held, told, unsaid

FIELDS = [field for model in apps.get_models() for field in model._meta.local_fields]


def test_every_field_says_of_what_kind_its_data_are() -> None:
    assert list(unsaid()) == []


def test_what_is_personal_is_encrypted_and_nothing_else_is() -> None:
    personal = {field for field in FIELDS if class_of(field) == DataClass.PERSONAL}

    assert personal == {field for field in FIELDS if isinstance(field, EncryptedBytes)}
    assert len(personal) > 15


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("policies.Policy", "phone"),
        ("policies.Policy", "starts_at"),  # beside personal data, even a day has to be said
        ("sales.Sale", "remark"),
        ("sessions.Session", "session_data"),
    ],
)
def test_a_field_of_which_nobody_says_it_is_named(
    label: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: dict[str, Any] = told()
    less = {one: kind for one, kind in said[label].items() if one != name}
    monkeypatch.setattr(room, "told", lambda: said | {label: less})

    assert list(unsaid()) == [f"{label}.{name}"]


def test_what_is_said_of_something_else_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    said = told() | {"sales.Nothing": held(words="x")}
    said["sales.Agreement"] = held(business="number licence_of_yore")
    monkeypatch.setattr(room, "told", lambda: dict(said))

    assert list(unsaid()) == [
        "sales.Agreement.licence_of_yore is not there",
        "sales.Nothing is not there",
    ]


def test_nothing_is_said_twice() -> None:
    with pytest.raises(ValueError, match="said twice: name"):
        held(personal="name", business="number name")
