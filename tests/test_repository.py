"""What a clone carries: pinned requirements without addresses, files from others as they came."""

import hashlib
import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from pytest_django.fixtures import Settings

from selfcard import __version__

PROJECT = Path(__file__).resolve().parents[1]
LOCKS = ["requirements.txt", "requirements-dev.txt", "requirements-uv.txt"]
VENDORED = [PROJECT / "selfcard/web/static/vendor", PROJECT / "tests/web/vendor"]
SECRETS = re.compile(rb"AGE-SECRET-KEY-1[A-Z0-9]{20}|BEGIN [A-Z ]*PRIVATE KEY-----\n")


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_pinned_and_hashed_and_none_tells_an_address(lock: str) -> None:
    text = (PROJECT / lock).read_text()
    requirements = re.split(r"\n(?=\S)", text.strip())

    assert re.search(r"https?:|file:|find-links|index-url", text) is None
    for requirement in requirements:
        assert re.match(r"[a-z0-9-]+(\[[a-z0-9,-]+\])?==\S+ ", requirement), requirement
        assert "--hash=sha256:" in requirement, requirement


@pytest.mark.parametrize("folder", VENDORED, ids=lambda path: path.parents[0].name)
def test_files_from_others_are_as_they_came_and_their_licences_are_beside_them(
    folder: Path,
) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    listed = set()
    for origin in manifest:
        assert all(origin[fact] for fact in ("name", "version", "licence"))
        listed.add((folder / origin["licence_file"]).resolve(strict=True))
        for file in origin["files"]:
            content = (folder / file["path"]).read_bytes()
            listed.add((folder / file["path"]).resolve())
            assert hashlib.sha256(content).hexdigest() == file["sha256"], file["path"]
            assert b"sourceMappingURL" not in content, file["path"]
    here = {path for path in folder.rglob("*") if path.is_file() and "LICENSE" not in path.name}

    assert here - {folder / "manifest.json"} <= listed


def test_the_static_files_can_be_collected_as_they_are_served(
    settings: Settings, tmp_path: Path
) -> None:
    # The storage that serves them fails on a stylesheet that names a missing file.
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    }

    call_command("collectstatic", interactive=False, verbosity=0)

    assert (tmp_path / "staticfiles.json").exists()


def test_no_secret_is_in_the_repository() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True)
    names = [name for name in listed.stdout.split("\0") if name and (PROJECT / name).is_file()]

    assert [name for name in names if SECRETS.search((PROJECT / name).read_bytes())] == []
    assert not settings.SECRET_KEY.startswith("django-insecure")


def test_package_and_project_have_one_version() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]

    assert project["version"] == __version__
