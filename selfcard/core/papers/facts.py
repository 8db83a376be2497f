"""What every paper is filled from: names, runs, sums, people, in both languages.

Facts are frozen when the deed is done. A paper that is opened years later says what
was so on that day, whatever has been renamed since; so facts carry names, not keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Protocol

from selfcard.core.clock import zone
from selfcard.core.money import Money
from selfcard.core.papers.words import amount_in_words
from selfcard.core.serials import SerialRun


class Named(Protocol):
    """Whatever has a code and a name in both languages."""

    @property
    def name_zh(self) -> str: ...
    @property
    def name_en(self) -> str: ...
    @property
    def code(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Name:
    """A name as both languages write it, with the code that staff know it by."""

    zh: str
    en: str
    code: str = ""

    @classmethod
    def of(cls, thing: Named) -> Name:
        return cls(zh=thing.name_zh, en=thing.name_en, code=thing.code)


@dataclass(frozen=True, kw_only=True)
class Text:
    """A sentence or a passage in both languages."""

    zh: str
    en: str


def plain(facts: object) -> Any:
    """Turn facts into what JSON can hold, and back-office figures into exact text.

    A sum becomes its amount, its currency and its words in both languages; a run of
    serials its first, its last (15 digits each) and how many cards; a moment is told in the
    insurer's time zone, whichever it came in.
    """
    match facts:
        case None | bool() | int():
            return facts
        case Enum():
            return facts.value
        case str():
            return str(facts)
        case Decimal():
            return str(facts)
        case datetime():
            return facts.astimezone(zone()).isoformat(timespec="seconds")
        case date():
            return facts.isoformat()
        case Money():
            zh, en = amount_in_words(facts)
            return {"amount": str(facts.amount), "currency": facts.currency, "zh": zh, "en": en}
        case SerialRun():
            return {
                "first": f"{facts.first:015d}",
                "last": f"{facts.last:015d}",
                "count": facts.count,
            }
        case Mapping():
            return {str(key): plain(value) for key, value in facts.items()}
        case Iterable():
            return [plain(value) for value in facts]
    if is_dataclass(facts):
        return {field.name: plain(getattr(facts, field.name)) for field in fields(facts)}
    raise TypeError(f"A paper cannot say {facts!r}")
