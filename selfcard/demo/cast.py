"""Who acts in the demo company: its staff by code, with a fresh request for every deed."""

import json
import os
import secrets
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings

from selfcard.core import clock
from selfcard.core.actor import Actor, Channel
from selfcard.demo.people import AGENCIES, PEOPLE, PLACES
from selfcard.organisations.commands import authorise, employ_staff, open_organisation
from selfcard.organisations.models import Organisation, Party, Staff
from selfcard.organisations.queries import staff_actor
from selfcard.sales.commands import register_agency, register_agreement

SYSTEM = Actor.system("demo")

# Who keeps the cards of a place, and who decides in a branch as the second person.
KEEPERS = {
    "11": "B1101",
    "12": "B1201",
    "13": "B1301",
    "1101": "S110101",
    "1102": "S110201",
    "1103": "S110301",
    "1201": "S120101",
    "1202": "S120201",
    "1301": "S130101",
    "1302": "S130201",
    "1303": "S130301",
}
MANAGERS = {"11": "B1103", "12": "B1203", "13": "B1303"}


def days_ago(days: int) -> AbstractContextManager[None]:
    """A day of the company's past: what is done within is written down as done then."""
    return clock.frozen(clock.now() - timedelta(days=days))


def folder() -> Path:
    """Where the demo keeps what only it needs: people's password, the printing house's key."""
    path = Path(settings.DATA_FOLDER) / "demo"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def keep(name: str, content: str) -> None:
    """Write a file of the demo that only its owner may read."""
    descriptor = os.open(folder() / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)


def deed(actor: Actor) -> dict[str, Any]:
    """The closing arguments of a command."""
    return {"actor": actor, "request_id": uuid4()}


def staff(code: str) -> Staff:
    return Staff.objects.select_related("party", "organisation__party").get(username=code)


def as_(code: str) -> dict[str, Any]:
    """The closing arguments of a command that a staff member gives."""
    return deed(staff_actor(staff(code), Channel.COMMAND_LINE))


def party(code: str) -> Party:
    return Party.objects.get(code=code)


def organisation(code: str) -> Organisation:
    return Organisation.objects.select_related("party").get(party__code=code)


def open_places() -> None:
    """Open the tree from head office down."""
    opened: dict[str, Organisation] = {}
    for place in PLACES:
        opened[place.code] = open_organisation(
            code=place.code,
            name_zh=place.name_zh,
            name_en=place.name_en,
            level=place.level,
            parent=opened.get(place.parent),
            **deed(SYSTEM),
        )


def employ_people() -> None:
    """Employ everybody with one password of this installation, kept in the data folder."""
    password = _password()
    keep("people.json", json.dumps({"password": password}))
    for person in PEOPLE:
        place = organisation(person.organisation)
        member = employ_staff(
            code=person.code,
            name_zh=person.name_zh,
            name_en=person.name_en,
            title_zh=person.title_zh,
            title_en=person.title_en,
            organisation=place,
            password=password,
            **deed(SYSTEM),
        )
        authorise(
            staff=member,
            mays=tuple(str(may) for may in person.mays),
            organisation=place,
            **deed(SYSTEM),
        )


def register_agencies() -> None:
    for agency in AGENCIES:
        firm = register_agency(
            code=agency.code,
            name_zh=agency.name_zh,
            name_en=agency.name_en,
            kind=agency.kind,
            licence=agency.licence,
            **as_("H001"),
        )
        register_agreement(
            agency=firm,
            number=f"{agency.code}-{clock.today().year}",
            valid_from=clock.today() - timedelta(days=365),
            valid_to=clock.today() + timedelta(days=365),
            **as_("H001"),
        )


SYLLABLES = (
    "deng",
    "ta",
    "ping",
    "an",
    "xi",
    "hu",
    "qian",
    "jiang",
    "long",
    "jing",
    "duan",
    "qiao",
)


def _password() -> str:
    """Syllables and figures that can be typed on a phone: 51 bits."""
    word = "".join(secrets.choice(SYLLABLES) for _ in range(6))
    return f"{word}-{secrets.randbelow(10**9):09d}"
