"""What somebody means by the message that they typed on a phone.

`ACT#card#PIN#name#identity number[#more …]`, `STATUS#card#PIN`, `HELP`, in either language
(`cards.keywords`). What stands between the parts does not matter, nor do width, case and groups:
a `#`, a comma and a line are boundaries, a space is one where it has to be. So

- a card number has sixteen digits, a PIN eight to sixteen, in one piece or in groups;
- a name goes up to the first part with a digit in it. Latin names keep one space between their
  words, also where a comma stood; characters stand without;
- the identity number follows, or comes before the name;
- what is left is the first day of cover where it is a date, and anything else (a product, an
  occupation) as it was typed: what that means depends on the card.

Nothing here reads the database or knows what a card is.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache

from stdnum import luhn

from selfcard.cards.keywords import Deed, Keyword, house_keyword, house_keywords

CARD_DIGITS = 16
PIN_DIGITS = range(8, 17)
LONGEST_NAME = 80
# Into more groups nobody divides an identity number.
_MOST_GROUPS = 9
# No message of a phone is longer: 255 parts of 153 signs.
LONGEST_MESSAGE = 39_015

_BOUNDARIES = "#,、;|*:\n\r\t\v\f"
_SPACES = ' "“”()<>《》[]【】{}。!?'
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−﹣", "-"))
_SEPARATED = re.escape(_BOUNDARIES + _SPACES)
_CHARACTERS = r"\u3400-\u9fff\U00020000-\U0003ffff·"
_SEPARATORS = re.compile(rf"[{_SEPARATED}]+")
# In one piece without a separator, a number and characters are two, but for a date.
_GLUED = re.compile(
    rf"[0-9]{{4}}年[0-9]{{1,2}}月[0-9]{{1,2}}[日号]?|[{_CHARACTERS}]+|[^{_CHARACTERS}]+"
)
_GROUPED = re.compile(r"[0-9]+(?:[-.][0-9]+)*")
_IDENTITY = re.compile(r"(?=(?:[A-Z]*[0-9]){4})[A-Z0-9]{4,24}")
_BIRTH_NUMBER = re.compile(r"[0-9]{17}[0-9X]")
_CHARACTER = re.compile(f"[{_CHARACTERS}]")
_DATES = (
    re.compile(r"(?P<y>[0-9]{4})[-/.](?P<m>[0-9]{1,2})[-/.](?P<d>[0-9]{1,2})"),
    re.compile(r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})"),
    re.compile(r"(?P<y>[0-9]{4})年(?P<m>[0-9]{1,2})月(?P<d>[0-9]{1,2})[日号]?"),
)


class Slip(StrEnum):
    """What has to be corrected before a message means something."""

    NO_KEYWORD = "no_keyword"
    CARD_MISSING = "card_missing"
    CARD_NOT_16_DIGITS = "card_not_16_digits"
    CARD_MISTYPED = "card_mistyped"
    PIN_MISSING = "pin_missing"
    PIN_NOT_DIGITS = "pin_not_digits"
    NAME_MISSING = "name_missing"
    NAME_TOO_LONG = "name_too_long"
    IDENTITY_MISSING = "identity_missing"
    IDENTITY_IMPOSSIBLE = "identity_impossible"
    DATE_IMPOSSIBLE = "date_impossible"


_ABOUT_CARD = {Slip.CARD_MISSING, Slip.CARD_NOT_16_DIGITS, Slip.CARD_MISTYPED}


@dataclass(frozen=True, kw_only=True)
class Activation:
    """A card is to become a policy for somebody. The PIN is in no picture of it."""

    language: str
    card_number: str
    pin: str = field(repr=False)
    name: str = field(repr=False)
    identity_number: str = field(repr=False)
    starts_on: date | None = None
    more: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StatusAsked:
    language: str
    card_number: str
    pin: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class HelpAsked:
    """Help, about a kind of card if one is named."""

    language: str
    about: str = ""


@dataclass(frozen=True, kw_only=True)
class Mistyped:
    """What somebody wanted cannot be done before all of this is corrected.

    The card number is known where it alone is right; `about` is the kind of card whose keyword
    somebody used.
    """

    language: str
    deed: Deed | None
    slips: tuple[Slip, ...]
    card_number: str = ""
    about: str = ""


Meaning = Activation | StatusAsked | HelpAsked | Mistyped


@dataclass(frozen=True)
class _Part:
    """What stands between two separators; `is_first` if the one before it is a boundary."""

    text: str = field(repr=False)
    is_first: bool

    @property
    def digits(self) -> str:
        """The digits of a group of digits; nothing of anything else."""
        return re.sub(r"[-.]", "", self.text) if _GROUPED.fullmatch(self.text) else ""

    @property
    def has_digit(self) -> bool:
        return any("0" <= sign <= "9" for sign in self.text)


@lru_cache(maxsize=8)
def _longest_first(own: tuple[Keyword, ...]) -> tuple[Keyword, ...]:
    return tuple(sorted(house_keywords() + own, key=lambda one: -len(one.word)))


def read(text: str, own: tuple[Keyword, ...] = ()) -> Meaning:
    """What a message means, or all that has to be corrected in it.

    `own` are the keywords that kinds of cards have beside those for all.
    """
    plain = plain_text(text)
    keyword = _keyword_of(plain, own)
    if keyword is None:
        return Mistyped(language=_language_of(plain), deed=None, slips=(Slip.NO_KEYWORD,))
    rest = list(_parts(plain.lstrip(_BOUNDARIES + _SPACES)[len(keyword.word) :]))
    if keyword.deed == Deed.HELP:
        return HelpAsked(language=keyword.language, about=_joined(rest)[:40].strip())
    return _read_card(keyword, rest)


def written(meaning: Activation | StatusAsked | HelpAsked) -> str:
    """The message as the manual asks for it; reading it gives its meaning back."""
    word = _word_for(meaning)
    match meaning:
        case Activation():
            starts = [meaning.starts_on.isoformat()] if meaning.starts_on else []
            person = [meaning.name, meaning.identity_number]
            parts = [meaning.card_number, meaning.pin, *person, *starts, *meaning.more]
        case StatusAsked():
            parts = [meaning.card_number, meaning.pin]
        case HelpAsked():
            parts = [meaning.about] if meaning.about else []
    return "#".join([word, *parts])


def masked(text: str, own: tuple[Keyword, ...] = ()) -> str:
    """What may be kept of a message: no digit of it but those of a card number that is right.

    A PIN that was mistyped is nearly a PIN, wherever in the message it stands.
    """
    hidden = "".join("•" if "0" <= sign <= "9" else sign for sign in plain_text(text))
    card = getattr(read(text, own), "card_number", "")
    return f"{card} {hidden}".strip()


def plain_text(text: str) -> str:
    """A message in plain signs: narrow, with ASCII digits, without any that cannot be seen."""
    folded = unicodedata.normalize("NFKC", text[:LONGEST_MESSAGE]).translate(_DASHES)
    return "".join(_plain_sign(sign) for sign in folded[:LONGEST_MESSAGE])


def _plain_sign(sign: str) -> str:
    if sign.isdecimal():
        return str(unicodedata.decimal(sign))
    if sign in _BOUNDARIES:
        return sign
    kind = unicodedata.category(sign)
    if kind == "Zs":
        return " "
    return "" if kind[0] == "C" or kind in ("Zl", "Zp") else sign


def _keyword_of(plain: str, own: tuple[Keyword, ...]) -> Keyword | None:
    begun = plain.lstrip(_BOUNDARIES + _SPACES.replace("?", "")).upper()
    return next((one for one in _longest_first(own) if _begins_with(begun, one.word)), None)


def _begins_with(text: str, word: str) -> bool:
    """Letters end where no further letter follows; characters are not set apart from anything."""
    if not text.startswith(word):
        return False
    after = text[len(word) :][:1]
    return not (word.isascii() and word.isalpha() and after.isalpha() and after.isascii())


def _language_of(plain: str) -> str:
    """The language in which somebody is answered who used no keyword."""
    is_latin = re.search(r"[A-Za-z]", plain) and not _CHARACTER.search(plain)
    return "en" if is_latin else "zh-hans"


def _word_for(meaning: Activation | StatusAsked | HelpAsked) -> str:
    deeds = {Activation: Deed.ACTIVATE, StatusAsked: Deed.STATUS, HelpAsked: Deed.HELP}
    return house_keyword(deeds[type(meaning)], meaning.language)


def _parts(plain: str) -> Iterator[_Part]:
    is_first, at = True, 0
    for separator in [*_SEPARATORS.finditer(plain), None]:
        end = separator.start() if separator else len(plain)
        for text in _unglued(plain[at:end]):
            yield _Part(text, is_first)
            is_first = False
        if separator:
            is_first = is_first or any(sign in _BOUNDARIES for sign in separator[0])
            at = separator.end()


def _unglued(piece: str) -> list[str]:
    """What was typed without a separator, as what it has to be."""
    if not re.search("[0-9]", piece):
        return [piece] if piece.strip(".-/") else []
    # A full stop ends a sentence; within a number it belongs to it.
    pieces = _GLUED.findall(piece) if _CHARACTER.search(piece) else [piece]
    stripped = (one.rstrip(".") for one in pieces)
    return [one for one in stripped if one.strip(".-/")]


def _read_card(keyword: Keyword, parts: list[_Part]) -> Meaning:
    slips: list[Slip] = []
    parts = _card_and_pin(parts)
    card, parts = _number(parts, CARD_DIGITS)
    if not card and not parts:
        slips.append(Slip.CARD_MISSING)
    elif len(card) != CARD_DIGITS:
        slips.append(Slip.CARD_NOT_16_DIGITS)
        parts = parts if card else _after_boundary(parts)
    elif not luhn.is_valid(card):
        slips.append(Slip.CARD_MISTYPED)
    pin, parts = _pin(parts, slips)
    known = "" if _ABOUT_CARD & set(slips) else card
    if keyword.deed == Deed.STATUS and not slips:
        return StatusAsked(language=keyword.language, card_number=card, pin=pin)
    if keyword.deed == Deed.ACTIVATE:
        name, identity, parts = _person(parts, slips)
        starts_on, more = _rest(parts, slips)
    if slips:
        return Mistyped(
            language=keyword.language,
            deed=keyword.deed,
            slips=tuple(slips),
            card_number=known,
            about=keyword.about,
        )
    return Activation(
        language=keyword.language,
        card_number=card,
        pin=pin,
        name=name,
        identity_number=identity,
        starts_on=starts_on,
        more=more,
    )


def _card_and_pin(parts: list[_Part]) -> list[_Part]:
    """Card number and PIN in one piece are two."""
    if not parts:
        return parts
    digits = parts[0].digits
    if len(digits) - CARD_DIGITS in PIN_DIGITS and luhn.is_valid(digits[:CARD_DIGITS]):
        pair = (digits[:CARD_DIGITS], digits[CARD_DIGITS:])
        return [_Part(one, is_first=True) for one in pair] + parts[1:]
    return parts


def _number(parts: list[_Part], longest: int) -> tuple[str, list[_Part]]:
    """The digits that a message begins with, in one piece or in groups, and what follows them.

    Groups of four belong together whatever stands between them.
    """
    found = ""
    for place, part in enumerate(parts):
        group = part.digits
        in_fours = (
            len(group) == 4
            and len(found) % 4 == 0
            and all(len(one.digits) == 4 for one in parts[:place])
        )
        goes_on = not part.is_first or in_fours
        if not group or (place and not goes_on) or (place and len(found + group) > longest):
            return found, parts[place:]
        found += group
        if len(found) >= longest:
            return found, parts[place + 1 :]
    return found, []


def _pin(parts: list[_Part], slips: list[Slip]) -> tuple[str, list[_Part]]:
    if not parts:
        slips.append(Slip.PIN_MISSING)
        return "", parts
    pin, after = _number(parts, PIN_DIGITS[-1])
    if len(pin) not in PIN_DIGITS:
        slips.append(Slip.PIN_NOT_DIGITS)
        after = after if pin and (not after or after[0].is_first) else _after_boundary(parts)
    return pin, after


def _after_boundary(parts: list[_Part]) -> list[_Part]:
    """What follows the first part up to a boundary; where there is none, the first part itself."""
    at = next((place for place, one in enumerate(parts) if place and one.is_first), 1)
    return parts[at:]


def _segments(parts: list[_Part]) -> list[list[_Part]]:
    """The parts between boundaries."""
    found: list[list[_Part]] = []
    for part in parts:
        if part.is_first or not found:
            found.append([])
        found[-1].append(part)
    return found


def _person(parts: list[_Part], slips: list[Slip]) -> tuple[str, str, list[_Part]]:
    """Name and identity number, in either order, and what follows them."""
    segments = _segments(parts)
    numbered = next((at for at, one in enumerate(segments) if _has_digit(one)), None)
    if numbered is None:
        names, identity, after = _flat(segments[:1]), "", _flat(segments[1:])
    else:
        names, segment = _flat(segments[:numbered]), segments[numbered]
        if not names:
            first = next(at for at, one in enumerate(segment) if one.has_digit)
            names, segment = segment[:first], segment[first:]
        identity, left = _identity(segment)
        after = left + _flat(segments[numbered + 1 :])
        if not names:
            names, after = _leading_name(after)
    name = _joined(names)
    if not any(sign.isalpha() for sign in name):
        slips.append(Slip.NAME_MISSING)
    elif len(name) > LONGEST_NAME:
        slips.append(Slip.NAME_TOO_LONG)
    if numbered is None and not after:
        slips.append(Slip.IDENTITY_MISSING)
    elif not _IDENTITY.fullmatch(identity):
        slips.append(Slip.IDENTITY_IMPOSSIBLE)
    return name, identity, after


def _identity(segment: list[_Part]) -> tuple[str, list[_Part]]:
    """The identity number that a segment begins with, in one piece or in groups."""
    for end in range(min(len(segment), _MOST_GROUPS), 0, -1):
        found = _plain_identity(segment[:end])
        if _BIRTH_NUMBER.fullmatch(found):
            return found, segment[end:]
    # Groups of letters and digits, and no date, product or occupation behind a space.
    if len(segment) <= _MOST_GROUPS and all(len(one.text) <= 5 for one in segment):
        whole = _plain_identity(segment)
        if _IDENTITY.fullmatch(whole):
            return whole, []
    if len(segment) > 1 and not segment[0].has_digit:
        return _plain_identity(segment[:2]), segment[2:]
    return _plain_identity(segment[:1]), segment[1:]


def _plain_identity(parts: list[_Part]) -> str:
    return "".join(re.sub(r"[-./]", "", one.text) for one in parts).upper()


def _leading_name(parts: list[_Part]) -> tuple[list[_Part], list[_Part]]:
    segments = _segments(parts)
    if segments and not _has_digit(segments[0]):
        return segments[0], _flat(segments[1:])
    return [], parts


def _rest(parts: list[_Part], slips: list[Slip]) -> tuple[date | None, tuple[str, ...]]:
    """The first day of cover, and whatever else was said."""
    starts_on: date | None = None
    more: list[str] = []
    for segment in _segments(parts):
        words: list[_Part] = []
        for part in segment:
            said = next((found for one in _DATES if (found := one.fullmatch(part.text))), None)
            if said is None or starts_on is not None:
                words.append(part)
                continue
            try:
                starts_on = date(int(said["y"]), int(said["m"]), int(said["d"]))
            except ValueError:
                slips.append(Slip.DATE_IMPOSSIBLE)
        if words:
            more.append(_joined(words))
    return starts_on, tuple(more)


def _joined(parts: list[_Part]) -> str:
    """Words with one space between them, characters with none."""
    text = " ".join(one.text for one in parts)
    return re.sub(rf"(?<={_CHARACTER.pattern}) (?={_CHARACTER.pattern})", "", text)


def _has_digit(segment: list[_Part]) -> bool:
    return any(one.has_digit for one in segment)


def _flat(segments: list[list[_Part]]) -> list[_Part]:
    return [part for segment in segments for part in segment]
