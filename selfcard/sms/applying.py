"""From the words of a message to an application, or to what it lacks.

Whoever activates by SMS insures themself, by a document whose number says birth date and sex. The
phone is the applicant's. Everything else that a product asks is asked on the portal, where the
message is left off.
"""

import secrets
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from selfcard.activation.commands import save_draft
from selfcard.activation.errors import DraftOfAnotherDevice
from selfcard.activation.models import PinProof
from selfcard.activation.texts import versions_of_texts
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.policies.application import (
    Application,
    ConsentGiven,
    ConsentKind,
    ContactGiven,
    InsuredGiven,
    PersonGiven,
)
from selfcard.policies.errors import DocumentIsAnother
from selfcard.policies.identity import (
    NUMBERED_BY_BIRTH,
    IdentityKind,
    birth_and_sex,
    require_identity,
)
from selfcard.products.ages import is_minor
from selfcard.products.models import ProductVersion
from selfcard.products.occupations import Occupation, classification
from selfcard.products.people import Relationship
from selfcard.products.rules import first_days
from selfcard.sms.grammar import Activation

# What the number alone says of a person by SMS, the likeliest first.
_KINDS = (
    IdentityKind.IDENTITY_CARD,
    IdentityKind.RESIDENCE_PERMIT,
    IdentityKind.FOREIGNER_CARD,
)
assert NUMBERED_BY_BIRTH.issuperset(_KINDS)


class Lack(StrEnum):
    """What a message has to say as well, and can."""

    PRODUCT = "product"
    OCCUPATION = "occupation"


@dataclass(frozen=True)
class Understood:
    """What a message says for a card, as far as it says it.

    `unknown` are words that are neither a product of the card nor an occupation.
    """

    version: ProductVersion | None = None
    person: PersonGiven | None = None
    occupation: Occupation | None = None
    starts_on: date | None = None
    unknown: tuple[str, ...] = ()
    lacks: tuple[Lack, ...] = field(default=())

    @property
    def goes_beyond(self) -> bool:
        """Whether more is asked than a message can carry."""
        if self.person is None:
            return True
        if self.version is None:
            return False
        rules = self.version.bounds
        first_day = self.starts_on or first_days(rules, clock.today())[0]
        return (
            is_minor(self.person.birth_date, first_day)
            or Relationship.SELF not in rules.relationships
            or rules.insured_lowest > 1
            or bool(rules.regions)
            or any(one.required for one in rules.details)
        )


def understood(said: Activation, versions: list[ProductVersion]) -> Understood:
    """What a message means for a card that may become these products.

    Raises:
        Refusal: the identity number is mistyped, and says how.
    """
    person = _person(said)
    version = versions[0] if len(versions) == 1 else None
    occupation: Occupation | None = None
    unknown: list[str] = []
    for words in said.more:
        product = _product(words, versions)
        if product and (version is None or product == version):
            version = product
        elif occupation is None and (meant := classification().meant(words)):
            occupation = meant
        else:
            unknown.append(words)
    lacks = [Lack.PRODUCT] if version is None else []
    lacks += [Lack.OCCUPATION] if occupation is None else []
    return Understood(version, person, occupation, said.starts_on, tuple(unknown), tuple(lacks))


def application_of(found: Understood, *, phone: str, at: datetime) -> Application:
    """The application of a message that lacks nothing.

    The keyword of the leaflet is the consent to its terms and to the privacy notice, at the moment
    when the message came.
    """
    assert found.version
    assert found.person
    assert found.occupation
    texts = versions_of_texts(found.version)
    return Application(
        applicant=found.person,
        contact=ContactGiven(phone=phone),
        insured=(
            InsuredGiven(
                person=found.person,
                relationship=Relationship.SELF,
                occupation=found.occupation.code,
            ),
        ),
        starts_on=found.starts_on or first_days(found.version.bounds, clock.today())[0],
        consents=tuple(
            ConsentGiven(kind=kind, version=texts[kind], given_at=at)
            for kind in (ConsentKind.TERMS, ConsentKind.PRIVACY)
        ),
    )


def leave_off(
    proof: PinProof, said: Activation, found: Understood, *, phone: str, actor: Actor
) -> str:
    """Keep what a message said as a draft of the portal, and the token of whoever goes on with it;
    none where somebody has begun on another device.

    The token opens nothing: card and PIN are asked for again.
    """
    device = secrets.token_urlsafe(16)
    pages: dict[str, Any] = {"contact": {"phone": phone}, "insured1": _typed(said, found)}
    if found.version:
        pages["product"] = found.version.pk
    try:
        for page, answers in pages.items():
            save_draft(
                proof=proof,
                device=device,
                page=page,
                answers=answers,
                actor=actor,
                request_id=uuid4(),
            )
    except DraftOfAnotherDevice:
        return ""
    return device


def _typed(said: Activation, found: Understood) -> dict[str, str]:
    """The answers as the portal's page about a person keeps them."""
    typed = {"name": said.name, "identity_number": said.identity_number}
    if person := found.person:
        born = person.birth_date
        typed |= {
            "identity_kind": person.identity_kind,
            "birth_date_0": str(born.year),
            "birth_date_1": str(born.month),
            "birth_date_2": str(born.day),
            "sex": person.sex,
        }
    if found.occupation:
        typed["occupation"] = found.occupation.code
    return typed


def _person(said: Activation) -> PersonGiven | None:
    """Who is named; none where the number does not say when they were born."""
    for kind in _KINDS:
        if born := birth_and_sex(kind, said.identity_number):
            break
    else:
        if len(said.identity_number) in (15, 18):
            _refuse(said.identity_number)
        return None
    for kind in _KINDS:
        try:
            require_identity(
                kind, said.identity_number, birth_date=born[0], sex=born[1], today=clock.today()
            )
        except DocumentIsAnother:
            continue
        return PersonGiven(
            name=said.name,
            identity_kind=kind,
            identity_number=said.identity_number,
            birth_date=born[0],
            sex=born[1],
        )
    return None


def _refuse(number: str) -> None:
    """Say what is wrong with a number that is no identity card's.

    Raises:
        Refusal: that.
    """
    today = clock.today()
    require_identity(IdentityKind.IDENTITY_CARD, number, birth_date=today, sex="", today=today)


def _product(words: str, versions: list[ProductVersion]) -> ProductVersion | None:
    """The product that somebody names: by its code, its name, or its place in the list."""
    plain = words.casefold().replace(" ", "")
    for place, one in enumerate(versions, 1):
        names = (one.product.code, one.name_zh, one.name_en, str(place))
        if plain in {name.casefold().replace(" ", "") for name in names}:
            return one
    return None
