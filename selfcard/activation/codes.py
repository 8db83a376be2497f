"""Codes to a phone: how one is made, told, kept and compared, and what is counted.

Six digits can be tried through, so what protects them is that few are compared: five for a code,
and thirty in a day for a policy, from wherever. Every code belongs to whoever asked for it, so that
a stranger who asks for others makes no code of the holder's void.
"""

import hmac
import re
import secrets
import unicodedata
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

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


def words_with(code: OneTimeCode, digits: str) -> str:
    """What is sent, in the reader's language."""
    minutes = settings.CODE_LASTS.seconds // 60
    said = {"code": digits, "minutes": minutes, "number": code.number}
    if code.purpose == OneTimeCode.Purpose.OPEN:
        return (
            _(
                "%(code)s is your code to open policy %(number)s. It counts for %(minutes)d"
                " minutes. Tell it to nobody."
            )
            % said
        )
    if code.purpose == OneTimeCode.Purpose.CHANGE_CONTACT:
        return (
            _(
                "%(code)s is your code to change telephone, e-mail or address of policy"
                " %(number)s. It counts for %(minutes)d minutes. Tell it to nobody. If you do not"
                " want to change anything, call us."
            )
            % said
        )
    return (
        _(
            "%(code)s is your code by which this phone becomes that of policy %(number)s. It counts"
            " for %(minutes)d minutes. Tell it to nobody."
        )
        % said
    )


def words_to_enter_pin(address: str) -> str:
    """What is sent to a caller who enters the PIN on their own phone; it names no card."""
    return _(
        "Enter the PIN of your card here, while you talk with our staff; they do not see it:"
        " %(address)s The link counts once, for %(minutes)d minutes. If you have not called us, do"
        " nothing."
    ) % {"address": address, "minutes": settings.CODE_LASTS.seconds // 60}


def words_to_agree(digits: str, ending: str, consent: Mapping[str, Any]) -> str:
    """What is sent to somebody who is asked, on the telephone or at a counter, to agree."""
    said = {
        "code": digits,
        "product": consent["product"],
        "ending": ending,
        "minutes": settings.CODE_LASTS.seconds // 60,
    }
    if "guardian" in consent["texts"]:
        return (
            _(
                "%(code)s: tell it to our staff only if you agree to the terms of %(product)s, to"
                " the privacy notice, and as parent or guardian to the insurance of the child, for"
                " the card ending in %(ending)s. It counts for %(minutes)d minutes."
            )
            % said
        )
    return (
        _(
            "%(code)s: tell it to our staff only if you agree to the terms of %(product)s and to"
            " the privacy notice, for the card ending in %(ending)s. It counts for %(minutes)d"
            " minutes."
        )
        % said
    )
