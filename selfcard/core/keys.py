"""Where the keys are that must not be in the database.

Each key is a file of 32 random bytes, mode 0600, in the key folder of the data folder, made when
it is first asked for; or an environment variable `SELFCARD_KEY_<NAME>` in hexadecimal, which wins.
A key management service would answer the same question here.

What is sealed can be sealed anew with a new key: `personal-data.2.key` comes beside
`personal-data.key` (or the former keys stand in `SELFCARD_KEY_<NAME>_FORMER`, with commas between).
The newest seals, and all of them open.
"""

import os
import re
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

KEY_BYTES = 32
# So long a process goes on with the keys that it knows before it looks for a newer one.
MEMORY_S = 10

_known: dict[tuple[Path, str], tuple[float, tuple[bytes, ...]]] = {}


def key(name: str) -> bytes:
    """The key of a name such as `personal-data` or `pin-wrapping`, 32 bytes; its newest."""
    return keys(name)[0]


def keys(name: str) -> tuple[bytes, ...]:
    """All keys of a name, the newest first."""
    return keys_in(Path(settings.KEY_FOLDER), name)


def key_in(folder: Path, name: str) -> bytes:
    """The key of a name in a key folder; settings ask here, before there are settings."""
    return keys_in(folder, name)[0]


def keys_in(folder: Path, name: str) -> tuple[bytes, ...]:
    until, found = _known.get((folder, name), (0.0, ()))
    if time.monotonic() >= until:
        found = _from_environment(name) or _from_files(folder, name)
        _known[folder, name] = time.monotonic() + MEMORY_S, found
    return found


def forget_keys() -> None:
    """Look for the keys anew the next time that one is asked for."""
    _known.clear()


def comes_from_environment(name: str) -> bool:
    return bool(os.environ.get(_variable(name)))


def add_key(name: str) -> None:
    """Make a newer key beside the present one. Every process seals with it `MEMORY_S` later."""
    folder = Path(settings.KEY_FOLDER)
    number = len(_files(folder, name)) + 1
    kept_file(folder / f"{name}.{number}.key", lambda: secrets.token_bytes(KEY_BYTES))
    forget_keys()


def _variable(name: str) -> str:
    return "SELFCARD_KEY_" + name.upper().replace("-", "_")


def _from_environment(name: str) -> tuple[bytes, ...]:
    newest = os.environ.get(_variable(name))
    if not newest:
        return ()
    former = os.environ.get(_variable(name) + "_FORMER", "")
    given = [newest, *(one for one in former.split(",") if one.strip())]
    return tuple(_checked(bytes.fromhex(one), name) for one in given)


def _from_files(folder: Path, name: str) -> tuple[bytes, ...]:
    kept_file(folder / f"{name}.key", lambda: secrets.token_bytes(KEY_BYTES))
    return tuple(_checked(path.read_bytes(), name) for path in reversed(_files(folder, name)))


def _files(folder: Path, name: str) -> list[Path]:
    """`name.key` and the newer `name.2.key`, `name.3.key` beside it, the oldest first."""
    newer = re.compile(re.escape(name) + r"\.([0-9]+)\.key")
    numbered = [
        (int(found[1]), path) for path in folder.iterdir() if (found := newer.fullmatch(path.name))
    ]
    return [folder / f"{name}.key", *(path for _, path in sorted(numbered))]


def kept_file(path: Path, make: Callable[[], bytes]) -> bytes:
    """A secret file's content; made now if there is none, whole or not at all.

    Of several processes that find none, one makes it for all.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return _made(path, make())


def _made(path: Path, content: bytes) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link fails when another process was first: whoever comes second uses the first one's.
        os.link(partial, path)
    except FileExistsError:
        return path.read_bytes()
    finally:
        partial.unlink()
    return content


def _checked(found: bytes, name: str) -> bytes:
    if len(found) != KEY_BYTES:
        raise ValueError(f"the key {name} is not {KEY_BYTES} bytes long")
    return found
