"""What waits for a second person, and what was decided."""

from django.db.models import Exists, OuterRef, QuerySet

from selfcard.approvals.models import Approval
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.organisations.models import Authorisation


def approvals_waiting_for(actor: Actor) -> QuerySet[Approval]:
    """What the actor may decide now: asked by another, where they have the authorisation."""
    allowed = Authorisation.objects.filter(
        staff=actor.id,
        staff__is_active=True,
        may=OuterRef("may"),
        organisation__path__contains_path=OuterRef("organisation__path"),
    )
    return (
        Approval.objects.filter(
            Exists(allowed), state=Approval.State.ASKED, expires_at__gt=clock.now()
        )
        .exclude(asked_by=actor.id)
        .select_related("asked_by__party", "organisation__party")
    )


def approval_of(kind: str, subject_kind: str, subject_number: str) -> Approval | None:
    """The latest request of a kind about a thing, decided or not."""
    return (
        Approval.objects.filter(kind=kind, subject_kind=subject_kind, subject_number=subject_number)
        .select_related("asked_by__party", "decided_by__party", "organisation__party")
        .order_by("-asked_at")
        .first()
    )
