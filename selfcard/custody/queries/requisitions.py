"""Requisitions: who asked whom for cards, and what is still to be answered or issued."""

from django.db.models import F, Q, QuerySet

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.custody.models import Issue, Requisition
from selfcard.organisations.models import May, Organisation
from selfcard.organisations.queries import organisations_in_reach

State = Requisition.State
SEEING_REQUISITIONS = (May.SEE_CARDS, May.REQUEST_CARDS, May.ISSUE_CARDS)


def requisitions_seen_by(actor: Actor) -> QuerySet[Requisition]:
    """The requisitions that the actor may look at: who asks or who is asked lies in their reach."""
    places = organisations_in_reach(actor, *SEEING_REQUISITIONS).values("pk")
    return _requisitions().filter(Q(organisation__in=places) | Q(issuer__in=places))


def requisitions_to_answer(actor: Actor) -> QuerySet[Requisition]:
    """What others asked of organisations where the actor issues cards."""
    return _asked_of(actor).filter(state=State.ASKED).exclude(asked_by=actor.id)


def requisitions_to_issue(actor: Actor) -> QuerySet[Requisition]:
    """What was granted by organisations where the actor issues cards, and has not all gone out."""
    return _asked_of(actor).filter(_has_some_left())


def requisitions_overdue(actor: Actor) -> QuerySet[Requisition]:
    """What the actor's organisations asked for and should have had by now, from elsewhere."""
    places = organisations_in_reach(actor, May.REQUEST_CARDS).values("pk")
    own = organisations_in_reach(actor, May.ISSUE_CARDS).values("pk")
    return (
        _requisitions()
        .filter(Q(state=State.ASKED) | _has_some_left(), organisation__in=places)
        .filter(wanted_by__lt=clock.today())
        .exclude(issuer__in=own)
    )


def issues_for(requisition: Requisition) -> QuerySet[Issue]:
    """The issue notes that refer to a requisition, the oldest first."""
    return requisition.issues.select_related("from_party", "to_party").order_by("issued_at")


def organisations_above(organisation: Organisation) -> QuerySet[Organisation]:
    """Everybody who may be asked for cards, the nearest first."""
    return (
        Organisation.objects.select_related("party")
        .filter(path__contains_path=organisation.path)
        .exclude(pk=organisation.pk)
        .order_by("-path")
    )


def _has_some_left() -> Q:
    return Q(state=State.GRANTED, issued__lt=F("granted"))


def _asked_of(actor: Actor) -> QuerySet[Requisition]:
    places = organisations_in_reach(actor, May.ISSUE_CARDS).values("pk")
    return _requisitions().filter(issuer__in=places)


def _requisitions() -> QuerySet[Requisition]:
    return Requisition.objects.select_related(
        "document_type",
        "organisation__party",
        "issuer__party",
        "asked_by__party",
        "answered_by__party",
    )
