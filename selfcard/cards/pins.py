"""PINs: drawn at random, kept only as digests.

A PIN is 8 to 16 digits. Its first four are the *selector*: a wrong PIN counts against a card only
if they are right, so that a stranger who walks through consecutive numbers locks nobody out. Each
PIN is digested whole to 16 bytes, its selector to 2, by HMAC-SHA-256 under two keys of the batch
and the serial. `docs/pins.md` has the arithmetic.
"""

import hashlib
import hmac
import secrets
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from selfcard.cards.models import SELECTOR_DIGITS
from selfcard.core.serials import SERIAL_DIGITS, SerialRun

DIGEST_BYTES = 16
SELECTOR_BYTES = 2
KEY_BYTES = 32
_BLOCK = 64  # of SHA-256, in bytes
_DRAW = 1 << 64


@dataclass(frozen=True)
class PinKeys:
    """The two keys of a batch: one for whole PINs, one for selectors."""

    pin: bytes
    selector: bytes

    @classmethod
    def fresh(cls) -> "PinKeys":
        return cls(secrets.token_bytes(KEY_BYTES), secrets.token_bytes(KEY_BYTES))

    def digest(self, serial: int, pin: str) -> bytes:
        """What is kept of a PIN."""
        return hmac.digest(self.pin, _message(serial, pin), "sha256")[:DIGEST_BYTES]

    def selector_digest(self, serial: int, pin: str) -> bytes:
        """What is kept of a PIN's first digits."""
        message = _message(serial, pin[:SELECTOR_DIGITS])
        return hmac.digest(self.selector, message, "sha256")[:SELECTOR_BYTES]

    @cached_property
    def digester(self) -> "Digester":
        return Digester(self)


class Digester:
    """The same digests for very many PINs, in a third of the time.

    HMAC hashes a padded key twice for each message; here the two beginnings are hashed once and
    copied.
    """

    def __init__(self, keys: PinKeys) -> None:
        self._pin, self._selector = _padded(keys.pin), _padded(keys.selector)

    def digests(self, run: SerialRun, pins: Iterable[str]) -> tuple[bytes, bytes]:
        """What is kept of the PINs of a run, in a row: of the PINs, and of their selectors."""
        serials = range(run.first, run.last + 1)
        messages = [
            f"{serial:015d}:{pin}".encode() for serial, pin in zip(serials, pins, strict=True)
        ]
        # The message of a selector is the beginning of that of its PIN.
        beginning = SERIAL_DIGITS + len(":") + SELECTOR_DIGITS
        selectors = [message[:beginning] for message in messages]
        return (
            b"".join(_digested(messages, *self._pin, DIGEST_BYTES)),
            b"".join(_digested(selectors, *self._selector, SELECTOR_BYTES)),
        )


def _digested(
    messages: Iterable[bytes], inner: "hashlib._Hash", outer: "hashlib._Hash", size: int
) -> Iterator[bytes]:
    begin, end = inner.copy, outer.copy
    for message in messages:
        first, second = begin(), end()
        first.update(message)
        second.update(first.digest())
        yield second.digest()[:size]


def draw_pins(count: int, length: int) -> Iterator[str]:
    """PINs from the system's cryptographic random source, each as likely as any other."""
    size = 10**length
    # A draw above the last whole multiple would make low PINs a little likelier: draw again.
    fair = _DRAW - _DRAW % size
    left, digits = count, f"%0{length}d"
    while left:
        for number in struct.unpack(f"={left}Q", secrets.token_bytes(8 * left)):
            if number < fair:
                left -= 1
                yield digits % (number % size)


def _message(serial: int, digits: str) -> bytes:
    return b"%015d:%s" % (serial, digits.encode())


def _padded(key: bytes) -> tuple["hashlib._Hash", "hashlib._Hash"]:
    block = key.ljust(_BLOCK, b"\x00")
    return (
        hashlib.sha256(bytes(byte ^ 0x36 for byte in block)),
        hashlib.sha256(bytes(byte ^ 0x5C for byte in block)),
    )
