"""Individuals who are given cards: whether they may hold them, and how many."""

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import JSONObject

from selfcard.cards.models import DocumentType, DocumentTypeVersion
from selfcard.core.actor import Actor
from selfcard.core.compiled import Compiled
from selfcard.core.refusals import Operation
from selfcard.core.serials import count_cards
from selfcard.custody.errors import HolderIsBlocked, HolderNotAuthorised, HoldingLimitExceeded
from selfcard.custody.models import HolderBlock, Holding
from selfcard.custody.parts import Part
from selfcard.custody.statuses import CardStatus
from selfcard.organisations.models import Authorisation, May, Party, Staff
from selfcard.organisations.queries import acting_staff


def read_people(
    actor: Actor, parties: Collection[Party], document_type: DocumentType
) -> list[Staff]:
    """Whoever acts, gives or gets cards, with what they may hold and hold: one statement."""
    keys = [party.pk for party in parties]
    if actor.id is None:
        return list(_people(len(keys), None, document_type.pk, *keys))
    return _people_once(len(keys), actor.id, document_type.pk, *keys)


def _people(count: int, actor: int | None, document_type: int, *parties: int) -> QuerySet[Staff]:
    held = (
        Holding.objects.filter(
            holder=OuterRef("party"),
            status=CardStatus.INVENTORY,
            batch__type_version__document_type=document_type,
        )
        .values("holder")
        .annotate(cards=Sum(F("serials__endswith") - F("serials__startswith")))
        .values("cards")
    )
    owes = HolderBlock.objects.filter(holder=OuterRef("party"), lifted_at=None).order_by("id")
    return (
        Staff.objects.select_related("party", "organisation__party")
        .filter(Q(pk=actor) | Q(party__in=parties))
        .annotate(
            may_hold=Exists(_authorised(May.HOLD_CARDS)),
            may_issue=Exists(_authorised(May.ISSUE_CARDS)),
            held=Subquery(held),
            owes=Subquery(
                owes.values(data=JSONObject(kind="reason_kind", number="reason_number"))[:1]
            ),
        )
    )


_people_once = Compiled(_people)


def acting(actor: Actor, people: Iterable[Staff]) -> Staff:
    """Whoever acts, out of the people who were read."""
    found = next((staff for staff in people if staff.pk == actor.id), None)
    return found if found and found.is_active else acting_staff(actor)


def staff_behind(party: Party, people: Iterable[Staff]) -> Staff:
    """The member of staff behind an individual who is to get cards.

    Raises:
        HolderNotAuthorised: nobody who still works here.
    """
    found = next((staff for staff in people if staff.party_id == party.pk), None)
    if found is None or not found.is_active:
        raise HolderNotAuthorised(name=party.name, may=May.HOLD_CARDS.label)
    return found


def refuse_unfit_holder(staff: Staff, parts: Iterable[Part]) -> None:
    """Refuse an individual who may not hold these cards beside those that they have.

    An administrator, who may issue cards where they work, has a limit of their own.

    Raises:
        HolderNotAuthorised: they may not hold cards at all.
        HolderIsBlocked: they owe something, and get no more until it is settled.
        HoldingLimitExceeded: they would hold too many.
    """
    parts, name = list(parts), staff.party.name
    if not staff.may_hold:  # type: ignore[attr-defined]
        raise HolderNotAuthorised(name=name, may=May.HOLD_CARDS.label)
    if staff.owes:  # type: ignore[attr-defined]
        kind, number = staff.owes["kind"], staff.owes["number"]  # type: ignore[attr-defined]
        raise HolderIsBlocked(
            name=name, number=number, help=Operation.named(f"open.{kind}", number=number)
        )
    held: int = staff.held or 0  # type: ignore[attr-defined]
    versions = {part.batch.type_version for part in parts if part.batch}
    limit = min(_limit(version, staff) for version in versions)
    count = count_cards(part.run for part in parts)
    if held + count > limit:
        raise HoldingLimitExceeded(
            name=name, held=f"{held:,}", limit=f"{limit:,}", count=f"{count:,}"
        )


def _limit(version: DocumentTypeVersion, staff: Staff) -> int:
    if staff.may_issue:  # type: ignore[attr-defined]
        return version.administrator_limit
    return version.holding_limit


def _authorised(may: May) -> Any:
    """What allows the person a deed where they work."""
    return Authorisation.objects.filter(
        staff=OuterRef("pk"),
        may=may,
        organisation__path__contains_path=OuterRef("organisation__path"),
    )
