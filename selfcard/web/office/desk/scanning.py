"""What scanners type: the code under a card's panel, and what stands on an identity document.

A scanner is a keyboard that ends with Enter. Some write a sign of their own before what they have
read, and a keyboard set to Chinese makes signs wide.
"""

import re
import unicodedata
from datetime import date
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from selfcard.policies.identity import IdentityKind, birth_and_sex
from selfcard.policies.passports import read_passport
from selfcard.products.people import Sex
from selfcard.web.office.desk.filling import DeskVisit
from selfcard.web.portal import line
from selfcard.web.portal.answers import Page

_CODE = re.compile(r"#c=([0-9]{16})&p=([0-9]{8,16})(?![0-9])")


class Scanned(NamedTuple):
    """What the code under a card's panel says."""

    card_number: str
    pin: str


def read_code(text: str) -> Scanned | None:
    """The code under the panel as a scanner types it; nothing where it is something else."""
    found = _CODE.search(re.sub(r"\s", "", unicodedata.normalize("NFKC", text)))
    return Scanned(*found.groups()) if found else None


def question(request: HttpRequest, visit: DeskVisit, name: str, place: int = 0) -> HttpResponse:
    """A page of the line, on which a document may be scanned instead of typed.

    A passport's lines fill in who it belongs to, and the page is shown again: somebody looks at it.
    The number of an identity card says birth date and sex where nobody has typed them.
    """
    page = Page(name, place)
    if request.method == "POST" and page in visit.answers.pages:
        typed = request.POST.get("identity_number", "")
        # A scanner types wherever the cursor is.
        if said := _of_passport(typed) or _of_passport(request.POST.get("name", "")):
            form = visit.answers.form(page, _with(request.POST, said))
            visit.keep(page, form.typed())
            return redirect(f"{request.get_full_path()}#{form.control_id('name')}")
        kind = request.POST.get("identity_kind", "")
        if not _has_birth_date(request.POST) and (said := _of_number(kind, typed)):
            request.POST = _with(request.POST, said)  # type: ignore[assignment]
    return line.question(request, visit, name, place)


def _of_passport(typed: str) -> dict[str, str]:
    passport = read_passport(typed)
    if passport is None:
        return {}
    return {
        "name": passport.name,
        "identity_kind": IdentityKind.PASSPORT,
        "identity_number": passport.number,
        **_born(passport.birth_date, passport.sex),
    }


def _of_number(kind: str, typed: str) -> dict[str, str]:
    said = birth_and_sex(kind, typed) if kind in IdentityKind.values else None
    return _born(*said) if said else {}


def _born(birth_date: date, sex: Sex | None) -> dict[str, str]:
    parts = ("year", "month", "day")
    said = {f"birth_date_{part}": str(getattr(birth_date, part)) for part in parts}
    return said | {"sex": sex} if sex else said


def _has_birth_date(typed: QueryDict) -> bool:
    return any(typed.get(f"birth_date_{part}") for part in ("year", "month", "day"))


def _with(typed: QueryDict, said: dict[str, str]) -> QueryDict:
    """What was typed, with what was scanned in its place."""
    data = typed.copy()
    for name, value in said.items():
        data[name] = value
    return data
