"""`selfcard test`: everything that must hold before a change lands, on a throw-away database.

All checks run even when one fails, so that one run tells everything; pytest
comes last, so that its count is the last thing one reads.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from selfcard.launcher.chromium import ensure_chromium, ensure_message_centre, ensure_pdfsig
from selfcard.launcher.folder import PROJECT
from selfcard.launcher.messages import compile_all
from selfcard.launcher.postgres import Postgres

DJANGO = (sys.executable, "-m", "django")
HERE = Path(sys.executable).parent  # the programs of this virtual environment

CHECKS: dict[str, Sequence[str | Path]] = {
    "ruff check": (HERE / "ruff", "check", "--quiet", "."),
    "ruff format": (HERE / "ruff", "format", "--check", "--quiet", "."),
    "mypy": (HERE / "mypy", "--no-error-summary"),
    "layers": (HERE / "lint-imports", "--no-cache"),
    "templates": (HERE / "djlint", "selfcard/web", "--lint", "--quiet"),
    "migrations": (*DJANGO, "makemigrations", "--check", "--dry-run"),
    "Django's own": (*DJANGO, "check", "--fail-level", "WARNING"),
}


@dataclass(frozen=True)
class Outcome:
    """How one check ended, and what it said."""

    name: str
    held: bool
    said: str
    seconds: float


def test(arguments: Sequence[str]) -> int:
    """Run all checks and all tests, or only the tests that the arguments for pytest choose.

    Returns the exit code: 0 when everything held.
    """
    ensure_chromium()
    ensure_pdfsig()
    ensure_message_centre()
    # Once, before there are several workers who would read what another is still writing.
    compile_all()
    with throw_away_database():
        failed = [] if arguments else _failed_checks()
        # A file stays with one worker, and so do a browser and a running insurer with their tests.
        workers = [] if arguments else ["-n", str(os.cpu_count() or 1), "--dist", "loadfile"]
        tests = subprocess.run(
            [sys.executable, "-m", "pytest", *workers, *arguments], cwd=PROJECT
        ).returncode
    if failed:
        # Standard error: the last line of the output proper stays pytest's count.
        click.echo(f"Besides the tests, these failed: {', '.join(failed)}.", err=True)
    return tests or (1 if failed else 0)


@contextmanager
def throw_away_database(*, forgetful: bool = True) -> Iterator[None]:
    """A server to work on and forget: the one that DATABASE_URL names, else one of our own.

    Our own forgets even while it runs what was committed, unless it is told to behave as the
    books' server does.
    """
    base = Path(tempfile.mkdtemp(prefix="selfcard-test-"))
    base.chmod(0o755)  # the account that runs the server may be another
    os.environ["SELFCARD_TESTING"] = "1"
    os.environ["SELFCARD_TEST_DATA"] = os.environ["SELFCARD_DATA"] = str(base / "data")
    server = None
    try:
        if not os.environ.get("DATABASE_URL"):
            server = Postgres(base / "postgres", forgetful=forgetful).start()
            os.environ["DATABASE_URL"] = server.address("postgres")
        os.environ["DJANGO_SETTINGS_MODULE"] = "selfcard.config.settings"
        yield
    finally:
        if server:
            server.stop()
        shutil.rmtree(base, ignore_errors=True)


def _failed_checks() -> list[str]:
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        outcomes = list(pool.map(_checked, CHECKS))
    for outcome in outcomes:
        mark = "ok" if outcome.held else "FAILED"
        click.echo(f"{outcome.name:16}{mark:8}{outcome.seconds:5.1f} s")
        if not outcome.held:
            click.echo(outcome.said)
    return [outcome.name for outcome in outcomes if not outcome.held]


def _checked(name: str) -> Outcome:
    started = time.perf_counter()
    run = subprocess.run(
        [str(part) for part in CHECKS[name]], cwd=PROJECT, capture_output=True, text=True
    )
    said = f"{run.stdout}\n{run.stderr}".strip()
    return Outcome(name, run.returncode == 0, said, time.perf_counter() - started)
