import pytest
from django.db import connection


@pytest.fixture(autouse=True)
def own_print_folder(settings, tmp_path):
    """Each test sees its own print files only."""
    settings.PRINT_FOLDER = tmp_path / "print"


# What higher rooms promise about custody's tables; the tests of these are with those rooms.
OF_HIGHER_ROOMS = (
    ("custody_movement", "cards_are_settled_by_a_confirmed_receipt"),
    ("custody_movement", "cards_come_back_by_a_recovery"),
    ("custody_movement", "cards_are_void_by_a_cancellation"),
    ("custody_activatedcard", "an_activation_is_reversed_with_its_policy"),
)


@pytest.fixture(autouse=True)
def custody_alone(db: None) -> None:
    """Let rest what sales and activation promise about custody."""
    with connection.cursor() as cursor:
        for table, trigger in OF_HIGHER_ROOMS:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
