"""`selfcard run` as a person sees it: from an empty folder to READY, stopped, and started again."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from selfcard.demo.people import PEOPLE
from selfcard.launcher.chromium import ARGUMENTS, ensure_chromium

SECONDS_TO_BE_READY = 240
SECONDS_TO_STOP = 60
OURS = ("DATABASE_URL", "SELFCARD_TESTING", "SELFCARD_LOG", "SELFCARD_TEST_DATA")


def selfcard(*arguments: str, data: Path, port: int) -> "subprocess.Popen[str]":
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    environment |= {"SELFCARD_DATA": str(data), "SELFCARD_PORT": str(port)}
    return subprocess.Popen(
        [sys.executable, "-m", "selfcard", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@dataclass
class Running:
    """A `selfcard run` and the place that it was given."""

    data: Path
    port: int
    process: "subprocess.Popen[str]"
    said: str = ""

    @classmethod
    def start(cls, data: Path, port: int) -> "Running":
        return cls(data, port, selfcard("run", data=data, port=port))

    def read_until(self, words: str) -> str:
        """What it says up to a line with these words."""
        deadline = time.monotonic() + SECONDS_TO_BE_READY
        assert self.process.stdout
        for line in self.process.stdout:
            self.said += line
            if words in line:
                return self.said
            assert time.monotonic() < deadline, self.said
        raise AssertionError(f"{self.said}\n{self.process.stderr and self.process.stderr.read()}")

    def ask(
        self, *arguments: str, data: Path | None = None, port: int | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run another command of `selfcard` beside it."""
        asked = selfcard(*arguments, data=data or self.data, port=port or self.port)
        out, err = asked.communicate(timeout=SECONDS_TO_BE_READY)
        return subprocess.CompletedProcess(arguments, asked.returncode, out, err)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=SECONDS_TO_STOP)
        self.said += out + err
        return self.process.returncode


@pytest.fixture(scope="module")
def insurer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An insurer on an empty folder, whose first start was killed half-way."""
    data = tmp_path_factory.mktemp("data")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    killed = Running.start(data, port)
    killed.read_until("Building the demo company")
    time.sleep(2)
    killed.stop(signal.SIGKILL)

    running = Running.start(data, port)
    running.read_until("READY")
    yield running
    if running.process.poll() is None:
        running.stop(signal.SIGKILL)


def page(address: str) -> str:
    with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 – our own
        return str(answer.read().decode())


def test_it_says_where_it_answers_who_may_come_in_and_three_cards(insurer: Running) -> None:
    said = insurer.read_until("Ctrl-C stops")

    assert f"READY http://127.0.0.1:{insurer.port}\n" in said
    assert "<html" in page(f"http://127.0.0.1:{insurer.port}/")
    assert len(re.findall(r"card number [\d ]+ PIN [\d ]+", said)) == 3


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_the_first_page_weighs_less_than_100_kilobytes(insurer: Running, language: str) -> None:
    # A thread of its own: another test's browser may hold this one.
    with ThreadPoolExecutor(1) as thread:
        files = thread.submit(first_visit, f"http://127.0.0.1:{insurer.port}/", language).result()

    assert sum(files.values()) < 100_000, files
    assert len(files) > 2


def first_visit(address: str, language: str) -> dict[str, int]:
    """What somebody loads who has never been there, and how many bytes each takes on the wire."""
    asked: dict[str, str] = {}
    taken: dict[str, int] = {}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=ensure_chromium(), args=ARGUMENTS)
        page = chromium.new_context(locale=language).new_page()
        network = page.context.new_cdp_session(page)
        network.send("Network.enable")
        network.on(
            "Network.requestWillBeSent",
            lambda one: asked.update({one["requestId"]: one["request"]["url"]}),
        )
        network.on(
            "Network.loadingFinished",
            lambda one: taken.update({asked[one["requestId"]]: one["encodedDataLength"]}),
        )
        page.goto(address, wait_until="networkidle")
        chromium.close()
    return taken


def test_the_demo_company_keeps_every_promise(insurer: Running) -> None:
    verified = insurer.ask("verify")

    assert (verified.returncode, verified.stderr) == (0, "")


def test_programs_learn_people_passwords_and_cards(insurer: Running) -> None:
    credentials = json.loads(insurer.ask("demo", "credentials", "--json").stdout)

    assert credentials["password"] in insurer.said
    assert len(credentials["people"]) == len(PEOPLE)
    assert all(cards for cards in credentials["cards"].values())


def test_a_print_file_that_a_person_downloaded_is_not_looked_for(insurer: Running) -> None:
    elsewhere = insurer.data / "demo" / "B-2026-001.age"
    elsewhere.rename(elsewhere.with_suffix(".elsewhere"))

    asked = insurer.ask("demo", "credentials", "--json")

    elsewhere.with_suffix(".elsewhere").rename(elsewhere)
    assert (asked.returncode, asked.stderr) == (0, "")
    assert "AC-050" not in json.loads(asked.stdout)["cards"]


def test_a_taken_port_is_said_in_one_sentence(insurer: Running, tmp_path: Path) -> None:
    refused = insurer.ask("run", data=tmp_path)

    assert refused.returncode == 1
    assert refused.stderr.startswith(f"Error: Port {insurer.port} cannot be used")
    assert refused.stderr.count("\n") == 1


def test_a_folder_in_use_is_said_in_one_sentence(insurer: Running) -> None:
    refused = insurer.ask("run", port=1024)

    assert refused.returncode == 1
    assert refused.stderr.startswith("Error: Another Selfcard is running on the data folder")
    assert refused.stderr.count("\n") == 1


def test_it_stops_when_asked_keeps_its_books_and_ends_with_its_web_server(
    insurer: Running,
) -> None:
    password = json.loads(insurer.ask("demo", "credentials", "--json").stdout)["password"]

    assert insurer.stop(signal.SIGINT) == 0
    assert insurer.said.endswith("Stopped. The books are kept.\n")
    assert processes_of(insurer.data) == []

    again = Running.start(insurer.data, insurer.port)
    again.read_until("READY")
    assert password in again.read_until("Ctrl-C stops")
    assert "Building" not in again.said

    os.kill(next(pid for pid, words in children_of(again) if "granian" in words), signal.SIGKILL)
    _out, err = again.process.communicate(timeout=SECONDS_TO_STOP)
    assert again.process.returncode == 1
    assert err.startswith("Error: The web server has ended by itself")
    assert processes_of(insurer.data) == []


def children_of(running: Running) -> list[tuple[int, str]]:
    return [(pid, words) for pid, words, parent in _processes() if parent == running.process.pid]


def processes_of(data: Path) -> list[str]:
    """The processes that still work on a data folder."""
    return [words for pid, words, _parent in _processes() if str(data) in words + _told(pid)]


def _told(pid: int) -> str:
    """The environment that a process was started with."""
    try:
        return (Path("/proc") / str(pid) / "environ").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def _processes() -> Iterator[tuple[int, str, int]]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        yield int(folder.name), words, parent
