"""What a template must be, so that somebody can be told something by it."""

from selfcard.core.wording import listed
from selfcard.messaging.errors import (
    BraceAlone,
    NoSubjectHere,
    PlaceMissing,
    SubjectMissing,
    SubjectNotOneLine,
    TemplateEmpty,
    TemplateTooLong,
    UnknownPlace,
)
from selfcard.messaging.models import MOST_SUBJECT, MOST_WORDS
from selfcard.messaging.occasions import Occasion
from selfcard.messaging.places import has_brace_alone, place, places_in


def check(occasion: Occasion, subject: str, words: str) -> None:
    """Refuse words by which nobody could be told something.

    Raises:
        TemplateEmpty, TemplateTooLong: nothing is said, or too much.
        SubjectMissing, SubjectNotOneLine, NoSubjectHere: an e-mail has one, an SMS has none.
        UnknownPlace, BraceAlone: what would be filled in there?
        PlaceMissing: without it the message is of no use.
    """
    if not words:
        raise TemplateEmpty
    if occasion.by_email and not subject:
        raise SubjectMissing
    if subject and not occasion.by_email:
        raise NoSubjectHere
    if "\n" in subject:
        raise SubjectNotOneLine
    for field, text, most in (("subject", subject, MOST_SUBJECT), ("words", words, MOST_WORDS)):
        _check_places(field, text, occasion.places)
        if len(text) > most:
            raise TemplateTooLong(field=field, length=len(text), most=most)
    if missing := sorted(occasion.needed - places_in(words)):
        raise PlaceMissing(missing=listed(map(place, missing)))


def _check_places(field: str, text: str, known: list[str]) -> None:
    for name in sorted(places_in(text) - set(known)):
        raise UnknownPlace(field=field, place=place(name), known=listed(map(place, known)))
    if has_brace_alone(text):
        raise BraceAlone(field=field)
