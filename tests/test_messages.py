"""Two languages from the first page on: nothing untranslated, nothing at odds with itself."""

import re
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from django.template.base import Lexer, TokenType

from selfcard.launcher.messages import PACKAGE, extracted, missing_in, rooms, translated

PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")
ROOMS = rooms()
TEMPLATES = sorted(PACKAGE.glob("web/**/templates/**/*.html"))
SPOKEN_ATTRIBUTES = {"alt", "title", "placeholder", "aria-label", "label", "heading"}
LETTERS = re.compile(r"[A-Za-z]{2,}|[\u4e00-\u9fff]")
# The same in every language: our name, kinds of files, keys, languages; and attributes that a
# template hands to the frame that it extends.
NAMES = re.compile(
    r'\b(Selfcard|PDF|CSV|SHA-256|PEM|JWK|Excel|Beancount|Ctrl|Enter|Esc|English)\b|中文|[\w-]+="[^"]*"'
)
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


def messages() -> list[tuple[str, Message]]:
    return [(room.name, message) for room in ROOMS for message in translated(room) if message.id]


def test_every_message_is_translated() -> None:
    missing = [(room.name, message.id) for room in ROOMS for message in missing_in(room)]

    assert missing == [], "`selfcard messages` writes them into the catalogs"


def test_no_translation_is_a_guess() -> None:
    assert [(room, message.id) for room, message in messages() if message.fuzzy] == []


def test_no_catalog_keeps_what_nobody_says() -> None:
    left_over = []
    for room in ROOMS:
        spoken = extracted(room)
        left_over += [
            (room.name, message.id)
            for message in translated(room)
            if message.id and spoken.get(message.id, message.context) is None
        ]

    assert left_over == []


def test_one_message_has_one_translation_in_all_rooms() -> None:
    # Django reads all rooms into one catalog: of two translations one would win by chance.
    said = defaultdict(set)
    for _room, message in messages():
        if message.string and all(message.string):
            said[(message.context, str(message.id))].add(str(message.string))

    assert {key: strings for key, strings in said.items() if len(strings) > 1} == {}


def test_a_translation_fills_in_the_same_facts() -> None:
    def facts(text: str) -> set[str]:
        return set(PLACEHOLDER.findall(text))

    at_odds = []
    for room, message in messages():
        ids = (message.id,) if isinstance(message.id, str) else message.id
        strings = (message.string,) if isinstance(message.string, str) else message.string or ()
        # A plural may leave its number out of the singular, and Chinese has one form for both.
        wanted = set().union(*map(facts, ids))
        at_odds += [(room, message.id, text) for text in strings if text and facts(text) != wanted]

    assert at_odds == []


class Spoken(HTMLParser):
    """Collects what a page says to people: its text, and the attributes that are read out.

    What stands in an element of a language of its own is said in that language to everybody.
    """

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.inside: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.inside.append((tag, tag in {"script", "style"} or bool(dict(attrs).get("lang"))))
        if not self._is_apart():
            self.said += [value for name, value in attrs if name in SPOKEN_ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        while self.inside and self.inside.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self._is_apart():
            self.said.append(data)

    def _is_apart(self) -> bool:
        return any(apart for _tag, apart in self.inside)


def plain_text_of(template: Path) -> str:
    """A template without what Django fills in or translates."""
    kept: list[str] = []
    skipping = False
    for token in Lexer(template.read_text(encoding="utf-8")).tokenize():
        word = token.contents.split(" ")[0] if token.token_type == TokenType.BLOCK else ""
        if word in {"blocktranslate", "blocktrans", "comment"}:
            skipping = True
        elif word in {"endblocktranslate", "endblocktrans", "endcomment"}:
            skipping = False
        elif token.token_type == TokenType.TEXT and not skipping:
            kept.append(token.contents)
    return "".join(kept)


@pytest.mark.parametrize(
    "template", TEMPLATES, ids=lambda path: path.relative_to(PACKAGE).as_posix()
)
def test_a_page_says_nothing_that_cannot_be_translated(template: Path) -> None:
    page = Spoken()
    page.feed(plain_text_of(template))
    page.close()

    assert [text.strip() for text in page.said if LETTERS.search(NAMES.sub("", text))] == []
