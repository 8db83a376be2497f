"""The code on a policy: a signed summary that fits into a QR code and verifies without a network.

It says what a stranger at a counter has to know and names nobody. Bytes, most significant first:

| bytes | what |
|---|---|
| 1 | version of this form, 1 |
| 4 | the key that signed it: the first bytes of the SHA-256 of the public key |
| 6 | the digits of the policy's number |
| 1 | edition of the paper |
| 1 | state when it was made: 1 issued, 2 cancelled |
| 4, 4, 4 | issued; cover from; cover to: seconds since 1970, UTC |
| 8 | who is insured: a digest that only the insurer can make again |
| 2 | version of the product |
| the rest | code of the product, UTF-8 |
| 64 | signature of all before it, Ed25519 (RFC 8032) |

Written in base32 (RFC 4648) without padding: capitals and digits, of which a QR code holds most.
The public key is published; `docs/policy_code.py` verifies a code with nothing of ours.
"""

import base64
import hashlib
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from urllib.parse import urlsplit, urlunsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from selfcard.core.keys import key

_VERSION = 1
_FORM = struct.Struct(">B4s6sBBLLL8sH")
_SIGNATURE = 64
_LONGEST_PRODUCT = 80  # a code has twenty characters at most
LONGEST = -(-(_FORM.size + _LONGEST_PRODUCT + _SIGNATURE) * 8 // 5)  # characters
_SHAPE = re.compile(rf"[A-Z2-7]{{{(_FORM.size + _SIGNATURE) * 8 // 5},{LONGEST}}}")
_STATES = {"issued": 1, "cancelled": 2}


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What a code says."""

    number: str
    edition: int
    state: str
    issued_at: datetime
    starts_at: datetime
    ends_at: datetime
    people: bytes
    product: str
    product_version: int


@dataclass(frozen=True)
class Code:
    """A code as it is written, and the public key with which it verifies (32 bytes)."""

    written: str
    public_key: bytes


def public_key() -> bytes:
    """The public key of the codes that are made now."""
    return _newest_key().public_key().public_bytes_raw()


def key_id(public: bytes) -> bytes:
    """Four bytes by which a code names the key that signed it."""
    return hashlib.sha256(public).digest()[:4]


def code_of(summary: Summary) -> Code:
    """The summary, signed; the same for the same summary and key."""
    private = _newest_key()
    public = private.public_key().public_bytes_raw()
    body = (
        _FORM.pack(
            _VERSION,
            key_id(public),
            int(summary.number.removeprefix("P")).to_bytes(6),
            summary.edition,
            _STATES[summary.state],
            int(summary.issued_at.timestamp()),
            int(summary.starts_at.timestamp()),
            int(summary.ends_at.timestamp()),
            summary.people,
            summary.product_version,
        )
        + summary.product.encode()
    )
    return Code(_written(body + private.sign(body)), public)


def read_code(written: str, known: Callable[[bytes], bytes | None]) -> Summary | None:
    """What a code says, if one of our keys has signed it; `known` finds a public key by its id."""
    if not _SHAPE.fullmatch(written):
        return None
    try:
        content = base64.b32decode(written + "=" * (-len(written) % 8))
    except ValueError:
        return None
    if _written(content) != written:
        return None  # bits beyond the last byte: the same bytes written in another way
    body, signature = content[:-_SIGNATURE], content[-_SIGNATURE:]
    public = known(body[1:5])
    if body[0] != _VERSION or public is None:
        return None
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, body)
    except InvalidSignature:
        return None
    _, _, number, edition, state, *moments, people, version = _FORM.unpack(body[: _FORM.size])
    issued_at, starts_at, ends_at = (datetime.fromtimestamp(one, UTC) for one in moments)
    return Summary(
        number=f"P{int.from_bytes(number):013d}",
        edition=edition,
        state=next(name for name, number in _STATES.items() if number == state),
        issued_at=issued_at,
        starts_at=starts_at,
        ends_at=ends_at,
        people=people,
        product=body[_FORM.size :].decode(),
        product_version=version,
    )


def code_address(website: str, code: str) -> str:
    """The address that a QR code leads to: scheme and host in capitals, which take less room."""
    parts = urlsplit(website)
    return urlunsplit(
        (parts.scheme.upper(), parts.netloc.upper(), f"{parts.path}/CHECK/{code}", "", "")
    )


def _written(content: bytes) -> str:
    return base64.b32encode(content).decode().rstrip("=")


def _newest_key() -> Ed25519PrivateKey:
    return _private_key(key("policy-code"))


@cache
def _private_key(material: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(material)
