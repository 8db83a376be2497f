"""Codes to a phone: how one is made, kept and compared, and what is counted.

Six digits can be tried through, so what protects them is that few are compared: five for a code,
and thirty in a day for a policy, from wherever. Every code belongs to whoever asked for it, so that
a stranger who asks for others makes no code of the holder's void.
"""

import hmac
import re
import secrets
import unicodedata

from django.conf import settings

from selfcard.activation import gate
from selfcard.activation.errors import NotACode
from selfcard.activation.models import OneTimeCode
from selfcard.core.encryption import blind_index
from selfcard.core.keys import key

DIGITS = 6


def new_digits() -> str:
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def read_digits(typed: str) -> str:
    """A code as it is compared, however it was typed.

    Raises:
        NotACode: it has another length, or something else than digits.
    """
    plain = re.sub(r"[\s\-–]", "", unicodedata.normalize("NFKC", typed))
    if not re.fullmatch(rf"[0-9]{{{DIGITS}}}", plain):
        raise NotACode
    return plain


def digest_of(code: OneTimeCode, digits: str) -> bytes:
    """What is kept of a code: it counts for one policy, one purpose and one phone."""
    bound = f"{code.pk} {code.number} {code.purpose} {code.phone} {digits}"
    return hmac.digest(key("one-time-code"), bound.encode(), "sha256")[:16]


def is_right(code: OneTimeCode, digits: str) -> bool:
    """Whether these are the digits that were sent; never of a code that was not sent."""
    return hmac.compare_digest(bytes(code.digest or b""), digest_of(code, digits))


def tries_of(code: OneTimeCode, source: str) -> gate.Target:
    """What a try at a code counts against: the code, and its policy from here and altogether."""
    return {
        f"code {code.pk}": settings.CODE_TRIES,
        f"codes of {code.number}": settings.CODE_POLICY_CAP,
        f"codes of {code.number} {source}": settings.GATE_TARGET_CAP,
    }


def asks_for(number: str, source: str, phone: str = "") -> gate.Target:
    """What asking for a code counts against; a phone that is not the policy's yet counts, too, so
    that nobody has many sent to a stranger's."""
    target = {
        f"asks for {number}": settings.CODES_AN_HOUR_IN_ALL,
        f"asks for {number} {source}": settings.CODES_AN_HOUR,
    }
    if phone:
        target[f"asks to {blind_index('phone', phone).hex()}"] = settings.CODES_AN_HOUR
    return target


def links_for(number: str, source: str, phone: str) -> gate.Target:
    """What sending a link counts against: as a code does, and apart from codes, so that whoever
    calls again and again on a bad line still gets both."""
    return {
        f"links for {number}": settings.CODES_AN_HOUR_IN_ALL,
        f"links for {number} {source}": settings.CODES_AN_HOUR,
        f"links to {blind_index('phone', phone).hex()}": settings.CODES_AN_HOUR,
    }
