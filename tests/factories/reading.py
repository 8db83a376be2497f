"""Reading a paper back, as a person or a program would."""

from __future__ import annotations

from datetime import date
from io import BytesIO

from pypdf import PdfReader

from selfcard.core import clock
from selfcard.core.papers import frozen_facts, render


def words_on(kind: str, facts: object, language: str = "zh-hans") -> str:
    """All text of a paper without any space, so that groups and line ends do not matter."""
    with clock.frozen(date(2026, 11, 23)):
        pdf = render(kind, frozen_facts(facts), language)
    return words_of(pdf)


def words_of(pdf: bytes) -> str:
    """The same, of a paper that is printed already."""
    said = "".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
    return "".join(said.split())
