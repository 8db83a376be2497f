"""Posts between machines that know one key: signed, in time, and each of them once.

The signature is the HMAC-SHA-256, in hexadecimal, of the moment, a nonce and the body, with full
stops between them. Whoever takes a post in keeps its nonce as long as its moment counts.
"""

import hmac
import re
import secrets
import time
from collections.abc import Mapping
from datetime import timedelta

MOMENT, NONCE, SIGNATURE = "X-Selfcard-Time", "X-Selfcard-Nonce", "X-Selfcard-Signature"
# So far may the clocks of the two machines be apart.
COUNTS_FOR = timedelta(minutes=5)
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")


def signed_headers(key: bytes, body: bytes) -> dict[str, str]:
    """The headers with which a post is sent now."""
    moment, nonce = str(int(time.time())), secrets.token_urlsafe(24)
    return {MOMENT: moment, NONCE: nonce, SIGNATURE: signature_of(key, moment, nonce, body)}


def signature_of(key: bytes, moment: str, nonce: str, body: bytes) -> str:
    said = f"{moment}.{nonce}.".encode() + body
    return hmac.digest(key, said, "sha256").hex()


def nonce_of(keys: tuple[bytes, ...], headers: Mapping[str, str], body: bytes) -> str | None:
    """The nonce of a post that is signed with one of the keys, and in time; else nothing."""
    moment, nonce = headers.get(MOMENT, ""), headers.get(NONCE, "")
    signature = headers.get(SIGNATURE, "").encode()
    if not re.fullmatch("[0-9]{1,12}", moment) or not _NONCE.fullmatch(nonce):
        return None
    if abs(time.time() - int(moment)) > COUNTS_FOR.total_seconds():
        return None
    fits = [
        hmac.compare_digest(signature_of(one, moment, nonce, body).encode(), signature)
        for one in keys
    ]
    return nonce if any(fits) else None
