import pytest


@pytest.fixture(autouse=True)
def own_print_folder(settings, tmp_path):
    """Each test sees its own print files only."""
    settings.PRINT_FOLDER = tmp_path / "print"
