"""Keys that live as long as parts of messages wait: one for each ten minutes, a file beside the
other keys, destroyed when no part under it can be waiting any more. What was sealed under it is
then gone for ever, wherever a copy of the row may be.
"""

import os
import secrets
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from selfcard.core import clock
from selfcard.core.keys import KEY_BYTES, kept_file

_NONCE = 12


def seal_part(plain: bytes, came_at: datetime) -> bytes:
    """Encrypt a part under the key of its time."""
    path = _path_of(_slot_of(came_at))
    nonce = os.urandom(_NONCE)
    material = kept_file(path, lambda: secrets.token_bytes(KEY_BYTES))
    return nonce + AESGCM(material).encrypt(nonce, plain, b"sms part")


def unseal_part(sealed: bytes, came_at: datetime) -> bytes:
    """Decrypt a part; fails once its key is destroyed."""
    material = _path_of(_slot_of(came_at)).read_bytes()
    return AESGCM(material).decrypt(sealed[:_NONCE], sealed[_NONCE:], b"sms part")


def destroy_old_keys() -> int:
    """Destroy the keys under which no part can be waiting any more; how many."""
    last = _slot_of(clock.now() - settings.SMS_PARTS_WAIT)
    old = [path for path in _folder().glob("*.key") if int(path.stem) < last]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _slot_of(moment: datetime) -> int:
    return int(moment.timestamp() // settings.SMS_PARTS_WAIT.total_seconds())


def _path_of(slot: int) -> Path:
    return _folder() / f"{slot}.key"


def _folder() -> Path:
    return Path(settings.KEY_FOLDER) / "sms-parts"
