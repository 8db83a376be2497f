"""Papers: frozen facts, and the PDF that is always made the same from them.

A deed freezes the facts of its paper in its own transaction; the PDF is made whenever
somebody opens it. Which papers there are, what is in them and how they look belongs to
the capabilities: `<capability>/papers/` holds the facts' dataclasses and one Typst
template a kind, `<kind>.typ`, set with the parts of `house.typ`.
"""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from selfcard.core import clock
from selfcard.core.models import Paper
from selfcard.core.papers.engine import pictures as pictures
from selfcard.core.papers.engine import render as render
from selfcard.core.papers.engine import strings_in
from selfcard.core.papers.facts import Name as Name
from selfcard.core.papers.facts import Text as Text
from selfcard.core.papers.facts import plain
from selfcard.core.papers.typefaces import unprintable
from selfcard.core.refusals import Refusal


class MissingGlyph(Refusal):
    """The typeface of the papers lacks a character: better no paper than one with a gap."""

    message = _(
        "These characters cannot be printed on our papers: %(characters)s. "
        "Write them as the identity document's machine-readable line does."
    )


def printable(text: str) -> str:
    """The characters of a text that could not be printed, for forms; empty when all can."""
    return unprintable(text)


def letterhead() -> dict[str, str]:
    """The insurer as it is now: names, addresses, and where it is reached."""
    english, chinese = "en", "zh-hans"
    return {
        "name_zh": settings.INSURER_NAME[chinese],
        "name_en": settings.INSURER_NAME[english],
        "address_zh": settings.INSURER_ADDRESS[chinese],
        "address_en": settings.INSURER_ADDRESS[english],
        "tax_number": settings.INSURER_TAX_NUMBER,
        "phone": settings.HELP_NUMBER,
        "website": settings.PUBLIC_ADDRESS,
    }


def frozen_facts(facts: object) -> dict[str, Any]:
    """Facts as a paper keeps them: plain, with the moment and with the insurer as it is now."""
    return {
        **plain(facts),
        "made_at": clock.now().isoformat(timespec="seconds"),
        "house": letterhead(),
    }


def freeze_paper(*, kind: str, number: str, facts: object) -> Paper:
    """Keep the facts of a paper, within the deed that it documents.

    Raises:
        MissingGlyph: it says something that cannot be printed.
    """
    kept = frozen_facts(facts)
    if missing := unprintable("".join(strings_in(kept))):
        raise MissingGlyph(characters=" ".join(missing))
    return Paper.objects.create(
        kind=kind,
        number=number,
        facts=json.dumps(kept, ensure_ascii=False),
        made_at=kept["made_at"],
    )


def find_paper(kind: str, number: str) -> Paper | None:
    """The paper of a kind and number, if it was made."""
    return Paper.objects.filter(kind=kind, number=number).first()


def pdf_of(paper: Paper, language: str) -> bytes:
    """The paper as PDF in a language (`zh-hans` or `en`): the same bytes each time."""
    return render(paper.kind, json.loads(str(paper.facts)), language)
