"""The data folder: one owner at a time, and none that is older than what is in it."""

import json
from pathlib import Path

import pytest

from selfcard import __version__
from selfcard.launcher.errors import Trouble
from selfcard.launcher.folder import DataFolder


def test_two_cannot_run_on_one_folder(tmp_path: Path) -> None:
    hold = DataFolder(tmp_path).open()

    with pytest.raises(Trouble, match="Another Selfcard is running"):
        DataFolder(tmp_path).open()

    hold.let_go()
    DataFolder(tmp_path).open().let_go()


def test_a_folder_that_a_newer_selfcard_wrote_is_refused(tmp_path: Path) -> None:
    (tmp_path / "selfcard.json").write_text(json.dumps({"version": "0.10.0"}))

    with pytest.raises(Trouble, match=r"written by Selfcard 0\.10\.0"):
        DataFolder(tmp_path).open()

    # Refused, and not kept from the newer one.
    (tmp_path / "selfcard.json").write_text(json.dumps({"version": __version__}))
    DataFolder(tmp_path).open().let_go()


def test_others_find_the_database_while_it_runs_and_only_then(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    assert folder.running_database() is None

    hold = folder.open()
    folder.stamp(database="postgresql:///books")
    assert DataFolder(tmp_path).running_database() == "postgresql:///books"

    hold.let_go()
    assert DataFolder(tmp_path).running_database() is None


def test_a_folder_that_cannot_be_made_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(Trouble, match="cannot be used"):
        DataFolder(tmp_path / "file" / "data").open()
