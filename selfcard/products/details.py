"""What a product asks beyond its people and where they live: a list of fields, as data of its
version, each asked once for the policy or of everybody who is insured.

An answer is kept as plain text: a figure with a point, a day as ISO 8601, the code of a choice.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from importlib.resources import files

from django.db import models
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from selfcard.core.papers.facts import Text
from selfcard.core.refusals import Refusal
from selfcard.products.addresses import postal_address
from selfcard.products.codec import from_json
from selfcard.products.errors import (
    AnswerTooLong,
    ChoiceUnknown,
    DayImpossible,
    FigureImpossible,
    FigureOutOfBounds,
    PlateImpossible,
    VinImpossible,
)

LONGEST_TEXT = 100
# GA 36-2018: the province, a letter, five signs or six of a new energy vehicle; the last may say
# for what the vehicle is. I and O are never on a plate. Embassies have six digits.
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PLATE = re.compile(
    rf"[{_PROVINCES}][A-HJ-NP-Z][A-HJ-NP-Z0-9]{{4,5}}[A-HJ-NP-Z0-9挂学警港澳领]|使[0-9]{{6}}"
)
# ISO 3779: neither I nor O nor Q.
_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")


class DetailKind(models.TextChoices):
    """How a field is answered."""

    TEXT = "text", _("text")
    NUMBER = "number", _("figure")
    CHOICE = "choice", _("choice")
    DAY = "day", _("day")
    PLATE = "plate", _("number plate")
    VIN = "vin", _("vehicle identification number")
    ADDRESS = "address", _("address")


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One answer of several."""

    code: str
    name: Text

    @property
    def label(self) -> str:
        return _in_language(self.name)


@dataclass(frozen=True, kw_only=True)
class Detail:
    """One field that a product asks for. A figure lies between its bounds, both included."""

    code: str
    name: Text
    kind: DetailKind = DetailKind.TEXT
    required: bool = True
    of_each_insured: bool = False
    lowest: Decimal | None = None
    highest: Decimal | None = None
    unit: Text | None = None
    choices: tuple[Choice, ...] = ()

    @property
    def label(self) -> str:
        return _in_language(self.name)

    @property
    def unit_label(self) -> str:
        return _in_language(self.unit) if self.unit else ""

    def read(self, typed: str) -> str:
        """The answer as it is kept, however it was typed.

        Raises:
            AnswerTooLong, FigureImpossible, FigureOutOfBounds, ChoiceUnknown, DayImpossible,
            PlateImpossible, VinImpossible, AddressTooShort, AddressTooLong: by its kind.
        """
        return _READERS[self.kind](self, " ".join(typed.split()))

    def said(self, answer: str) -> Text:
        """The answer as people read it, in both languages."""
        match self.kind:
            case DetailKind.CHOICE:
                return next(one.name for one in self.choices if one.code == answer)
            case DetailKind.DAY:
                return _day_in_both(date.fromisoformat(answer))
        if self.unit:
            return Text(zh=f"{answer}{self.unit.zh}", en=f"{answer} {self.unit.en}")
        return Text(zh=answer, en=answer)

    def shown(self, answer: str) -> str:
        """The answer in the reader's language."""
        return _in_language(self.said(answer))


def of_policy(details: Iterable[Detail]) -> tuple[Detail, ...]:
    """Those that are asked once."""
    return tuple(one for one in details if not one.of_each_insured)


def of_insured(details: Iterable[Detail]) -> tuple[Detail, ...]:
    """Those that are asked of everybody who is insured."""
    return tuple(one for one in details if one.of_each_insured)


def answered(details: Iterable[Detail], answers: Mapping[str, str]) -> frozenset[str]:
    """The codes of the details to which there is an answer that can be right."""
    return frozenset(one.code for one in details if _is_sound(one, answers.get(one.code, "")))


def _is_sound(detail: Detail, answer: str) -> bool:
    try:
        return bool(answer) and detail.read(answer) == answer
    except Refusal:
        return False


def _in_language(text: Text) -> str:
    return text.zh if (get_language() or "").startswith("zh") else text.en


def _day_in_both(day: date) -> Text:
    with translation.override("zh-hans"):
        chinese = date_format(day, "DATE_FORMAT")
    with translation.override("en"):
        return Text(zh=chinese, en=date_format(day, "DATE_FORMAT"))


def _plain(typed: str) -> str:
    """Signs as they are printed: capitals, nothing between them."""
    return re.sub(r"[\s·•\-]", "", unicodedata.normalize("NFKC", typed)).upper()


def _text(detail: Detail, typed: str) -> str:
    if len(typed) > LONGEST_TEXT:
        raise AnswerTooLong(longest=LONGEST_TEXT)
    return typed


def _figure(detail: Detail, typed: str) -> str:
    try:
        figure = Decimal(unicodedata.normalize("NFKC", typed).replace(" ", ""))
    except InvalidOperation:
        raise FigureImpossible from None
    if not figure.is_finite() or figure != round(figure, 2):
        raise FigureImpossible
    lowest, highest = detail.lowest, detail.highest
    if (lowest is not None and figure < lowest) or (highest is not None and figure > highest):
        raise FigureOutOfBounds(
            lowest="" if lowest is None else f"{lowest:f}",
            highest="" if highest is None else f"{highest:f}",
        )
    return f"{figure.normalize():f}"


def _choice(detail: Detail, typed: str) -> str:
    if typed not in {one.code for one in detail.choices}:
        raise ChoiceUnknown
    return typed


def _day(detail: Detail, typed: str) -> str:
    try:
        return date.fromisoformat(typed).isoformat()
    except ValueError:
        raise DayImpossible from None


def _plate(detail: Detail, typed: str) -> str:
    if not _PLATE.fullmatch(plain := _plain(typed)):
        raise PlateImpossible
    return plain


def _vin(detail: Detail, typed: str) -> str:
    if not _VIN.fullmatch(plain := _plain(typed)):
        raise VinImpossible
    return plain


def _address(detail: Detail, typed: str) -> str:
    return postal_address(typed)


_READERS = {
    DetailKind.TEXT: _text,
    DetailKind.NUMBER: _figure,
    DetailKind.CHOICE: _choice,
    DetailKind.DAY: _day,
    DetailKind.PLATE: _plate,
    DetailKind.VIN: _vin,
    DetailKind.ADDRESS: _address,
}


def _usual() -> dict[str, Detail]:
    text = files(__package__).joinpath("data/details.json").read_text("utf-8")
    return {one["code"]: from_json(Detail, one) for one in json.loads(text)}


# What products usually ask for; a version keeps its own copy of what it asks.
USUAL_DETAILS = _usual()
