"""Where the keys are that must not be in the database.

Each key is a file of 32 random bytes, mode 0600, in the key folder of the data folder, made when
it is first asked for; or an environment variable `SELFCARD_KEY_<NAME>` in hexadecimal, which wins.
A key management service would answer the same question here.
"""

import os
import secrets
from functools import cache
from pathlib import Path

from django.conf import settings

KEY_BYTES = 32


def key(name: str) -> bytes:
    """The key of a name such as `personal-data` or `pin-wrapping`, 32 bytes."""
    return key_in(Path(settings.KEY_FOLDER), name)


@cache
def key_in(folder: Path, name: str) -> bytes:
    """The key of a name in a key folder; settings ask here, before there are settings."""
    variable = os.environ.get("SELFCARD_KEY_" + name.upper().replace("-", "_"))
    if variable:
        return _checked(bytes.fromhex(variable), name)
    path = folder / f"{name}.key"
    try:
        return _checked(path.read_bytes(), name)
    except FileNotFoundError:
        return _made(path, name)


def _made(path: Path, name: str) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link fails when another process was first: whoever comes second uses the first one's.
        os.link(partial, path)
    except FileExistsError:
        return _checked(path.read_bytes(), name)
    finally:
        partial.unlink()
    return _checked(path.read_bytes(), name)


def _checked(found: bytes, name: str) -> bytes:
    if len(found) != KEY_BYTES:
        raise ValueError(f"the key {name} is not {KEY_BYTES} bytes long")
    return found
