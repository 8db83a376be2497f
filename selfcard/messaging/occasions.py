"""The occasions on which people are told something, and what is said then.

Whoever tells declares the occasion in its room's `telling.py`: what is said unless the insurer
wants it otherwise, and which facts can be filled in. `said` puts the words together: the insurer's
own for the document type, else its own for all, else those that are declared. They are signed with
the insurer's name, as every message is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from selfcard.core.papers import Text
from selfcard.core.wording import written_fact
from selfcard.messaging.errors import NoSuchOccasion
from selfcard.messaging.places import filled, place, places_in
from selfcard.messaging.queries import own_template


@dataclass(frozen=True)
class Occasion:
    """Something of which people are told, by the name that it has in the outbox.

    `subject` and `words` are lazy msgids with `%(fact)s` places; without a subject it is told by
    SMS alone. `samples` names each fact that can be filled in, with an example of it; the `needed`
    ones are in every template. Addresses and numbers of the house (`house_facts`) can always be
    filled in, and nobody has to give them.
    """

    code: str  # at most 30 characters
    name: Promise
    subject: Promise | str
    words: Promise
    samples: Mapping[str, Any]
    needed: frozenset[str] = field(default_factory=frozenset)

    @property
    def by_email(self) -> bool:
        return bool(self.subject)

    @property
    def places(self) -> list[str]:
        """What can be filled in, by name."""
        return list({**self.samples, **house_facts()})

    def examples(self, language: str) -> dict[str, str]:
        """An example of each, as a reader of this language is told it."""
        told = _told(self.samples, language)
        return {name: told[name] for name in self.places}

    def built_in(self, language: str) -> tuple[str, str]:
        """Subject and words as they are without any of the insurer's own, with their places."""
        places = {name: place(name) for name in self.places}
        with translation.override(language):
            return str(self.subject) % places, str(self.words) % places


@dataclass(frozen=True)
class Said:
    """What one is told, signed; the subject is empty where it is told by SMS alone."""

    subject: str
    words: str


_registered: dict[str, Occasion] = {}


def register(occasion: Occasion) -> Occasion:
    """Make an occasion known: the office can give it other words from now on."""
    if occasion.code in _registered:
        raise ValueError(f"the occasion {occasion.code} is declared twice")
    _registered[occasion.code] = occasion
    return occasion


def occasions() -> list[Occasion]:
    """All of every room, in the order of the rooms' floors and of each room's own."""
    for config in apps.get_app_configs():
        if config.name.startswith("selfcard.") and find_spec(f"{config.name}.telling"):
            import_module(f"{config.name}.telling")
    return list(_registered.values())


def house_facts() -> dict[str, str]:
    """What every message can say of the house: where everything is looked up, and who helps."""
    return {"address": settings.PUBLIC_ADDRESS, "help": settings.HELP_NUMBER}


def get_occasion(code: str) -> Occasion:
    """The occasion of this name.

    Raises:
        NoSuchOccasion: no room tells anything by it.
    """
    for one in occasions():
        if one.code == code:
            return one
    raise NoSuchOccasion


def said(
    occasion: Occasion, facts: Mapping[str, Any], *, language: str, document_type: str = ""
) -> Said:
    """What is said on an occasion to who reads this language and has a card of this type.

    Facts are given as what they are: amounts as `Money`, days as dates, what has a name in each
    language as `Text`. A document type is known by its code; without one, what is said for all.
    """
    if missing := occasion.samples.keys() - facts.keys():
        raise TypeError(f"{occasion.code} is told without {', '.join(sorted(missing))}")
    own = own_template(occasion.code, language, document_type)
    # Words from before an occasion lost a fact would be told with a gap.
    if own and places_in(own.subject + own.words) <= {*occasion.places}:
        return put_together(own.subject, own.words, facts, language)
    return put_together(*occasion.built_in(language), facts, language)


def put_together(subject: str, words: str, facts: Mapping[str, Any], language: str) -> Said:
    """Subject and words with the facts in their places, and signed, as they are sent."""
    told = _told(facts, language)
    with translation.override(language):
        return Said(signed(filled(subject, told)) if subject else "", signed(filled(words, told)))


def signed(words: str) -> str:
    """With the insurer's name before it, as a message in the reader's language has it."""
    language = get_language() or settings.LANGUAGE_CODE
    name = settings.INSURER_SHORT_NAME.get(language, settings.INSURER_SHORT_NAME["en"])
    return _("%(insurer)s: %(words)s") % {"insurer": name, "words": words}


def _told(facts: Mapping[str, Any], language: str) -> dict[str, str]:
    """Facts, and those of the house, as sentences in a language tell them."""
    with translation.override(language):
        return {name: _written(fact) for name, fact in {**house_facts(), **facts}.items()}


def _written(fact: Any) -> str:
    if isinstance(fact, Text):
        return fact.zh if (get_language() or "").startswith("zh") else fact.en
    return str(written_fact(fact))
