"""What was said to whom, and what waits to be sent."""

from datetime import datetime

from django.db.models import Q, QuerySet

from selfcard.core.actor import Actor
from selfcard.messaging.errors import NoSuchMessage
from selfcard.messaging.models import Message
from selfcard.organisations.models import May
from selfcard.organisations.queries import organisations_in_reach

SEEING = (May.SEE_POLICIES, May.AUDIT)


def due(now: datetime) -> QuerySet[Message]:
    """Messages whose try is due, and those whose secret is outdated."""
    return Message.objects.filter(
        Q(next_try_at__lte=now) | Q(secret_until__lte=now), state=Message.State.WAITING
    )


def messages_in_reach(actor: Actor) -> QuerySet[Message]:
    """The messages of those organisations whose policies the actor may see."""
    reach = organisations_in_reach(actor, *SEEING).values("pk")
    return Message.objects.filter(organisation__in=reach).select_related("organisation__party")


def access_message(actor: Actor, number: int) -> Message:
    """A message that the actor may see.

    Raises:
        NoSuchMessage: there is none, or the actor may not see it: the answer is the same.
    """
    found = messages_in_reach(actor).filter(pk=number).select_related("again_for").first()
    if found is None:
        raise NoSuchMessage
    return found


def messages_about(reason: tuple[str, str]) -> QuerySet[Message]:
    """All that was said about one thing, the newest first."""
    return Message.objects.filter(reason_kind=reason[0], reason_number=reason[1])
