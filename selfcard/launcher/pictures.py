"""`selfcard pictures`: the pages that matter most, at both widths, in both languages.

A demo insurer runs for as long as it takes, on a data folder of its own. The
portal is walked as a holder walks it, one card for each pair of width and
language; the office is opened as the people who work there.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, product
from pathlib import Path
from typing import Any, NamedTuple

import click
from playwright.sync_api import Browser, Page, sync_playwright
from stdnum.cn import ric

from selfcard.launcher.chromium import ARGUMENTS, ensure_chromium
from selfcard.launcher.errors import Trouble
from selfcard.launcher.folder import PROJECT

WIDTHS = {"phone": 390, "desktop": 1280}
HEIGHTS = {"phone": 844, "desktop": 900}
LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}
CODES = {"zh": "zh-hans", "en": "en"}
MOST_STEPS = 20
MILLISECONDS_TO_ANSWER = 1500  # a typed range is answered while one goes on

# Who is insured in the pictures: an adult, for herself; another one for each card.
ANSWERS = {
    "relationship": "self",
    "name": "陈秀英",
    "birth_date_year": "1986",
    "birth_date_month": "3",
    "birth_date_day": "14",
    "sex": "female",
    "phone": "13800138000",
    "occupation_words": "教师",
    "region_words": "上海黄浦",
    "vehicle_plate": "沪A12345",
    "vehicle_seats": "5",
    "vehicle_use": "private",
    "home_address": "中山东一路12号",
    "home_ownership": "own",
    "home_area": "90",
    "address": "中山东一路12号",
}


# Pages of the portal's one line, by the end of their address.
LINE = {
    "/product/": "portal-product",
    "/insured/1/": "portal-insured",
    "/check-answers/": "portal-check",
    "/done/": "portal-done",
}


class OfficePicture(NamedTuple):
    """A page of the office: who opens it, at which address, and what is done before the picture.

    With `row`, the address is a list's, and the first link in it that has these words is followed.
    """

    name: str
    person: str
    path: str
    row: str = ""
    fill: tuple[tuple[str, str], ...] = ()


OFFICE = (
    OfficePicture("office-home", "S110101", "/office/"),
    OfficePicture("office-card", "S110101", "/office/inquiry/?status=activated", row="/cards/"),
    OfficePicture(
        "office-issue",
        "S110101",
        "/office/custody/issue/",
        fill=(
            ("document_type", "AC-050"),
            ("runs-first", "620050000002801"),
            ("runs-count", "200"),
        ),
    ),
    OfficePicture("office-sale", "S110101", "/office/sales/", row="/sales/S-"),
    OfficePicture("office-receipt", "B1102", "/office/", row="/receipts/"),
    OfficePicture("office-batch", "H002", "/office/cards/batches/?q=B-2026-001", row="/batches/B-"),
)


@dataclass(frozen=True)
class Insurer:
    """A running demo insurer, and what `selfcard demo credentials` tells of it."""

    address: str
    password: str
    cards: list[dict[str, str]]


@dataclass(frozen=True)
class Camera:
    """Takes pictures in one width and one language."""

    insurer: Insurer
    browser: Browser
    folder: Path
    width: str
    language: str

    def new_page(self) -> Page:
        context = self.browser.new_context(
            base_url=self.insurer.address,
            locale=LANGUAGES[self.language],
            timezone_id="Asia/Shanghai",
            viewport={"width": WIDTHS[self.width], "height": HEIGHTS[self.width]},
            device_scale_factor=2 if self.width == "phone" else 1,
            reduced_motion="reduce",
        )
        return context.new_page()

    def shoot(self, page: Page, name: str) -> None:
        page.wait_for_load_state("networkidle")
        page.evaluate("document.activeElement?.blur(); scrollTo(0, 0)")
        path = self.folder / f"{name}-{self.width}-{self.language}.png"
        page.screenshot(path=path, full_page=True)
        click.echo(path)

    def walk_the_portal(self, card: dict[str, str]) -> None:
        """Activate a card as its holder does, then look it up."""
        page = self.new_page()
        page.goto("/")
        self.shoot(page, "portal-start")
        for _step in range(MOST_STEPS):
            _answer(page, ANSWERS | card)
            page.locator("main form button.button[type=submit]:not([name=look])").first.click()
            page.wait_for_load_state()
            for end, name in LINE.items():
                if page.url.endswith(end):
                    self.shoot(page, name)
            if page.url.endswith("/done/"):
                break
        else:
            raise Trouble(f"The portal's line did not come to its end: {page.url}")
        page.context.clear_cookies()
        page.goto("/look-up/")
        _answer(page, card)
        page.locator("main form button.button[type=submit]").first.click()
        self.shoot(page, "portal-look-up")
        page.context.close()

    def open_the_office(self, picture: OfficePicture) -> None:
        page = self.new_page()
        page.goto("/office/")
        page.fill("[name=login]", picture.person)
        page.fill("[name=password]", self.insurer.password)
        page.press("[name=password]", "Enter")
        page.wait_for_url("**/office/")
        other = page.locator(f"[name=language][value={CODES[self.language]}]")
        if other.count():
            other.first.evaluate("button => button.click()")
            page.wait_for_load_state("networkidle")
        page.goto(picture.path)
        if picture.row:
            page.locator(f"main a[href*='{picture.row}']").first.click()
            page.wait_for_load_state()
        for name, value in picture.fill:
            page.fill(f"[name='{name}']", value)
            page.press(f"[name='{name}']", "Tab")
        if picture.fill:
            page.wait_for_timeout(MILLISECONDS_TO_ANSWER)
        self.shoot(page, picture.name)
        page.context.close()


def take(folder: Path) -> None:
    """Take all pictures into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    chromium = ensure_chromium()
    with _demo_insurer() as insurer, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        numbers = _identity_numbers()
        for card, (width, language) in zip(insurer.cards, product(WIDTHS, LANGUAGES), strict=False):
            camera = Camera(insurer, browser, folder, width, language)
            camera.walk_the_portal(card | {"identity_number": next(numbers)})
            for picture in OFFICE:
                camera.open_the_office(picture)
        browser.close()


