import pytest
from django.db import connection

from tests.factories.organisations import an_insurer


@pytest.fixture
def insurer():
    return an_insurer()


@pytest.fixture(autouse=True)
def own_print_folder(settings, tmp_path):
    """Each test sees its own print files only."""
    settings.PRINT_FOLDER = tmp_path / "print"


@pytest.fixture(autouse=True)
def custody_alone(db: None) -> None:
    """Let rest what `sales` promises about custody's journal; its own tests are with sales."""
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE custody_movement DISABLE TRIGGER cards_are_settled_by_a_confirmed_receipt"
        )
