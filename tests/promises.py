"""Every promise of the database is broken by some test, and the suite counts which ones were.

A promise is a constraint, a unique index or a trigger that refuses, under a name of our own; what
Django derives from a field is named after its table and does not count. `refused_by_postgresql`
notes who refused. A run of the whole suite fails at its end for each promise that never did.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import Error, models
from django.db.backends.utils import CursorWrapper

FOLDER = Path(os.environ["SELFCARD_TEST_DATA"])
MADE, TRIED = FOLDER / "promises-made", FOLDER / "promises-tried"

NAMED_BY_US = """
    SELECT conname FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
    WHERE relname = ANY(%(tables)s) AND contype IN ('c', 'u', 'x')
      AND NOT starts_with(conname, relname)
    UNION
    SELECT own.relname FROM pg_index
    JOIN pg_class own ON own.oid = indexrelid JOIN pg_class ON pg_class.oid = indrelid
    WHERE pg_class.relname = ANY(%(tables)s) AND indisunique
      AND NOT starts_with(own.relname, pg_class.relname)
    UNION
    SELECT tgname FROM pg_trigger
    JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_proc ON pg_proc.oid = tgfoid
    WHERE relname = ANY(%(tables)s) AND NOT tgisinternal AND prosrc LIKE '%%RAISE EXCEPTION%%'
"""


def our_models() -> Iterator[type[models.Model]]:
    for config in apps.get_app_configs():
        if config.name.startswith("selfcard."):
            yield from config.get_models(include_auto_created=True)


def note_made(cursor: CursorWrapper) -> None:
    """Write down which promises there are."""
    cursor.execute(NAMED_BY_US, {"tables": [model._meta.db_table for model in our_models()]})
    MADE.write_text("\n".join(_named(name) for (name,) in cursor.fetchall()))


def kept_by(error: Error) -> str:
    """The promise that PostgreSQL kept by an error, noted as tried; empty if it has no name."""
    said = error.__cause__.diag
    function = re.match(r"PL/pgSQL function (\w+)\(", said.context or "")
    promise = said.constraint_name or (_named(function[1]) if function else "")
    with TRIED.open("a") as tried:
        tried.write(f"{promise}\n")
    return promise


def _named(name: str) -> str:
    """What we call a trigger: pgtrigger writes itself before it and a digest behind it."""
    return re.sub(r"^pgtrigger_(\w+)_[0-9a-f]{5}$", r"\1", name)


def pytest_sessionfinish(session: pytest.Session) -> None:
    config = session.config
    if session.exitstatus or hasattr(config, "workerinput") or not _is_whole(config):
        return
    if never := sorted(set(MADE.read_text().split()) - set(TRIED.read_text().split())):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        reporter.section("Promises of the database that no test has tried")
        reporter.line("\n".join(never))


def _is_whole(config: pytest.Config) -> bool:
    narrowed = any(config.getoption(by, None) for by in ("keyword", "markexpr", "lf", "ignore"))
    return config.args_source is config.ArgsSource.TESTPATHS and not narrowed
