"""Of what kind the data are that a field holds: how it is kept and for how long follows from it.

Each room says it of its own models in `data_classes.py`, for every field that can hold a text or
bytes; of a model with a key or something personal in it, for every field. Keys of other rows,
flags, choices, numbers and moments elsewhere say nothing of a person by themselves, and are the
trade's.
"""

from collections.abc import Iterator
from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.contrib.postgres.fields import RangeField
from django.db import models


class DataClass(StrEnum):
    """The kinds of data, from the most to the least guarded."""

    KEY = "key"  # opens something, or stands for what does: sealed keys, digests of PINs, sessions
    PERSONAL = "personal"  # says who somebody is or where they are reached: encrypted
    ATTRIBUTE = "attribute"  # says something of a person that rules ask: sex, occupation, relation
    INDEX = "index"  # a keyed digest by which somebody is found again
    PARTY = "party"  # who pays or is paid, as invoices name them
    STAFF = "staff"  # of somebody who works here, by name or code
    SOURCE = "source"  # where a deed came from: a block of addresses
    WORDS = "words"  # what somebody typed about a deed: may name anybody
    BUSINESS = "business"  # of the trade, and of no person


Held = dict[str, DataClass]

GUARDED = frozenset({DataClass.KEY, DataClass.PERSONAL, DataClass.ATTRIBUTE, DataClass.INDEX})
_BY_THEMSELVES_OF_NOBODY = (
    models.BooleanField,
    models.DateField,
    models.DecimalField,
    models.DurationField,
    models.FloatField,
    models.IntegerField,
    models.UUIDField,
    RangeField,
)


def held(**names: str) -> Held:
    """What a model holds: for each kind the names of its fields, with spaces between."""
    said = [(name, DataClass(kind)) for kind, some in names.items() for name in some.split()]
    twice = {name for name, _ in said if [one for one, _ in said].count(name) > 1}
    if twice:
        raise ValueError(f"said twice: {', '.join(sorted(twice))}")
    return dict(said)


def told() -> dict[str, Held]:
    """What all rooms say of their models, by the model's label."""
    found: dict[str, Held] = {}
    for config in apps.get_app_configs():
        if config.name.startswith("selfcard.") and find_spec(f"{config.name}.data_classes"):
            found |= import_module(f"{config.name}.data_classes").HELD
    return found


def class_of(field: "models.Field[object, object]") -> DataClass | None:
    """The kind of data that a field holds; none if nobody has said so and it has to be said."""
    said = told().get(field.model._meta.label, {})
    if field.name in said:
        return said[field.name]
    if GUARDED & set(said.values()):
        return None
    says_nothing = field.is_relation or field.choices
    if says_nothing or isinstance(field, _BY_THEMSELVES_OF_NOBODY):
        return DataClass.BUSINESS
    return None


def unsaid() -> Iterator[str]:
    """Each field whose kind has to be said and is not, and each that is said and is not there."""
    kept = told()
    for model in apps.get_models():
        fields = {field.name: field for field in model._meta.local_fields}
        for name, field in fields.items():
            if class_of(field) is None:
                yield f"{model._meta.label}.{name}"
        for name in kept.pop(model._meta.label, {}):
            if name not in fields:
                yield f"{model._meta.label}.{name} is not there"
    yield from (f"{label} is not there" for label in kept)
