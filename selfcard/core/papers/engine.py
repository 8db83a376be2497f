"""From frozen facts to a PDF, or to pictures, with Typst: the same facts give the same bytes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import datetime
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import segno
import typst

from selfcard.core.papers.typefaces import font_folder, unprintable

_PACKAGE = Path(__file__).resolve().parents[2]

# Archival and accessible: PDF/A-2a keeps text, structure and language with the page.
_STANDARDS: list[typst.PDFStandard] = ["a-2a", "ua-1"]

_of_thread = threading.local()


class PaperCannotBeMade(Exception):
    """A template and its facts do not make a paper; a mistake in the house, not of a user."""


def render(kind: str, facts: dict[str, Any], language: str) -> bytes:
    """Make the PDF of a paper.

    The document's date is the moment when its facts were frozen, so nothing in the file
    tells when it was made from them.

    Raises:
        PaperCannotBeMade: there is no such kind, the facts do not fit the template, or a
            character has no glyph.
    """
    pdf = _made(kind, facts, language, format="pdf", pdf_standards=_STANDARDS)
    assert isinstance(pdf, bytes)
    return pdf


def pictures(kind: str, facts: dict[str, Any], language: str) -> list[bytes]:
    """The same paper as pictures (PNG, 300 points an inch), one a page.

    Raises:
        PaperCannotBeMade: as for `render`.
    """
    pages = _made(kind, facts, language, format="png", ppi=300)
    return [pages] if isinstance(pages, bytes) else list(pages)


def _made(kind: str, facts: dict[str, Any], language: str, **wanted: Any) -> Any:
    if missing := unprintable("".join(strings_in(facts))):
        raise PaperCannotBeMade(f"{kind}: no glyph for {' '.join(missing)}")
    compiler, template = _compiler(), _template(kind)
    try:
        return compiler.compile(
            input=template,
            sys_inputs={
                "facts": json.dumps(facts, ensure_ascii=False),
                "pictures": json.dumps(dict(_qr_codes(facts))),
                "language": "zh" if language.startswith("zh") else "en",
            },
            timestamp=datetime.fromisoformat(facts["made_at"]),
            **wanted,
        )
    except typst.TypstError as error:
        raise PaperCannotBeMade(f"{kind}: {error.message} {error.diagnostic}") from error


def strings_in(facts: Any) -> Iterator[str]:
    """Every text within facts, wherever it stands."""
    if isinstance(facts, str):
        yield facts
    elif isinstance(facts, dict):
        for value in facts.values():
            yield from strings_in(value)
    elif isinstance(facts, list):
        for value in facts:
            yield from strings_in(value)


def _compiler() -> typst.Compiler:
    """The thread's own compiler: it keeps what it has read, and may not be shared."""
    if not hasattr(_of_thread, "compiler"):
        _of_thread.compiler = typst.Compiler(
            root=_PACKAGE, font_paths=_fonts(), ignore_system_fonts=True
        )
    compiler: typst.Compiler = _of_thread.compiler
    return compiler


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[font_folder()]
    )


@cache
def _template(kind: str) -> Path:
    """The template of a kind, in whichever capability's room it lies."""
    found = list(_PACKAGE.glob(f"*/papers/{kind}.typ"))
    if len(found) != 1 or not kind.isidentifier():
        raise PaperCannotBeMade(f"{kind}: {len(found)} templates instead of one")
    return found[0]


def _qr_codes(facts: Any) -> Iterator[tuple[str, str]]:
    """A QR code for every web address among the facts: each fact named `…_address` with `://`."""
    if isinstance(facts, dict):
        for name, value in facts.items():
            if name.endswith("_address") and isinstance(value, str) and "://" in value:
                yield value, _drawn(value)
            yield from _qr_codes(value)
    elif isinstance(facts, list):
        for value in facts:
            yield from _qr_codes(value)


# A policy and its card bear the same code, and are made one after the other.
@lru_cache(maxsize=64)
def _drawn(address: str) -> str:
    drawing = BytesIO()
    segno.make(address, error="m", boost_error=False).save(
        drawing, kind="svg", border=4, xmldecl=False, dark="#14212a", light="#ffffff"
    )
    return drawing.getvalue().decode()
