"""Lists with levels – trades and their occupations, provinces and their counties – and how people
find something in them: by a few characters, by pinyin, by English words.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from django.utils.translation import get_language
from pypinyin import lazy_pinyin

_CHINESE = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")


@dataclass(frozen=True)
class Entry:
    """One line of such a list. What its code begins with is the code of what it belongs to."""

    code: str
    name_zh: str
    name_en: str

    def __str__(self) -> str:
        return self.name_zh if (get_language() or "").startswith("zh") else self.name_en


E = TypeVar("E", bound=Entry)


@dataclass(frozen=True)
class Found(Generic[E]):
    """What was found, as much of it as is shown, and how much more there is."""

    entries: tuple[E, ...]
    more: int = 0


class Tree(Generic[E]):
    """Entries by their codes, in the order of the table; every one after what it belongs to."""

    def __init__(self, entries: Iterable[E]) -> None:
        self.entries: dict[str, E] = {}
        self._above: dict[str, str] = {}
        self._below: dict[str, list[E]] = {"": []}
        for one in entries:
            above = next(
                (one.code[:end] for end in range(len(one.code) - 1, 0, -1)
                 if one.code[:end] in self.entries),
                "",
            )  # fmt: skip
            self.entries[one.code] = one
            self._above[one.code] = above
            self._below[above].append(one)
            self._below[one.code] = []

    def find(self, code: str) -> E | None:
        return self.entries.get(code)

    def below(self, code: str = "") -> list[E]:
        """What belongs to an entry directly; without a code, the highest level."""
        return self._below.get(code, [])

    def is_last(self, code: str) -> bool:
        """Whether nothing is below it, so that it can be an answer."""
        return code in self.entries and not self._below[code]

    def answers_below(self, code: str = "") -> Iterator[E]:
        """Everything below an entry, or the entry itself, that can be an answer; in order."""
        if self.is_last(code):
            yield self.entries[code]
        for one in self.below(code):
            yield from self.answers_below(one.code)

    def path(self, code: str) -> list[E]:
        """An entry after all that it belongs to, the highest first."""
        path: list[E] = []
        while code:
            path.insert(0, self.entries[code])
            code = self._above[code]
        return path

    def search(self, typed: str, most: int) -> Found[E]:
        """What somebody means by what they typed, the likeliest first.

        Every word has to be found in the entry or in what it belongs to, so that `杭州 西湖`,
        `hangzhou xihu` and `xihu` all find the same. An entry that is found stands for all that
        is below it.
        """
        words = words_in(typed)
        if not words:
            return Found(())
        found = self._matching(words, loosely=False) or self._matching(words, loosely=True)
        found.sort(
            key=lambda one: (
                not _is_called(one, typed),
                not any(name.startswith(words[0]) for name in self._written[one.code].own),
                len(one.code),
            )
        )
        return Found(tuple(found[:most]), max(len(found) - most, 0))

    def meant(self, typed: str) -> E | None:
        """The one answer that what was typed can mean: its name or code, or all that is found."""
        called = [one for one in self.entries.values() if _is_called(one, typed)]
        found = called or list(self.search(typed, most=2).entries)
        return found[0] if len(found) == 1 and self.is_last(found[0].code) else None

    def fits(self, code: str, typed: str) -> bool:
        """Whether an entry, or what it belongs to, is among what was found by these words."""
        found = {one.code for one in self.search(typed, most=len(self.entries)).entries}
        return any(one.code in found for one in self.path(code))

    def _matching(self, words: list[str], *, loosely: bool) -> list[E]:
        matching: list[E] = []
        for one in self.entries.values():
            above = self._above[one.code]
            if self._has(one.code, words, loosely) and not (
                above and self._has(above, words, loosely)
            ):
                matching.append(one)
        return matching

    def _has(self, code: str, words: list[str], loosely: bool) -> bool:
        written = self._written[code]
        return all(
            _chinese_in(word, written.chinese, loosely)
            if _CHINESE.search(word)
            else f" {word}" in written.latin
            for word in words
        )

    @cached_property
    def _written(self) -> dict[str, "_Written"]:
        written = {"": _Written("", "", ())}
        for code, one in self.entries.items():
            above, ways = written[self._above[code]], _ways(one)
            latin = "".join(f" {''.join(way[start:])}" for way in ways for start in range(len(way)))
            written[code] = _Written(
                chinese=above.chinese + one.name_zh,
                latin=above.latin + latin,
                own=(one.name_zh, *("".join(way) for way in ways)),
            )
        return written


@dataclass(frozen=True)
class _Written:
    """What an entry can be found by: its names after those of what it belongs to, in Latin letters
    with a space wherever a match may begin; and its own names alone."""

    chinese: str
    latin: str
    own: tuple[str, ...]


def words_in(typed: str) -> list[str]:
    """The words of what was typed, however wide, capital or set apart."""
    plain = unicodedata.normalize("NFKC", typed).lower()
    return re.findall(r"\w+", plain.replace("'", "").replace("ü", "v"))


def _is_called(one: Entry, typed: str) -> bool:
    words = words_in(typed)
    names = (one.name_zh, one.name_en, one.code)
    return bool(words) and any(words == words_in(name) for name in names)


def _chinese_in(word: str, names: str, loosely: bool) -> bool:
    """Whether the names have these characters one after the other; loosely, with others between:
    杭州西湖 in 浙江省杭州市西湖区."""
    if not loosely:
        return word in names
    rest = iter(names)
    return all(character in rest for character in word)


def _ways(one: Entry) -> tuple[list[str], ...]:
    """How a name is written in Latin letters, piece by piece: pinyin, its initials, English; and
    the code."""
    pinyin = lazy_pinyin(re.sub(r"\W", "", one.name_zh))
    return pinyin, [each[0] for each in pinyin], words_in(one.name_en), [one.code]