def _identity_numbers() -> Iterator[str]:
    """Identity numbers of women who were born on the day of the answers."""
    for order in count(1):
        body = f"31010119860314{order:02}2"
        yield body + ric.calc_check_digit(f"{body}0")


def _answer(page: Page, answers: dict[str, str]) -> None:
    """Answer every question of a page that is not answered yet."""
    for name, value in answers.items():
        field = page.locator(f"main [name='{name}']:visible")
        if not field.count():
            continue
        if field.first.evaluate("field => field.type") == "radio":
            page.locator(f"main [name='{name}'][value='{value}']").check(force=True)
        elif field.first.evaluate("field => field.tagName") == "SELECT":
            field.first.select_option(value)
        elif not field.first.input_value():
            field.first.fill(value)
    for select in page.locator("main select:visible").all():
        if not select.input_value():
            select.select_option(index=1)
    for box in page.locator("main input[type=checkbox]").all():
        box.check(force=True)


@contextmanager
def _demo_insurer() -> Iterator[Insurer]:
    with tempfile.TemporaryDirectory(prefix="selfcard-pictures-") as data:
        environment = os.environ | {"SELFCARD_DATA": data, "SELFCARD_PORT": str(_free_port())}
        environment.pop("DATABASE_URL", None)
        command = [sys.executable, "-m", "selfcard"]
        run = subprocess.Popen(
            [*command, "run"], env=environment, cwd=PROJECT, stdout=subprocess.PIPE, text=True
        )
        assert run.stdout
        try:
            address = next((line.split()[1] for line in run.stdout if line.startswith("READY")), "")
            if not address:
                raise Trouble("The demo insurer did not start.")
            listed = subprocess.check_output(
                [*command, "demo", "credentials", "--json"], env=environment, cwd=PROJECT
            )
            known: dict[str, Any] = json.loads(listed)
            # One for each picture of the line, of types whose products insure one person.
            cards = known["cards"]["AC-050"] + known["cards"]["DR-200"]
            yield Insurer(address, known["password"], cards)
        finally:
            run.send_signal(signal.SIGTERM)
            run.communicate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
