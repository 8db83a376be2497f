"""How a text travels: its alphabet, its parts, and how parts are put together again.

A text whose signs are all in the default alphabet of GSM 03.38 travels in that, 160 signs a part;
any other in UCS-2, 70. A longer one is cut, and each part says at its head to which message it
belongs (3GPP TS 23.040, 9.2.3.24): a reference of eight or sixteen bits, how many parts there are,
and which this is. Over SMPP each sign of the default alphabet has a byte of its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = {
    "\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F,
    "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65,
}  # fmt: skip
_ESCAPE = 0x1B
_CODES: dict[str, bytes] = {
    sign: bytes([code]) for code, sign in enumerate(_BASIC) if code != _ESCAPE
} | {sign: bytes([_ESCAPE, code]) for sign, code in _EXTENDED.items()}
_SIGNS = dict(enumerate(_BASIC))
_EXTENDED_SIGNS = {code: sign for sign, code in _EXTENDED.items()}
_CONCATENATED_8, _CONCATENATED_16 = 0x00, 0x08
MOST_PARTS = 255


class Alphabet(IntEnum):
    """By its number as a data coding of SMPP 3.4 (5.2.19)."""

    GSM_7 = 0
    ASCII = 1
    LATIN_1 = 3
    UCS_2 = 8


_ROOM = {Alphabet.GSM_7: (160, 153, 152), Alphabet.UCS_2: (140, 134, 132)}
_CODECS = {Alphabet.ASCII: "ascii", Alphabet.LATIN_1: "latin-1", Alphabet.UCS_2: "utf-16-be"}


class NotReadable(ValueError):
    """The bytes of a message are in no alphabet that we know, or its head is broken."""


@dataclass(frozen=True)
class Place:
    """Where a part belongs: to which message of its sender, and which of how many it is."""

    reference: int
    count: int
    number: int


@dataclass(frozen=True)
class Segment:
    """One part as it travels: its alphabet, its head if it has one, and the text of it."""

    alphabet: Alphabet
    content: bytes
    head: bytes = b""


def is_gsm_7(text: str) -> bool:
    return all(sign in _CODES for sign in text)


def encoded(text: str) -> tuple[Alphabet, bytes]:
    """A text in the alphabet in which it is shortest."""
    if is_gsm_7(text):
        return Alphabet.GSM_7, b"".join(_CODES[sign] for sign in text)
    return Alphabet.UCS_2, text.encode("utf-16-be", "replace")


def decoded(content: bytes, coding: int) -> str:
    """The text of bytes in an alphabet.

    Raises:
        NotReadable: nobody can say what these are.
    """
    if coding == Alphabet.GSM_7:
        return _from_gsm_7(content)
    try:
        return content.decode(_CODECS[Alphabet(coding)])
    except ValueError:
        raise NotReadable(f"data coding {coding}") from None


def cut(text: str, reference: int, *, wide: bool = False) -> list[Segment]:
    """The parts of a text; one without a head where it fits into one.

    No sign is torn apart. `wide` writes a reference of sixteen bits.

    Raises:
        ValueError: it has more parts than can be counted.
    """
    alphabet, content = encoded(text)
    alone, narrow, short = _ROOM[alphabet]
    if len(content) <= alone:
        return [Segment(alphabet, content)]
    pieces = list(_pieces(alphabet, content, short if wide else narrow))
    if len(pieces) > MOST_PARTS:
        raise ValueError(f"{len(pieces)} parts are more than {MOST_PARTS}")
    return [
        Segment(alphabet, piece, _head(Place(reference, len(pieces), number), wide=wide))
        for number, piece in enumerate(pieces, 1)
    ]


def read_head(content: bytes) -> tuple[Place | None, bytes]:
    """Where a part with a head belongs, and what follows the head.

    Raises:
        NotReadable: the head is longer than the part, or contradicts itself.
    """
    if not content or len(content) < 1 + content[0]:
        raise NotReadable("the head is cut off")
    head, rest = content[1 : 1 + content[0]], content[1 + content[0] :]
    place = None
    while head:
        if len(head) < 2 or len(head) < 2 + head[1]:
            raise NotReadable("an element of the head is cut off")
        kind, told, head = head[0], head[2 : 2 + head[1]], head[2 + head[1] :]
        if kind == _CONCATENATED_8 and len(told) == 3:
            place = Place(told[0], told[1], told[2])
        elif kind == _CONCATENATED_16 and len(told) == 4:
            place = Place(int.from_bytes(told[:2], "big"), told[2], told[3])
    if place and not 1 <= place.number <= place.count:
        raise NotReadable("a part beyond the last")
    return place, rest


def joined(parts: Iterable[tuple[int, str]]) -> str:
    """The text of numbered parts, in whatever order they came."""
    return "".join(text for _, text in sorted(parts))


def _from_gsm_7(content: bytes) -> str:
    signs: list[str] = []
    codes = iter(content)
    for code in codes:
        if code == _ESCAPE:
            extended = next(codes, None)
            # As 03.38 has it: an unknown sign of the extension is shown as the basic one.
            signs.append(_EXTENDED_SIGNS.get(extended or 0) or _SIGNS.get(extended or -1, " "))
        elif code in _SIGNS:
            signs.append(_SIGNS[code])
        else:
            raise NotReadable("a byte beyond the default alphabet")
    return "".join(signs)


def _pieces(alphabet: Alphabet, content: bytes, room: int) -> Iterable[bytes]:
    while content:
        end = min(room, len(content))
        if end < len(content) and _tears(alphabet, content, end):
            end -= 1 if alphabet == Alphabet.GSM_7 else 2
        yield content[:end]
        content = content[end:]


def _tears(alphabet: Alphabet, content: bytes, end: int) -> bool:
    """Whether a cut here parts an escape from its sign, or the two halves of a sign."""
    if alphabet == Alphabet.GSM_7:
        return content[end - 1] == _ESCAPE
    return 0xD8 <= content[end - 2] <= 0xDB


def _head(place: Place, *, wide: bool) -> bytes:
    if wide:
        reference = (place.reference % 0x10000).to_bytes(2, "big")
        return bytes([6, _CONCATENATED_16, 4, *reference, place.count, place.number])
    return bytes([5, _CONCATENATED_8, 3, place.reference % 0x100, place.count, place.number])
