"""What waits for a second person, and what was decided."""

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When

from selfcard.approvals.models import Approval
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.organisations.models import Authorisation, May


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


def approvals_asked_by(actor: Actor) -> QuerySet[Approval]:
    """What the actor asked for, and what became of it."""
    return with_fate(Approval.objects.filter(asked_by=actor.id))


def approvals_past(actor: Actor) -> QuerySet[Approval]:
    """What was decided, withdrawn or has expired, where the actor decides, audits or took part."""
    reach = Authorisation.objects.filter(
        Q(may=OuterRef("may")) | Q(may=May.AUDIT),
        staff=actor.id,
        staff__is_active=True,
        organisation__path__contains_path=OuterRef("organisation__path"),
    )
    took_part = Q(asked_by=actor.id) | Q(decided_by=actor.id)
    decided = Approval.objects.filter(Exists(reach) | took_part)
    return with_fate(decided.exclude(state=Approval.State.ASKED, expires_at__gt=clock.now()))


def with_fate(approvals: QuerySet[Approval]) -> QuerySet[Approval]:
    """With its state as people see it: what nobody decided in time has expired."""
    expired = When(
        state=Approval.State.ASKED,
        expires_at__lte=clock.now(),
        then=Value(Approval.State.EXPIRED.value),
    )
    return approvals.annotate(fate=Case(expired, default=F("state"))).select_related(
        "asked_by__party", "decided_by__party", "organisation__party"
    )
