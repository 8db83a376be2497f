"""The people whom a policy names: who they are in it, and what it says of them."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from selfcard.policies.application import PersonGiven
from selfcard.policies.errors import NobodyToCorrect
from selfcard.policies.identity import IdentityKind
from selfcard.policies.models import Beneficiary, Person, Policy, Role
from selfcard.products.people import Relationship, Sex


@dataclass(frozen=True, kw_only=True)
class Named:
    """Somebody as a policy names them; of a beneficiary it knows no birth date and no sex."""

    name: str
    identity_kind: str
    identity_number: str
    birth_date: str = ""
    sex: str = ""

    @classmethod
    def read(cls, kept: dict[str, Any]) -> "Named":
        return cls(**kept)

    def written(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    def differs(self, other: "Named") -> list[str]:
        """The names of what is another in the other."""
        mine, theirs = asdict(self), asdict(other)
        return [name for name in mine if mine[name] != theirs[name]]

    @property
    def person(self) -> PersonGiven:
        return PersonGiven(
            name=self.name,
            identity_kind=IdentityKind(self.identity_kind),
            identity_number=self.identity_number,
            birth_date=date.fromisoformat(self.birth_date),
            sex=Sex(self.sex),
        )


@dataclass(frozen=True)
class Whom:
    """One person of a policy: the applicant, or an insured or beneficiary by their place."""

    role: Role
    place: int = 0


def people_of(policy: Policy) -> Iterator[tuple[Whom, Named]]:
    """Everybody whom a policy names, once: an applicant who is insured is the applicant."""
    yield Whom(Role.APPLICANT), as_named(policy)
    for one in policy.insured.all():
        if one.relationship != Relationship.SELF:
            yield Whom(Role.INSURED, one.place), as_named(one)
    for heir in policy.beneficiaries.all():
        yield Whom(Role.BENEFICIARY, heir.place), as_named(heir)


def named(policy: Policy, whom: Whom) -> Named:
    """Somebody as the policy names them now.

    Raises:
        NobodyToCorrect: it names nobody in that place.
    """
    for one, says in people_of(policy):
        if one == whom:
            return says
    raise NobodyToCorrect


def as_named(one: Person | Beneficiary) -> Named:
    """What the policy says of one of them."""
    of_birth = {}
    if isinstance(one, Person):
        of_birth = {"birth_date": one.birth_date_text, "sex": one.sex}
    return Named(
        name=one.name,
        identity_kind=one.identity_kind,
        identity_number=one.identity_number,
        **of_birth,
    )
