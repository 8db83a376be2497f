"""`selfcard verify`: what must always be true, asked of the live database."""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from django.apps import apps
from django.db import connection, transaction

from selfcard.core.verify import Violation


def keepers() -> dict[str, ModuleType]:
    """The capabilities that can look after their own promises, with the module that does."""
    names = [config.name for config in apps.get_app_configs()]
    ours = [name for name in names if name.startswith("selfcard.") and find_spec(f"{name}.verify")]
    return {name.removeprefix("selfcard."): import_module(f"{name}.verify") for name in ours}


def broken_promises() -> Iterator[tuple[str, Violation]]:
    """Every violation, with the capability that found it.

    All look at the books of one and the same moment, so that work that goes on
    meanwhile makes no false alarm.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for capability, keeper in keepers().items():
            for violation in keeper.violations():
                yield capability, violation
