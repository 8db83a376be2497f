"""Personal data at rest: encrypted fields, and blind indexes to find an equal value again.

A stored value is version (1 byte), key id (4 bytes), nonce (12 bytes) and AES-256-GCM ciphertext;
`table.column` is authenticated with it, so that a value moved to another column does not open.
"""

import hashlib
import hmac
import os
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import models

from selfcard.core.keys import forget_keys, key, keys

_VERSION = b"\x01"
PERSONAL = "personal-data"


@cache
def key_id(material: bytes) -> bytes:
    """Four bytes that name a key without telling it."""
    return hashlib.sha256(b"key id" + material).digest()[:4]


def seal(plain: bytes, context: str, key_name: str = PERSONAL) -> bytes:
    """Encrypt bytes for one place, named by `context`, with the newest key."""
    material = key(key_name)
    nonce = os.urandom(12)
    sealed = AESGCM(material).encrypt(nonce, plain, context.encode())
    return _VERSION + key_id(material) + nonce + sealed


def unseal(stored: bytes, context: str, key_name: str = PERSONAL) -> bytes:
    """Decrypt what `seal` made for the same place; fails loudly for any other."""
    stored = bytes(stored)
    material = _key_of(stored, key_name)
    if material is None:
        # Another process may have sealed it with a key that came a moment ago.
        forget_keys()
        material = _key_of(stored, key_name)
    if material is None:
        raise ValueError(f"{context}: sealed with a key that is not here")
    return AESGCM(material).decrypt(stored[5:17], stored[17:], context.encode())


def sealed_under(stored: bytes, key_name: str = PERSONAL) -> bytes | None:
    """The id of the key of ours that a value is sealed with; nothing for any other bytes."""
    material = _key_of(stored, key_name)
    return key_id(material) if material else None


def _key_of(stored: bytes, key_name: str) -> bytes | None:
    if stored[:1] != _VERSION:
        return None
    found = (one for one in keys(key_name) if key_id(one) == stored[1:5])
    return next(found, None)


def blind_index(purpose: str, value: str) -> bytes:
    """Sixteen bytes that are equal for equal values and tell nothing without the key."""
    message = f"{purpose}\x00{value}".encode()
    return hmac.digest(key("blind-index"), message, "sha256")[:16]


@models.BinaryField.register_lookup
class KeyId(models.Transform):
    """The id of the key that a stored value is sealed with."""

    lookup_name = "key_id"
    template = "substring(%(expressions)s FROM 2 FOR 4)"
    output_field = models.BinaryField()


class EncryptedBytes(models.BinaryField):
    """Bytes that are encrypted at rest; they cannot be searched or sorted by."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["editable"] = True
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("editable", None)
        return name, path, args, kwargs

    @property
    def _context(self) -> str:
        return f"{self.model._meta.db_table}.{self.column}"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is not None:
            value = seal(bytes(value), self._context)
        return super().get_db_prep_value(value, connection, prepared)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return None if value is None else unseal(value, self._context)

    def to_python(self, value: Any) -> Any:
        return value


class EncryptedText(EncryptedBytes):
    """A text field that is encrypted at rest; it cannot be searched or sorted by."""

    # What the type checker takes a model's attribute for.
    _pyi_private_set_type: str
    _pyi_private_get_type: str  # type: ignore[assignment]

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if isinstance(value, str):
            value = value.encode()
        return super().get_db_prep_value(value, connection, prepared)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str | None:
        content = super().from_db_value(value, expression, connection)
        return None if content is None else content.decode()
