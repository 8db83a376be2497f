"""Cards that an address names, so that a form opens with them filled in.

`?document_type=AC-100&first=620118000412001&last=620118000412200`: the page that shows cards leads
to the deed for them; several runs are named one after the other. What is not a run of serials is
left out; the form asks for it.
"""

from contextlib import suppress
from itertools import zip_longest
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict

from selfcard.cards.models import DocumentType
from selfcard.core.refusals import Refusal
from selfcard.core.serials import SerialRun, parse_serial


def cards_named(request: HttpRequest) -> dict[str, Any]:
    """The initial values `document_type` and `runs` of a form, as far as the address names them."""
    named: dict[str, Any] = {}
    if code := request.GET.get("document_type"):
        named["document_type"] = code
    firsts, lasts = request.GET.getlist("first"), request.GET.getlist("last")
    with suppress(Refusal):
        named["runs"] = tuple(
            SerialRun(parse_serial(first), parse_serial(last or first))
            for first, last in zip_longest(firsts, lasts[: len(firsts)], fillvalue="")
        )
    return {name: value for name, value in named.items() if value}


def with_runs(asked: QueryDict) -> QueryDict:
    """An address with its cards where a form looks for them: `first` and `last` are enough."""
    data = asked.copy()
    for part in ("first", "last", "count"):
        if part in data:
            data.setlist(f"runs-{part}", [*data.getlist(f"runs-{part}"), *data.pop(part)])
    return data


def naming(document_type: DocumentType, *runs: SerialRun) -> str:
    """The query that names runs of cards."""
    named = {
        "document_type": document_type.code,
        "first": [run.first for run in runs],
        "last": [run.last for run in runs],
    }
    return urlencode(named, doseq=True)
