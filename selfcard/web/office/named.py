"""Cards that an address names, so that a form opens with them filled in.

`?document_type=AC-100&first=620118000412001&last=620118000412200`: the page that shows cards leads
to the deed for them. What is not a run of serials is left out; the form asks for it.
"""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest

from selfcard.cards.models import DocumentType
from selfcard.core.refusals import Refusal
from selfcard.core.serials import SerialRun, parse_serial


def cards_named(request: HttpRequest) -> dict[str, Any]:
    """The initial values `document_type` and `runs` of a form, as far as the address names them."""
    named: dict[str, Any] = {}
    if code := request.GET.get("document_type"):
        named["document_type"] = code
    first = request.GET.get("first", "")
    try:
        start = parse_serial(first)
        named["runs"] = (SerialRun(start, parse_serial(request.GET.get("last") or first)),)
    except Refusal:
        pass
    return named


def naming(document_type: DocumentType, run: SerialRun) -> str:
    """The query that names a run of cards."""
    return urlencode({"document_type": document_type.code, "first": run.first, "last": run.last})
