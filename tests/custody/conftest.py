import pytest

from tests.factories.organisations import an_insurer


@pytest.fixture
def insurer():
    return an_insurer()


@pytest.fixture(autouse=True)
def own_print_folder(settings, tmp_path):
    """Each test sees its own print files only."""
    settings.PRINT_FOLDER = tmp_path / "print"
