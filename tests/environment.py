"""What must be settled before Django reads its settings: loaded by pytest before anything else.

A test run keeps its keys, print files and papers in a folder of its own, and
never beside those of a `selfcard run`.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher

if "PYTEST_XDIST_WORKER" not in os.environ and "SELFCARD_TEST_DATA" not in os.environ:
    # One folder for all workers, so that they share the keys.
    os.environ["SELFCARD_TEST_DATA"] = tempfile.mkdtemp(prefix="selfcard-test-")
    atexit.register(shutil.rmtree, os.environ["SELFCARD_TEST_DATA"], ignore_errors=True)
os.environ["SELFCARD_DATA"] = os.environ["SELFCARD_TEST_DATA"]
# Where collected files would be: whitenoise warns of a folder that is not there.
Path(os.environ["SELFCARD_DATA"], "static").mkdir(parents=True, exist_ok=True)
os.environ["SELFCARD_TESTING"] = "1"
os.environ["SELFCARD_LOG"] = os.environ.get("SELFCARD_LOG", "ERROR")


class QuickArgon2(Argon2PasswordHasher):
    """Argon2 that takes no time: a suite signs in hundreds of times."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1


def pytest_configure(config: Any) -> None:
    """Settle what only tests do otherwise."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["tests.environment.QuickArgon2"]
    # The batches of every worker are called the same; their print files must not meet.
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    settings.PRINT_FOLDER = settings.DATA_FOLDER / f"print-{worker}"
    # Pages are tested without a `collectstatic` before; one test runs the real storage.
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
