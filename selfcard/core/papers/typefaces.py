"""The typefaces of all papers, and which characters they can print.

Noto Sans SC sets everything but the rarest characters of names; HanaMinB has those of the
extensions B to F that it lacks, and people do bear them. Together they have every Chinese character
of GB 18030-2022, in its highest level.

The files lie here compressed, and are unpacked once into the data folder. A paper is
set in these and in nothing that the machine happens to have, so that it is the same
everywhere; and a character that they lack is refused where it is typed, instead of
becoming an empty box on somebody's policy.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import os
import secrets
import struct
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

_PACKED = Path(__file__).parent / "fonts"


@cache
def font_folder() -> Path:
    """The folder with the unpacked typefaces; unpacks them when they are not there yet.

    The folder is named after what is in it, and a file appears whole or not at all, so
    any number of processes may come here at once.
    """
    files = {name: file for face in _manifest() for name, file in face["files"].items()}
    fingerprint = hashlib.sha256("".join(file["sha256"] for file in files.values()).encode())
    folder = Path(settings.DATA_FOLDER) / "fonts" / fingerprint.hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    for name, file in files.items():
        if not (folder / name).exists():
            _unpack(name, file["sha256"], folder / name)
    return folder


def _manifest() -> list[dict[str, Any]]:
    manifest: list[dict[str, Any]] = json.loads((_PACKED / "manifest.json").read_text())
    return manifest


def _unpack(name: str, sha256: str, target: Path) -> None:
    content = lzma.decompress((_PACKED / f"{name}.xz").read_bytes())
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ValueError(f"the typeface {name} is not what its manifest says")
    partial = target.with_name(f".{name}.{os.getpid()}.{secrets.token_hex(4)}")
    partial.write_bytes(content)
    partial.replace(target)


@cache
def _characters() -> frozenset[int]:
    """Every code point that one of the typefaces has in each of its weights."""
    known: frozenset[int] = frozenset()
    for face in _manifest():
        weights = [_code_points((font_folder() / name).read_bytes()) for name in face["files"]]
        known |= frozenset.intersection(*weights)
    return known


def _code_points(font: bytes) -> frozenset[int]:
    """Read the character map of a TrueType file (OpenType specification, `cmap`, format 12)."""
    (tables,) = struct.unpack_from(">H", font, 4)
    for number in range(tables):
        tag, _sum, table, _length = struct.unpack_from(">4sLLL", font, 12 + 16 * number)
        if tag == b"cmap":
            break
    (maps,) = struct.unpack_from(">H", font, table + 2)
    found: set[int] = set()
    for number in range(maps):
        _platform, _encoding, offset = struct.unpack_from(">HHL", font, table + 4 + 8 * number)
        (form,) = struct.unpack_from(">H", font, table + offset)
        if form != 12:
            continue
        (groups,) = struct.unpack_from(">L", font, table + offset + 12)
        for group in range(groups):
            first, last, _glyph = struct.unpack_from(">LLL", font, table + offset + 16 + 12 * group)
            found.update(range(first, last + 1))
    return frozenset(found)


def unprintable(text: str) -> str:
    """The characters of a text that no paper can show, each once, in order; empty when all is well.

    A line break is no character to print; any other control character is refused.
    """
    known = _characters()
    return "".join(dict.fromkeys(sign for sign in text if sign != "\n" and ord(sign) not in known))
