"""What a policy has become since its issue: each change, and the edition that it made."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from selfcard.policies.identity import IdentityKind, masked_number
from selfcard.policies.models import ContactChange, Endorsement, EndorsementRequest, Policy
from selfcard.policies.named import Named
from selfcard.products.people import Sex

# What can be corrected of somebody, in the order in which it is told.
LABELS: dict[str, Promise] = {
    "name": _("Person's name"),
    "identity_kind": _("Kind of document"),
    "identity_number": _("Identity number"),
    "birth_date": _("Date of birth"),
    "sex": _("Sex"),
}


@dataclass(frozen=True)
class Corrected:
    """One thing that was wrong of somebody, and what is right; words that can be translated."""

    label: Promise
    before: str | Promise
    after: str | Promise


def corrections(before: Named, after: Named) -> tuple[Corrected, ...]:
    """What differs. The former number is masked: a slip may have made it somebody else's."""
    return tuple(
        Corrected(LABELS[name], _said(name, before, is_former=True), _said(name, after))
        for name in before.differs(after)
    )


def endorsements_of(policy: Policy) -> QuerySet[Endorsement]:
    """How its people were corrected, the first time first."""
    return policy.endorsements.select_related(
        "asked__approval__asked_by__party", "asked__approval__decided_by__party"
    )


def endorsement_asked(number: str) -> EndorsementRequest | None:
    """The latest request to correct somebody in the policy of a number."""
    return (
        EndorsementRequest.objects.filter(policy__number=number)
        .select_related(
            "policy__organisation__party",
            "policy__product_version__product",
            "approval__asked_by__party",
            "approval__decided_by__party",
        )
        .first()
    )


def contact_changes_of(policy: Policy) -> QuerySet[ContactChange]:
    """Where its applicant was reached before, the first time first."""
    return policy.contact_changes.select_related("changed_by__party")


def changed_at(change: ContactChange | Endorsement) -> datetime:
    return change.endorsed_at if isinstance(change, Endorsement) else change.changed_at


def _said(name: str, named: Named, *, is_former: bool = False) -> str | Promise:
    value: str = getattr(named, name)
    if name == "identity_kind" and value:
        return IdentityKind(value).label
    if name == "sex" and value:
        return Sex(value).label
    return masked_number(value) if name == "identity_number" and is_former else value or "–"
