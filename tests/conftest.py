"""What every test may ask for, and how the database is emptied after those that commit."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase
from django.utils import translation

from selfcard.launcher.messages import compile_all
from tests import promises
from tests.factories.organisations import Insurer, an_insurer

# Rows that the migrations bring are kept aside, so that they can be put back.
KEEP_ASIDE = """
    DO $$
    DECLARE
        name text;
        filled boolean;
    BEGIN
        CREATE SCHEMA IF NOT EXISTS as_migrated;
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
            EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO filled;
            IF filled THEN
                EXECUTE format('CREATE TABLE IF NOT EXISTS as_migrated.%I AS TABLE public.%I',
                               name, name);
            END IF;
        END LOOP;
    END $$
"""

# Truncating is refused by the journals and slow on a hundred tables. With the
# triggers at rest, only what has rows is emptied, and what was there is put back.
EMPTY = """
    DO $$
    DECLARE
        name text;
        filled boolean;
    BEGIN
        SET LOCAL session_replication_role = replica;
        FOR name IN SELECT tablename FROM pg_tables
            WHERE schemaname = 'public' AND tablename <> 'django_migrations'
        LOOP
            EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO filled;
            IF filled THEN
                EXECUTE format('DELETE FROM public.%I', name);
            END IF;
            IF to_regclass(format('as_migrated.%I', name)) IS NOT NULL THEN
                EXECUTE format('INSERT INTO public.%I SELECT * FROM as_migrated.%I', name, name);
            END IF;
        END LOOP;
    END $$
"""


@pytest.fixture(scope="session", autouse=True)
def compiled_catalogs() -> None:
    """Chinese is read from compiled catalogs, which no commit contains."""
    compile_all()


@pytest.fixture(autouse=True)
def own_language() -> Iterator[None]:
    """Each test begins in the house's language, whatever page was opened before it."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture
def insurer(db: None) -> Insurer:
    return an_insurer()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Keep aside what the migrations brought, once a session; and note what is promised."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(KEEP_ASIDE)
        promises.note_made(cursor)


def _empty(self: TransactionTestCase) -> None:
    with connection.cursor() as cursor:
        cursor.execute(EMPTY)


TransactionTestCase._fixture_teardown = _empty  # type: ignore[attr-defined]
