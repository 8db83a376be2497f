"""Honest holders: their cards, whose PINs somebody knows, and their way along the portal's line."""

import os
import random
import re
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django.db import connection, transaction
from django.urls import reverse

from bench.books import Books
from bench.browsers import Answer, Browser
from selfcard.cards.making import SHEET, sealed_keys
from selfcard.cards.models import Batch, BatchKey, PinSheet
from selfcard.cards.pins import DIGEST_BYTES, SELECTOR_BYTES, PinKeys, draw_pins
from selfcard.core.serials import card_number
from tests.factories.cards import PrintedCard
from tests.factories.policies import an_identity_number
from tests.web.portal_line import ANSWERS

START, PRODUCT, CHECK, DONE = (
    reverse(f"portal:{name}") for name in ("start", "product", "check", "done")
)
_SURNAMES, _GIVEN = "王李张刘陈杨黄赵吴周", "芳静丽娟艳秀英敏燕红"
_FIRST_BORN, _BIRTHDAYS = date(1960, 1, 1), 12_000

Ask = Callable[[str, dict[str, str] | None], Answer]


class Holder:
    """One person with one card, at the portal, who insures themselves."""

    def __init__(self, card: PrintedCard, place: int, browser: Browser) -> None:
        self.card, self.browser = card, browser
        self._typed = _typed_by(place)
        self._page = Answer(0, START, b"")

    def arrive(self) -> None:
        """Open the first page."""
        self._page = self._read(self.browser.ask(START))

    def enter(self) -> None:
        """Send card number and PIN, and be let in."""
        given = {"card_number": self.card.card_number, "pin": self.card.pin}
        self._page = self._led_on(self._send(given))

    def fill_in(self) -> None:
        """Answer every page of the line, up to the one that shows all answers."""
        self._page = self._read(self.browser.ask(self._page.path))
        while self._page.path != CHECK:
            asked = self._page.path
            led = self._led_on(self._send(self._answers_to(self._page)))
            self._page = self._read(self.browser.ask(led.path))
            assert self._page.path != asked, f"{asked} did not take its answers"

    def activate(self) -> None:
        """Press the button at the end: the policy is there."""
        self._page = self._led_on(self._send({}))
        assert self._page.path == DONE, f"{CHECK} leads to {self._page.path}"

    def see(self) -> None:
        """Read that one is insured."""
        self._read(self.browser.ask(DONE))

    def _send(self, typed: dict[str, str]) -> Answer:
        return self.browser.ask(self._page.path, self._page.hidden | typed)

    def _answers_to(self, page: Answer) -> dict[str, str]:
        if page.path == PRODUCT:
            offered = re.search(rb'name="product" value="([0-9]+)"', page.content)
            assert offered is not None
            return {"product": offered[1].decode()}
        return self._typed[page.path.strip("/")]

    @staticmethod
    def _read(answer: Answer) -> Answer:
        assert answer.status == 200, f"{answer.path} says {answer.status}"
        return answer

    @staticmethod
    def _led_on(answer: Answer) -> Answer:
        assert answer.leads_on, f"{answer.path} says {answer.status} and leads nowhere"
        return answer


def address_of(place: int) -> str:
    """Everybody comes from a network of their own."""
    return f"10.{place // 250}.{place % 250}.7"


def cards_to_activate(books: Books, count: int) -> list[int]:
    """Serials here and there in the books that are sold, paid for and not activated."""
    chance, found = random.Random(20_261_123), set[int]()
    while len(found) < count:
        runs = [chance.choice(books.batches).run for _ in range(2 * count)]
        drawn = {chance.randint(run.first, run.last) for run in runs}
        with connection.cursor() as cursor:
            cursor.execute(_READY, [sorted(drawn - found)])
            found |= {serial for (serial,) in cursor}
    return chance.sample(sorted(found), count)


_READY = """
    SELECT serial FROM unnest(%s::bigint[]) AS serial
    JOIN custody_holding ON serials @> serial AND status = 'to_be_activated'
    WHERE NOT EXISTS (SELECT FROM custody_activatedcard card WHERE card.serial = serial.serial)
"""


def with_pins(books: Books, serials: Iterable[int]) -> list[PrintedCard]:
    """The cards with PINs that open them: their sheets are made anew, under keys that are known.

    All others of these sheets get digests of no PIN.
    """
    cards: list[PrintedCard] = []
    wanted = sorted(serials)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for batch in books.batches:
            mine = [serial for serial in wanted if batch.run.first <= serial <= batch.run.last]
            cards += _print(batch, mine)
    return cards


def _print(batch: Batch, serials: list[int]) -> list[PrintedCard]:
    keys = PinKeys.fresh()
    BatchKey.objects.filter(batch=batch).update(**sealed_keys(batch.pk, keys))
    pins = draw_pins(len(serials), batch.type_version.pin_length)
    cards = [
        PrintedCard(serial, card_number(serial), pin)
        for serial, pin in zip(serials, pins, strict=True)
    ]

    def sheet_of(card: PrintedCard) -> int:
        return (card.serial - batch.run.first) // SHEET

    for sheet, printed in groupby(cards, sheet_of):
        first = batch.run.first + sheet * SHEET
        count = min(SHEET, batch.run.last + 1 - first)
        digests = bytearray(os.urandom(count * DIGEST_BYTES))
        selectors = bytearray(os.urandom(count * SELECTOR_BYTES))
        for card in printed:
            place = card.serial - first
            digests[place * DIGEST_BYTES : (place + 1) * DIGEST_BYTES] = keys.digest(
                card.serial, card.pin
            )
            selectors[place * SELECTOR_BYTES : (place + 1) * SELECTOR_BYTES] = keys.selector_digest(
                card.serial, card.pin
            )
        PinSheet.objects.filter(first_serial=first).update(digests=digests, selectors=selectors)
    return cards


def _typed_by(place: int) -> dict[str, dict[str, str]]:
    """What somebody types on each page; nobody has the identity number of another."""
    born = _FIRST_BORN + timedelta(days=place % _BIRTHDAYS)
    who: dict[str, Any] = {
        "name": _SURNAMES[place % 10] + _GIVEN[place // 10 % 10] + _GIVEN[place // 100 % 10],
        "identity_number": an_identity_number(born, order=place // _BIRTHDAYS + 1),
        "birth_date_year": str(born.year),
        "birth_date_month": str(born.month),
        "birth_date_day": str(born.day),
    }
    own = {"insured/1": who, "contact": {"phone": f"138{place:08d}"}}
    return {path: answers | own.get(path, {}) for path, answers in ANSWERS.items()}
