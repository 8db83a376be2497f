"""The words by which an SMS begins: those of the house, and those of a kind of card.

The house's are in `data/keywords.csv`. A document type may print one of its own in each language,
and whoever begins with it means to activate. What was printed once is understood for ever, whatever
later versions of the type print; and it is never another type's.
"""

import csv
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from selfcard.cards.models import DocumentTypeVersion


class Deed(StrEnum):
    """What a message asks for."""

    ACTIVATE = "activate"
    STATUS = "status"
    HELP = "help"


@dataclass(frozen=True)
class Keyword:
    """What a word asks for, in which language; `about` is the code of the type that has it."""

    word: str
    deed: Deed
    language: str
    about: str = ""


@cache
def house_keywords() -> tuple[Keyword, ...]:
    """The keywords for all cards; the first of a deed and a language is the manual's."""
    text = files(__package__).joinpath("data/keywords.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines())
    return tuple(Keyword(row["word"], Deed(row["deed"]), row["language"]) for row in rows)


def house_keyword(deed: Deed, language: str) -> str:
    """The keyword of the manual."""
    fitting = (one for one in house_keywords() if (one.deed, one.language) == (deed, language))
    return next(fitting).word


def keywords_of_types() -> tuple[Keyword, ...]:
    """The keywords that document types have printed on their cards, in whatever version."""
    printed = DocumentTypeVersion.objects.exclude(keyword_zh="", keyword_en="").values_list(
        "document_type__code", "keyword_zh", "keyword_en"
    )
    found = {
        Keyword(word, Deed.ACTIVATE, language, code)
        for code, *words in printed
        for word, language in zip(words, ("zh-hans", "en"), strict=True)
        if word
    }
    return tuple(sorted(found, key=lambda one: one.word))
